from __future__ import annotations

from pathlib import Path

import pytest

from .versions import Compare, comparer


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """Return a function that compares two versions of an IDL."""
    return comparer(tmp_path)
