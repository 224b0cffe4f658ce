from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from time import monotonic

import dns.exception
import dns.resolver
import pytest

import rpcgen
from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import Method, RpcError
from rpcgen.channel.resolver import Endpoint
from rpcgen.errors import DialError
from rpcgen.resolve.dns import Lookup, resolver
from rpcgen.resolve.polling import PollingResolver
from tests.support.apis import APIS, Api
from tests.support.timeouts import TIMEOUT_S

from .name_server import NameServer

NAME = Method[int, str]("Name.Get")


@pytest.fixture(scope="module")
def name_server() -> NameServer:
    return NameServer()


@pytest.fixture(scope="module")
def asking(name_server: NameServer) -> Iterator[dns.resolver.Resolver]:
    with name_server.running() as asking:
        yield asking


@pytest.fixture
def names(name_server: NameServer) -> NameServer:
    """The name server, which knows nothing yet."""
    name_server.records.clear()
    name_server.codes.clear()
    return name_server


@pytest.fixture
def lookup(asking: dns.resolver.Resolver) -> Lookup:
    return Lookup(asking)


def addresses(endpoints: list[Endpoint]) -> list[str]:
    return [each.address for each in endpoints]


def test_addresses_of_both_kinds_are_found(names: NameServer, lookup: Lookup) -> None:
    names.records["rpc.test", "A"] = ["10.0.0.1", "10.0.0.2"]
    names.records["rpc.test", "AAAA"] = ["fd00::1"]
    assert addresses(lookup.hosts("rpc.test", 7)) == [
        "tcp://10.0.0.1:7",
        "tcp://10.0.0.2:7",
        "tcp://[fd00::1]:7",
    ]


def test_name_without_addresses_has_no_servers(names: NameServer, lookup: Lookup) -> None:
    names.records["rpc.test", "SRV"] = []
    assert lookup.hosts("rpc.test", 7) == []


def test_unknown_name_is_an_error(names: NameServer, lookup: Lookup) -> None:
    with pytest.raises(dns.resolver.NXDOMAIN, match=r"rpc\.test"):
        lookup.hosts("rpc.test", 7)


def test_name_server_that_fails_is_an_error(names: NameServer, lookup: Lookup) -> None:
    names.codes["rpc.test", "A"] = names.codes["rpc.test", "AAAA"] = "SERVFAIL"
    with pytest.raises(dns.exception.DNSException):
        lookup.hosts("rpc.test", 7)


def test_kind_that_fails_leaves_the_other(names: NameServer, lookup: Lookup) -> None:
    names.records["rpc.test", "A"] = ["10.0.0.1"]
    names.codes["rpc.test", "AAAA"] = "SERVFAIL"
    assert addresses(lookup.hosts("rpc.test", 7)) == ["tcp://10.0.0.1:7"]


def test_kind_that_fails_is_as_it_was(names: NameServer, lookup: Lookup) -> None:
    names.records["rpc.test", "A"] = ["10.0.0.1"]
    names.records["rpc.test", "AAAA"] = ["fd00::1"]
    lookup.hosts("rpc.test", 7)
    names.codes["rpc.test", "AAAA"] = "SERVFAIL"
    names.records["rpc.test", "A"] = ["10.0.0.2"]
    assert addresses(lookup.hosts("rpc.test", 7)) == ["tcp://10.0.0.2:7", "tcp://[fd00::1]:7"]


def test_services_have_ports_of_their_own(names: NameServer, lookup: Lookup) -> None:
    names.records["_rpc._tcp.test", "SRV"] = [(0, 1, 7, "a.test"), (0, 1, 8, "b.test")]
    names.records["a.test", "A"] = ["10.0.0.1"]
    names.records["b.test", "A"] = ["10.0.0.2", "10.0.0.3"]
    assert sorted(addresses(lookup.services("_rpc._tcp.test"))) == [
        "tcp://10.0.0.1:7",
        "tcp://10.0.0.2:8",
        "tcp://10.0.0.3:8",
    ]


def test_services_of_the_first_priority_are_taken(names: NameServer, lookup: Lookup) -> None:
    names.records["_rpc._tcp.test", "SRV"] = [(1, 1, 7, "a.test"), (0, 1, 8, "b.test")]
    names.records["a.test", "A"] = ["10.0.0.1"]
    names.records["b.test", "A"] = ["10.0.0.2"]
    assert addresses(lookup.services("_rpc._tcp.test")) == ["tcp://10.0.0.2:8"]


def test_all_services_have_their_weights_and_priorities(names: NameServer, lookup: Lookup) -> None:
    names.records["_rpc._tcp.test", "SRV"] = [
        *((9, 5, 7, "a.test"), (0, 30, 8, "b.test"), (0, 0, 9, "a.test"))
    ]
    names.records["a.test", "A"] = ["10.0.0.1"]
    names.records["b.test", "A"] = ["10.0.0.2", "10.0.0.3"]
    found = lookup.all_services("_rpc._tcp.test")
    assert {each.address: (each.priority, each.weight) for each in found} == {
        "tcp://10.0.0.1:9": (0, 0.01),
        "tcp://10.0.0.2:8": (0, 15.0),
        "tcp://10.0.0.3:8": (0, 15.0),
        "tcp://10.0.0.1:7": (9, 5.0),
    }
    assert found[-1].priority == 9


def test_stand_in_that_is_unknown_is_left_out(names: NameServer, lookup: Lookup) -> None:
    names.records["_rpc._tcp.test", "SRV"] = [(0, 0, 7, "a.test"), (1, 0, 7, "gone.test")]
    names.records["a.test", "A"] = ["10.0.0.1"]
    assert addresses(lookup.all_services("_rpc._tcp.test")) == ["tcp://10.0.0.1:7"]


def test_service_of_the_first_priority_that_is_unknown_is_an_error(
    names: NameServer, lookup: Lookup
) -> None:
    names.records["_rpc._tcp.test", "SRV"] = [(0, 0, 7, "gone.test"), (1, 0, 7, "a.test")]
    names.records["a.test", "A"] = ["10.0.0.1"]
    with pytest.raises(dns.resolver.NXDOMAIN):
        lookup.all_services("_rpc._tcp.test")


def test_service_that_is_not_there_has_no_servers(names: NameServer, lookup: Lookup) -> None:
    names.records["_rpc._tcp.test", "SRV"] = [(0, 0, 0, ".")]
    assert lookup.services("_rpc._tcp.test") == []


@pytest.mark.parametrize(
    ("address", "found"),
    [("dns://127.0.0.1:7", "tcp://127.0.0.1:7"), ("dns://[::1]:7", "tcp://[::1]:7")],
)
def test_number_is_an_address_by_itself(address: str, found: str) -> None:
    assert addresses(list(resolver(address)._find())) == [found]


@pytest.mark.parametrize(
    "address",
    [
        "dns://a",
        "dns://a:0",
        "dns://a:65536",
        "dns://a:b",
        "dns://:7",
        "dns://a:7/b",
        "dns://a..b:7",
    ],
)
def test_address_without_name_and_port_is_an_error(address: str) -> None:
    with pytest.raises(DialError, match=r"write dns://host:1234"):
        resolver(address)


@pytest.mark.parametrize("address", ["dns+srv://a:7", "dns+srv://", "dns+srv://a..b"])
def test_address_without_name_of_services_is_an_error(address: str) -> None:
    with pytest.raises(DialError, match=r"write dns\+srv://_rpc._tcp.host"):
        resolver(address)


@pytest.mark.parametrize("address", ["dns://rpc.test:7", "dns+srv://rpc.test"])
def test_resolver_is_named_as_its_address(address: str) -> None:
    assert repr(resolver(address)) == f"<PollingResolver {address}>"


@pytest.fixture(params=["sync", "asyncio"])
def api(request: pytest.FixtureRequest) -> Api:
    return APIS[request.param]


def saying(name: str, number: int) -> str:
    return name


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def test_client_finds_servers_by_their_name(
    names: NameServer, asking: dns.resolver.Resolver, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dns.resolver, "Resolver", lambda: asking)
    names.records["rpc.test", "A"] = ["127.0.0.1"]
    with api.serve("127.0.0.1:0") as address:
        with api.dial(f"dns://rpc.test:{port_of(address)}") as client:
            assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_unknown_name_is_told_to_calls(
    names: NameServer, asking: dns.resolver.Resolver, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dns.resolver, "Resolver", lambda: asking)
    with api.dial("dns://rpc.test:7") as client:
        with pytest.raises(RpcError, match=r"dns://rpc\.test:7: .*does not exist") as raised:
            client.call(ARITH_MULTIPLY, Args(7, 8))
    assert raised.value.started is False


def test_client_follows_services_that_move(names: NameServer, lookup: Lookup) -> None:
    names.records["a.test", "A"] = ["127.0.0.1"]
    with ExitStack() as stack:
        servers = []
        for name in ("first", "second"):
            server = stack.enter_context(rpcgen.Server())
            server.register_name("Name", [NAME.handler(partial(saying, name))])
            servers.append((server, port_of(server.listen("127.0.0.1:0").address)))
        names.records["_rpc._tcp.test", "SRV"] = [(0, 0, servers[0][1], "a.test")]
        moving = PollingResolver(lambda: lookup.services("_rpc._tcp.test"), seconds=0.05)
        client = stack.enter_context(rpcgen.dial(moving))
        assert client.call(NAME, 0, wait_for_ready=True, timeout=TIMEOUT_S) == "first"
        names.records["_rpc._tcp.test", "SRV"] = [(0, 0, servers[1][1], "a.test")]
        deadline = monotonic() + TIMEOUT_S
        while client.call(NAME, 0, wait_for_ready=True, timeout=TIMEOUT_S) != "second":
            assert monotonic() < deadline


def test_missing_library_is_named() -> None:
    script = """
import sys
sys.modules["dns"] = None
import rpcgen
try:
    rpcgen.dial("dns://a:1")
except ImportError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=TIMEOUT_S
    )
    assert done.stdout == "dns:// needs dnspython: pip install 'rpcgen[dns]'\n"
