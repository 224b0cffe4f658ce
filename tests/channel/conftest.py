from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rpcgen.protocol import CodecName

from .ends import Tally


@pytest.fixture(params=["sync", "asyncio"])
def api(request: pytest.FixtureRequest) -> str:
    """Each API."""
    assert isinstance(request.param, str)
    return request.param


@pytest.fixture(params=["gob", "json"])
def codec(request: pytest.FixtureRequest) -> CodecName:
    """Each codec."""
    return "json" if request.param == "json" else "gob"


@pytest.fixture
def tally() -> Iterator[Tally]:
    """What the servers of a test carry out."""
    tally = Tally()
    yield tally
    tally.gate.set()


@pytest.fixture
def place(tmp_path: Path) -> str:
    """An address at which servers can be, one after the other."""
    return f"unix://{tmp_path / 's'}"
