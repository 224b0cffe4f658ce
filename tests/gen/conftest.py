"""What the tests of the generator share."""

from __future__ import annotations

import pytest


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Say whether expected files are to be rewritten."""
    return bool(request.config.getoption("--update"))
