"""A server of `chaos`, as a process of its own: it can be killed.

    python -m tests.channel.chaos_server API ADDRESS CODEC FILE

writes the number of each call that it carries out into the file, says ``ready`` once it listens,
and drains on SIGTERM. At an address ``nats://`` it takes calls by a broker, which it does a moment
after it has said so.
"""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import sys
import time
from typing import Final, cast

from attrs import define

import rpcgen
from rpcgen import Method, aio
from rpcgen.protocol import CodecName
from tests.support.timeouts import TIMEOUT_S

__all__ = ["FIND", "MARK", "RECORD", "Work"]


@define
class Work:
    """What a call asks for: its number, no other has it, and how long it takes in seconds."""

    number: int
    seconds: float


MARK: Final = Method[Work, int]("Chaos.Mark")
FIND: Final = Method[Work, int]("Chaos.Find", idempotent=True)

RECORD: Final = struct.Struct("<q")
"""A number in the file."""


class _Service:
    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)

    def _begin(self, work: Work) -> None:
        os.write(self._file, RECORD.pack(work.number))  # appended whole, whoever else writes

    def work(self, work: Work) -> int:
        """Carry a call out."""
        self._begin(work)
        if work.seconds:
            time.sleep(work.seconds)
        return work.number

    async def work_task(self, work: Work) -> int:
        """Do the same in a task."""
        self._begin(work)
        if work.seconds:
            await asyncio.sleep(work.seconds)
        return work.number


def _ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def _serve(service: _Service, address: str, codec: CodecName) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # in all threads
    server = rpcgen.Server(workers=64)
    server.register_name("Chaos", [each.handler(service.work) for each in (MARK, FIND)])
    if address.startswith("nats://"):
        server.announce(address, version="1.0.0", via="nats")
    else:
        server.listen(address, codec)
    with server:
        _ready()
        signal.sigwait([signal.SIGTERM])
        server.shutdown(TIMEOUT_S)


async def _serve_tasks(service: _Service, address: str, codec: CodecName) -> None:
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    server = aio.Server()
    server.register_name("Chaos", [each.async_handler(service.work_task) for each in (MARK, FIND)])
    if address.startswith("nats://"):
        server.announce(address, version="1.0.0", via="nats")
    else:
        await server.listen(address, codec)
    async with server:
        _ready()
        await told.wait()
        await server.shutdown(TIMEOUT_S)


if __name__ == "__main__":
    api, address, codec, path = sys.argv[1:]
    if api == "sync":
        _serve(_Service(path), address, cast("CodecName", codec))
    else:
        asyncio.run(_serve_tasks(_Service(path), address, cast("CodecName", codec)))
