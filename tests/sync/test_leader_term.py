from __future__ import annotations

from typing import Any, cast

import pytest

from rpcgen.protocol import Invocation
from rpcgen.sync.connection import ServerConnection
from rpcgen.sync.leader_term import Lead
from rpcgen.sync.watchdog import Watchdog

CONNECTION = cast("ServerConnection", object())
CALL = cast("Invocation", object())


@pytest.fixture
def lead() -> Lead:
    watchdog: Watchdog[Any] = Watchdog(lambda work: None)
    return Lead(watchdog, watchdog.slot)


def test_begin_shows_the_watchdog_the_connection(lead: Lead) -> None:
    lead.begin(CONNECTION)
    assert lead.watchdog.slot == [CONNECTION]
    assert lead.connection is CONNECTION


def test_begin_wipes_the_mark(lead: Lead) -> None:
    lead.watchdog.marked = True
    lead.begin(CONNECTION)
    assert not lead.watchdog.marked


def test_go_over_to_shows_the_watchdog_something_else(lead: Lead) -> None:
    lead.begin(CONNECTION)
    assert lead.go_over_to(CALL)
    assert lead.watchdog.slot == [CALL]


def test_go_over_to_after_the_lead_was_taken(lead: Lead) -> None:
    lead.begin(CONNECTION)
    lead.watchdog.slot.pop()
    assert not lead.go_over_to(CALL)


def test_end_leaves_nothing_to_watch(lead: Lead) -> None:
    lead.begin(CONNECTION)
    assert lead.end()
    assert lead.watchdog.slot == []


def test_end_after_the_lead_was_taken(lead: Lead) -> None:
    lead.begin(CONNECTION)
    lead.watchdog.slot.pop()
    assert not lead.end()
