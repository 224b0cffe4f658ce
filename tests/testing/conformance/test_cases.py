from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import evolve

import rpcgen
from rpcgen import Handler, Method, Registry, ServerError
from rpcgen.protocol import CodecName
from rpcgen.testing.conformance import service
from rpcgen.testing.conformance.cases import CASES
from rpcgen.testing.conformance.service import Value, register_conformance
from rpcgen.testing.scripted_server import ScriptedServer, receive_any, send
from tests.support.apis import Api, ServerOptions

from .serving import failures, go_server


@pytest.fixture(scope="module")
def go() -> Iterator[dict[str, str]]:
    with go_server() as addresses:
        yield addresses


@pytest.mark.go
@pytest.mark.parametrize("place", ["gob", "http", "json"])
def test_stock_go_passes(go: dict[str, str], place: str) -> None:
    assert failures(go[place], "json" if place == "json" else "gob") == {}


@pytest.mark.parametrize("codec", ["gob", "json"])
def test_our_servers_pass(api: Api, codec: CodecName) -> None:
    with api.serve("tcp://127.0.0.1:0", register_conformance, codec=codec) as address:
        assert failures(address, codec) == {}


def test_our_servers_pass_over_http(api: Api) -> None:
    with api.serve("http://127.0.0.1:0", register_conformance) as address:
        assert failures(address) == {}


class Broken:
    """A registry that has one handler replaced by another, on the way to a server."""

    def __init__(self, server: Registry, method: Method[Any, Any], function: Any) -> None:
        self._server = server
        self._handler: Handler = method.handler(function)

    def register_name(self, name: str, handlers: list[Handler]) -> None:
        method = self._handler.method
        kept = [each for each in handlers if each.method is not method]
        self._server.register_name(name, [*kept, self._handler])


def upper(text: str) -> int:
    raise ServerError(text.upper())


def forget_inner(value: Value) -> Value:
    return evolve(value, inner=None)


FAULTS: list[tuple[Method[Any, Any], Callable[[Any], Any], set[str]]] = [
    (service.ECHO_INT, lambda number: min(number, 2**62), {"echo-int"}),
    (service.ECHO_UINT, lambda number: number & 0xFFFF, {"echo-uint"}),
    (service.ECHO_FLOAT, round, {"echo-float"}),
    (service.ECHO_BOOL, lambda flag: True, {"echo-bool"}),
    (service.ECHO_STRING, lambda text: text[:100], {"echo-string"}),
    (service.ECHO_BYTES, lambda data: data[:1000], {"large"}),
    (service.ECHO_INTS, lambda numbers: numbers[:9], {"echo-slice"}),
    (service.ECHO_MAP, lambda numbers: {**numbers, "more": 1}, {"echo-map"}),
    (service.ECHO_VALUE, forget_inner, {"echo-struct", "byte-by-byte"}),
    (service.FAIL, upper, {"error"}),
]


@pytest.mark.parametrize(
    ("method", "function", "expected"), FAULTS, ids=lambda each: str(each)[:30]
)
def test_broken_method_fails_its_cases(
    method: Method[Any, Any], function: Callable[[Any], Any], expected: set[str]
) -> None:
    server = rpcgen.Server()
    register_conformance(Broken(server, method, function))  # type: ignore[arg-type]
    listener = server.listen("tcp://127.0.0.1:0")
    with server:
        assert set(failures(listener.address)) == expected


@pytest.mark.heavy
@pytest.mark.slow
def test_server_that_carries_out_one_call_at_a_time_is_not_parallel(api: Api) -> None:
    options: ServerOptions = {"max_calls_per_connection": 1}
    address = "tcp://127.0.0.1:0"
    with api.serving(address, register_conformance, server=options) as server:
        problems = failures(server.address, timeout=0.5)
    assert set(problems) == {"parallel"}
    assert problems["parallel"] == "while a call waits, the next one has no answer in time"


def test_server_without_the_service_fails_what_needs_it(api: Api) -> None:
    with api.serve("tcp://127.0.0.1:0") as address:
        problems = failures(address, timeout=2.0)
    assert "rpc: can't find service Conformance.EchoInt" in problems["echo-int"]


def test_server_that_answers_nonsense_fails_everything() -> None:
    server = ScriptedServer(*[[receive_any, send(b"nonsense" * 40)]] * 100)
    assert set(failures(server.address)) == {case.name for case in CASES}
    server.close()  # and no check: not every script is played


def test_cases_have_names_of_their_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
