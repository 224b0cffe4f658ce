from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.errors import (
    DecodeError,
    DisconnectedError,
    RpcError,
    ServerError,
    ShutdownError,
)
from rpcgen.method import Method
from rpcgen.protocol import (
    ClientProtocol,
    Completion,
    GobClientCodec,
    GobServerCodec,
    Response,
)
from rpcgen.schema import schema_for

from .messages import DOUBLE, SUM, Pair, response_bytes


@pytest.fixture
def client() -> ClientProtocol[str]:
    return ClientProtocol(GobClientCodec())


def only(completions: list[Completion[str]]) -> Completion[str]:
    (completion,) = completions
    return completion


def outcomes(completions: list[Completion[str]]) -> list[tuple[str, object, str]]:
    return [
        (
            each.waiter,
            each.reply,
            f"{type(each.error).__name__}: {each.error}" if each.error else "",
        )
        for each in completions
    ]


def test_begin_numbers_calls_from_zero(client: ClientProtocol[str]) -> None:
    assert [client.begin(SUM, "w") for _ in range(3)] == [0, 1, 2]


def test_begin_counts_as_pending(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    assert client.pending == 1


def test_begin_when_closing(client: ClientProtocol[str]) -> None:
    client.close()
    with pytest.raises(ShutdownError, match="connection is shut down"):
        client.begin(SUM, "w")


def test_begin_when_closed(client: ClientProtocol[str]) -> None:
    client.receive_eof()
    with pytest.raises(ShutdownError, match="connection is shut down"):
        client.begin(SUM, "w")


def test_begin_when_closed_leaves_nothing_pending(client: ClientProtocol[str]) -> None:
    client.receive_eof()
    with pytest.raises(ShutdownError):
        client.begin(SUM, "w")
    assert client.pending == 0


def test_abandon_pending_call(client: ClientProtocol[str]) -> None:
    assert client.forget(client.begin(SUM, "w")) is True


def test_abandon_call_twice(client: ClientProtocol[str]) -> None:
    seq = client.begin(SUM, "w")
    client.forget(seq)
    assert client.forget(seq) is False


def test_forget_all_forgets_calls_that_were_taken(client: ClientProtocol[str]) -> None:
    for waiter in "abc":
        client.begin(SUM, waiter)
    completions = client.take(response_bytes((2, 22), (0, 20)))
    assert client.pending == 3
    client.forget_all(completions)
    assert client.pending == 1


def test_forget_all_forgets_calls_that_nobody_else_holds() -> None:
    class Waiter:
        pass

    client, waiter = ClientProtocol[Waiter](GobClientCodec()), Waiter()
    client.begin(SUM, waiter)
    client.weaken(0)
    client.forget_all(client.take(response_bytes((0, 20))))
    assert client.pending == 0


def test_receive_reply(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    assert only(client.receive(response_bytes((0, 3)))) == Completion("w", 3)


def test_receive_replies_out_of_order(client: ClientProtocol[str]) -> None:
    for waiter in "abc":
        client.begin(SUM, waiter)
    completions = client.receive(response_bytes((2, 22), (0, 20), (1, 21)))
    assert outcomes(completions) == [("c", 22, ""), ("a", 20, ""), ("b", 21, "")]


def test_receive_reply_twice_tells_once(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    assert len(client.receive(response_bytes((0, 3), (0, 4)))) == 1


def test_receive_reply_of_unknown_call(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    assert only(client.receive(response_bytes((7, 1), (0, 3)))).reply == 3


def test_receive_reply_of_abandoned_call(client: ClientProtocol[str]) -> None:
    client.forget(client.begin(SUM, "w"))
    assert client.receive(response_bytes((0, 3))) == []


def test_receive_error(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    completions = client.receive(response_bytes((0, None, "no luck")))
    assert outcomes(completions) == [("w", None, "ServerError: no luck")]


def test_receive_error_with_a_body_of_any_type(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    completions = client.receive(response_bytes((0, Pair(1, 2), "no luck")))
    assert isinstance(only(completions).error, ServerError)


def test_receive_error_before_its_body(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    header = response_bytes((0, None, "no luck"))[:-10]
    assert isinstance(only(client.receive(header)).error, ServerError)


def test_receive_reply_after_an_error_with_a_broken_body(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "a")
    client.begin(SUM, "b")
    codec = GobServerCodec()
    good, bad = bytes.fromhex("03040006"), bytes.fromhex("03ffc806")
    error = response_bytes((0, 3, "no luck"), codec=codec).replace(good, bad)
    completions = client.receive(error + response_bytes((1, 3), codec=codec))
    assert (completions[1].waiter, completions[1].reply) == ("b", 3)


def test_receive_reply_of_wrong_type_fails_its_call(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    assert isinstance(only(client.receive(response_bytes((0, "text")))).error, DecodeError)


def test_receive_reply_of_wrong_type_leaves_the_others(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "a")
    client.begin(SUM, "b")
    completions = client.receive(response_bytes((0, "text"), (1, 3)))
    assert (completions[1].waiter, completions[1].reply) == ("b", 3)


def test_receive_header_of_wrong_type_fails_all(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "a")
    client.begin(SUM, "b")
    errors = [type(each.error) for each in client.receive(bytes.fromhex("03040006"))]
    assert errors == [DisconnectedError, DisconnectedError]


def test_receive_header_of_wrong_type_closes(client: ClientProtocol[str]) -> None:
    client.receive(bytes.fromhex("03040006"))
    assert client.closed


def test_receive_when_closed_ignores_what_comes(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    client.receive_eof()
    assert client.receive(response_bytes((0, 3))) == []


def test_receive_when_closing_completes_what_was_answered(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    client.close()
    assert only(client.receive(response_bytes((0, 3)))).reply == 3


def test_receive_eof_fails_pending_calls(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "a")
    client.begin(DOUBLE, "b")
    assert outcomes(client.receive_eof()) == [
        ("a", None, "DisconnectedError: unexpected EOF"),
        ("b", None, "DisconnectedError: unexpected EOF"),
    ]


def test_receive_eof_gives_each_call_an_error_of_its_own(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "a")
    client.begin(SUM, "b")
    first, second = client.receive_eof()
    assert first.error is not second.error


def test_receive_eof_names_the_reason(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    assert str(only(client.receive_eof("connection reset")).error) == "connection reset"


def test_receive_eof_when_closing(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    client.close()
    completions = client.receive_eof("bad file descriptor")
    assert outcomes(completions) == [("w", None, "ShutdownError: connection is shut down")]


def test_receive_eof_in_the_middle_of_a_reply(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    client.receive(response_bytes((0, 3))[:-1])
    assert isinstance(only(client.receive_eof()).error, DisconnectedError)


def test_receive_eof_twice_tells_once(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    client.receive_eof()
    assert client.receive_eof() == []


def test_close_twice(client: ClientProtocol[str]) -> None:
    client.close()
    with pytest.raises(ShutdownError):
        client.close()


def test_close_after_eof(client: ClientProtocol[str]) -> None:
    client.receive_eof()
    client.close()
    assert client.closed


@given(st.data())
def test_receive_in_any_chunks_completes_alike(data: st.DataObject) -> None:
    stream = response_bytes((1, 5), (0, None, "no"), (9, 1), (2, "text"), (3, 4))
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8).map(sorted))
    whole, cut = (ClientProtocol[str](GobClientCodec()) for _ in range(2))
    for client in (whole, cut):
        for waiter in "abcd":
            client.begin(SUM, waiter)
    pieces = [
        stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
    ]
    arrived = [completion for piece in pieces for completion in cut.receive(piece)]
    assert outcomes(arrived) == outcomes(whole.receive(stream))


@given(st.binary(max_size=64))
def test_receive_any_bytes_raises_nothing(data: bytes) -> None:
    client = ClientProtocol[str](GobClientCodec())
    client.begin(SUM, "w")
    completions = client.receive(data) + client.receive_eof()
    assert all(isinstance(each.error, RpcError) for each in completions)


# --- large replies -------------------------------------------------------------------------

BLOB = Method[int, bytes]("Math.Blob")


def test_space_where_nothing_is_awaited(client: ClientProtocol[str]) -> None:
    assert client.get_buffer() is None


def test_space_for_the_rest_of_a_large_reply(client: ClientProtocol[str]) -> None:
    data = response_bytes((client.begin(BLOB, "call"), bytes(200_000)))
    assert client.receive(data[:20_000]) == []
    rest, completions = data[20_000:], []
    while rest and (view := client.get_buffer()) is not None:
        count = min(len(view), len(rest))
        view[:count], rest = rest[:count], rest[count:]
        completions += client.buffer_updated(count)
    assert len(rest) < 65536
    if rest:
        completions += client.receive(rest)
    (completion,) = completions
    assert completion.reply == bytes(200_000)
    assert client.get_buffer() is None


def test_space_where_little_has_come_but_a_length(client: ClientProtocol[str]) -> None:
    client.receive(response_bytes((client.begin(BLOB, "call"), bytes(200_000)))[:1000])
    assert client.get_buffer() is None


def test_space_for_the_rest_of_a_small_reply(client: ClientProtocol[str]) -> None:
    data = response_bytes((client.begin(BLOB, "call"), bytes(1000)))
    client.receive(data[:100])
    assert client.get_buffer() is None


def test_filled_after_the_end(client: ClientProtocol[str]) -> None:
    data = response_bytes((client.begin(BLOB, "call"), bytes(200_000)))
    client.receive(data[:20_000])
    assert client.get_buffer() is not None
    client.receive_eof()
    assert client.buffer_updated(1) == []


def test_expects_one_while_a_single_call_is_pending(client: ClientProtocol[str]) -> None:
    seen = [client.expects_one]
    for waiter in ("call", "other"):
        client.begin(BLOB, waiter)
        seen.append(client.expects_one)
    assert seen == [False, True, False]


def test_expects_one_is_false_while_a_reply_is_received(client: ClientProtocol[str]) -> None:
    data = response_bytes((client.begin(BLOB, "call"), bytes(1000)))
    client.begin(BLOB, "other")
    client.receive(data[:500])
    client.forget(1)
    assert client.pending == 1
    assert not client.expects_one


LIST = Method[list[int], list[int]]("Math.List")
MANY = list(range(100_000))


def large_replies(*replies: tuple[int, object]) -> bytes:
    codec = GobServerCodec()
    return b"".join(
        part
        for seq, reply in replies
        for part in codec.encode_response(Response("Math.List", seq), schema_for(reply), reply)
    )


@pytest.fixture
def deferring(client: ClientProtocol[str]) -> ClientProtocol[str]:
    client.defers_large = True
    for waiter in "abcd":
        client.begin(LIST, waiter)
    return client


def test_receive_large_reply_where_it_is_not_deferred(client: ClientProtocol[str]) -> None:
    client.begin(LIST, "w")
    assert only(client.receive(large_replies((0, MANY)))).reply == MANY
    assert not client.has_large


def test_receive_leaves_a_large_reply(deferring: ClientProtocol[str]) -> None:
    assert deferring.receive(large_replies((0, MANY))) == []
    assert deferring.has_large
    assert only(deferring.decode_large()).reply == MANY
    assert not deferring.has_large


def test_receive_gives_what_comes_before_a_large_reply(deferring: ClientProtocol[str]) -> None:
    completions = deferring.receive(large_replies((0, [1]), (1, MANY), (2, [2])))
    assert [each.waiter for each in completions] == ["a"]
    assert [each.waiter for each in deferring.decode_large()] == ["b"]
    assert [each.waiter for each in deferring.resume()] == ["c"]


def test_resume_up_to_the_next_large_reply(deferring: ClientProtocol[str]) -> None:
    deferring.receive(large_replies((0, MANY), (1, [1]), (2, MANY)))
    deferring.decode_large()
    assert [each.waiter for each in deferring.resume()] == ["b"]
    assert deferring.has_large
    assert [each.waiter for each in deferring.decode_large()] == ["c"]


def test_resume_when_nothing_has_come(deferring: ClientProtocol[str]) -> None:
    deferring.receive(large_replies((0, MANY)))
    deferring.decode_large()
    assert deferring.resume() == []


def test_receive_large_reply_in_pieces(deferring: ClientProtocol[str]) -> None:
    data = large_replies((0, MANY))
    for start in range(0, len(data), 10_000):
        assert not deferring.has_large
        assert deferring.receive(data[start : start + 10_000]) == []
    assert deferring.has_large


def test_decode_large_of_a_call_that_was_abandoned(deferring: ClientProtocol[str]) -> None:
    deferring.receive(large_replies((0, MANY)))
    deferring.forget(0)
    assert deferring.decode_large() == []


# --- calls that are given up, and APIs that can be interrupted -------------------------------


class Waiter:
    """Something that can be held weakly."""


def test_weaken_forgets_a_call_that_nobody_holds() -> None:
    client = ClientProtocol[Waiter](GobClientCodec())
    waiter = Waiter()
    client.weaken(client.begin(SUM, waiter))
    before = client.pending
    del waiter
    assert (before, client.pending) == (1, 0)


def test_weaken_leaves_a_call_that_somebody_holds() -> None:
    client = ClientProtocol[Waiter](GobClientCodec())
    waiter = Waiter()
    client.weaken(client.begin(SUM, waiter))
    (completion,) = client.receive(response_bytes((0, 3)))
    assert (completion.waiter, completion.reply, client.pending) == (waiter, 3, 0)


def test_weaken_a_call_that_is_over() -> None:
    client = ClientProtocol[Waiter](GobClientCodec())
    client.weaken(client.begin(SUM, Waiter()))
    client.weaken(7)
    assert client.pending == 0


def test_reply_of_a_call_that_was_forgotten_is_passed_over() -> None:
    client = ClientProtocol[Waiter](GobClientCodec())
    client.weaken(client.begin(SUM, Waiter()))
    assert client.receive(response_bytes((0, 3))) == []


def test_fail_all_fails_a_weak_call() -> None:
    client = ClientProtocol[Waiter](GobClientCodec())
    waiter = Waiter()
    client.weaken(client.begin(SUM, waiter))
    assert [each.waiter for each in client.fail_all()] == [waiter]


def test_take_leaves_calls_pending(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    assert only(client.take(response_bytes((0, 3)))).seq == 0
    assert client.pending == 1


def test_fail_all_can_be_repeated(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    assert outcomes(client.fail_all()) == outcomes(client.fail_all())


def test_begin_after_stop(client: ClientProtocol[str]) -> None:
    client.stop("broken pipe")
    assert not client.takes_calls
    with pytest.raises(ShutdownError):
        client.begin(SUM, "w")


def test_receive_after_stop_completes_what_was_answered(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    client.stop("broken pipe")
    assert only(client.receive(response_bytes((0, 3)))).reply == 3


def test_receive_eof_after_stop_names_its_reason(client: ClientProtocol[str]) -> None:
    client.begin(SUM, "w")
    client.stop("broken pipe")
    assert str(only(client.receive_eof()).error) == "broken pipe"
