"""What travels is, byte for byte, what stock Go sends, but for the numbers of its types."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from generated.arith import MULTIPLY, Args

from .faces import PATIENCE, Face
from .gopeer import GoClient, GoServer

# A connection's first request is type, header, type, body; a later one is header, body.
FIRST, LATER = 4, 2


def stream(*messages: str) -> bytes:
    """Return a gob stream of messages that are given in hexadecimal, without their lengths."""
    parts = [bytes.fromhex(message) for message in messages]
    return b"".join(bytes([len(part)]) + part for part in parts)


def request_type(*fields: str) -> str:
    """Return the definition of type 64, a Request of these fields."""
    return f"7f03010107 {b'Request'.hex()} 01ff800001 {len(fields):02x} {' '.join(fields)} 0000"


# Fields of a header: name and type, string (0c), uint (06) or int (04).
SERVICE_METHOD = f"010d {b'ServiceMethod'.hex()} 010c00"
SEQ = f"0103 {b'Seq'.hex()} 010600"
SIGNED_SEQ = f"0103 {b'Seq'.hex()} 010400"
DEADLINE = f"0108 {b'Deadline'.hex()} 010400"

REQUEST_TYPE = request_type(SERVICE_METHOD, SEQ)
# Type 65 is Args{A, B int}.
ARGS_TYPE = "ff81030101044172677301ff820001020101410104000101420104000000"
ARGS = "ff82 010e 0110 00"
MULTIPLY_0 = f"ff80 010e {b'Arith.Multiply'.hex()} 00"
MULTIPLY_1 = f"ff80 010e {b'Arith.Multiply'.hex()} 0101 00"
MULTIPLY_1_IN_TIME = f"ff80 010e {b'Arith.Multiply'.hex()} 0101 01ffc6 00"
NOPE_1 = f"ff80 010a {b'Arith.Nope'.hex()} 0101 00"
GOOD = (REQUEST_TYPE, MULTIPLY_0, ARGS_TYPE, ARGS)

# What a client sends before it half-closes.
HALF_CLOSED = {
    "nothing": b"",
    "a request": stream(*GOOD),
    "two requests of one seq": stream(*GOOD, MULTIPLY_0, ARGS),
    "a header with a further field": stream(
        request_type(SERVICE_METHOD, SEQ, DEADLINE), MULTIPLY_1_IN_TIME, ARGS_TYPE, ARGS
    ),
    "a header without seq": stream(request_type(SERVICE_METHOD), MULTIPLY_0, ARGS_TYPE, ARGS),
    "a header cut short": stream(REQUEST_TYPE, MULTIPLY_0)[:-3],
    "a header without a body": stream(REQUEST_TYPE, MULTIPLY_0),
    "an unknown method without a body": stream(REQUEST_TYPE, NOPE_1),
    "a body cut short": stream(*GOOD)[:-3],
    "an unknown method with a broken body, then a request": stream(
        REQUEST_TYPE, NOPE_1, "07070707", MULTIPLY_0, ARGS_TYPE, ARGS
    ),
    "half of a header as text": b"GET / HTTP/1.0\r\n\r\n",
}

# What makes a server hang up.
HOPELESS = {
    "a header that is a number": stream("04 00 22", *GOOD),
    "a header whose seq is signed": stream(
        request_type(SERVICE_METHOD, SIGNED_SEQ), MULTIPLY_1, ARGS_TYPE, ARGS
    ),
    "a header of an undefined type": stream("ffc8 00"),
    "a header of no type": b"\x00\x00\x00\x00",
    "a type that is defined twice": stream(*GOOD, REQUEST_TYPE, MULTIPLY_1, ARGS),
}


def read_exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        chunk = connection.recv(count - len(data))
        assert chunk, f"the stream ended after {data!r}"
        data += chunk
    return data


def read_uint(connection: socket.socket) -> int:
    """Read gob's unsigned integer: a byte below 128, or the negated count of those that follow."""
    first = read_exactly(connection, 1)[0]
    return first if first < 128 else int.from_bytes(read_exactly(connection, 256 - first))


def read_messages(connection: socket.socket, count: int) -> list[bytes]:
    """Read gob messages, each after its length."""
    return [read_exactly(connection, read_uint(connection)) for _ in range(count)]


def read_all_messages(connection: socket.socket) -> list[bytes]:
    """Read gob messages until the end of the stream."""
    messages = []
    while connection.recv(1, socket.MSG_PEEK):
        messages += read_messages(connection, 1)
    return messages


def with_length(message: bytes) -> bytes:
    """Return a message of a request as it travels."""
    assert len(message) < 128
    return bytes([len(message)]) + message


def encode_int(number: int) -> bytes:
    """Encode as gob does."""
    unsigned = ~number << 1 | 1 if number < 0 else number << 1
    if unsigned < 128:
        return bytes([unsigned])
    size = (unsigned.bit_length() + 7) // 8
    return bytes([256 - size]) + unsigned.to_bytes(size)


def decode_int(message: bytes) -> int:
    """Decode the number that a message begins with: a type, negative where it is defined."""
    unsigned = message[0]
    if unsigned >= 128:
        unsigned = int.from_bytes(message[1 : 257 - unsigned])
    return ~(unsigned >> 1) if unsigned & 1 else unsigned >> 1


def renumbered(messages: list[bytes]) -> list[bytes]:
    """Return the messages with names in place of the types' numbers, in the order of definition."""
    defined = [-number for number in map(decode_int, messages) if number < 0]
    for place, number in enumerate(defined):
        for each, name in ((-number, b"<define %d>"), (number, b"<%d>")):
            messages = [m.replace(encode_int(each), name % place) for m in messages]
    return messages


@contextmanager
def silent_server() -> Iterator[tuple[str, Callable[[], socket.socket]]]:
    """Listen; yield the address and a function that waits for a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)

        def accept() -> socket.socket:
            connection, _ = listener.accept()
            connection.settimeout(PATIENCE)
            return connection

        yield f"127.0.0.1:{listener.getsockname()[1]}", accept


@pytest.fixture
def go_requests(go_clients: Callable[..., GoClient]) -> list[bytes]:
    """What a stock Go client sends for two multiplications."""
    with silent_server() as (address, accept):
        client = go_clients(address)
        with accept() as connection:
            client.go("first", "Arith.Multiply", {"A": 7, "B": 8})
            client.go("second", "Arith.Multiply", {"A": 300, "B": -5})
            return read_messages(connection, FIRST + LATER)


@pytest.fixture
def python_requests(face: Face) -> list[bytes]:
    """What the Python client sends for the same."""
    with (
        silent_server() as (address, accept),
        face.dial(address) as client,
        accept() as connection,
    ):
        client.go(MULTIPLY, Args(7, 8))
        client.go(MULTIPLY, Args(300, -5))
        return read_messages(connection, FIRST + LATER)


def test_first_request_is_that_of_go(
    go_requests: list[bytes], python_requests: list[bytes]
) -> None:
    assert renumbered(python_requests)[:FIRST] == renumbered(go_requests)[:FIRST]


def test_second_request_is_that_of_go(
    go_requests: list[bytes], python_requests: list[bytes]
) -> None:
    assert renumbered(python_requests)[FIRST:] == renumbered(go_requests)[FIRST:]


@contextmanager
def dialled(address: str) -> Iterator[socket.socket]:
    """Connect to a server without a client."""
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    with socket.create_connection((host, int(port)), PATIENCE) as connection:
        yield connection


# Calls of one connection, each with the numbers of messages of its request and its response.
EXCHANGES = [
    ("Arith.Multiply", {"A": 7, "B": 8}, 4, 3),
    ("Arith.Multiply", {"A": 300, "B": 0}, 2, 2),
    ("Arith.Divide", {"A": 17, "B": 8}, 2, 3),
    ("Arith.Divide", {"A": 0, "B": 8}, 2, 2),
    ("Arith.Divide", {"A": 1, "B": 0}, 2, 3),
    ("Nope.Nope", {"A": 1, "B": 0}, 2, 2),
    ("Arith.Nope", {"A": 1, "B": 0}, 2, 2),
    ("Nope", {"A": 1, "B": 0}, 2, 2),
]


@pytest.fixture
def recorded(go_clients: Callable[..., GoClient]) -> list[bytes]:
    """What a stock Go client sends for each of the exchanges."""
    with silent_server() as (address, accept):
        client = go_clients(address)
        with accept() as connection:
            for method, args, _, _ in EXCHANGES:
                client.go("", method, args)
            return [
                b"".join(map(with_length, read_messages(connection, count)))
                for _, _, count, _ in EXCHANGES
            ]


def responses(address: str, requests: list[bytes]) -> list[bytes]:
    """Send each request, once the one before is answered, and return the messages that come."""
    messages = []
    with dialled(address) as connection:
        for request, (_, _, _, count) in zip(requests, EXCHANGES, strict=True):
            connection.sendall(request)
            messages += read_messages(connection, count)
    return renumbered(messages)


def test_responses_are_those_of_go(
    python_server: str, go_server: GoServer, recorded: list[bytes]
) -> None:
    assert responses(python_server, recorded) == responses(go_server.tcp, recorded)


def answers(address: str, requests: bytes, *, half_close: bool) -> list[bytes]:
    """Send bytes and return every message that comes, until the server hangs up."""
    with dialled(address) as connection:
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
