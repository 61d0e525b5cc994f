"""Makes vectors/ed25519.json: keys and signatures at the edges of RFC 8032, where verifiers are known to differ.

The curve is written out here from RFC 8032 section 5.1 with Python's integers, since no library makes such points. Run:
python vectors/make/ed25519.py. Background: Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs" (2020).
What our verifiers do is decision 4; `holds` says it for signatures, `class` why not.
"""

import hashlib
import json
from typing import Any

from statements import HERE, b64

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P

Point = tuple[int, int]
ZERO: Point = (0, 1)


def add(a: Point, b: Point) -> Point:
    """The sum of two points in affine coordinates."""
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2
    return (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def times(n: int, a: Point) -> Point:
    """`n` times `a`."""
    out = ZERO
    while n:
        if n & 1:
            out = add(out, a)
        a, n = add(a, a), n >> 1
    return out


def root(y: int) -> int | None:
    """The even x of the points with this y, if there are any."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square:
        return None
    return x if x % 2 == 0 else P - x


def encode(point: Point) -> bytes:
    """The 32 bytes of a point."""
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def hashed(*parts: bytes) -> int:
    """SHA-512 modulo the order."""
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


BASE_Y = 4 * pow(5, -1, P) % P
BASE: Point = (root(BASE_Y) or 0, BASE_Y)
SECRET = hashed(b"a secret number of these vectors")
KEY = times(SECRET, BASE)


def torsion() -> list[Point]:
    """The eight points whose order divides 8, from a point that is not in the subgroup."""
    y = 2
    while True:
        x = root(y)
        if x is not None:
            eighth = times(L, (x, y))
            if times(4, eighth) != ZERO:
                return [times(n, eighth) for n in range(8)]
        y += 1


SMALL = torsion()


def keys() -> list[dict[str, Any]]:
    """Public keys that must be refused before any signature is looked at, and some that are keys."""
    found = [{"holds": True, "name": "an ordinary key", "x": b64(encode(KEY))},
             {"holds": True, "name": "the base point", "x": b64(encode(BASE))}]  # fmt: skip
    for y in sorted({y for _, y in SMALL}):
        for number in (y, y + P):
            for sign in (0, 1):
                if number < 2**255:
                    raw = (number | sign << 255).to_bytes(32, "little")
                    spelling = "" if number < P and (raw in {encode(one) for one in SMALL}) else ", in another spelling"
                    found.append(
                        {"holds": False, "class": "small order", "name": f"order 1 to 8{spelling}", "x": b64(raw)}
                    )
    for number in range(P, 2**255):
        if root(number - P) is not None and number - P not in {y for _, y in SMALL}:
            found.append(
                {
                    "holds": False,
                    "class": "not canonical",
                    "name": f"y = p + {number - P}",
                    "x": b64(number.to_bytes(32, "little")),
                }
            )
    for length in (0, 31, 33, 64):
        found.append(
            {
                "holds": False,
                "class": "length",
                "name": f"{length} bytes",
                "x": b64(encode(KEY)[:length].ljust(length, b"\1")),
            }
        )
    return found


def case(holds: bool, group: str, name: str, key: bytes, message: bytes, r: bytes, s: int) -> dict[str, Any]:
    """One signature."""
    return {"holds": holds, "class": group, "name": name, "x": b64(key), "message": message.hex(),
            "signature": (r + s.to_bytes(32, "little")).hex()}  # fmt: skip


def signatures() -> list[dict[str, Any]]:
    """Signatures under keys that are not refused."""
    message = b"samrum"
    public, nonce = encode(KEY), hashed(b"nonce")
    r = encode(times(nonce, BASE))
    s = (nonce + hashed(r, public, message) * SECRET) % L
    found = [
        case(True, "", "an ordinary signature", public, message, r, s),
        case(False, "range of S", "S + L", public, message, r, s + L),
        case(False, "range of S", "S with its highest bit", public, message, r, s | 1 << 255),
        case(
            False,
            "range of S",
            "S = L, R = key's hash part",
            public,
            message,
            encode(times((-hashed(r, public, message) * SECRET) % L, BASE)),
            L,
        ),
        case(False, "wrong", "another message", public, message + b".", r, s),
        case(False, "wrong", "R negated", public, message, r[:31] + bytes([r[31] ^ 0x80]), s),
        case(False, "wrong", "all zeros", public, message, bytes(32), 0),
    ]
    # R of order 1: only the key's holder can make it, and it verifies by the equation of RFC 8032 without the cofactor.
    one = encode(ZERO)
    found.append(
        case(True, "", "R is the neutral point", public, message, one, hashed(one, public, message) * SECRET % L)
    )
    for name, other in (
        ("y = p + 1", (P + 1).to_bytes(32, "little")),
        ("x = -0", (1 | 1 << 255).to_bytes(32, "little")),
    ):
        found.append(
            case(
                False,
                "not canonical",
                f"R is the neutral point, spelled {name}",
                public,
                message,
                other,
                hashed(other, public, message) * SECRET % L,
            )
        )
    # A key with a part of order 2: with and without the cofactor 8, verifiers differ when the hash is odd.
    mixed = encode(add(KEY, (0, P - 1)))
    for odd in (False, True):
        counter = 0
        while True:
            text = f"message {counter}".encode()
            k = hashed(r, mixed, text)
            if k % 2 == odd:
                break
            counter += 1
        name = "key with a part of order 2, " + (
            "holds only with the cofactor" if odd else "holds with and without the cofactor"
        )
        found.append(case(not odd, "cofactor" if odd else "", name, mixed, text, r, (nonce + k * SECRET) % L))
    return found


def main() -> None:
    """Writes the file."""
    out = {"made_by": "the curve of RFC 8032 written out in Python", "keys": keys(), "signatures": signatures()}
    (HERE / "ed25519.json").write_text(json.dumps(out, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
