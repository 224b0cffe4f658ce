"""Requests that no Go client sends: the Python server answers them, or hangs up, as Go's does."""

from __future__ import annotations

import socket

import pytest

from tests.support.sockets import connect

from .gopeer import GoServer
from .wire import header_type, read_all_messages, renumbered, stream

REQUEST_TYPE = header_type("Request", "ServiceMethod string", "Seq uint")
# Type 65 is Args{A, B int}.
ARGS_TYPE = "ff81030101044172677301ff820001020101410104000101420104000000"
ARGS = "ff82 010e 0110 00"
MULTIPLY_0 = f"ff80 010e {b'Arith.Multiply'.hex()} 00"
MULTIPLY_1 = f"ff80 010e {b'Arith.Multiply'.hex()} 0101 00"
MULTIPLY_1_IN_TIME = f"ff80 010e {b'Arith.Multiply'.hex()} 0101 01ffc6 00"
NOPE_1 = f"ff80 010a {b'Arith.Nope'.hex()} 0101 00"
# A value of type 100, which nobody has defined.
UNDEFINED = "ffc8 00"
GOOD = (REQUEST_TYPE, MULTIPLY_0, ARGS_TYPE, ARGS)

# What a client sends before it half-closes.
HALF_CLOSED = {
    "nothing": b"",
    "a request": stream(*GOOD),
    "two requests of one seq": stream(*GOOD, MULTIPLY_0, ARGS),
    "a header with a further field": stream(
        header_type("Request", "ServiceMethod string", "Seq uint", "Deadline int"),
        MULTIPLY_1_IN_TIME,
        ARGS_TYPE,
        ARGS,
    ),
    "a header without seq": stream(
        header_type("Request", "ServiceMethod string"), MULTIPLY_0, ARGS_TYPE, ARGS
    ),
    "a header cut short": stream(REQUEST_TYPE, MULTIPLY_0)[:-3],
    "a header without a body": stream(REQUEST_TYPE, MULTIPLY_0),
    "an unknown method without a body": stream(REQUEST_TYPE, NOPE_1),
    "a body cut short": stream(*GOOD)[:-3],
    "an unknown method with a body of an undefined type, then a request": stream(
        REQUEST_TYPE, NOPE_1, UNDEFINED, MULTIPLY_0, ARGS_TYPE, ARGS
    ),
    "half of a header as text": b"GET / HTTP/1.0\r\n\r\n",
}

# What makes a server hang up.
HOPELESS = {
    "a header that is a number": stream("04 00 22", *GOOD),
    "a header whose seq is signed": stream(
        header_type("Request", "ServiceMethod string", "Seq int"), MULTIPLY_1, ARGS_TYPE, ARGS
    ),
    "a header of an undefined type": stream(UNDEFINED),
    "a header of no type": b"\x00\x00\x00\x00",
    "a type that is defined twice": stream(*GOOD, REQUEST_TYPE, MULTIPLY_1, ARGS),
}


def answers(address: str, requests: bytes, *, half_close: bool) -> list[bytes]:
    """Send bytes and return every message that comes, until the server hangs up."""
    with connect(address) as connection:
        connection.sendall(requests)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        return renumbered(read_all_messages(connection))


@pytest.mark.parametrize("sent", HALF_CLOSED)
def test_half_closed_stream_is_answered_as_by_go(
    python_server: str, go_server: GoServer, sent: str
) -> None:
    requests = HALF_CLOSED[sent]
    assert answers(python_server, requests, half_close=True) == answers(
        go_server.tcp, requests, half_close=True
    )


@pytest.mark.parametrize("sent", HOPELESS)
def test_hopeless_stream_is_hung_up_as_by_go(
    python_server: str, go_server: GoServer, sent: str
) -> None:
    requests = HOPELESS[sent]
    assert answers(python_server, requests, half_close=False) == answers(
        go_server.tcp, requests, half_close=False
    )
