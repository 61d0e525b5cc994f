"""A real S3 server for tests (versitygw), and a tap that keeps what relay says to it. Ports 21140 to 21179."""

import asyncio
import contextlib
import os
import subprocess
from pathlib import Path
from typing import Self

from samrum.relay.blobs.outside import S3
from tests import ports
from tests.conftest import ROOT

KEY, SECRET, BUCKET = "test-access", "test-secret-of-the-bucket", "sealed"
PROGRAM = ROOT / "build" / "versitygw"


def free_ports(number: int = 1) -> int:
    """The first of `number` free neighbours."""
    return ports.free_ports(range(21140, 21180), number)


class Versity:
    """One versitygw with one bucket, its files below `base`."""

    def __init__(self, base: Path, *, tls: tuple[Path, Path] | None = None) -> None:
        self.base, self.port, self._tls = base, free_ports(), tls
        self.folder = base / "data" / BUCKET
        for folder in (self.folder, base / "iam", base / "sidecar"):
            folder.mkdir(parents=True)
        (base / "keys").write_text(f"{KEY}: {SECRET}\n")
        (base / "keys").chmod(0o600)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def config(self, endpoint: str = "") -> dict[str, str]:
        """Relay's `[objects]`."""
        return {"endpoint": endpoint or self.endpoint, "bucket": BUCKET, "keys": str(self.base / "keys")}

    def client(self, *, secret: str = SECRET, ca: bytes | None = None) -> S3:
        """Relay's own way to it."""
        return S3(endpoint=self.endpoint, bucket=BUCKET, region="us-east-1", key=KEY, secret=secret, ca=ca)

    async def start(self) -> None:
        """Starts it and waits until it listens."""
        assert PROGRAM.exists(), "`make build/versitygw` makes it"
        tls = ["--cert", str(self._tls[0]), "--key", str(self._tls[1])] if self._tls else []
        command = [PROGRAM, "--port", f"127.0.0.1:{self.port}", "--quiet", "--iam-dir", self.base / "iam", *tls]
        command += ["posix", "--sidecar", self.base / "sidecar", self.base / "data"]
        env = {"PATH": os.defpath, "ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET}
        with (self.base / "log").open("ab") as log:
            self._process = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=self.base)
        for _ in range(200):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            await asyncio.sleep(0.05)
        raise AssertionError((self.base / "log").read_text())

    def kill(self) -> None:
        """Ends it at once."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def kept(self) -> dict[str, int]:
        """Names and sizes of all in the bucket, unfinished uploads in several parts included."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): path.stat().st_size for path in found}


class Tap:
    """Stands before a server and keeps every byte that comes to it."""

    def __init__(self, to: int) -> None:
        self.port, self.said = free_ports(), bytearray()
        self._to = to
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, to = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.close()
            return
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(self._copy(reader, to, self.said), self._copy(there, writer, None))

    @staticmethod
    async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, keep: bytearray | None) -> None:
        while data := await reader.read(1 << 16):
            if keep is not None:
                keep += data
            writer.write(data)
            await writer.drain()
        writer.close()
