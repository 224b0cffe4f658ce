"""Fixtures for the tests of gob."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .oracle import Oracle


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """Real Go, asked through one process for the whole session."""
    with Oracle.start() as oracle:
        yield oracle
