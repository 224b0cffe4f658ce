"""Fixtures for the tests of gob."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from .oracle import Oracle

# How long an example takes says more about the machine than about the code.
settings.register_profile("gob", deadline=None)
settings.load_profile("gob")


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """Real Go, asked through one process for the whole session."""
    with Oracle.start() as oracle:
        yield oracle
