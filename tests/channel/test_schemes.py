"""Schemes of addresses that a resolver stands behind."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from rpcgen.channel.resolver import StaticResolver
from rpcgen.channel.schemes import broker_of, is_resolved, resolver_of


@pytest.mark.parametrize("address", ["dns://a:1", "dns+srv://_rpc._tcp.a", "nats://a:4222"])
def test_address_that_names_a_way_to_find_servers_is_resolved(address: str) -> None:
    assert is_resolved(address)


@pytest.mark.parametrize(
    "address", ["a:1", "dns:1", "nats:4222", "tcp://a:1", "unix:///dns", "tls://a:1", ""]
)
def test_address_of_a_server_is_not_resolved(address: str) -> None:
    assert not is_resolved(address)


def test_resolver_is_made_by_the_module_of_the_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    module = ModuleType("rpcgen.resolve.nats")

    def resolver(address: str) -> StaticResolver:
        made.append(address)
        return StaticResolver([])

    module.resolver = resolver  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rpcgen.resolve", ModuleType("rpcgen.resolve"))
    monkeypatch.setitem(sys.modules, "rpcgen.resolve.nats", module)
    assert isinstance(resolver_of("nats://a:4222"), StaticResolver)
    assert made == ["nats://a:4222"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("nats://a:4222/Bank", "nats://a:4222/Bank"),
        (["nats://a:4222", "nats://b:4222"], "nats://a:4222"),
        ("dns://a:1", ""),
        (["a:1"], ""),
        ([], ""),
        (StaticResolver(["a:1"]), ""),
    ],
)
def test_broker_is_known_by_its_address(target: object, expected: str) -> None:
    assert broker_of(target) == expected
