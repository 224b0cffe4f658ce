"""Both ends of a channel: servers that come and go, and a channel of either API."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Self, Unpack, cast

import rpcgen
from rpcgen import ChannelOptions, Code, Method, ServerError, Target, aio
from rpcgen.protocol import CodecName
from tests.support.apis import ApiClient, AsyncClient, Loop, SyncClient
from tests.support.timeouts import TIMEOUT_S

__all__ = [
    "BUSY",
    "FIND",
    "HOLD",
    "MARK",
    "PEER",
    "REFUSE",
    "Tally",
    "TallyServer",
    "dial",
]

MARK: Final = Method[int, str]("Tally.Mark")
FIND: Final = Method[int, str]("Tally.Find", idempotent=True)
HOLD: Final = Method[int, str]("Tally.Hold")
BUSY: Final = Method[int, str]("Tally.Busy", idempotent=True)
REFUSE: Final = Method[int, str]("Tally.Refuse")
PEER: Final = Method[int, str]("Tally.Peer")


class Tally:
    """What the servers of a test have carried out, all of them together."""

    def __init__(self) -> None:
        self.marks: list[tuple[str, int]] = []
        """Names of servers, and numbers of calls."""
        self.entered = threading.Semaphore(0)
        """Released by each call that is held."""
        self.gate = threading.Event()
        """Set to let all calls go on that are held."""

    @property
    def carried_out(self) -> Counter[int]:
        """How often each call was carried out."""
        return Counter(number for _, number in self.marks)

    def wait_held(self, count: int = 1) -> None:
        """Wait until so many more calls are held."""
        for _ in range(count):
            assert self.entered.acquire(timeout=TIMEOUT_S)


class TallyServer:
    """A server with a name; a context manager that ends it.

    Args:
        tally: What it has in common with others.
        name: What its methods answer.
        address: Where it listens.
        codec: What it speaks.
        **options: Those of `rpcgen.Server`.
    """

    def __init__(
        self,
        tally: Tally,
        name: str,
        address: str = "tcp://127.0.0.1:0",
        codec: CodecName = "gob",
        **options: Any,
    ) -> None:
        self._tally = tally
        self._name = name
        self._server = rpcgen.Server(**{"workers": 64, **options})
        self._server.register_name(
            "Tally",
            [
                MARK.handler(self._mark),
                FIND.handler(self._mark),
                HOLD.handler(self._hold),
                BUSY.handler(self._busy),
                REFUSE.handler(self._refuse),
                PEER.handler(self._peer),
            ],
        )
        self.address = self._server.listen(address, codec).address
        self._server.__enter__()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._tally.gate.set()
        self._server.close(0.0)

    def kill(self) -> None:
        """End it at once; calls that are under way get no answer."""
        self._server.close(0.0)

    def shutdown(self, grace: float = TIMEOUT_S) -> None:
        """Shut down in good order."""
        self._server.shutdown(grace)

    def _mark(self, number: int) -> str:
        self._tally.marks.append((self._name, number))
        return self._name

    def _hold(self, number: int) -> str:
        self._mark(number)
        self._tally.entered.release()
        self._tally.gate.wait(TIMEOUT_S)
        return self._name

    def _busy(self, number: int) -> str:
        self._mark(number)
        raise ServerError(f"{self._name} is busy", code=Code.UNAVAILABLE)

    def _refuse(self, number: int) -> str:
        raise ServerError(f"{self._name} is full", code=Code.RESOURCE_EXHAUSTED, started=False)

    def _peer(self, number: int) -> str:
        self._hold(number)
        return str(rpcgen.context().peer.address)


@contextmanager
def dial(api: str, target: Target, **options: Unpack[ChannelOptions]) -> Iterator[ApiClient]:
    """Give a channel of an API, whose methods block."""
    if api == "sync":
        with rpcgen.dial(target, **options) as channel:
            yield SyncClient(cast("rpcgen.Client", channel))
        return
    connecting = aio.dial(target, **options)

    async def connect() -> aio.Channel:
        return await connecting

    with Loop() as loop:
        dialed = loop.run(connect())
        try:
            yield AsyncClient(loop, cast("aio.Client", dialed))
        finally:
            loop.run(dialed.__aexit__(None, None, None))
