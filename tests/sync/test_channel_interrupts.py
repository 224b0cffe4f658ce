"""Exceptions from outside at bytecodes of a channel; see `interrupting` for those of a client."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any

import pytest

from rpcgen import Channel, RpcError, Server, dial
from rpcgen.channel.backoff import Reconnect
from rpcgen.channel.retry import Retry
from tests.protocol.messages import Pair
from tests.support.timeouts import TIMEOUT_S

from .interrupting import EXCEPTIONS, SUM, Interrupter

FILES = tuple(
    f"/rpcgen/{name}.py"
    for name in (
        "sync/channel",
        "sync/channel_pool",
        "channel/balance",
        "channel/core",
        "channel/resolver",
        "channel/servers",
    )
)


class ChannelInterrupter(Interrupter):
    """Raises an exception in the current thread, at the bytecode of a channel."""

    def _enter(self, frame: FrameType, event: str, arg: object) -> Any:
        code = frame.f_code
        # Python looks for signals after calls and jumps: not between the taking of a lock in `_do`
        # and the `try` there, but in what that calls.
        if not code.co_filename.endswith(FILES) or code.co_name == "_do":
            return None
        frame.f_trace_opcodes = True
        return self._step


@pytest.fixture(scope="module")
def addresses() -> Iterator[list[str]]:
    """The addresses of two servers."""
    servers = [Server(), Server()]
    for server in servers:
        server.register_name("Test", [SUM.handler(lambda pair: pair.a + pair.b)])
    found = [server.listen("127.0.0.1:0").address for server in servers]
    with servers[0], servers[1]:
        yield found


def connect(channel: Channel) -> None:
    """Make the first calls."""
    assert channel.call(SUM, Pair(1, 2)) == 3
    assert channel.call(SUM, Pair(3, 4)) == 7


def lose(channel: Channel) -> None:
    """Make a call after a connection has ended."""
    assert channel.call(SUM, Pair(1, 2)) == 3
    for server in channel._pool.core.servers:
        for line in server.lines:
            line.connection._stream.shutdown()
    assert channel.call(SUM, Pair(3, 4)) == 7


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [connect, lose])
@pytest.mark.parametrize("count", [1, 2])
def test_channel_goes_on_after_an_exception_from_outside(
    scenario: Callable[[Channel], None], count: int, addresses: list[str]
) -> None:
    exceptions = itertools.cycle(EXCEPTIONS)
    for number in itertools.count(0, 29):
        with dial(addresses[:count], retry=Retry(), reconnect=Reconnect(0.001, 0.01)) as channel:
            interrupter = ChannelInterrupter(number, next(exceptions)())
            was_raised = interrupter.run(partial(scenario, channel))
            try:
                reply = channel.call(SUM, Pair(5, 6), wait_for_ready=True, timeout=TIMEOUT_S)
                assert reply == 11
            except RpcError as error:
                raise AssertionError(f"locked: {interrupter.place}") from error
        if not was_raised:
            return
