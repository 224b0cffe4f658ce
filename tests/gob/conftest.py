"""Fixtures for the tests of gob."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from hypothesis import settings

from rpcgen import gob
from rpcgen._implementation import IMPLEMENTATIONS

from .oracle import Oracle

# How long an example takes says more about the machine than about the code.
settings.register_profile("gob", deadline=None)
settings.load_profile("gob")


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """Real Go, asked through one process for the whole session."""
    with Oracle.start() as oracle:
        yield oracle


class Codec:
    """The classes of one implementation."""

    def __init__(self, name: str) -> None:
        modules = IMPLEMENTATIONS[name]
        encoder: Any = import_module(modules.encoder)
        decoder: Any = import_module(modules.decoder)
        self.Encoder: type[gob.Encoder] = encoder.Encoder
        self.Decoder: type[gob.Decoder] = decoder.Decoder


@pytest.fixture(scope="session", params=IMPLEMENTATIONS)
def codec(request: pytest.FixtureRequest) -> Codec:
    """Each implementation by turns, whichever this process has chosen."""
    return Codec(request.param)
