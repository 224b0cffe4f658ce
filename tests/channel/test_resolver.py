"""`Resolver`: what tells a channel of its servers."""

from __future__ import annotations

import pytest

from rpcgen.channel.resolver import Endpoint, Resolver, StaticResolver, without_password
from rpcgen.errors import RpcError


class Found:
    """What a resolver has told of."""

    def __init__(self, resolver: Resolver) -> None:
        self.endpoints: list[list[Endpoint]] = []
        self.errors: list[RpcError] = []
        resolver.start(lambda found: self.endpoints.append([*found]), self.errors.append)


def test_endpoints_with_other_metadata_are_the_same_server() -> None:
    old = Endpoint("tcp://a:1", metadata={"version": "1"})
    assert old == Endpoint("tcp://a:1", metadata={"version": "2"})


def test_endpoints_with_another_codec_are_another_server() -> None:
    assert Endpoint("tcp://a:1", "gob") != Endpoint("tcp://a:1", "json")


def test_endpoint_can_be_a_key_whatever_is_known_of_it() -> None:
    assert len({Endpoint("a:1", metadata={"zone": "x"}), Endpoint("a:1")}) == 1


def test_static_resolver_tells_of_its_list_at_once() -> None:
    found = Found(StaticResolver(["tcp://a:1", "tcp://b:1"]))
    assert found.endpoints == [[Endpoint("tcp://a:1"), Endpoint("tcp://b:1")]]


def test_static_resolver_has_nothing_more_to_tell() -> None:
    resolver = StaticResolver(["tcp://a:1"])
    found = Found(resolver)
    resolver.resolve_soon()
    resolver.close()
    assert (len(found.endpoints), found.errors) == (1, [])


def test_static_resolver_is_a_resolver() -> None:
    assert isinstance(StaticResolver([]), Resolver)


def test_address_is_no_resolver() -> None:
    assert not isinstance("tcp://a:1", Resolver)


def test_broker_is_shown_without_its_password() -> None:
    assert without_password("nats://me:se@cret@a:4222") == "nats://a:4222"


@pytest.mark.parametrize(
    "address", ["a:1", "tls://a:1", "unix:///run/a@b.sock", "unix://@abstract", "http://a:1/b@c"]
)
def test_address_without_a_user_is_shown_as_it_is(address: str) -> None:
    assert without_password(address) == address
