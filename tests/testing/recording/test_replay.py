from __future__ import annotations

from pathlib import Path

import pytest

from generated.arith import ARITH_DIVIDE, ARITH_MULTIPLY, Args, Quotient
from rpcgen import Code, Method, Registry, ServerError
from rpcgen.protocol import CodecName
from rpcgen.testing import replay
from rpcgen.testing.recording.file import RecordingWriter
from tests.support.apis import Api

from .recorded import recorded

NEXT = Method[None, int]("Counter.Next")
FIND = Method[str, dict[str, list[int]]]("Counter.Find")


def register_counter(server: Registry) -> None:
    numbers = iter(range(1, 100))

    def find(key: str) -> dict[str, list[int]]:
        if key != "there":
            raise ServerError("no such key", code=Code.NOT_FOUND)
        return {key: [1, 2]}

    handlers = [NEXT.handler(lambda _: next(numbers)), FIND.handler(find)]
    server.register_name("Counter", handlers)


@pytest.mark.parametrize("codec", ["gob", "json"])
def test_replay_answers_as_the_server_did(api: Api, tmp_path: Path, codec: CodecName) -> None:
    with recorded(api, tmp_path / "calls", register_counter, codec=codec) as client:
        for args in (Args(17, 8), Args(9, 2)):
            client.call(ARITH_DIVIDE, args)
        with pytest.raises(ServerError):
            client.call(ARITH_DIVIDE, Args(1, 0))
        client.call(ARITH_MULTIPLY, Args(7, 8))
        client.call(FIND, "there")
        with pytest.raises(ServerError):
            client.call(FIND, "elsewhere", timeout=60.0)
    with replay(tmp_path / "calls") as served:
        assert served.codec == codec
        with api.dial(served.address, codec=served.codec) as client:
            assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56
            assert client.call(ARITH_DIVIDE, Args(9, 2)) == Quotient(4, 1)
            assert client.call(ARITH_DIVIDE, Args(17, 8)) == Quotient(2, 1)
            assert client.call(FIND, "there") == {"there": [1, 2]}
            with pytest.raises(ServerError, match=r"^divide by zero$"):
                client.call(ARITH_DIVIDE, Args(1, 0))
            with pytest.raises(ServerError, match=r"^no such key$") as caught:
                client.call(FIND, "elsewhere", timeout=60.0)
    assert caught.value.code is Code.NOT_FOUND


def test_answers_to_the_same_request_come_in_their_order(api: Api, tmp_path: Path) -> None:
    with recorded(api, tmp_path / "calls", register_counter) as client:
        for _ in range(3):
            client.call(NEXT, None)
    with replay(tmp_path / "calls") as served, api.dial(served.address) as client:
        assert [client.call(NEXT, None) for _ in range(5)] == [1, 2, 3, 3, 3]


def test_request_that_was_not_recorded_says_so(api: Api, tmp_path: Path) -> None:
    with recorded(api, tmp_path / "calls") as client:
        client.call(ARITH_MULTIPLY, Args(7, 8))
    with replay(tmp_path / "calls") as served, api.dial(served.address) as client:
        with pytest.raises(ServerError, match=r"Arith.Multiply \{A: 1, B: 1\} is not in the"):
            client.call(ARITH_MULTIPLY, Args(1, 1))


def test_empty_recording_is_refused(tmp_path: Path) -> None:
    RecordingWriter(tmp_path / "calls", "").close()
    with pytest.raises(ValueError, match="nothing to replay"):
        with replay(tmp_path / "calls"):
            pass
