"""A NATS broker of its own for tests."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import pytest

from tests.support.timeouts import TIMEOUT_S

__all__ = ["Broker", "broker", "needs_broker"]

needs_broker = pytest.mark.skipif(
    shutil.which("nats-server") is None, reason="nats-server is not installed"
)


class Broker:
    """A ``nats-server`` on a free port, which can be stopped and started again."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        # Options of each start.
        self.options: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self._port}"

    def start(self, *options: str) -> None:
        command = ["nats-server", "-a", "127.0.0.1", "-p", str(self._port), *self.options, *options]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        deadline = monotonic() + TIMEOUT_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port)).close()
                return
            except ConnectionRefusedError:
                assert monotonic() < deadline
                sleep(0.01)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def ask(self, subject: str, count: int = 1) -> list[dict[str, Any]]:
        """Ask all micro services, again until so many have answered; return their answers."""
        return asyncio.run(asyncio.wait_for(self._ask(subject, count), TIMEOUT_S))

    async def _ask(self, subject: str, count: int) -> list[dict[str, Any]]:
        import nats  # late: all tests read this module, for their markers

        client = await nats.connect(self.url)
        try:
            while True:
                answers: list[dict[str, Any]] = []
                inbox = client.new_inbox()
                subscription = await client.subscribe(inbox)
                await client.publish(subject, reply=inbox)
                try:
                    while len(answers) < count:
                        message = await subscription.next_msg(0.2)
                        if message.data:
                            answers.append(json.loads(message.data))
                    return answers
                except nats.errors.TimeoutError:
                    await subscription.unsubscribe()
        finally:
            await client.close()


@contextmanager
def broker() -> Iterator[Broker]:
    """Have a broker run, or have it ready to."""
    made = Broker()
    try:
        yield made
    finally:
        made.stop()
