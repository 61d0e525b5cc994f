"""A second client, written from docs/protocol.md and vectors/ alone: signs in, verifies, reads, writes and listens.

python examples/second_client.py HOME USER ROOM TEXT — the password on standard input; Ctrl+C signs out.
It prints the messages that verify; what does not verify ends it.
"""

import base64
import hashlib
import json
import os
import struct
import sys
import time
from functools import cache

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import msgpack
from websockets.sync.client import connect

P, EIGHTH = 2**255 - 19, 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
HEAD = struct.Struct(">3sB16s16s16sI16s16sQ16sBB16s16sQ")  # an envelope up to `header`
HELLO, PROOF, SEND, HISTORY, PING = 1, 2, 3, 4, 9
NONCE, WELCOME, SENT, BATCH, ROSTER_IS, PAGE, ERROR, BYE = 64, 65, 66, 67, 68, 71, 73, 74


def check(holds, what):
    if not holds:
        sys.exit(f"does not verify: {what}")


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def b64(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text):
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    check(b64(raw) == text, "base64url")
    return raw


def id_of(kind, raw):
    return f"{kind}_{base64.b32encode(raw).decode().rstrip('=').lower()}"


def raw_of(ident):
    return base64.b32decode(ident[2:].upper() + "======")


def public_key(jwk):
    raw = unb64(jwk["x"])
    y = int.from_bytes(raw, "little") & (1 << 255) - 1
    good = (jwk["kty"], jwk["crv"]) == ("OKP", "Ed25519") and y < P and y not in {0, 1, P - 1, EIGHTH, P - EIGHTH}
    check(good, "a public key")
    return Ed25519PublicKey.from_public_bytes(raw)


class Client:
    def __init__(self, home, user, password, title):  # sections 2 and 3
        self.home, self.http, self.cookie = home, httpx.Client(trust_env=False), ""
        self.key, self.dev, self.seq = Ed25519PrivateKey.generate(), id_of("d", os.urandom(16)), 0
        self.ask("/sign-in", {"user": user, "password": password})
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64(self.key.public_key().public_bytes_raw())}
        body = {"dev": self.dev, "jwk": jwk, "label": "Second client", "persistent": False}
        self.begun = self.ask("/start", body, proven=True)
        self.tenant, self.me, self.grant = self.begun["tenant"], self.begun["me"]["pid"], self.begun["grant"]
        self.keys = {one["kid"]: public_key(one["jwk"]) for one in self.begun["keys"]}
        self.names = {one["pid"]: one["name"] for one in [self.begun["me"], *self.begun["people"]]}
        cert = self.verified("samrum-cert", self.begun["cert"])
        check((cert["sub"], cert["dev"], cert["cnf"]["jwk"]) == (self.me, self.dev, jwk), "my certificate")
        (self.seen,) = [room for room in self.begun["rooms"] if room.get("title") == title]
        self.room, self.version, self.prev = self.seen["room"], 0, "A" * 43
        self.members, self.epochs, self.was = {}, {}, {}
        for statement in self.ask("/rosters", {"rooms": {self.room: 0}})["rosters"][self.room]:
            self.apply(statement)

    def ask(self, path, body=None, *, proven=False):
        raw, method = (b"", "GET") if body is None else (json.dumps(body).encode(), "POST")
        headers = {"Origin": self.home, "Content-Type": "application/json", "Cookie": self.cookie}
        if proven:
            proof = {"htm": method, "path": path, "bh": b64(sha(raw))}
            proof |= {"iat": int(time.time()), "jti": b64(os.urandom(16))}
            parts = {"alg": "Ed25519", "typ": "samrum-proof", "kid": self.dev}, proof
            signed = ".".join(b64(json.dumps(part).encode()) for part in parts)
            headers["Samrum-Proof"] = f"{signed}.{b64(self.key.sign(signed.encode()))}"
        answer = self.http.request(method, self.home + path, content=raw, headers=headers)
        if answer.status_code >= 400:
            sys.exit(f"home: {answer.json()['code']}")
        self.cookie = answer.headers.get("set-cookie", self.cookie).split(";")[0]
        return answer.json() if answer.content else None

    def verified(self, typ, statement):  # a bad signature raises, and so ends the program too
        head, body, signature = statement.split(".")
        header = json.loads(unb64(head))
        check(header == {"alg": "Ed25519", "typ": typ, "kid": header.get("kid")} and header["kid"] in self.keys, typ)
        self.keys[header["kid"]].verify(unb64(signature), f"{head}.{body}".encode())
        return json.loads(unb64(body))

    def apply(self, statement):  # a roster: section 2
        new = self.verified("samrum-roster", statement)
        if new["room"] != self.room or new["version"] <= self.version:
            return
        n, last = new["epoch"]["n"], max(self.epochs, default=0)
        check((new["tenant"], new["version"], new["prev"]) == (self.tenant, self.version + 1, self.prev), "a roster")
        check(self.epochs[n] == new["epoch"] if 0 < n == last else n == last + 1, "an epoch")
        for pid in new.get("remove", []):
            check(self.members.pop(pid, None), "a removal")
        changes = [(one, True) for one in new.get("role", [])] + [(one, False) for one in new.get("add", [])]
        for one, known in changes:
            check((one["pid"] in self.members) is known, "an addition or a role")
            self.members[one["pid"]] = one["role"], one.get("until")
        self.version, self.prev, self.epochs[n] = new["version"], b64(sha(statement.encode())), new["epoch"]
        self.was.setdefault(n, set()).update(self.members)

    def place(self, epoch):
        return [raw_of(one) for one in (self.tenant, self.room, self.epochs[epoch]["key_id"])]

    @cache  # noqa: B019  one client a process
    def secret(self, epoch):  # section 4
        key = unb64(self.ask("/keys", {"want": [[self.room, epoch]]}, proven=True)["keys"][0]["key"])
        check(b64(sha(b"samrum/kc/1", key)) == self.epochs[epoch]["kc"], "an epoch key")
        return key

    def put(self, kind, **fields):  # frames: section 6
        self.socket.send(bytes([kind]) + msgpack.encode(fields))

    def get(self, *kinds):
        while True:
            try:
                data = self.socket.recv(timeout=25)
            except TimeoutError:
                self.put(PING)
                continue
            kind, body = data[0], msgpack.decode(data[1:])
            if kind in {ERROR, BYE}:
                sys.exit(f"relay: {body['code']}")
            if kind == ROSTER_IS:
                self.apply(body["jws"])
            if kind == BATCH and body["room"] == self.room:
                self.show(body["env"])
            if kind in kinds:
                return body

    def hello(self):
        self.put(HELLO, v=1, grant=self.grant)
        said = b"samrum/hello/1\0" + raw_of(self.tenant) + raw_of(self.dev) + sha(self.grant.encode())
        self.put(PROOF, sig=self.key.sign(said + self.get(NONCE)["nonce"] + self.home.encode()))
        shown = self.get(WELCOME)["rooms"][self.room]
        lines = [json.dumps([pid, *self.members[pid]], separators=(",", ":")) + "\n" for pid in sorted(self.members)]
        check(shown["version"] >= self.seen["delivered"], "relay's version")
        if shown["version"] == self.version:
            check(shown["members"] == b64(sha("".join(lines).encode())), "relay's members")

    def show(self, envelopes):  # section 5
        for env in envelopes:
            magic, suite, *ids, epoch, pid, dev, _, _, kind, _, _, _, at = HEAD.unpack_from(env)
            pid, dev, size = id_of("p", pid), id_of("d", dev), struct.unpack_from(">I", env, 194)[0]
            check((magic, suite, env[154], len(env)) == (b"SM1", 1, 40, 262 + size), "an envelope's form")
            check(epoch in self.epochs and ids == self.place(epoch), "an envelope's place")
            certs = [self.verified("samrum-cert", one) for one in self.ask("/certs", {"devs": [dev]})["certs"][dev]]
            certs = [one for one in certs if one["iat"] - 300 <= at <= one["exp"] + 300]
            named = {(one["iss"], one["sub"], one["dev"]) for one in certs}
            check(named == {(self.tenant, pid, dev)} and pid in self.was[epoch], "an author")
            public_key(certs[0]["cnf"]["jwk"]).verify(env[-64:], b"samrum/msg/1\0" + sha(env[:-64]))
            if kind == 1:
                cipher = AESGCM(HKDF(SHA256(), 32, env[155:187], env[:154]).derive(self.secret(epoch)))
                plain = cipher.decrypt(env[187:194] + b"\0\0\0\0\1", env[198:-64], None)
                said = msgpack.decode(plain[4 : 4 + struct.unpack_from(">I", plain)[0]])
                print(f"{self.names.get(pid, pid)}: {said.get('t', '')}", flush=True)  # noqa: T201  its output

    def send(self, text):  # a fresh device counts from 1; an older one asks `Last` first
        epoch, body, self.seq = max(self.epochs), msgpack.encode({"v": 1, "t": text}), self.seq + 1
        size = next(size for size in (256, 1024, 4096, 16384, 61440) if len(body) + 4 <= size)
        who, rest = (epoch, raw_of(self.me), raw_of(self.dev)), (1, 0, bytes(16), bytes(16), int(time.time()))
        aad = HEAD.pack(b"SM1", 1, *self.place(epoch), *who, self.seq, os.urandom(16), *rest)
        salt, prefix = os.urandom(32), os.urandom(7)
        cipher = AESGCM(HKDF(SHA256(), 32, salt, aad).derive(self.secret(epoch)))
        plain = struct.pack(">I", len(body)) + body + bytes(size - 4 - len(body))
        sealed = cipher.encrypt(prefix + b"\0\0\0\0\1", plain, None)
        env = aad + b"\x28" + salt + prefix + struct.pack(">I", len(sealed)) + sealed
        env += self.key.sign(b"samrum/msg/1\0" + sha(env))
        self.put(SEND, env=env)
        check(self.get(SENT)["hash"] == sha(env), "what relay stored")

    def compare_ledger(self):  # section 9: relay's head first, then home's
        url, bearer = f"{self.begun['relay']['http']}/tenants/{self.tenant}/head", f"Bearer {self.grant}"
        seen = self.verified("samrum-head", self.http.get(url, headers={"Authorization": bearer}).json()["jws"])
        page = self.ask(f"/ledger?after={seen['n']}")
        mine, value = self.verified("samrum-head", page["head"]), unb64(seen["head"])
        for entry in page["entries"][: max(0, mine["n"] - seen["n"])]:
            value = sha(value, sha(entry["line"].encode()))
        check(mine["n"] >= seen["n"] and b64(value) == mine["head"], "home's ledger against the witnessed head")


def main(home, user, room, text):
    client = Client(home, user, sys.stdin.readline().rstrip("\n"), room)
    options = {"origin": home, "proxy": None, "compression": None, "close_timeout": 1}
    with connect(client.begun["relay"]["stream"], **options) as client.socket:
        client.hello()
        client.compare_ledger()
        client.put(HISTORY, re=1, room=client.room, limit=50)
        client.show(client.get(PAGE)["env"])
        client.send(text)
        try:
            client.get()  # news, for ever
        except KeyboardInterrupt:
            client.ask("/sign-out", {})


if __name__ == "__main__":
    main(*sys.argv[1:])
