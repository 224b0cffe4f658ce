"""A NATS broker of its own for tests."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

import pytest

from tests.support.timeouts import TIMEOUT_S

__all__ = ["Broker", "broker", "cluster", "needs_broker"]

needs_broker = pytest.mark.skipif(
    shutil.which("nats-server") is None, reason="nats-server is not installed"
)


class Broker:
    """A ``nats-server`` on a free port, which can be stopped and started again."""

    def __init__(self) -> None:
        self._port = _free_port()
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
                assert self._process.poll() is None
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


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def broker() -> Iterator[Broker]:
    """Have a broker run, or have it ready to."""
    made = Broker()
    try:
        yield made
    finally:
        made.stop()


@contextmanager
def cluster(size: int, *options: str) -> Iterator[list[Broker]]:
    """Have some brokers run that know each other, and keep what they are given.

    Args:
        size: How many.
        options: Those of each.
    """
    routes = [f"nats://127.0.0.1:{_free_port()}" for _ in range(size)]
    with ExitStack() as stack:
        brokers = []
        for number, route in enumerate(routes):
            folder = stack.enter_context(TemporaryDirectory())
            made = stack.enter_context(broker())
            others = ("-cluster_name", "tests", "-cluster", route, "-routes", ",".join(routes))
            made.options = ("-js", "-sd", folder, "-n", f"n{number}", *others, *options)
            brokers.append(made)
        for each in brokers:
            each.start()
        yield brokers
        for each in brokers:
            each.stop()
