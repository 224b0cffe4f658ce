"""Balancing: which server gets a call, and which are connected to."""

from __future__ import annotations

from collections import Counter

import pytest

from rpcgen.channel.balance import BALANCES, Balance
from rpcgen.channel.resolver import Endpoint
from rpcgen.channel.servers import FAILURES

from .simulated import Calls, Simulated


def test_all_balances_give_the_only_server() -> None:
    assert [Simulated("a", balance=each).pick() for each in BALANCES] == ["a"] * 3  # type: ignore[arg-type]


def test_round_robin_gives_each_in_turn() -> None:
    channel = Simulated("abc", balance="round_robin")
    channel.pick()
    picks = channel.picks(9)
    assert set(picks[:3]) == {"a", "b", "c"}
    assert picks == 3 * picks[:3]


def test_round_robin_begins_anywhere() -> None:
    firsts = Counter[str]()
    for seed in range(60):
        channel = Simulated("abc", balance="round_robin", seed=seed)
        channel.pick()
        firsts[channel.pick()] += 1
    assert min(firsts[name] for name in "abc") > 5


def test_least_pending_gives_idle_servers_alike() -> None:
    channel = Simulated("abcd", balance="least_pending")
    counts = Counter(channel.picks(4000))
    assert all(800 < counts[name] < 1200 for name in "abcd")


def test_least_pending_gives_the_busiest_server_nothing() -> None:
    channel = Simulated("abcd", balance="least_pending")
    channel.pick()
    calls = channel.lines_of("b")[0].calls
    assert isinstance(calls, Calls)
    calls.pending = 1
    counts = Counter(channel.picks(4000))
    assert counts["b"] == 0
    # Of the six pairs, three have another choice than the busy one's partner.
    assert all(counts[name] > 1000 for name in "acd")


def test_least_pending_keeps_servers_even_under_load() -> None:
    channel = Simulated("abcdefgh", balance="least_pending")
    channel.pick()
    for _ in range(8000):
        line = channel.line()
        assert line is not None
        assert isinstance(line.calls, Calls)
        line.calls.pending += 1
    pending = [channel.lines_of(name)[0].calls.pending for name in "abcdefgh"]
    assert max(pending) - min(pending) <= 8


def test_first_gives_the_first() -> None:
    assert Simulated("abc", balance="first").picks(5) == "aaaaa"


def test_first_connects_to_no_other_while_it_is_there() -> None:
    channel = Simulated("abc", balance="first")
    channel.picks(5)
    assert channel.attempts == ["a"]


def test_first_gives_the_next_that_can_be_reached() -> None:
    channel = Simulated("abc", down="ab", balance="first")
    channel.picks(3)
    assert channel.pick() == "c"
    assert channel.attempts == ["a", "b", "c"]


def test_first_returns_to_the_first_that_is_back() -> None:
    channel = Simulated("ab", down="a", balance="first")
    channel.picks(3)
    channel.down.clear()
    channel.now += channel.settings.reconnect.most
    channel.pick()
    assert channel.pick() == "a"


@pytest.mark.parametrize("balance", ["least_pending", "round_robin"])
def test_others_connect_to_all_at_once(balance: str) -> None:
    channel = Simulated("abc", balance=balance)  # type: ignore[arg-type]
    channel.pick()
    assert channel.attempts == ["a", "b", "c"]


@pytest.mark.parametrize("balance", BALANCES)
def test_server_that_is_lost_gets_no_calls(balance: str) -> None:
    channel = Simulated("abc", balance=balance)  # type: ignore[arg-type]
    channel.pick()
    channel.kill("a")
    channel.pick()
    assert "a" not in channel.picks(20)


def weighted(balance: Balance, *, down: str = "", **weights: float) -> Simulated:
    """Return a channel that is connected to servers of these weights."""
    channel = Simulated(balance=balance, down=down)
    found = [Endpoint(f"tcp://{name}:1", weight=each) for name, each in weights.items()]
    channel.tell(found)
    channel.pick()
    return channel


def test_round_robin_gives_turns_by_weight_and_spreads_them() -> None:
    picks = weighted("round_robin", a=3, b=1, c=2).picks(600)
    assert Counter(picks) == {"a": 300, "b": 100, "c": 200}
    assert all(Counter(picks[at : at + 6])["a"] == 3 for at in range(0, 600, 6))


def test_least_pending_gives_idle_servers_calls_by_weight() -> None:
    counts = Counter(weighted("least_pending", a=6, b=3, c=1).picks(10_000))
    assert all(abs(counts[name] - share) < 300 for name, share in [("a", 6000), ("b", 3000)])
    assert counts["c"] > 700


def test_least_pending_keeps_loads_even_for_the_weights() -> None:
    channel = weighted("least_pending", a=6, b=3, c=1)
    for _ in range(5000):
        line = channel.line()
        assert line is not None
        assert isinstance(line.calls, Calls)
        line.calls.pending += 1
    pending = {name: channel.lines_of(name)[0].calls.pending for name in "abc"}
    assert all(abs(pending[name] - 500 * of) < 60 for name, of in [("a", 6), ("b", 3), ("c", 1)])


def test_first_does_not_look_at_weights() -> None:
    assert weighted("first", a=1, b=9).picks(5) == "aaaaa"


def test_weight_that_changes_is_that_of_the_calls_from_then_on() -> None:
    channel = weighted("round_robin", a=1, b=1)
    channel.tell([Endpoint("tcp://a:1", weight=3), Endpoint("tcp://b:1")])
    assert Counter(channel.picks(8)) == {"a": 6, "b": 2}
    assert channel.attempts == ["a", "b"]


def test_weight_must_be_above_zero() -> None:
    with pytest.raises(ValueError, match="weight"):
        Endpoint("tcp://a:1", weight=0)


# --- priorities -----------------------------------------------------------------------------------


def ranked(down: str = "") -> Simulated:
    """Return a channel of two servers, and of stand-ins for them."""
    channel = Simulated(balance="round_robin", down=down)
    channel.tell([Endpoint(f"tcp://{name}:1", priority=name > "b") for name in "abcd"])
    channel.pick()
    return channel


def test_stand_ins_are_not_connected_to_while_others_are_there() -> None:
    channel = ranked(down="a")
    assert channel.picks(6) == "bbbbbb"
    assert channel.attempts == ["a", "b"]


def test_stand_ins_get_calls_while_no_other_can_be_reached() -> None:
    channel = ranked(down="ab")
    channel.pick()
    assert set(channel.picks(10)) == {"c", "d"}


def test_stand_ins_get_no_calls_once_another_is_back() -> None:
    channel = ranked(down="ab")
    channel.pick()
    channel.down.clear()
    channel.now += channel.settings.reconnect.most
    channel.pick()
    assert set(channel.picks(10)) == {"a", "b"}


def test_stand_ins_are_connected_to_when_the_last_other_is_lost() -> None:
    channel = ranked()
    channel.kill("a")
    channel.kill("b")
    channel.picks(2)
    assert set(channel.picks(10)) == {"c", "d"}


def test_stand_ins_are_connected_to_while_all_others_are_ejected() -> None:
    channel = Simulated(balance="round_robin")
    channel.tell([Endpoint("tcp://a:1"), Endpoint("tcp://b:1", priority=1)])
    channel.pick()
    for _ in range(FAILURES):
        channel.fail("a")
    channel.pick()
    assert channel.attempts == ["a", "b"]
