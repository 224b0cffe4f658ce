"""Health of a channel's servers: which ones get no calls for a while, and until when."""

from __future__ import annotations

import pytest

from rpcgen import Code
from rpcgen.channel.servers import EJECTION_S, FAILURES, IDLE_S, Line
from rpcgen.errors import DisconnectedError, ServerError, ShutdownError

from .simulated import Calls, Simulated


def ejected(names: str = "ab") -> Simulated:
    """Return a channel whose first server has just been ejected."""
    channel = Simulated(names)
    channel.pick()
    for _ in range(FAILURES):
        channel.fail("a")
    return channel


def test_server_that_fails_again_and_again_gets_no_calls() -> None:
    assert ejected().picks(4) == "bbbb"


def test_ejection_is_told_once() -> None:
    channel = Simulated("ab")
    channel.pick()
    (line,) = channel.lines_of("a")
    told = [channel.channel.note(line, DisconnectedError(), channel.now) for _ in range(7)]
    assert told == [False] * 4 + [True] + [False] * 2


def test_server_that_succeeds_in_between_is_not_ejected() -> None:
    channel = Simulated("ab")
    channel.pick()
    for _ in range(FAILURES - 1):
        channel.fail("a")
    channel.succeed("a")
    channel.fail("a")
    assert "a" in channel.picks(4)


def test_failures_are_counted_anew_after_a_success() -> None:
    channel = Simulated("ab")
    channel.pick()
    for _ in range(2):
        for _ in range(FAILURES - 1):
            channel.fail("a")
        channel.succeed("a")
    assert "a" in channel.picks(4)


def test_answer_that_is_an_error_is_a_success() -> None:
    channel = Simulated("ab")
    channel.pick()
    for _ in range(FAILURES - 1):
        channel.fail("a")
    channel.fail("a", ServerError("no such key", code=Code.NOT_FOUND))
    channel.fail("a")
    assert "a" in channel.picks(4)


def test_answers_of_a_server_do_not_speak_against_it() -> None:
    channel = Simulated("ab")
    channel.pick()
    for _ in range(2 * FAILURES):
        channel.fail("a", ServerError("no such key", code=Code.NOT_FOUND))
    assert "a" in channel.picks(4)


def test_server_that_drains_is_not_ejected() -> None:
    channel = Simulated("ab")
    channel.pick()
    error = ShutdownError("draining")
    error.started = False
    for _ in range(2 * FAILURES):
        channel.fail("a", error)
    assert "a" in channel.picks(4)


def test_ejected_server_gets_calls_again_after_a_while() -> None:
    channel = ejected()
    channel.now += EJECTION_S
    assert "a" in channel.picks(4)


def test_channel_looks_again_when_a_server_may_return() -> None:
    channel = ejected()
    assert channel.channel.look_at == channel.now + EJECTION_S


def test_server_on_trial_is_ejected_for_longer_after_one_failure() -> None:
    channel = ejected()
    channel.now += EJECTION_S
    channel.pick()
    channel.fail("a")
    channel.now += EJECTION_S
    assert channel.picks(4) == "bbbb"
    channel.now += EJECTION_S
    assert "a" in channel.picks(4)


def test_calls_that_fail_after_the_ejection_do_not_make_it_longer() -> None:
    channel = ejected()
    for _ in range(8):  # they were under way at the same time as those before
        channel.fail("a")
    channel.now += EJECTION_S
    assert "a" in channel.picks(4)


def test_server_that_has_passed_its_trial_is_as_healthy_as_before() -> None:
    channel = ejected()
    channel.now += EJECTION_S
    channel.pick()
    channel.succeed("a")
    channel.fail("a")
    assert "a" in channel.picks(4)


def test_server_that_has_passed_its_trial_is_not_ejected_for_longer_than_before() -> None:
    channel = ejected()
    channel.now += EJECTION_S
    channel.pick()
    channel.succeed("a")
    for _ in range(FAILURES):
        channel.fail("a")
    assert channel.channel.look_at == channel.now + EJECTION_S


def test_last_server_is_not_ejected() -> None:
    assert ejected("a").pick() == "a"


def test_no_more_than_half_of_the_servers_are_ejected() -> None:
    channel = ejected("abc")
    for _ in range(FAILURES):
        channel.fail("b")
    assert set(channel.picks(6)) == {"b", "c"}


def test_first_server_that_fails_is_replaced_by_the_next() -> None:
    channel = Simulated("ab", balance="first")
    channel.pick()
    for _ in range(FAILURES):
        channel.fail("a")
    channel.pick()
    assert channel.picks(3) == "bbb"


def test_ejected_server_gets_calls_if_no_other_can_be_reached() -> None:
    channel = ejected("ab")
    channel.kill("b")
    assert channel.pick() == "a"


# --- connections ----------------------------------------------------------------------------------


def line(pending: int = 0, has_come: bool = True) -> Line[str]:
    """Return a connection that was given to a call at 1000 seconds."""
    channel = Simulated("a")
    channel.pick()
    (server,) = channel.channel.servers
    return Line(server, "a", Calls(pending), 0.0, lambda: has_come, used=1000.0)


def test_connection_that_was_idle_has_news_if_something_has_come() -> None:
    assert line().has_news(1000.0 + 2 * IDLE_S)


@pytest.mark.parametrize(
    ("other", "seconds"),
    [(line(), IDLE_S / 2), (line(pending=1), 2 * IDLE_S), (line(has_come=False), 2 * IDLE_S)],
    ids=["in use", "with a call under way", "silent"],
)
def test_connection_has_no_news(other: Line[str], seconds: float) -> None:
    assert not other.has_news(1000.0 + seconds)


def test_connection_is_not_idle_right_after_it_was_looked_at() -> None:
    other = line()
    other.has_news(2000.0)
    assert not other.has_news(2000.0 + IDLE_S / 2)


@pytest.mark.parametrize("pending", [[3], [3, 4]], ids=str)
def test_pending_calls_of_a_server_are_those_of_all_its_connections(pending: list[int]) -> None:
    server = line().server
    server.lines = [Line(server, "a", Calls(each), 0.0, bool) for each in pending]
    assert server.pending == sum(pending)


@pytest.mark.parametrize("pending", [[3], [3, 2], [2, 3]], ids=str)
def test_connection_with_the_fewest_calls_is_found(pending: list[int]) -> None:
    server = line().server
    server.lines = [Line(server, "a", Calls(each), 0.0, bool) for each in pending]
    assert server.least_pending().calls.pending == min(pending)
