"""The stream with TLS, as anywhere but on one machine: another transport below picows than without."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import ssl
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from samrum.wire import stream
from tests.relay.client import Authority, Device, HomeDoor, RelayProcess
from tests.relay.conftest import free_ports


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(built.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key_file.chmod(0o600)
    return cert_file, key_file


async def trusted(url: str, context: ssl.SSLContext) -> None:
    """Waits until the relay answers under a certificate that `context` trusts."""
    async with httpx.AsyncClient(verify=context) as http, asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await http.get(url + "/health")).status_code == 200:
                    return
            await asyncio.sleep(0.1)


async def test_news_and_long_pages_arrive_whole_over_tls(tmp_path: Path):
    cert, key = certificate(tmp_path)
    authority = Authority()
    relay = RelayProcess(tmp_path, free_ports(), authority)
    config = tmp_path / "relay.toml"
    config.write_text(f'tls_cert = "{cert}"\ntls_key = "{key}"\n{config.read_text()}')
    relay.http, relay.stream = relay.http.replace("http:", "https:"), relay.stream.replace("ws:", "wss:")
    context = ssl.create_default_context(cafile=str(cert))
    anna, home = Device(authority), HomeDoor(relay, authority)
    home.http = httpx.AsyncClient(base_url=relay.http, verify=context)
    relay.start()
    try:
        await trusted(relay.http, context)
        room = await home.room(anna.pid)
        await anna.open(relay.stream, ssl=context, max_queue=1)
        sent = [await anna.post(room, plain=bytes(60 * 1024)) for _ in range(6)]
        for re in range(20):
            await anna.put(stream.History(re=re, room=room.room))
        pages = [await anna.next(stream.Page) for _ in range(20)]
        assert [one.re for one in pages] == list(range(20))
        assert all(one.env == sent[: len(one.env)] for one in pages)
        assert (await anna.page(room.room)).env == sent
        await anna.close()
    finally:
        await home.http.aclose()
        assert relay.stop() == 0, relay.log.read_text()
    assert '"level":"error"' not in relay.log.read_text()
