from __future__ import annotations

import queue
import threading

import pytest

from rpcgen import Call
from rpcgen.errors import CallTimeoutError, DisconnectedError, EncodeError
from tests.protocol.messages import SUM, Pair
from tests.support.scripted import connected
from tests.support.timeouts import TIMEOUT_S


def test_result_is_the_reply() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        server.reply(0, 3)
        assert call.result() == 3


def test_result_again() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        server.reply(0, 3)
        assert (call.result(), call.result()) == (3, 3)


def test_result_in_two_threads() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        results: list[int] = []
        threads = [threading.Thread(target=lambda: results.append(call.result())) for _ in "ab"]
        for thread in threads:
            thread.start()
        server.reply(0, 3)
        for thread in threads:
            thread.join(TIMEOUT_S)
        assert results == [3, 3]


def test_result_that_does_not_come_in_time() -> None:
    with connected() as (client, _):
        with pytest.raises(CallTimeoutError, match=r"Math\.Sum: no reply within 0\.01 s"):
            client.go(SUM, Pair(1, 2)).result(timeout=0.01)


def test_result_timeout_of_zero_takes_what_is_known() -> None:
    with connected() as (client, _):
        with pytest.raises(TimeoutError):
            client.go(SUM, Pair(1, 2)).result(timeout=0)


def test_result_after_a_timeout() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        with pytest.raises(CallTimeoutError):
            call.result(timeout=0.01)
        server.reply(0, 3)
        assert call.result() == 3


def test_result_of_arguments_that_do_not_fit() -> None:
    with connected() as (client, _):
        call = client.go(SUM, Pair(2**63, 2))
        with pytest.raises(EncodeError):
            call.result()


def test_call_knows_what_was_asked() -> None:
    with connected() as (client, _):
        call = client.go(SUM, Pair(1, 2))
        assert (call.service_method, call.args) == ("Math.Sum", Pair(1, 2))


def test_call_is_pending_at_first() -> None:
    with connected() as (client, _):
        call = client.go(SUM, Pair(1, 2))
        assert (call.is_done(), call.reply, call.error) == (False, None, None)


def test_done_receives_the_call() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        done = call.done
        server.reply(0, 3)
        assert done.get(timeout=TIMEOUT_S) is call


def test_done_of_a_call_that_is_over() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        server.reply(0, 3)
        call.result()
        assert call.done.get(timeout=TIMEOUT_S) is call


def test_done_receives_the_call_once() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        server.reply(0, 3)
        call.done.get(timeout=TIMEOUT_S)
        call.result()
        assert call.done.empty()


def test_done_has_room_for_ten_calls() -> None:
    with connected() as (client, _):
        assert client.go(SUM, Pair(1, 2)).done.maxsize == 10


def test_done_of_the_caller_is_used() -> None:
    done: queue.Queue[Call[int]] = queue.Queue()
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2), done)
        server.reply(0, 3)
        assert done.get(timeout=TIMEOUT_S) is call


def test_done_receives_calls_in_the_order_of_their_replies() -> None:
    done: queue.Queue[Call[int]] = queue.Queue()
    with connected() as (client, server):
        calls = [client.go(SUM, Pair(n, 2), done) for n in range(3)]
        for seq in (2, 0, 1):
            server.reply(seq, seq)
        order = [done.get(timeout=TIMEOUT_S) for _ in calls]
        assert order == [calls[2], calls[0], calls[1]]


def test_done_that_is_full_loses_the_call_alone() -> None:
    done: queue.Queue[Call[int]] = queue.Queue(1)
    with connected() as (client, server):
        calls = [client.go(SUM, Pair(n, 2), done) for n in range(3)]
        for seq in range(3):
            server.reply(seq, seq)
        assert [call.result(TIMEOUT_S) for call in calls] == [0, 1, 2]


def test_done_receives_a_call_that_failed() -> None:
    done: queue.Queue[Call[int]] = queue.Queue()
    with connected() as (client, server):
        client.go(SUM, Pair(1, 2), done)
        server.socket.close()
        assert isinstance(done.get(timeout=TIMEOUT_S).error, DisconnectedError)


def test_repr_tells_the_state() -> None:
    with connected() as (client, _):
        assert repr(client.go(SUM, Pair(1, 2))) == "<Call Math.Sum pending>"
