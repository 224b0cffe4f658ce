"""Options of the whole suite."""

from __future__ import annotations

import _thread
import gc
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

import rpcgen
from tests.markers import QUICK, is_without_quick_tests, mark

if TYPE_CHECKING:
    from tests.support.apis import Api
    from tests.support.broker import Broker

# No test is timed: a machine may be busy.
settings.register_profile("rpcgen", deadline=None)
settings.load_profile("rpcgen")


@pytest.fixture(params=["asyncio", "sync"])
def api(request: pytest.FixtureRequest) -> Api:
    """Each of the two APIs of the runtime in turn."""
    from tests.support.apis import APIS  # late: most tests need neither it nor what it imports

    return APIS[request.param]


@pytest.fixture(scope="module")
def running() -> Iterator[Broker]:
    """A NATS broker for the tests of a file, which do not stop it."""
    from tests.support.broker import broker

    with broker() as made:
        made.start()
        yield made


def pytest_configure() -> None:
    if threading.gettrace() is not None:
        _trace_all_threads()


def _trace_all_threads() -> None:
    """Let coverage see threads that `threading` does not start: our servers close in such ones."""
    start = _thread.start_new_thread

    def start_traced(function: Callable[..., object], *arguments: Any) -> int:
        def run(*args: Any, **kwargs: Any) -> None:
            sys.settrace(threading.gettrace())
            function(*args, **kwargs)

        return start(run, *arguments)

    _thread.start_new_thread = start_traced


def pytest_report_header() -> str:
    return f"package under test: {rpcgen.__file__}"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    # Nobody who asks for the quick ones waits for the import of files that have none.
    if config.option.markexpr == QUICK and is_without_quick_tests(collection_path):
        return True
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark(items)


def pytest_collection_finish() -> None:
    # What collection has made stays: no later search for garbage need look at it again, and
    # tests of memory make hundreds of searches.
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update",
        action="store_true",
        help="rewrite expected files that differ, and fail so that the diff is read",
    )
