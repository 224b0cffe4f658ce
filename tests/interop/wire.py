"""Gob on the wire, as far as these tests read and write it without rpcgen, and bare connections."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.timeouts import TIMEOUT_S

__all__ = [
    "header_type",
    "read_all_messages",
    "read_messages",
    "renumbered",
    "silent_server",
    "stream",
]


def stream(*messages: str) -> bytes:
    """Return a gob stream of messages that are given in hexadecimal, without their lengths."""
    parts = [bytes.fromhex(message) for message in messages]
    return b"".join(bytes([len(part)]) + part for part in parts)


def header_type(name: str, *fields: str) -> str:
    """Return the definition of type 64, a struct of these fields, each a name and a type.

    The types: ``string``, ``uint`` and ``int``.
    """
    return (
        f"7f030101 {_text(name)} 01ff800001 {len(fields):02x} {''.join(map(_field, fields))} 0000"
    )


def _field(field: str) -> str:
    name, kind = field.split()
    return f"01 {_text(name)} 01 {_TYPES[kind]} 00"


def _text(text: str) -> str:
    return f"{len(text):02x} {text.encode().hex()}"


_TYPES = {"string": "0c", "uint": "06", "int": "04"}


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
        listener.settimeout(TIMEOUT_S)

        def accept() -> socket.socket:
            connection, _ = listener.accept()
            connection.settimeout(TIMEOUT_S)
            return connection

        yield f"127.0.0.1:{listener.getsockname()[1]}", accept
