from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from typing import cast

import pytest

from rpcgen.sync.stream import Stream, _Tls, wrap_tls
from rpcgen.testing.certificates import client_context, server_context
from tests.support.timeouts import TIMEOUT_S


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.settimeout(TIMEOUT_S)
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def secured(pair: tuple[socket.socket, socket.socket]) -> tuple[Stream, Stream]:
    streams: list[Stream] = []
    server = threading.Thread(
        target=lambda: streams.append(wrap_tls(pair[0], server_context(), server_hostname=None))
    )
    server.start()
    client = wrap_tls(pair[1], client_context(), server_hostname="localhost")
    server.join(TIMEOUT_S)
    return streams[0], client


def send(stream: Stream, data: bytes) -> None:
    stream.send_all(stream.encrypt(data))


def read_all(stream: Stream, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += stream.read()
    return data


def test_read_returns_what_came(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].sendall(b"hello")
    assert Stream(pair[0]).read() == b"hello"


def test_read_at_the_end(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].close()
    assert Stream(pair[0]).read() == b""


def test_read_begins_with_what_was_put_back(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].sendall(b"later")
    stream = Stream(pair[0])
    stream.push_back(b"early")
    assert (stream.read(), stream.read()) == (b"early", b"later")


def test_read_into_without_anything_there(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[0].settimeout(None)
    with pytest.raises(BlockingIOError):
        Stream(pair[0]).read_into(memoryview(bytearray(1)))


def test_send_that_stalls_returns(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[0].settimeout(None)
    stream = Stream(pair[0])
    assert stream.set_send_timeout(0.001)
    stream.send(bytes(1 << 24), wait=True)
    with pytest.raises(BlockingIOError):
        stream.send(b"x", wait=True)


def test_is_readable_once_something_has_come(pair: tuple[socket.socket, socket.socket]) -> None:
    stream = Stream(pair[0])
    seen = [stream.is_readable()]
    pair[1].send(b"x")
    assert [*seen, stream.is_readable()] == [False, True]


def test_is_readable_once_it_is_closed(pair: tuple[socket.socket, socket.socket]) -> None:
    stream = Stream(pair[0])
    stream.close()
    assert stream.is_readable()


def test_send_when_there_is_no_room(pair: tuple[socket.socket, socket.socket]) -> None:
    stream = Stream(pair[0])
    stream.set_timeout(None)
    assert stream.send(memoryview(bytes(64 << 20))) < 64 << 20
    with pytest.raises(BlockingIOError):
        stream.send(memoryview(b"more"))


def test_shutdown_when_the_other_side_is_gone(pair: tuple[socket.socket, socket.socket]) -> None:
    stream = Stream(pair[0])
    pair[1].close()
    stream.shutdown()
    stream.shutdown()
    assert stream.read() == b""


def test_secured_streams_carry_both_ways(secured: tuple[Stream, Stream]) -> None:
    server, client = secured
    send(client, b"ping")
    assert server.read() == b"ping"
    send(server, b"pong")
    assert client.read() == b"pong"


def test_secured_streams_carry_large_messages(secured: tuple[Stream, Stream]) -> None:
    server, client = secured
    message = bytes(range(256)) * 8192
    writer = threading.Thread(target=send, args=(client, message))
    writer.start()
    assert read_all(server, len(message)) == message
    writer.join(TIMEOUT_S)


def test_secured_streams_read_and_write_at_once(secured: tuple[Stream, Stream]) -> None:
    server, client = secured
    message = bytes(1 << 20)
    writers = [threading.Thread(target=send, args=(end, message)) for end in (server, client)]
    results: list[bytes] = []
    readers = [
        threading.Thread(target=lambda end=end: results.append(read_all(end, len(message))))
        for end in (server, client)
    ]
    for thread in (*writers, *readers):
        thread.start()
    for thread in (*writers, *readers):
        thread.join(TIMEOUT_S)
    assert results == [message, message]


def test_secured_bytes_are_not_readable(pair: tuple[socket.socket, socket.socket]) -> None:
    server = threading.Thread(
        target=wrap_tls, args=(pair[0], server_context()), kwargs={"server_hostname": None}
    )
    server.start()
    client = wrap_tls(pair[1], client_context(), server_hostname="localhost")
    server.join(TIMEOUT_S)
    assert b"secret" not in client.encrypt(b"secret")


def test_secure_with_a_server_that_is_not_trusted(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    failures: list[OSError] = []

    def serve() -> None:
        try:
            wrap_tls(pair[0], server_context(), server_hostname=None).read()
        except OSError as error:
            failures.append(error)

    server = threading.Thread(target=serve)
    server.start()
    with pytest.raises(ssl.SSLCertVerificationError):
        wrap_tls(pair[1], ssl.create_default_context(), server_hostname="localhost")
    pair[1].close()
    server.join(TIMEOUT_S)
    assert len(failures) == 1


def test_secure_with_somebody_who_hangs_up(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].close()
    with pytest.raises(OSError, match=r"ended during the TLS handshake|Broken pipe"):
        wrap_tls(pair[0], server_context(), server_hostname=None)


def test_secure_with_somebody_who_speaks_no_tls(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    pair[1].sendall(b"GET / HTTP/1.0\r\n\r\n")
    with pytest.raises(ssl.SSLError):
        wrap_tls(pair[0], server_context(), server_hostname=None)


class ReadThatIsInterrupted:
    """An SSL object whose first `read` is interrupted by a handler that encrypts with it."""

    def __init__(self, tls: _Tls, encrypts: bool) -> None:
        self._object, self._tls, self._encrypts = tls._object, tls, encrypts
        self._handlers = 1

    def read(self, size: int) -> bytes:
        if self._handlers:
            self._handlers -= 1
            if self._encrypts:
                self._tls.encrypt(b"sent by the handler")
            raise ssl.SSLError("Invalid error code")
        return self._object.read(size)

    def write(self, data: bytes) -> int:
        return self._object.write(data)


def shaken_hands() -> tuple[_Tls, _Tls]:
    server, client = _Tls(server_context(), None), _Tls(client_context(), "localhost")
    while not (client.do_handshake() and server.do_handshake()):
        server.incoming(client.outgoing())
        server.do_handshake()
        client.incoming(server.outgoing())
    return server, client


def test_decrypt_that_a_handler_interrupts_to_encrypt_goes_on() -> None:
    server, client = shaken_hands()
    client._object = cast(ssl.SSLObject, ReadThatIsInterrupted(client, encrypts=True))
    assert client.decrypt(server.encrypt(b"hello")) == b"hello"


def test_decrypt_that_fails_by_itself_raises() -> None:
    server, client = shaken_hands()
    client._object = cast(ssl.SSLObject, ReadThatIsInterrupted(client, encrypts=False))
    with pytest.raises(ssl.SSLError, match="Invalid error code"):
        client.decrypt(server.encrypt(b"hello"))


def test_plain_descriptor_is_that_of_the_system() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert Stream(ours).plain_descriptor() == ours.fileno()


def test_plain_descriptor_is_none_where_bytes_are_elsewhere() -> None:
    class Own(socket.socket):
        pass

    ours, theirs = socket.socketpair()
    with theirs, Own(fileno=ours.detach()) as own:
        assert Stream(own).plain_descriptor() is None
        assert Stream(theirs, pushback=b"x").plain_descriptor() is None
