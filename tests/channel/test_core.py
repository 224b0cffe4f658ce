"""`ChannelProtocol`: which connection a call takes, at a clock that is set by hand."""

from __future__ import annotations

import math

import pytest

from rpcgen import Code
from rpcgen.channel.resolver import Endpoint
from rpcgen.channel.servers import Line
from rpcgen.errors import (
    DeadlineExceededError,
    DialError,
    ShutdownError,
)
from tests.protocol.messages import SUM

from .simulated import Calls, Simulated

# --- connecting -----------------------------------------------------------------------------------


def test_nothing_is_connected_before_a_call_asks() -> None:
    assert Simulated("a").attempts == []


def test_call_gets_the_connection_that_it_has_asked_for() -> None:
    channel = Simulated("a")
    assert channel.pick() == "a"


def test_attempt_is_made_once_while_it_is_under_way() -> None:
    channel = Simulated("a")
    (server,) = channel.take_work().attempts
    channel.channel.pick(channel.now)
    assert channel.take_work().attempts == []
    channel.finish(server)
    assert channel.pick() == "a"


def test_connection_stays_for_further_calls() -> None:
    channel = Simulated("a")
    channel.picks(10)
    assert channel.attempts == ["a"]


def test_server_that_is_down_is_not_tried_again_before_its_backoff_is_over() -> None:
    channel = Simulated("a", down="a")
    channel.picks(10)
    assert channel.attempts == ["a"]


def test_server_that_is_down_is_tried_again_after_its_backoff() -> None:
    channel = Simulated("a", down="a")
    channel.pick()
    channel.now = channel.channel.look_at
    channel.down.clear()
    assert channel.pick() == "a"


def test_attempts_in_vain_become_rare() -> None:
    channel = Simulated("a", down="a")
    for _ in range(100):
        channel.pick()
        channel.now += 1.0
    # Of up to 8 s each at last, 4 s on average.
    assert 15 <= len(channel.attempts) <= 45


def test_backoff_begins_anew_after_a_connection_that_has_lasted() -> None:
    channel = Simulated("a", down="a")
    for _ in range(20):
        channel.pick()
        channel.now += 8.0
    channel.down.clear()
    channel.pick()
    channel.now += 60.0
    channel.kill("a")
    channel.pick()
    assert channel.channel.look_at <= channel.now + 1.0


def test_server_that_ends_its_connections_at_once_is_backed_off_from() -> None:
    channel = Simulated("a")
    channel.pick()
    channel.lines_of("a")[0].calls.takes_calls = False  # type: ignore[misc]
    assert channel.pick() == ""
    assert str(channel.channel.refusal()) == "tcp://a:1 ends its connections at once"


def test_lost_connection_is_made_again_with_the_next_call() -> None:
    channel = Simulated("a")
    channel.pick()
    channel.now += 10.0
    channel.kill("a")
    channel.down.clear()
    assert channel.pick() == "a"
    assert channel.attempts == ["a", "a"]


def test_all_servers_are_tried_when_the_last_connection_is_lost() -> None:
    channel = Simulated("ab", down="a")
    channel.pick()
    channel.now = channel.channel.look_at
    channel.pick()  # in vain: from here on, the first one is backed off from
    channel.kill("b")
    channel.down = {"b"}
    assert channel.pick() == "a"


def test_lost_connection_is_to_be_closed() -> None:
    channel = Simulated("a")
    line = channel.line()
    channel.kill("a")
    channel.pick()
    assert channel.closed == [line]


def test_resolver_looks_again_when_a_connection_has_ended() -> None:
    channel = Simulated("ab")
    channel.pick()
    before = channel.resolutions
    channel.kill("a")
    channel.picks(2)
    channel.take_work()
    assert channel.resolutions > before


def test_resolver_looks_again_when_none_can_be_made() -> None:
    channel = Simulated("a", down="a")
    channel.pick()
    channel.take_work()
    assert channel.resolutions == 1


# --- why there is none ----------------------------------------------------------------------------


def test_channel_hopes_until_the_resolver_has_spoken() -> None:
    channel = Simulated()
    assert channel.channel.is_hopeful(channel.now)


def test_channel_does_not_hope_once_the_resolver_has_failed() -> None:
    channel = Simulated()
    channel.channel.fail_to_resolve(DialError("no broker"), channel.now)
    assert not channel.channel.is_hopeful(channel.now)


def test_work_that_was_taken_is_not_there_again() -> None:
    channel = Simulated("a")
    channel.take_work()
    assert not channel.channel.has_work


def test_channel_hopes_while_it_connects() -> None:
    channel = Simulated("a")
    channel.take_work()
    assert channel.channel.is_hopeful(channel.now)


def test_channel_does_not_hope_while_all_are_backed_off_from() -> None:
    channel = Simulated("ab", down="ab")
    channel.pick()
    assert not channel.channel.is_hopeful(channel.now)


def test_channel_hopes_while_another_server_may_be_tried() -> None:
    channel = Simulated("ab", down="a", balance="first")
    channel.pick()
    assert channel.attempts == ["a"]
    assert channel.channel.refuse(False, channel.now) is None


def test_call_that_waits_is_not_refused() -> None:
    channel = Simulated("a", down="a")
    channel.pick()
    assert channel.channel.refuse(True, channel.now) is None


def test_call_that_does_not_wait_is_refused() -> None:
    channel = Simulated("a", down="a")
    channel.pick()
    assert str(channel.channel.refuse(False, channel.now)) == "a is down"


def test_call_is_not_refused_if_a_connection_has_come_meanwhile() -> None:
    channel = Simulated("a")
    channel.channel.pick(channel.now)
    channel.connect()
    assert channel.channel.refuse(False, channel.now) is None


def test_call_waits_until_a_server_may_be_tried_again() -> None:
    channel = Simulated("a", down="a")
    channel.pick()
    seconds = channel.channel.look_at - channel.now
    assert channel.channel.wait_time(SUM, math.inf, channel.now) == seconds


def test_call_waits_no_longer_than_it_has_left() -> None:
    channel = Simulated("a", down="a")
    channel.pick()
    assert channel.channel.wait_time(SUM, 1e-9, channel.now) == 1e-9


def test_call_waits_for_a_change_where_nothing_else_is_due() -> None:
    channel = Simulated("a")
    channel.take_work()
    assert channel.channel.look_at == math.inf
    assert channel.channel.wait_time(SUM, math.inf, channel.now) is None


def test_call_that_has_no_time_left_is_not_begun() -> None:
    channel = Simulated("a")
    with pytest.raises(DeadlineExceededError) as caught:
        channel.channel.wait_time(SUM, 0.0, channel.now)
    assert caught.value.started is False


def text_of_a_call_that_is_late(channel: Simulated) -> str:
    with pytest.raises(DeadlineExceededError) as caught:
        channel.channel.wait_time(SUM, 0.0, channel.now)
    return str(caught.value)


def test_call_that_has_waited_in_vain_says_why() -> None:
    channel = Simulated("ab", down="ab")
    channel.pick()
    expected = f"{SUM.name}: no server until its deadline: none of 2 servers can be reached: "
    assert text_of_a_call_that_is_late(channel) == expected + "b is down"


def test_call_that_has_waited_for_the_resolver_says_so() -> None:
    assert text_of_a_call_that_is_late(Simulated()).endswith("the resolver has not answered yet")


def test_call_that_has_waited_for_a_connection_says_so() -> None:
    channel = Simulated("a")
    channel.take_work()
    assert text_of_a_call_that_is_late(channel).endswith("not connected to tcp://a:1 yet")


def test_call_that_has_waited_for_a_broker_does_not_tell_its_password() -> None:
    channel = Simulated()
    channel.channel.update([Endpoint("nats://me:secret@a:1")], channel.now)
    assert text_of_a_call_that_is_late(channel).endswith("not connected to nats://a:1 yet")


def test_attempt_that_was_not_begun_is_found_by_the_next_call() -> None:
    channel = Simulated("a")
    channel.channel.pick(channel.now)
    channel.channel.take_work(channel.now)  # and interrupted before anything was begun
    assert channel.pick() == "a"


def refusal(channel: Simulated) -> tuple[str, Code, bool | None]:
    error = channel.channel.refusal()
    return str(error), error.code, error.started


def test_refusal_says_why_the_server_cannot_be_reached() -> None:
    channel = Simulated("a", down="a")
    channel.pick()
    assert refusal(channel) == ("a is down", Code.UNAVAILABLE, False)


def test_refusal_says_of_how_many_servers_none_can_be_reached() -> None:
    channel = Simulated("abc", down="abc")
    channel.pick()
    assert str(channel.channel.refusal()) == "none of 3 servers can be reached: c is down"


def test_refusal_says_why_no_server_was_found() -> None:
    channel = Simulated()
    channel.channel.fail_to_resolve(DialError("no such name"), channel.now)
    assert refusal(channel) == ("no server is known: no such name", Code.UNAVAILABLE, False)


def test_refusal_says_that_the_resolver_knows_no_server() -> None:
    channel = Simulated()
    channel.channel.update([], channel.now)
    assert str(channel.channel.refusal()) == "no server is known: the resolver has found none"


def test_refusal_of_a_closed_channel_says_so() -> None:
    channel = Simulated("a")
    channel.channel.close()
    assert refusal(channel) == ("the channel is closed", Code.UNAVAILABLE, False)


def test_failure_of_the_resolver_leaves_the_servers_that_are_known() -> None:
    channel = Simulated("a")
    channel.channel.fail_to_resolve(DialError("no such name"), channel.now)
    assert channel.pick() == "a"


# --- the resolver's updates -----------------------------------------------------------------------


def test_new_server_gets_calls() -> None:
    channel = Simulated("a")
    channel.pick()
    channel.update("ab")
    assert set(channel.picks(4)) == {"a", "b"}


def test_server_that_left_gets_no_calls() -> None:
    channel = Simulated("ab")
    channel.pick()
    channel.update("b")
    assert channel.picks(4) == "bbbb"


def test_server_that_left_is_to_be_closed_once_nothing_is_pending() -> None:
    channel = Simulated("ab")
    channel.pick()
    line = channel.lines_of("a")[0]
    channel.update("b")
    channel.take_work()
    assert channel.closed == [line]
    assert line.is_leaving


def test_server_that_stays_keeps_its_connection() -> None:
    channel = Simulated("ab")
    channel.pick()
    channel.update("bca")
    channel.picks(3)
    assert channel.attempts == ["a", "b", "c"]


def test_server_is_the_same_whatever_else_is_known_of_it() -> None:
    channel = Simulated("a")
    channel.pick()
    channel.channel.update([Endpoint("tcp://a:1", metadata={"version": "2"})], channel.now)
    channel.pick()
    assert channel.attempts == ["a"]


def test_connection_that_comes_too_late_is_not_wanted() -> None:
    channel = Simulated("ab")
    server, _ = channel.take_work().attempts
    channel.update("b")
    assert channel.channel.connected(server, "a", Calls(), bool, channel.now) is None


def test_connection_after_the_end_is_not_wanted() -> None:
    channel = Simulated("a")
    (server,) = channel.take_work().attempts
    channel.channel.close()
    assert channel.channel.connected(server, "a", Calls(), bool, channel.now) is None


def test_name_that_comes_twice_is_one_server() -> None:
    channel = Simulated("aa")
    channel.pick()
    assert channel.attempts == ["a"]


# --- pools ----------------------------------------------------------------------------------------


def busy_line(channel: Simulated, pending: int = 1) -> Line[str]:
    """Return the connection that a call gets, which has calls pending from then on."""
    line = channel.line()
    assert line is not None
    assert isinstance(line.calls, Calls)
    line.calls.pending = pending
    return line


def pool(pending: int, connections: int = 3) -> Simulated:
    """Return a channel to one server, each of whose connections has calls pending."""
    channel = Simulated("a", connections=connections)
    for _ in range(connections + 2):
        busy_line(channel, pending)
    return channel


def test_pool_stays_at_one_connection_while_that_is_idle() -> None:
    assert len(pool(0).lines_of("a")) == 1


def test_pool_grows_while_all_connections_are_busy() -> None:
    assert len(pool(1).lines_of("a")) == 3


def test_pool_does_not_wait_for_the_connection_that_it_grows_by() -> None:
    channel = Simulated("a", connections=2)
    line = busy_line(channel)
    assert channel.channel.pick(channel.now) is line
    assert len(channel.take_work().attempts) == 1


def test_pool_gives_the_connection_with_the_fewest_calls() -> None:
    channel = pool(5)
    for line, pending in zip(channel.lines_of("a"), (4, 2, 3), strict=True):
        assert isinstance(line.calls, Calls)
        line.calls.pending = pending
    assert channel.line() is channel.lines_of("a")[1]


def test_pool_that_cannot_grow_backs_off() -> None:
    grown = Simulated("a", connections=2)
    busy_line(grown)
    grown.down.add("a")
    grown.picks(5)
    assert grown.attempts == ["a", "a"]


def test_single_connection_of_a_single_server_is_the_only_one() -> None:
    channel = Simulated("a")
    line = channel.line()
    assert channel.channel.only is line


@pytest.mark.parametrize(("names", "connections"), [("ab", 1), ("a", 2)])
def test_nothing_is_the_only_one_where_there_may_be_more(names: str, connections: int) -> None:
    channel = Simulated(names, connections=connections)
    channel.pick()
    assert channel.channel.only is None


@pytest.mark.parametrize("connections", [1, 2])
def test_connection_of_a_single_server_is_the_first(connections: int) -> None:
    channel = Simulated("a", connections=connections)
    line = channel.line()
    assert channel.channel.first is line


def test_first_connection_is_the_one_that_an_idle_pool_picks() -> None:
    channel = Simulated("a", connections=2)
    line = busy_line(channel)
    channel.pick()  # which has a second one opened
    assert isinstance(line.calls, Calls)
    line.calls.pending = 0
    assert len(channel.lines_of("a")) == 2
    assert channel.channel.first is channel.line() is line


def test_no_connection_is_the_first_of_several_servers() -> None:
    channel = Simulated("ab")
    channel.pick()
    assert channel.channel.first is None


@pytest.mark.parametrize("end", ["kill", "close"])
def test_connection_that_has_ended_is_the_first_no_more(end: str) -> None:
    channel = Simulated("a", connections=2)
    channel.pick()
    channel.kill("a") if end == "kill" else channel.channel.close()
    channel.down = {"a"}
    channel.pick()
    assert channel.channel.first is None


def test_lost_connection_is_the_only_one_no_more() -> None:
    channel = Simulated("a")
    channel.pick()
    channel.kill("a")
    channel.fail("a")
    assert channel.channel.only is None


# --- the end --------------------------------------------------------------------------------------


def test_close_gives_all_connections_back() -> None:
    channel = Simulated("ab")
    channel.pick()
    lines = {*channel.lines_of("a"), *channel.lines_of("b")}
    assert set(channel.channel.close()) == lines


def test_closed_channel_has_no_connection_and_nothing_to_do() -> None:
    channel = Simulated("ab")
    channel.pick()
    channel.channel.close()
    assert channel.pick() == ""
    assert channel.channel.look_at == math.inf


def test_channel_cannot_be_closed_twice() -> None:
    channel = Simulated("ab")
    channel.channel.close()
    with pytest.raises(ShutdownError, match="closed"):
        channel.channel.close()


def test_step_that_has_ended_in_the_middle_is_made_up_for() -> None:
    channel = Simulated("ab")
    channel.pick()
    line = channel.lines_of("a")[0]
    line.server.lines.remove(line)
    channel.channel.doubt()
    assert channel.pick() == "b"
