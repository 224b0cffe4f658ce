"""Options of the whole suite."""

from __future__ import annotations

import pytest
from hypothesis import settings

# No test is timed: a machine may be busy.
settings.register_profile("rpcgen", deadline=None)
settings.load_profile("rpcgen")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update",
        action="store_true",
        help="rewrite expected files that differ, and fail so that the diff is read",
    )
