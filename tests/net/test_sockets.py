from __future__ import annotations

import errno
import logging
import os
import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rpcgen.errors import DialError
from rpcgen.net.sockets import (
    AcceptBackoff,
    ListeningSocket,
    check_is_plain,
    open_listener,
    peer_address,
    peer_name,
    prepare_connection,
    set_keepalive,
)
from rpcgen.protocol import DEFAULT_RPC_PATH


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as client,
    ):
        yield client


def listen(where: str) -> ListeningSocket:
    return open_listener(where, has_tls=False)


def can_connect(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 10).close()
    except ConnectionRefusedError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="there is no IPv6 here")


@needs_ipv6
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("address", [":0", "[::]:0", "0.0.0.0:0", "tcp://:0"])
def test_wildcard_listens_on_both_families(address: str, host: str) -> None:
    listening = listen(address)
    assert can_connect(host, listening.address.port)
    listening.close()


def test_address_of_one_family_listens_on_that_one() -> None:
    listening = listen("127.0.0.1:0")
    assert listening.sock.family == socket.AF_INET
    listening.close()


def test_wildcard_without_ipv6_listens_on_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    listening = listen("0.0.0.0:0")
    assert can_connect("127.0.0.1", listening.address.port)
    listening.close()


def test_wildcard_on_a_taken_port_is_refused() -> None:
    listening = listen(":0")
    with pytest.raises(DialError, match="in use"):
        listen(f":{listening.address.port}")
    listening.close()


def test_keep_alive_probes_after_15_seconds(connection: socket.socket) -> None:
    set_keepalive(connection)
    assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 15
    assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 9


def test_keep_alive_leaves_times_of_the_users_choice(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 77)
    set_keepalive(connection)
    assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 77


def test_prepare_connection_sends_at_once_and_keeps_alive(connection: socket.socket) -> None:
    prepare_connection(connection)
    assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_prepare_connection_leaves_a_unix_socket_alone() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        prepare_connection(ours)
        assert not ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


@pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux's")
def test_abstract_socket_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = f"rpcgen-{os.getpid()}"
    listening = listen(f"unix://@{name}")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"\0{name}")
    with pytest.raises(DialError, match="in use"):
        listen(f"unix://@{name}")
    listening.close()
    listen(f"unix://@{name}").close()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:0", "unix"])
def test_close_leaves_those_who_share_the_socket_listening(address: str, tmp_path: Path) -> None:
    listening = listen(f"unix://{tmp_path}/s" if address == "unix" else address)
    name = listening.sock.getsockname()
    with listening.sock.dup(), socket.socket(listening.sock.family) as client:
        listening.close()
        client.connect(name)


@pytest.mark.parametrize("borrowed", [False, True])
def test_socket_that_was_borrowed_is_left_open(borrowed: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as ours:
        open_listener(ours, has_tls=False, borrowed=borrowed).close()
        assert (ours.fileno() >= 0) == borrowed


def test_socket_of_a_unix_path_that_was_handed_over_keeps_its_file(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as ours:
        ours.bind(f"{tmp_path}/s")
        ours.listen()
        open_listener(ours, has_tls=False).close()
        assert (tmp_path / "s").exists()


def test_descriptor_that_listens_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as ours:
        listening = listen(f"fd://{os.dup(ours.fileno())}")
        assert listening.address.port == ours.getsockname()[1]
        listening.close()


@pytest.mark.parametrize(("path", "http_path"), [("", DEFAULT_RPC_PATH), ("/rpc", "/rpc")])
def test_descriptor_is_taken_for_http(path: str, http_path: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as ours:
        listening = listen(f"http+fd://{os.dup(ours.fileno())}{path}")
        listening.close()
    assert listening.address.http_path == http_path
    assert str(listening.address).startswith("http://127.0.0.1:")


def test_descriptor_of_a_unix_socket_is_taken_for_http(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as ours:
        ours.bind(f"{tmp_path}/s")
        ours.listen()
        listening = listen(f"http+fd://{os.dup(ours.fileno())}")
        listening.close()
    assert str(listening.address) == f"http+unix://{tmp_path}/s"


@pytest.mark.parametrize(
    "text",
    [
        "fd://",
        "fd://x",
        "http+fd://",
        "http+fd://x/3",
        "fd://-1",
        "fd://999999",
        "fd://9" + "9" * 30,
    ],
)
def test_descriptor_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(DialError, match="fd://"):
        listen(text)


def test_descriptor_that_does_not_listen_is_left_open() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with pytest.raises(DialError, match="does not listen"):
            listen(f"fd://{ours.fileno()}")
        ours.send(b"still open")


def test_socket_that_does_not_listen_is_refused() -> None:
    with socket.socket() as idle, pytest.raises(DialError, match="does not listen"):
        open_listener(idle, has_tls=False)


def test_ssl_socket_is_refused_with_a_hint() -> None:
    context = ssl.create_default_context()
    with socket.socket() as plain, context.wrap_socket(plain, server_hostname="x") as wrapped:
        with pytest.raises(TypeError, match=r"listen\('tls://"):
            check_is_plain(wrapped)


@pytest.mark.parametrize(
    "number",
    [
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOBUFS,
        errno.ENOMEM,
        errno.ECONNABORTED,
        errno.EPROTO,
        errno.ENETDOWN,
        errno.EHOSTUNREACH,
        errno.EPERM,
        errno.EINTR,
        errno.ETIMEDOUT,
        errno.EOPNOTSUPP,  # Linux hands on what the network says of a connection
    ],
)
def test_accept_error_passes(number: int) -> None:
    assert 0 < AcceptBackoff().delay_after(OSError(number, "")) <= 0.1


@pytest.mark.parametrize("number", [errno.EBADF, errno.EINVAL, errno.ENOTSOCK])
def test_accept_error_of_the_listening_socket_is_raised(number: int) -> None:
    with pytest.raises(OSError, match="broken"):
        AcceptBackoff().delay_after(OSError(number, "broken"))


def test_accept_errors_are_logged_once_until_one_is_accepted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    backoff = AcceptBackoff()
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            for _ in range(50):
                backoff.delay_after(OSError(errno.EMFILE, "Too many open files"))
            backoff.reset()
    assert len(caplog.records) == 2


def test_accept_errors_in_a_row_wait_longer() -> None:
    backoff = AcceptBackoff()
    pauses = [backoff.delay_after(OSError(errno.EMFILE, "")) for _ in range(2000)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 0.1


def test_peer_is_named_by_its_address(connection: socket.socket) -> None:
    host, port = connection.getpeername()
    assert peer_name(peer_address(connection), connection) == f"{host}:{port}"


def test_peer_of_ipv6_is_named_in_brackets() -> None:
    assert peer_name(("::1", 80, 0, 0), None) == "[::1]:80"


@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="only Linux tells")
def test_peer_on_a_unix_socket_is_named_by_its_process() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        name = peer_name(peer_address(ours), ours)
    assert name == f"process {os.getpid()} of user {os.getuid()}"


def test_peer_that_has_gone_has_no_place() -> None:
    with socket.socket() as unconnected:
        assert peer_address(unconnected) is None


def test_peer_of_a_closed_unix_socket_has_a_name() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    ours.close()
    assert peer_name("", ours) == "a local process"
