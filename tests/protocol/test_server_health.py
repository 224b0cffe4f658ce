"""What a server says of itself."""

from __future__ import annotations

import pytest

from rpcgen.protocol.health import ServingStatus
from rpcgen.protocol.server_health import ServerHealth

SERVING, NOT_SERVING, SERVICE_UNKNOWN = list(ServingStatus)[1:]


@pytest.fixture
def health() -> ServerHealth:
    return ServerHealth(lambda: {"Arith"})


@pytest.mark.parametrize("service", ["", "Arith"])
def test_check_says_that_what_is_there_serves(health: ServerHealth, service: str) -> None:
    assert health.check(service) is SERVING


def test_check_knows_no_other_service(health: ServerHealth) -> None:
    assert health.check("Kv") is SERVICE_UNKNOWN


@pytest.mark.parametrize("service", ["", "Arith", "Kv"])
def test_set_says_how_a_service_is(health: ServerHealth, service: str) -> None:
    health.set(service, NOT_SERVING)
    assert health.check(service) is NOT_SERVING


def test_set_of_one_service_says_nothing_of_the_server(health: ServerHealth) -> None:
    health.set("Arith", NOT_SERVING)
    assert health.check("") is SERVING


@pytest.mark.parametrize("service", ["", "Arith", "Kv"])
def test_nothing_serves_once_the_server_shuts_down(health: ServerHealth, service: str) -> None:
    health.set("Kv", SERVING)
    health.shut_down()
    assert health.check(service) is NOT_SERVING


def test_a_service_that_is_not_there_is_unknown_at_the_end_too(health: ServerHealth) -> None:
    health.shut_down()
    assert health.check("Kv") is SERVICE_UNKNOWN
