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

if TYPE_CHECKING:
    from tests.support.apis import Api
    from tests.support.broker import Broker

# No test is timed: a machine may be busy.
settings.register_profile("rpcgen", deadline=None)
settings.load_profile("rpcgen")

# Slow, but run on every Python all the same: what they show differs from one to another.
HEAVY = ("heavy", "slow")

# Markers of folders, files and tests, below this folder. Other single tests bear their own.
MARKERS = {
    "behaviour/test_calls.py::test_large_payloads_of_many_calls_at_once": HEAVY,
    "behaviour/test_chaos.py": ("slow",),
    "behaviour/test_life.py": ("slow",),
    "behaviour/test_life_of_clients.py": ("slow",),
    "behaviour/test_processes.py": HEAVY,
    "benchmarks": ("slow",),
    "browser": ("browser", "slow"),
    "cli/test_completion.py::test_bash_completes": ("slow",),
    "cli/test_init.py::test_project_is_as_ruff_has_it": ("slow",),
    "cli/test_init.py::test_server_and_client_of_the_project_meet": ("slow",),
    "cli/test_init.py::test_tests_of_the_project_pass": ("slow",),
    "cli/test_init.py::test_types_of_the_project_are_right": ("typecheck", "slow"),
    "cli/test_new_user.py": ("slow",),
    "cli/test_terminal.py": ("slow",),
    "docs/test_delve.py": ("go", "slow"),
    "docs/test_evolving.py": ("slow",),
    "docs/test_pages.py::test_programs_of_a_page_pass_mypy": ("typecheck", "slow"),
    "docs/test_pages.py::test_programs_of_a_page_print_what_it_says": ("go", "slow"),
    "faults/test_absent_peers.py::test_thousand_connections_are_served": HEAVY,
    "faults/test_absent_peers.py::test_thousand_connections_leave_no_thread_behind": HEAVY,
    "faults/test_bad_bytes.py::test_type_of_many_fields_takes_little": HEAVY,
    "faults/test_broken_servers.py::test_reply_with_a_type_of_many_fields_takes_little": HEAVY,
    "faults/test_descriptors.py": HEAVY,
    "gen/test_fuzz.py": ("slow",),
    "gen/test_hints.py": ("slow",),
    "gen/test_import_paths.py": ("typecheck", "slow"),
    "gen/test_pipeline.py": ("slow",),
    "gen/test_quality.py": ("typecheck", "slow"),
    "gen/test_wrap_lines.py::test_layout_breaks_any_signature_as_ruff_does": ("slow",),
    "gob/test_cost.py": ("slow",),
    "gob/test_differential.py": ("go", "slow"),
    "gob/test_framing.py::test_large_message_that_is_damaged_is_refused": HEAVY,
    "gob/test_framing.py::test_space_for_the_rest_of_a_message": HEAVY,
    "gob/test_fuzz.py": ("slow",),
    "gob/test_go_suite.py": ("go",),
    "gob/test_memory.py": HEAVY,
    "interop": ("go",),
    "gojson/test_differential.py": ("go", "slow"),
    "gojson/test_size.py::test_envelope_of_many_members_is_not_copied_for_each": HEAVY,
    "gojson/test_size.py::test_members_that_come_again_and_again_are_bounded": HEAVY,
    "gojson/test_size.py::test_memory_of_a_post_is_bounded": HEAVY,
    "gojson/test_size.py::test_memory_of_what_nobody_asks_for_is_bounded": HEAVY,
    "gojson/test_size.py::test_million_integers_are_taken_by_default": HEAVY,
    "gojson/test_size.py::test_parsed_size_is_no_less_than_the_memory": HEAVY,
    "gojson/test_size.py::test_steps_for_members_of_the_envelope_grow_as_they_do": HEAVY,
    "gojson/test_size.py::test_steps_grow_as_the_message_does": HEAVY,
    "protocol/test_gob_codec.py::test_damaged_headers_are_decoded_as_by_the_decoder": ("slow",),
    "sync/test_interrupts.py": ("slow",),
    "sync/test_stress.py": HEAVY,
    "test_go_rpc_suite.py": ("go",),
    "test__names.py": ("go",),
    "test_main.py::test_module_does_what_the_script_does": HEAVY,
    "test_readme.py": ("go", "slow"),
    "schema/test_kinds.py::test_go_is_the_spelling_of_go": ("go",),
    "typing": ("typecheck", "slow"),
    "values/test_collisions.py::test_numbers_whose_places_are_chosen_are_refused": HEAVY,
    "values/test_record.py::test_drawn_value_goes_out_as_it_came": ("slow",),
    "values/test_record.py::test_record_goes_out_as_the_struct_that_it_came_as": ("slow",),
    "values/test_record.py::test_records_in_a_list_go_out_as_they_came": ("slow",),
}


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        place = item.path.relative_to(here)
        name = f"{place.as_posix()}::{getattr(item, 'originalname', item.name)}"
        for part in (name, place.as_posix(), *map(Path.as_posix, place.parents)):
            for marker in MARKERS.get(part, ()):
                item.add_marker(marker)


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
