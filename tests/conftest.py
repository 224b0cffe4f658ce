"""Options of the whole suite."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# No test is timed: a machine may be busy.
settings.register_profile("rpcgen", deadline=None)
settings.load_profile("rpcgen")

# Markers of whole folders and files, below this folder. Single tests bear their own.
MARKERS = {
    "benchmarks": ("slow",),
    "browser": ("browser", "slow"),
    "docs/test_delve.py": ("go", "slow"),
    "docs/test_evolving.py": ("slow",),
    "gen/test_fuzz.py": ("slow",),
    "gen/test_hints.py": ("slow",),
    "gen/test_import_paths.py": ("typecheck", "slow"),
    "gen/test_pipeline.py": ("slow",),
    "gen/test_quality.py": ("typecheck", "slow"),
    "gob/test_cost.py": ("slow",),
    "gob/test_differential.py": ("go", "slow"),
    "gob/test_fuzz.py": ("slow",),
    "gob/test_go_suite.py": ("go",),
    "interop": ("go",),
    "protocol/test_json_differential.py": ("go", "slow"),
    "sync/test_interrupts.py": ("slow",),
    "test_go_rpc_suite.py": ("go",),
    "test_names.py": ("go",),
    "test_readme.py": ("go", "slow"),
    "schema/test_resolve.py": ("go",),
    "typing": ("typecheck", "slow"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        place = item.path.relative_to(here)
        for part in (place, *place.parents):
            for marker in MARKERS.get(part.as_posix(), ()):
                item.add_marker(marker)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update",
        action="store_true",
        help="rewrite expected files that differ, and fail so that the diff is read",
    )
