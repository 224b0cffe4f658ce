from __future__ import annotations

from typing import Any, cast

import pytest

from rpcgen.protocol import Invocation
from rpcgen.sync.connection import ServerConnection
from rpcgen.sync.leader_term import LeaderTerm
from rpcgen.sync.watchdog import Watchdog

CONNECTION = cast("ServerConnection", object())
CALL = cast("Invocation", object())


@pytest.fixture
def term() -> LeaderTerm:
    watchdog: Watchdog[Any] = Watchdog(lambda work: None)
    return LeaderTerm(watchdog, watchdog.current)


def test_start_shows_the_watchdog_the_connection(term: LeaderTerm) -> None:
    term.start(CONNECTION)
    assert term.watchdog.current == [CONNECTION]
    assert term.connection is CONNECTION


def test_start_kicks_the_watchdog(term: LeaderTerm) -> None:
    term.watchdog.seen = True
    term.start(CONNECTION)
    assert not term.watchdog.seen


def test_switch_to_shows_the_watchdog_something_else(term: LeaderTerm) -> None:
    term.start(CONNECTION)
    assert term.switch_to(CALL)
    assert term.watchdog.current == [CALL]


def test_switch_to_after_the_lead_was_taken(term: LeaderTerm) -> None:
    term.start(CONNECTION)
    term.watchdog.current.pop()
    assert not term.switch_to(CALL)


def test_finish_leaves_nothing_to_watch(term: LeaderTerm) -> None:
    term.start(CONNECTION)
    assert term.finish()
    assert term.watchdog.current == []


def test_finish_after_the_lead_was_taken(term: LeaderTerm) -> None:
    term.start(CONNECTION)
    term.watchdog.current.pop()
    assert not term.finish()
