"""The bucket: a folder, or S3. It gets random names and ciphertext, and gives them back; flow `relay-store`.

A part is written once, under a name that was never used, and not changed afterwards. `put` returns when it is durable.
"""

import asyncio
import contextlib
import datetime as dt
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, ParamSpec, Protocol, TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore.store import ClientConfig

DEADLINE: Final = dt.timedelta(seconds=30)
"""For one request to S3, the body included."""
LOOKED_AT: Final = 1000
"""Names of one step of a listing."""


class Away(Exception):
    """The bucket does not answer, or refuses."""


class Gone(Exception):
    """The bucket holds nothing under this name, or less than there was."""


class Kept(NamedTuple):
    """Something in the bucket: its name, and when it was written by the bucket's clock."""

    name: str
    at: float


class Bucket(Protocol):
    """Where parts are kept. Everything raises `Away`; `read` also `Gone`."""

    async def put(self, name: str, data: bytes) -> None:
        """Keeps `data`; durable when this returns."""

    async def read(self, name: str, start: int, end: int) -> bytes:
        """The bytes from `start` to before `end`."""

    async def delete(self, names: list[str]) -> None:
        """Forgets these, whether they are there or not."""

    def everything(self) -> AsyncIterator[list[Kept]]:
        """All that is there, in steps."""


class Folder:
    """A bucket in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, name: str, data: bytes) -> None:
        """Keeps `data`; on disk when this returns."""
        await _thread(self._put, name, data)

    async def read(self, name: str, start: int, end: int) -> bytes:
        """The bytes from `start` to before `end`."""
        return await _thread(self._read, name, start, end)

    async def delete(self, names: list[str]) -> None:
        """Forgets these."""
        await _thread(self._delete, names)

    async def everything(self) -> AsyncIterator[list[Kept]]:
        """All files of the folder."""
        found = await _thread(self._list)
        for at in range(0, len(found), LOOKED_AT):
            yield found[at : at + LOOKED_AT]

    def _put(self, name: str, data: bytes) -> None:
        path = self._folder / name
        try:
            with path.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            path.unlink(missing_ok=True)
            raise
        folder = os.open(self._folder, os.O_RDONLY)  # the name must last too
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _read(self, name: str, start: int, end: int) -> bytes:
        try:
            with (self._folder / name).open("rb", buffering=0) as file:
                file.seek(start)
                data = file.read(end - start)
        except FileNotFoundError:
            raise Gone from None
        if len(data) < end - start:
            raise Gone
        return data

    def _delete(self, names: list[str]) -> None:
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    def _list(self) -> list[Kept]:
        with os.scandir(self._folder) as found:
            return [Kept(one.name, one.stat().st_mtime) for one in found if one.is_file(follow_symlinks=False)]


class S3:
    """A bucket behind S3's interface."""

    def __init__(self, *, endpoint: str, bucket: str, region: str, key: str, secret: str, ca: bytes | None) -> None:
        """`ca`: certificates (PEM) trusted beside the system's. Settings of the environment are ignored."""
        for name in list(os.environ):
            if name.upper().startswith("AWS_") or name.upper().endswith("_PROXY"):
                del os.environ[name]  # the library would read them
        options: ClientConfig = {"allow_http": endpoint.startswith("http://"), "timeout": DEADLINE}
        if ca is not None:
            options["root_certificate"] = ca
        self._store = S3Store(
            bucket,
            endpoint=endpoint,
            region=region,
            access_key_id=key,
            secret_access_key=secret,
            virtual_hosted_style_request=False,
            client_options=options,
            retry_config={"max_retries": 2, "retry_timeout": DEADLINE},
        )

    async def put(self, name: str, data: bytes) -> None:
        """Keeps `data`; durable when this returns, as far as the bucket's owner keeps his word."""
        with _answers():
            await obstore.put_async(self._store, name, data, use_multipart=False)

    async def read(self, name: str, start: int, end: int) -> bytes:
        """The bytes from `start` to before `end`."""
        with _answers():
            data = bytes(await obstore.get_range_async(self._store, name, start=start, end=end))
        if len(data) < end - start:
            raise Gone
        return data

    async def delete(self, names: list[str]) -> None:
        """Forgets these."""
        with _answers(), contextlib.suppress(FileNotFoundError):
            await obstore.delete_async(self._store, names)

    async def everything(self) -> AsyncIterator[list[Kept]]:
        """All objects of the bucket."""
        with _answers():
            async for step in obstore.list(self._store, chunk_size=LOOKED_AT):
                yield [Kept(one["path"], one["last_modified"].timestamp()) for one in step]


@contextlib.contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise Gone from None
    except (BaseError, OSError) as error:
        raise Away from error


P = ParamSpec("P")
T = TypeVar("T")


async def _thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except OSError as error:
        raise Away from error
