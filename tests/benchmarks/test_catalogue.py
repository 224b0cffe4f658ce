from __future__ import annotations

import importlib.util

import pytest

from benchmarks.catalogue import PEERS, REFERENCES, SECTIONS, TABLES, WORKS, Peer
from benchmarks.controller import End
from benchmarks.growth import GROWTHS


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)
def test_peer_has_modules_and_works(peer: Peer) -> None:
    for end in (peer.server, peer.client):
        assert end.module == "go" or importlib.util.find_spec(f"benchmarks.peers.{end.module}")
    assert set(peer.works) <= set(WORKS)


def test_every_table_has_a_reference_that_does_its_work() -> None:
    assert set(REFERENCES) == set(TABLES)
    for table, (peer, work) in REFERENCES.items():
        assert WORKS[work].table == table
        assert work in PEERS[peer].works


def test_every_section_of_works_can_be_asked_for() -> None:
    assert {work.section for work in WORKS.values()} <= set(SECTIONS)


def test_titles_differ() -> None:
    assert len({peer.title for peer in PEERS.values()}) == len(PEERS)


def test_growths_are_of_peers() -> None:
    assert {peer for growth in GROWTHS.values() for peer in growth.peers} <= set(PEERS)


def test_tasks_of_go_are_goroutines() -> None:
    end = End("go", "gob")
    peer = Peer("go", "Go", end, end, ("tasks",))
    assert peer.label(WORKS["tasks"]) == "Go, 64 goroutines"
    assert PEERS["rpcgen-uvloop"].label(WORKS["tasks"]) == "rpcgen, uvloop, 64 tasks"
    assert PEERS["rpcgen"].label(WORKS["call"]) == "rpcgen, threads"
