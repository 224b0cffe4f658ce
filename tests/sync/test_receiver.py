from __future__ import annotations

import select
import socket
import threading
from typing import Any
from unittest.mock import patch

import pytest

from rpcgen import Client
from rpcgen.errors import DisconnectedError
from rpcgen.method import Method
from rpcgen.sync.sections import new_token
from tests.protocol.messages import SUM, Pair, response_bytes
from tests.support.scripted import ScriptedServer, connected
from tests.support.timeouts import TIMEOUT_S

BLOB = Method[bytes, bytes]("Math.Blob")


def test_transfer_deals_with_what_has_come() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        server.reply(0, 3)
        client._leader_follower._duplex.transfer(new_token(), TIMEOUT_S, True)
        assert call.reply == 3


def test_transfer_waits_no_longer_than_it_is_told() -> None:
    with connected() as (client, _):
        call = client.go(SUM, Pair(1, 2))
        client._leader_follower._duplex.transfer(new_token(), 0.01, True)
        assert not call.is_done()


def test_transfer_receives_a_large_reply_in_pieces() -> None:
    data = response_bytes((0, bytes(300_000)))
    with connected() as (client, server):
        call = client.go(BLOB, b"")
        writer = threading.Thread(target=server.socket.sendall, args=(data,))
        writer.start()
        while not call.is_done():
            client._leader_follower._duplex.transfer(new_token(), TIMEOUT_S, False)
        writer.join(TIMEOUT_S)
        assert call.reply == bytes(300_000)


def test_transfer_waits_for_no_bytes_that_another_thread_has_taken() -> None:
    with connected() as (client, server):
        call = client.go(BLOB, b"")
        server.socket.sendall(response_bytes((0, bytes(300_000)))[:100_000])
        receiver = client._leader_follower._duplex
        while client._protocol.get_buffer() is None:
            receiver.transfer(new_token(), TIMEOUT_S, False)
        while receiver.transfer(new_token(), 0, False):
            pass
        with patch.object(receiver, "_poll", return_value=select.POLLIN):  # it was, a moment ago
            assert not receiver.transfer(new_token(), TIMEOUT_S, False)
        assert not call.is_done()


def test_transfer_at_the_end_of_the_connection_ends_the_calls() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        server.socket.shutdown(socket.SHUT_WR)
        client._leader_follower._duplex.transfer(new_token(), TIMEOUT_S, True)
        assert isinstance(call.error, DisconnectedError)


def test_transfer_in_the_middle_of_a_large_reply_that_ends() -> None:
    with connected() as (client, server):
        call = client.go(BLOB, b"")
        server.socket.sendall(response_bytes((0, bytes(300_000)))[:100_000])
        server.socket.shutdown(socket.SHUT_WR)
        while not call.is_done():
            client._leader_follower._duplex.transfer(new_token(), TIMEOUT_S, True)
        assert isinstance(call.error, DisconnectedError)


def test_transfer_sends_what_is_left() -> None:
    large = bytes(4 << 20)
    ours, theirs = socket.socketpair()
    with theirs, Client(ours) as client:
        server = ScriptedServer(theirs)
        _leave(client, BLOB, large)
        reader = threading.Thread(target=_read, args=(server.socket, len(large)))
        reader.start()
        while client._writer.is_blocked:
            client._leader_follower._duplex.transfer(new_token(), TIMEOUT_S, False)
        reader.join(TIMEOUT_S)
        assert not reader.is_alive()


def test_send_waits_no_longer_than_it_is_told() -> None:
    with connected() as (client, _):
        _leave(client, BLOB, bytes(4 << 20))
        client._leader_follower._duplex.send(0.01)
        assert client._writer.is_blocked


@pytest.mark.parametrize("leaders", [{}, {None: [1]}])
def test_request_that_was_left_to_a_thread_that_is_gone_is_sent(
    leaders: dict[None, list[int]],
) -> None:
    with connected() as (client, server), patch("rpcgen.net.clock.max_sleep", 0.01):
        call = client._begin(SUM, Pair(1, 2), None)
        client._leader_follower._leader.update(leaders)  # of a thread that is gone, too
        writer, parts = client._writer, client._protocol.encode_parts(call._seq, SUM, Pair(1, 2))
        writer._enqueue(parts, call._seq, call)
        answering = threading.Thread(target=lambda: server.reply(server.receive().seq, 3))
        answering.start()
        assert call.result(TIMEOUT_S) == 3
        answering.join(TIMEOUT_S)


def test_is_readable_once_something_has_come() -> None:
    with connected() as (client, server):
        seen = [client._leader_follower._duplex.is_readable()]
        server.reply(0, 3)
        seen.append(client._leader_follower._duplex.is_readable())
        assert seen == [False, True]


def _leave(client: Client, method: Method[Any, Any], args: object) -> None:
    """Send a call, as far as that goes at once, with nobody to go on."""
    client._writer.send(client._begin(method, args, None), method, args)


def _read(connection: socket.socket, size: int) -> None:
    while size > 0:
        size -= len(connection.recv(1 << 20))
