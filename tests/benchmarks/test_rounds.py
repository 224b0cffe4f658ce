"""Every peer at every work, by a few calls. Those that are not installed must say so."""

from __future__ import annotations

import pytest

from benchmarks.catalogue import PEERS, WORKS, Peer
from benchmarks.controller import End, PeerError
from benchmarks.rounds import Rounds, Session, Unit, units

# What the extra `test` brings, so that these must work.
INSTALLED = [
    peer
    for peer in PEERS.values()
    if {peer.server.module, peer.client.module}
    <= {"go", "rpcgen_sync", "rpcgen_aio", "raw_sync", "raw_aio"}
]
OTHERS = [peer for peer in PEERS.values() if peer not in INSTALLED]


def tiny_round(*peers: Peer) -> Rounds:
    """Measure one round of as few calls as there can be, of everything."""
    chosen = units(peers, "abcdh")
    with Session() as session:
        for peer in peers:
            session.start(peer)
        rounds = Rounds(session, chosen, seconds=0.0, seed=1)
        done: list[Unit] = []
        rounds.warm_up(done.append)
        rounds.measure(done.append)
        assert sorted(map(str, done)) == sorted(map(str, chosen + chosen))
    return rounds


@pytest.mark.parametrize("peer", INSTALLED, ids=[peer.name for peer in INSTALLED])
def test_peer(peer: Peer) -> None:
    results = tiny_round(peer).results()
    assert [each.work for each in results] == list(peer.works)
    for each in results:
        assert each.error == ""
        assert len(each.samples) == 1
        assert each.median > 0
        assert each.rate > 0


@pytest.mark.parametrize("peer", OTHERS, ids=[peer.name for peer in OTHERS])
def test_peer_that_may_be_missing(peer: Peer) -> None:
    for each in tiny_round(peer).results():
        assert bool(each.samples) != ("No module named" in each.error)


def test_peer_that_fails_leaves_the_others_alone() -> None:
    end = End("no_such_peer", "sync")
    broken = Peer("broken", "Broken", end, end, ("call", "blob"))
    first, second, *others = tiny_round(broken, PEERS["sockets"]).results()
    for each in (first, second):
        assert each.peer == "broken"
        assert each.samples == []
        assert "no_such_peer" in each.error
    assert all(each.samples for each in others)


def test_work_that_fails_leaves_the_others_alone() -> None:
    sockets = PEERS["sockets"]
    odd = Peer("odd", "Odd", sockets.server, sockets.client, ("order", "call"))
    order, call = tiny_round(odd).results()
    assert "AttributeError" in order.error
    assert call.samples


def test_peer_that_was_not_started() -> None:
    with Session() as session:
        session.start(Peer("x", "X", End("no_such_peer", "sync"), End("go", "gob"), ()))
        with pytest.raises(PeerError, match="no_such_peer"):
            session.pair("x")


def test_units_of_sections() -> None:
    peer = PEERS["rpcgen"]
    assert [unit.work.name for unit in units([peer], "b")] == ["futures", "threads"]
    assert [unit.work for unit in units([peer], "ag")] == [WORKS["call"]]
    assert [unit.work.name for unit in units([peer], "h")] == ["plain", "timeout", "metadata"]
