from __future__ import annotations

import random
from pathlib import Path

import pytest

from generated.arith import ARITH_DIVIDE, ARITH_MULTIPLY, Args
from rpcgen import Method, ServerError
from rpcgen.protocol import CodecName
from rpcgen.testing.recording.file import Entry, Side, read_recording
from rpcgen.testing.recording.traffic import Call, Note, Traffic, calls_of
from rpcgen.values.record import Record
from tests.support.apis import Api
from tests.support.services import ECHO, WAIT
from tests.support.sockets import request, requests

from .recorded import recorded

CODECS: list[CodecName] = ["gob", "json"]


def plain(value: object) -> object:
    return value.asdict() if isinstance(value, Record) else value


def passed(*events: tuple[Side, bytes]) -> list[Call | Note]:
    traffic = Traffic()
    return [
        each
        for number, (side, data) in enumerate(events)
        for each in traffic.take(Entry(number, 1, "data", side, data))
    ]


@pytest.mark.parametrize("codec", CODECS)
def test_calls_are_read(api: Api, tmp_path: Path, codec: CodecName) -> None:
    with recorded(api, tmp_path / "calls", codec=codec) as client:
        client.call(ARITH_MULTIPLY, Args(7, 8))
        with pytest.raises(ServerError):
            client.call(ARITH_DIVIDE, Args(1, 0))
        client.call(ARITH_DIVIDE, Args(17, 8))
    first, failed, last = calls_of(read_recording(tmp_path / "calls"))
    assert (first.method, plain(first.args.value)) == ("Arith.Multiply", {"A": 7, "B": 8})
    assert first.reply is not None
    assert first.reply.value == 56
    assert (failed.error, failed.reply, failed.is_over) == ("divide by zero", None, True)
    assert last.reply is not None
    assert plain(last.reply.value) == {"Quo": 2, "Rem": 1}
    assert {each.codec for each in (first, failed, last)} == {codec}
    assert 0 <= first.began <= first.ended <= failed.began


@pytest.mark.parametrize("where", ["http://127.0.0.1:0", "unix"])
def test_calls_over_http_and_unix_are_read(api: Api, tmp_path: Path, where: str) -> None:
    where = f"unix://{tmp_path}/server" if where == "unix" else where
    with recorded(api, tmp_path / "calls", where=where) as client:
        client.call(ARITH_MULTIPLY, Args(7, 8))
    (call,) = calls_of(read_recording(tmp_path / "calls"))
    assert call.reply is not None
    assert (call.method, call.reply.value) == ("Arith.Multiply", 56)


@pytest.mark.parametrize("codec", CODECS)
def test_what_calls_have_beyond_gos_is_read(api: Api, tmp_path: Path, codec: CodecName) -> None:
    with recorded(api, tmp_path / "calls", codec=codec) as client:
        client.call(ARITH_MULTIPLY, Args(7, 8), timeout=60.0, metadata={"tenant": "a"})
    calls = calls_of(read_recording(tmp_path / "calls"))
    assert [call.method for call in calls] == ["Arith.Multiply"]
    extras = {name.lower(): value for name, value in calls[0].extras.items()}
    assert extras["metadata"] == {"tenant": "a"}
    assert 0 < extras["timeout"] <= 60 * 10**9


def test_cancels_are_no_calls(api: Api, tmp_path: Path) -> None:
    with recorded(api, tmp_path / "calls") as client:
        client.go(WAIT, "gate").cancel()
        client.call(ARITH_MULTIPLY, Args(7, 8))
    calls = calls_of(read_recording(tmp_path / "calls"))
    assert [call.method for call in calls] == ["Probe.Wait", "Arith.Multiply"]


@pytest.mark.parametrize("codec", CODECS)
def test_pieces_of_the_stream_do_not_matter(api: Api, tmp_path: Path, codec: CodecName) -> None:
    with recorded(api, tmp_path / "calls", codec=codec) as client:
        for number in range(5):
            client.call(ARITH_DIVIDE, Args(number, 2))
        client.call(ECHO, bytes(5000))
    entries = list(read_recording(tmp_path / "calls"))
    dice = random.Random(1)
    pieces = []
    for entry in entries:
        data = entry.data
        while entry.event == "data" and data:
            size = dice.randint(1, 50)
            pieces.append(Entry(entry.time, entry.connection, "data", entry.side, data[:size]))
            data = data[size:]
        if entry.event != "data":
            pieces.append(entry)
    assert list(map(repr, calls_of(pieces))) == list(map(repr, calls_of(entries)))


def test_call_without_an_answer_is_not_over() -> None:
    (call,) = passed(("client", request(ARITH_MULTIPLY, Args(7, 8))))
    assert isinstance(call, Call)
    assert (call.is_over, call.reply) == (False, None)


def test_end_with_calls_under_way_is_told() -> None:
    traffic = Traffic()
    data = requests(ARITH_MULTIPLY, [Args(7, 8)] * 2)
    list(traffic.take(Entry(0, 1, "data", "client", data)))
    (note,) = traffic.take(Entry(1, 1, "close"))
    assert note == Note(1, "closed, 2 calls unanswered", is_fault=True)


@pytest.mark.parametrize(
    ("side", "data"),
    [
        ("client", b"\xf8\x7f\xff\xff\xff\xff\xff\xff\xff"),
        ("client", b"nonsense that is no gob" * 9),
        ("client", b"{nonsense}"),
        ("client", b'{"method": 7, "params": [1], "id": 1}'),
        ("client", b"\3\4\0\6"),
    ],
)
def test_bytes_that_are_no_calls_are_told_once(side: Side, data: bytes) -> None:
    notes = passed((side, data), (side, data), (side, data))
    (note,) = [each for each in notes if isinstance(each, Note)]
    assert note.text.startswith("what the client sends cannot be read: ")
    assert note.is_fault


def test_refusal_of_connect_is_told() -> None:
    (note,) = passed(
        ("client", b"CONNECT /_goRPC_ HTTP/1.0\n\n"), ("server", b"HTTP/1.0 404 Not Found\n\n")
    )
    assert isinstance(note, Note)
    assert "the answer to CONNECT is 'HTTP/1.0 404 Not Found'" in note.text


def test_head_of_http_without_end_is_told() -> None:
    (note,) = passed(("client", b"CONNECT /_goRPC_ HTTP/1.0\n" + b"X: y\n" * 20_000))
    assert isinstance(note, Note)
    assert "no end" in note.text


def test_value_that_cannot_be_read_leaves_the_others() -> None:
    texts = Method[str, int]("T.S")
    data = requests(texts, ["abc", "de"]).replace(b"\3abc", b"\x09abc")  # longer than its message
    bad, good = [each.args.value for each in passed(("client", data)) if isinstance(each, Call)]
    assert "cannot be read" in bad
    assert good == "de"
