"""Fixtures for the tests of gob."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import pytest
from hypothesis import settings

from rpcgen import gob
from rpcgen._implementation import IMPLEMENTATIONS, Implementation

from .oracle import Oracle

# How long an example takes says more about the machine than about the code.
settings.register_profile("gob", deadline=None)
settings.load_profile("gob")


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """Real Go, asked through one process for the whole session."""
    with Oracle.start() as oracle:
        yield oracle


@contextmanager
def using(chosen: Implementation) -> Iterator[None]:
    """Have `rpcgen.gob` be of an implementation, whichever this process has chosen."""
    encoder, decoder = import_module(chosen.encoder), import_module(chosen.decoder)
    headers = import_module(chosen.headers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gob, "Encoder", encoder.Encoder)
        patch.setattr(gob, "dumps", encoder.dumps)
        patch.setattr(gob, "Decoder", decoder.Decoder)
        patch.setattr(gob, "loads", decoder.loads)
        patch.setattr(gob, "HeaderDecoder", headers.HeaderDecoder)
        yield


@pytest.fixture(scope="module", params=IMPLEMENTATIONS)
def implementation(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each implementation by turns: files whose tests say what a codec does are marked with it.

    They get at what they test through `rpcgen.gob` alone.
    """
    with using(IMPLEMENTATIONS[request.param]):
        yield
