from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from tests.support.apis import Api, ApiClient
from tests.support.timeouts import TIMEOUT_S


@pytest.fixture(autouse=True)
def no_thread_is_left_behind() -> Iterator[None]:
    """What a test has started ends with it; tasks are watched by the APIs themselves."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + TIMEOUT_S
    while left := set(threading.enumerate()) - before:
        assert time.monotonic() < deadline, left
        time.sleep(0.005)


@pytest.fixture
def address(api: Api) -> Iterator[str]:
    """The address of a server of gob over TCP."""
    with api.serve("tcp://127.0.0.1:0") as address:
        yield address


@pytest.fixture
def other(api: Api, address: str) -> Iterator[ApiClient]:
    """A client of that server which behaves, and must not be disturbed."""
    with api.dial(address) as client:
        yield client
