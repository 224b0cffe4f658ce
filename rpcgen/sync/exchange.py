"""`exchange_of`: plain calls, one at a time, that the accelerator carries out for a client.

Most calls have no options but a time limit, or metadata that are those of the last call, and find
nothing else under way on their connection. The accelerator does all that such a call needs in one
step: it numbers the call, enters it into the pending map, encodes and sends the request, leads for
as long as a spin takes, and takes the reply. Whatever is out of the ordinary it leaves to the
client, before it has done anything, or with the state as it would be there: a request that is on
its way, a call that is pending, bytes that were received. So it leaves a call whose time is over:
the client gives that up.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from types import BuiltinFunctionType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from rpcgen._interrupts import reraise_interrupt
from rpcgen.gob import implementation
from rpcgen.net import clock
from rpcgen.net.spin import SPIN_LIMIT_S
from rpcgen.protocol import GobClientCodec
from rpcgen.protocol.call_options import NO_OPTIONS, CallSettings
from rpcgen.schema.classes import slots_of

from . import _fork
from .call import Call, CallDriver

if TYPE_CHECKING:
    from rpcgen.method import Method
    from rpcgen.protocol import ClientProtocol

    from .leader_follower import LeaderFollower
    from .receiver import Receiver
    from .request_writer import RequestWriter
    from .sections import Sections
    from .stream import Stream

__all__ = ["Exchange", "exchange_of"]

Exchange: TypeAlias = "Callable[[Method[Any, Any], object, CallSettings], Any]"
"""Carries a call out, of a method with arguments and settings, and returns the reply."""

# Slots of a call in the order in which the accelerator has them.
_SLOTS: Final = (
    "service_method",
    "args",
    "reply",
    "error",
    "_is_done",
    "_driver",
    "_settings",
    "_seq",
    "_waiters",
    "_outcomes",
)

# The same of its settings.
_OPTIONS: Final = ("deadline", "metadata", "key")


class _Client(CallDriver, Protocol):
    """Client whose calls these are; private to the package."""

    _protocol: ClientProtocol[Call[Any]]
    _sections: Sections
    _writer: RequestWriter
    _receiver: Receiver
    _leader_follower: LeaderFollower

    def _send(self, method: Method[Any, Any], args: object, settings: CallSettings) -> Call[Any]:
        """Send a call that this thread is about to wait for."""
        ...

    def _finish_sending(self, deadline: float | None) -> None:
        """Send what is left of a request whose reply this thread is about to wait for."""
        ...

    def _end_after(self, error: BaseException) -> None:
        """End the connection after an exception whose place leaves its state in doubt."""
        ...

    def _end_if_closing(self) -> None:
        """Do what `close` has begun, if it has."""
        ...


def exchange_of(client: _Client, stream: Stream, idle: float) -> Exchange | None:
    """Return what carries out the plain calls of a client, None where that is the client alone.

    Args:
        client: The client, which is otherwise made.
        stream: Its connection.
        idle: Time in seconds without calls after which the client looks at its connection first.
    """
    if implementation != "c" or type(client._protocol.codec) is not GobClientCodec:
        return None
    descriptor = stream.plain_descriptor()
    if descriptor is None:
        return None
    return _exchange_class()(client, descriptor, idle).call  # type: ignore[no-any-return]


@cache
def _exchange_class() -> Any:
    """Import the accelerator, where there is one, and return what stands on it."""
    from rpcgen.gob.accelerated import native

    class AcceleratedExchange(native.Exchange):
        """Part of an exchange that the accelerator leaves to a client.

        Args:
            client: The client.
            descriptor: That of its socket.
            idle: See `exchange_of`.
        """

        def __init__(self, client: _Client, descriptor: int, idle: float) -> None:
            self._client = client
            self._prepare(_parts(client), descriptor, idle, SPIN_LIMIT_S)

        def _call(self, method: Method[Any, Any], args: object, settings: CallSettings) -> Any:
            """Carry out a call of which nothing has happened."""
            return self._client._send(method, args, settings).result()

        def _wait(self, call: Call[Any]) -> Any:
            """Wait for a reply, which may have come and be out of the ordinary."""
            return call.result()

        def _record_miss(self) -> None:
            """Note that it did not pay to spin."""
            self._client._receiver.spin.record_miss()

        def _wait_blocked(self, call: Call[Any]) -> Any:
            """Wait for a reply after `_enqueue_rest`."""
            self._client._finish_sending(call._settings.deadline)
            return call.result()

        def _enqueue_rest(self, call: Call[Any], wire_data: bytes, sent: int) -> None:
            """See to it that the rest of a request is sent first of all; in the section `send`."""
            try:
                self._client._writer.enqueue_first(wire_data, sent, call)
            except BaseException as error:
                self._client._end_after(error)
                raise

        def _cannot_send(self, call: Call[Any], number: int) -> Any:
            """End a call of whose request the connection has taken nothing."""
            self._client._writer.fail(OSError(number, os.strerror(number)), unstarted=call)
            return call.result()

        def _cannot_read(self, call: Call[Any], number: int) -> Any:
            """End all calls."""
            self._client._receiver.fail(OSError(number, os.strerror(number)))
            return call.result()

        def _give_up(self, call: Call[Any]) -> None:
            """See to it that no trace is left of a call that an exception has ended."""
            self._client._give_up(call)

        def _notify_follower(self) -> None:
            self._client._leader_follower.notify_follower()

        def _end_if_closing(self) -> None:
            self._client._end_if_closing()

    return AcceleratedExchange


def _parts(client: _Client) -> tuple[object, ...]:
    """Return what the accelerator works with, in the order in which it has it."""
    from rpcgen.gob.accelerated import native

    protocol, codec = client._protocol, client._protocol.codec
    assert isinstance(codec, GobClientCodec)
    encoder, headers = codec._encoder, codec._headers
    assert isinstance(encoder, native.MessageEncoder)
    return (
        protocol._pending,
        client._sections.claims,
        client._leader_follower._leader,
        protocol._weak,
        client._receiver._received,
        client._writer._queue,
        client._writer._to_cancel,
        protocol._refusals,
        client._leader_follower._followers,
        protocol._seq,
        codec._heads,
        codec._timed_heads,
        encoder,
        headers._known,
        codec._decoder,
        codec,
        client,
        protocol,
        client._receiver.spin,
        vars(_fork),
        _fork.generation,
        NO_OPTIONS,
        vars(clock),
        # The accelerator looks at the system's clock: while a test has put another one in its
        # place, calls with a time limit are left to the client.
        clock.monotonic if type(clock.monotonic) is BuiltinFunctionType else None,
        reraise_interrupt,
        Call,
        slots_of(Call, _SLOTS),
        slots_of(CallSettings, _OPTIONS),
    )
