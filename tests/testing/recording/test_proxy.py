from __future__ import annotations

import socket
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import DialError
from rpcgen.testing.certificates import client_context, server_context
from rpcgen.testing.recording.file import Entry, read_recording
from rpcgen.testing.recording.proxy import RecordingProxy
from rpcgen.testing.scripted_server import ScriptedServer, receive, receive_until_end, send
from tests.support.apis import Api, Loop
from tests.support.services import ECHO
from tests.support.sockets import connect, free_port, until_end

from .recorded import recorded, recording_proxy


def test_large_messages_go_through(api: Api, tmp_path: Path) -> None:
    with recorded(api, tmp_path / "calls") as client:
        assert client.call(ECHO, bytes(10**6)) == bytes(10**6)


def test_bytes_are_told_as_they_are_and_half_closes_go_on(tmp_path: Path) -> None:
    script = [receive(b"request"), receive_until_end, send(b"reply")]
    with ScriptedServer(script) as server:
        with recording_proxy(tmp_path / "calls", server.address) as address:
            with connect(address) as client:
                client.sendall(b"request")
                client.shutdown(socket.SHUT_WR)
                assert until_end(client) == b"reply"
    entries = list(read_recording(tmp_path / "calls"))
    assert [(each.event, each.side) for each in entries if each.event != "data"] == [
        ("open", "client"),
        ("end", "client"),
        ("end", "server"),
        ("close", "client"),
    ]
    for side, data in (("client", b"request"), ("server", b"reply")):
        assert b"".join(each.data for each in entries if each.side == side) == data


def test_client_is_told_where_there_is_no_server() -> None:
    complaints = list[str]()
    to = f"127.0.0.1:{free_port()}"

    with Loop() as loop:
        proxy = RecordingProxy("127.0.0.1:0", to, print, complaints.append)
        loop.run(_enter(proxy))
        with connect(proxy.address) as client:
            assert until_end(client) == b""
        loop.run(_leave(proxy))
    assert "cannot connect to tcp://" in complaints[0]


def test_server_behind_tls_is_called_with_tls(api: Api) -> None:
    entries = list[Entry]()
    with api.serve("tls://127.0.0.1:0", tls=server_context()) as address, Loop() as loop:
        proxy = RecordingProxy("127.0.0.1:0", address, entries.append, tls=client_context())
        loop.run(_enter(proxy))
        assert proxy.address.startswith("tcp://")
        with api.dial(proxy.address) as client:
            assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56
        loop.run(_leave(proxy))
    assert {each.event for each in entries} >= {"open", "data", "close"}


def test_listening_with_tls_is_refused() -> None:
    with pytest.raises(DialError, match="listens without TLS"):
        RecordingProxy("tls://127.0.0.1:0", "127.0.0.1:1", print)


def test_address_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    with Loop() as loop, pytest.raises(DialError, match="cannot listen on unix://"):
        loop.run(_enter(RecordingProxy(f"unix://{tmp_path}/no/such", "127.0.0.1:1", print)))


def _enter(proxy: RecordingProxy) -> Coroutine[Any, Any, RecordingProxy]:
    return proxy.__aenter__()


def _leave(proxy: RecordingProxy) -> Coroutine[Any, Any, None]:
    return proxy.__aexit__(None, None, None)
