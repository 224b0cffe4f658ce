"""A worker as a process of its own, which can be killed.

    python -m tests.durable.worker_program API URL SERVICE ATTEMPTS FILE

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

__all__ = ["charge_of"]

# Time after which the calls of a worker that was killed are given to another one.
_ACK_WAIT_S = 1.0

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


def _serve(url: str, service: str, attempts: int, path: str, processes: int | None) -> None:
    server = rpcgen.Server()
    server.register_name(service, [charge_of(service).handler(_Handlers(path).charge)])
    server.work(url, in_flight=4, attempts=attempts, ack_wait=_ACK_WAIT_S)
    server.serve(processes=processes)


async def _serve_async(url: str, service: str, attempts: int, path: str) -> None:
    server = aio.Server()
    server.register_name(service, [charge_of(service).async_handler(_Handlers(path).charge_task)])
    server.work(url, in_flight=4, attempts=attempts, ack_wait=_ACK_WAIT_S)
    await server.serve()


def main() -> None:
    """Work until SIGTERM comes, or worse."""
    api, url, service, attempts, path = sys.argv[1:]
    if api == "asyncio":
        asyncio.run(_serve_async(url, service, int(attempts), path))
    else:
        _serve(url, service, int(attempts), path, 2 if api == "processes" else None)


if __name__ == "__main__":
    main()
