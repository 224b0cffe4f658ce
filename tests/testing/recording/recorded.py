"""Recordings for tests: made by the real proxy between real clients and servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rpcgen import Registry
from rpcgen.protocol import CodecName
from rpcgen.testing.recording.file import RecordingWriter
from rpcgen.testing.recording.proxy import RecordingProxy
from tests.support.apis import Api, ApiClient, Loop

__all__ = ["recorded", "recording_proxy"]


@contextmanager
def recording_proxy(path: Path, to: str, listen: str = "127.0.0.1:0") -> Iterator[str]:
    """Record into a file what passes; yields the address for clients."""
    with Loop() as loop, RecordingWriter(path, to) as writer:

        async def begin() -> RecordingProxy:
            return await RecordingProxy(listen, to, writer.write).__aenter__()

        proxy = loop.run(begin())
        try:
            yield proxy.address
        finally:
            loop.run(proxy.__aexit__(None, None, None))


@contextmanager
def recorded(
    api: Api,
    path: Path,
    *registrations: Callable[[Registry], None],
    codec: CodecName = "gob",
    where: str = "tcp://127.0.0.1:0",
) -> Iterator[ApiClient]:
    """Yield a client whose calls to a server with ``Arith`` and ``Probe`` are recorded."""
    with api.serve(where, *registrations, codec=codec) as address:
        with recording_proxy(path, address) as proxy, api.dial(proxy, codec=codec) as client:
            yield client
