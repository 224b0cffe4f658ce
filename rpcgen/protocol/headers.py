"""The headers of net/rpc, which travel before every request and every response."""

from __future__ import annotations

from enum import IntFlag
from operator import attrgetter
from typing import Annotated, Any, Final, TypeAlias

from attrs import define, fields

from rpcgen.schema import Schema, schema_of
from rpcgen.types import GoType, Int64, Uint64, wire

__all__ = [
    "EXTENDED_REQUEST",
    "EXTENDED_RESPONSE",
    "CANCEL_METHOD",
    "NOTICE_SEQ",
    "REQUEST",
    "RESPONSE",
    "CancelArgs",
    "ExtendedRequest",
    "ExtendedResponse",
    "Feature",
    "Request",
    "Response",
    "more_than_timeout",
    "plain_request",
    "plain_response",
]

# Text that need not be UTF-8: a header that cannot be read would cost the connection.
_Text: TypeAlias = Annotated[str, GoType("string")]


class _Header:
    """Base of headers, with methods that attrs would compile for each of them at every import."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _names(self))

    __hash__ = None  # type: ignore[assignment]  # as that of whatever changes and is compared

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in _names(self))
        return f"{type(self).__name__}({values})"


def _names(header: Any) -> list[str]:
    return [each.name for each in fields(type(header))]


@wire("rpc.Request")
@define(eq=False, repr=False)
class Request(_Header):
    """Header that a client sends before the arguments of a call. Mirrors Go's ``rpc.Request``."""

    service_method: _Text = ""
    seq: Uint64 = 0


@wire("rpc.Response")
@define(eq=False, repr=False)
class Response(_Header):
    """Header that a server sends before the reply of a call. Mirrors Go's ``rpc.Response``.

    Where ``error`` is not empty, what follows is no reply but a placeholder.
    """

    service_method: _Text = ""
    seq: Uint64 = 0
    error: _Text = ""


class Feature(IntFlag):
    """Abilities of a peer beyond Go's net/rpc, as ``features`` says them."""

    STREAMS = 1
    CALLS_BACK = 2
    DRAIN_NOTICE = 4
    LARGE_HEADERS = 8
    KEY = 16


CANCEL_METHOD: Final = "_goRPC_.Cancel"
"""Method by which a client says that nobody waits for a call any more; see `CancelArgs`."""

NOTICE_SEQ: Final = (1 << 64) - 1
"""Number of a response that answers no request: the drain notice. As ``Cancel.Seq``, a ping."""


@wire("rpc.Request")
@define(eq=False, repr=False)
class ExtendedRequest(Request):
    """A `Request` with more than Go's has; sent only where some of that is not zero.

    A stock Go server skips the fields that it does not know.
    """

    timeout: Int64 = 0
    """Nanoseconds left when it was sent; 0: no deadline."""

    metadata: dict[_Text, _Text] | None = None
    """Texts by their names, see `rpcgen.protocol.metadata`; None where there are none."""

    key: _Text = ""
    """Idempotency key: the same caller, method and key get the same reply, carried out once."""

    stream: Uint64 = 0
    """1 if the client reads a stream, 2 if it sends one, 3 both; on the request that opens it."""

    more: bool = False
    """True on a part of what the client sends on an open stream, unless it is the last."""

    credit: Uint64 = 0
    """Number of bytes of bodies that the sender of this header will take in addition."""

    features: Uint64 = 0
    """Abilities of the sender; see `Feature`."""


@wire("rpc.Response")
@define(eq=False, repr=False)
class ExtendedResponse(Response):
    """A `Response` with more than Go's has; sent only where some of that is not zero."""

    code: Uint64 = 0
    """Kind of the ``error``, a `rpcgen.Code`; 0 with an error: unknown."""

    raised: _Text = ""
    """Wire name of a declared exception, whose fields are the body."""

    unstarted: bool = False
    """True if the handler was not begun: the call may be repeated, whatever it does."""

    metadata: dict[_Text, _Text] | None = None
    """Texts by their names, see `rpcgen.protocol.metadata`; None where there are none."""

    stream: Uint64 = 0
    """1 on every response that belongs to a stream."""

    more: bool = False
    """True on a part of a stream, unless it is the last."""

    credit: Uint64 = 0
    """Number of bytes of bodies that the sender of this header will take in addition."""

    features: Uint64 = 0
    """Abilities of the sender; see `Feature`."""

    last: Uint64 = 0
    """Only in the drain notice: requests numbered higher were not and will not be begun."""


@wire("rpc.CancelArgs")
@define(eq=False, repr=False)
class CancelArgs(_Header):
    """Arguments of ``_goRPC_.Cancel``, whose reply is a ``bool`` that nobody looks at.

    ``seq`` is the number of the call, in JSON its place among the requests of the connection,
    counted from 1; `NOTICE_SEQ` is a ping.
    """

    seq: Uint64 = 0


REQUEST: Schema[Request] = schema_of(Request)
RESPONSE: Schema[Response] = schema_of(Response)
EXTENDED_REQUEST: Schema[ExtendedRequest] = schema_of(ExtendedRequest)
EXTENDED_RESPONSE: Schema[ExtendedResponse] = schema_of(ExtendedResponse)


_more_of_request: Final = attrgetter(*[each.name for each in fields(ExtendedRequest)[2:]])
_more_of_response: Final = attrgetter(*[each.name for each in fields(ExtendedResponse)[3:]])


def plain_request(header: Request) -> Request:
    """Return a request's header as a `Request` if it has nothing beyond one, else as it is."""
    if type(header) is Request or any(_more_of_request(header)):
        return header
    return Request(header.service_method, header.seq)


def more_than_timeout(header: ExtendedRequest) -> bool:
    """Say whether a request's header has anything beyond Go's and the time limit."""
    # One after the other, in half the time of `any`: asked for every call with a time limit.
    return bool(
        header.metadata
        or header.features
        or header.key
        or header.stream
        or header.more
        or header.credit
    )


def plain_response(header: Response) -> Response:
    """Return a response's header as a `Response` if it has nothing beyond one, else as it is."""
    if type(header) is Response or any(_more_of_response(header)):
        return header
    return Response(header.service_method, header.seq, header.error)
