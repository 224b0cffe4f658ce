"""A broker with JetStream for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.broker import Broker

from .queues import APIS, Api, queue_broker


@pytest.fixture(scope="module")
def running() -> Iterator[Broker]:
    with queue_broker() as made:
        yield made


@pytest.fixture
def own() -> Iterator[Broker]:
    """A broker that the test may stop and start again."""
    with queue_broker() as made:
        yield made


@pytest.fixture(params=[*APIS.values()], ids=[*APIS])
def api(request: pytest.FixtureRequest) -> Api:
    found: Api = request.param
    return found
