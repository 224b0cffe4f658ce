"""The data of the debug page."""

from __future__ import annotations

from typing import Any, Protocol

import pytest
from attrs import define

from generated.kvstore import register_kv_store
from idl.kvstore import Entry
from rpcgen.method import Method
from rpcgen.protocol import Registry
from rpcgen.protocol.debug import MethodData, debug_data
from rpcgen.protocol.statistics import RELATIVE_ERROR
from rpcgen.types import wire
from tests.protocol.messages import DOUBLE, SUM, Pair

from .services import UNDOCUMENTED, call


def method_data(registry: Registry, name: str) -> MethodData:
    methods = (
        method for service in debug_data(registry)["services"] for method in service["methods"]
    )
    return next(method for method in methods if method["name"] == name)


def test_data_is_sorted_by_name() -> None:
    registry = Registry()
    registry.register_name("B", [SUM.handler(lambda pair: 0), DOUBLE.handler(abs)])
    registry.register_name("A", [SUM.handler(lambda pair: 0)])
    services = debug_data(registry)["services"]
    names = [(each["name"], [method["name"] for method in each["methods"]]) for each in services]
    assert names == [("A", ["Sum"]), ("B", ["Double", "Sum"])]


@wire("")
@define
class Chain:
    """A struct that Go gives no name, and holds itself."""

    next: Chain | None = None


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        (Method[str, None]("S.M"), "func M(string, *struct {}) error"),
        (Method[list[bytes], bool]("S.M"), "func M([][]uint8, *bool) error"),
        (
            Method[dict[str, Entry], float]("S.M"),
            "func M(map[string]kvstore.Entry, *float64) error",
        ),
        (Method[Pair | None, Pair]("S.M"), "func M(*messages.Pair, *messages.Pair) error"),
        (Method[Chain, int]("S.M"), "func M(struct { ... }, *int) error"),
    ],
)
def test_signature_is_as_go_spells_it(method: Method[Any, Any], signature: str) -> None:
    registry = Registry()
    registry.register_name("S", [method.handler(lambda args: None)])
    assert method_data(registry, "M")["signature"] == signature


def test_data_counts_errors(registry: Registry) -> None:
    call(registry, "Arith.Divide", failed=True)
    call(registry, "Arith.Divide")
    assert method_data(registry, "Divide")["errors"] == 1


def test_data_counts_calls_in_flight(registry: Registry) -> None:
    registry.find("Arith.Divide").statistics.started()
    assert method_data(registry, "Divide")["in_flight"] == 1


def test_data_has_latencies_in_seconds(registry: Registry) -> None:
    call(registry, "Arith.Divide", seconds=0.002)
    latency = method_data(registry, "Divide")["latency"]
    expected = dict.fromkeys(("p50", "p90", "p99", "max"), 0.002)
    assert latency == pytest.approx(expected, rel=RELATIVE_ERROR)


def test_data_has_no_latencies_before_the_first_call(registry: Registry) -> None:
    assert method_data(registry, "Divide")["latency"] is None


def test_data_counts_connections(registry: Registry) -> None:
    registry.connections.opened()
    registry.connections.opened()
    registry.connections.closed()
    assert debug_data(registry)["connections"] == {"open": 1, "total": 2}


def test_doc_of_a_generated_service(registry: Registry) -> None:
    service = debug_data(registry)["services"][0]
    assert service["doc"] == "The arithmetic service of Go's net/rpc documentation."


def test_doc_of_a_generated_method(registry: Registry) -> None:
    assert method_data(registry, "Multiply")["doc"] == "Return the product of a and b."


def test_doc_of_a_generated_method_of_several_parameters() -> None:
    registry = Registry()
    register_kv_store(registry, UNDOCUMENTED)
    expected = "Return the entries whose keys begin with ``prefix``, in order."
    assert method_data(registry, "Scan")["doc"] == expected


def test_doc_of_a_method_with_another_wire_name() -> None:
    class Numbers(Protocol):
        @wire("Double")
        def twice(self, number: int) -> int:
            """Return twice the number."""
            ...

    registry = Registry()
    registry.register_name("Math", [DOUBLE.handler(abs)], described_by=Numbers)
    assert method_data(registry, "Double")["doc"] == "Return twice the number."


def test_doc_of_a_function_without_an_idl() -> None:
    def double(number: int) -> int:
        """Return twice the number."""
        return 2 * number

    registry = Registry()
    registry.register_name("Math", [DOUBLE.handler(double)])
    assert method_data(registry, "Double")["doc"] == "Return twice the number."


def test_doc_where_there_is_none() -> None:
    registry = Registry()
    registry.register_name("Math", [DOUBLE.handler(lambda number: 2 * number)])
    assert method_data(registry, "Double")["doc"] == ""
