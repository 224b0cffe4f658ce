from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from unittest.mock import patch

import pytest

from rpcgen import Server, dial
from rpcgen.sync import reactor
from rpcgen.sync.poller import READ, WRITE, Poller, SelectorPoller, make_poller
from tests.protocol.messages import SUM, Pair
from tests.support.timeouts import TIMEOUT_S

POLLERS: dict[str, Callable[[], Poller]] = {
    "best": make_poller,
    "selector": lambda: SelectorPoller(selectors.DefaultSelector()),
    "poll": lambda: SelectorPoller(selectors.PollSelector()),
    "select": lambda: SelectorPoller(selectors.SelectSelector()),
}


@pytest.fixture(params=POLLERS)
def poller(request: pytest.FixtureRequest) -> Iterator[Poller]:
    """Each kind of poller in turn."""
    poller = POLLERS[request.param]()
    yield poller
    poller.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def awaited(poller: Poller) -> list[tuple[int, int]]:
    """Poll until there is something other than a change of what is asked."""
    while not (ready := poller.poll()):
        pass
    return ready


def test_poll_of_what_can_be_read(
    poller: Poller, pair: tuple[socket.socket, socket.socket]
) -> None:
    poller.register(pair[0].fileno(), READ)
    pair[1].send(b"x")
    assert awaited(poller) == [(pair[0].fileno(), READ)]


def test_poll_of_what_can_be_written(
    poller: Poller, pair: tuple[socket.socket, socket.socket]
) -> None:
    poller.register(pair[0].fileno(), WRITE)
    assert awaited(poller) == [(pair[0].fileno(), WRITE)]


def test_poll_of_both(poller: Poller, pair: tuple[socket.socket, socket.socket]) -> None:
    poller.register(pair[0].fileno(), READ | WRITE)
    pair[1].send(b"x")
    assert awaited(poller) == [(pair[0].fileno(), READ | WRITE)]


def test_modify_asks_for_other_events(
    poller: Poller, pair: tuple[socket.socket, socket.socket]
) -> None:
    poller.register(pair[0].fileno(), READ)
    poller.modify(pair[0].fileno(), WRITE)
    assert awaited(poller) == [(pair[0].fileno(), WRITE)]


def test_unregister_asks_for_nothing(
    poller: Poller, pair: tuple[socket.socket, socket.socket]
) -> None:
    poller.register(pair[0].fileno(), WRITE)
    poller.unregister(pair[0].fileno())
    poller.register(pair[1].fileno(), WRITE)
    assert awaited(poller) == [(pair[1].fileno(), WRITE)]


def test_change_is_noticed_while_another_thread_polls(
    poller: Poller, pair: tuple[socket.socket, socket.socket]
) -> None:
    ready: list[tuple[int, int]] = []
    poller.register(pair[0].fileno(), READ)
    thread = threading.Thread(target=lambda: ready.extend(awaited(poller)))
    thread.start()
    poller.modify(pair[0].fileno(), WRITE)
    thread.join(TIMEOUT_S)
    assert ready == [(pair[0].fileno(), WRITE)]


@pytest.mark.parametrize("name", [name for name in POLLERS if name != "best"])
def test_change_between_two_events_is_no_event(
    name: str, pair: tuple[socket.socket, socket.socket]
) -> None:
    # The selector finds what was asked before the change, and knows what is asked since.
    poller = POLLERS[name]()
    assert isinstance(poller, SelectorPoller)
    poller.register(pair[0].fileno(), READ)
    selector = poller._selector
    key = selector.get_key(pair[0].fileno())
    with patch.object(selector, "select", return_value=[(key, 0)]):
        assert poller.poll(0) == []
    poller.close()


def test_many_changes_do_not_block(
    poller: Poller, pair: tuple[socket.socket, socket.socket]
) -> None:
    poller.register(pair[0].fileno(), READ)
    for _ in range(1000):
        poller.modify(pair[0].fileno(), WRITE)
        poller.modify(pair[0].fileno(), READ)
    pair[1].send(b"x")
    assert awaited(poller) == [(pair[0].fileno(), READ)]


@pytest.mark.parametrize("name", POLLERS)
def test_server_works_with_any(name: str) -> None:
    server = Server()
    server.register_name("Math", [SUM.handler(lambda pair: pair.a + pair.b)])
    listener = server.listen("tcp://127.0.0.1:0")
    with patch.object(reactor, "make_poller", POLLERS[name]), server:
        with dial(listener.address) as one, dial(listener.address) as other:
            assert one.call(SUM, Pair(1, 2)) == 3
            assert other.call(SUM, Pair(3, 4)) == 7
