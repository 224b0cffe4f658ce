"""A worker as a process of its own, which can be killed.

    python -m tests.durable.worker_program API URL SERVICE FILE

appends a line to the file for each call that it begins: the number that the call has sent. Its
reply tells executions apart: no two of them give the same. A negative number kills the process.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from itertools import count

import rpcgen
from rpcgen import Method, aio

__all__ = ["ACK_WAIT_S", "DELIVERIES", "charge_of"]

ACK_WAIT_S = 1.0
"""Time after which the calls of a worker that was killed are given to another one."""

DELIVERIES = 3
"""How often a call is given to workers that die of it."""

_SECONDS = 0.02

_executions = count()


def charge_of(service: str) -> Method[int, str]:
    """Return the method, of a service of this name."""
    return Method[int, str](f"{service}.Charge", durable=True)


class _Handlers:
    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)

    def begin(self, number: int) -> str:
        os.write(self._file, b"%d\n" % number)  # appended whole, whoever else writes
        if number < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return f"{number} by {os.getpid()}, {next(_executions)}"

    def charge(self, number: int) -> str:
        reply = self.begin(number)
        time.sleep(_SECONDS)
        return reply

    async def charge_task(self, number: int) -> str:
        reply = self.begin(number)
        await asyncio.sleep(_SECONDS)
        return reply


def _serve(url: str, service: str, handlers: _Handlers) -> None:
    server = rpcgen.Server()
    server.register_name(service, [charge_of(service).handler(handlers.charge)])
    server.work(url, in_flight=4, deliveries=DELIVERIES, ack_wait=ACK_WAIT_S)
    server.serve()


async def _serve_async(url: str, service: str, handlers: _Handlers) -> None:
    server = aio.Server()
    server.register_name(service, [charge_of(service).async_handler(handlers.charge_task)])
    server.work(url, in_flight=4, deliveries=DELIVERIES, ack_wait=ACK_WAIT_S)
    await server.serve()


def main() -> None:
    """Work until SIGTERM comes, or worse."""
    api, url, service, path = sys.argv[1:]
    if api == "sync":
        _serve(url, service, _Handlers(path))
    else:
        asyncio.run(_serve_async(url, service, _Handlers(path)))


if __name__ == "__main__":
    main()
