"""The choice of an implementation."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

from rpcgen import gob
from rpcgen._implementation import CHOSEN, IMPLEMENTATIONS, Implementation, choose
from tests.gob.conftest import using


@pytest.mark.parametrize("environ", [{}, {"RPCGEN_IMPL": ""}, {"RPCGEN_IMPL": "python"}])
def test_choose_takes_python_unless_told(environ: dict[str, str]) -> None:
    assert choose(environ) is IMPLEMENTATIONS["python"]


def test_choose_of_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(
        ImportError, match=r"^RPCGEN_IMPL='rust' is not an implementation; there are: python$"
    ):
        choose({"RPCGEN_IMPL": "rust"})


def test_gob_has_the_classes_of_the_chosen_implementation() -> None:
    encoder, decoder = import_module(CHOSEN.encoder), import_module(CHOSEN.decoder)
    assert (gob.Encoder, gob.dumps) == (encoder.Encoder, encoder.dumps)
    assert (gob.Decoder, gob.loads) == (decoder.Decoder, decoder.loads)


def test_import_with_an_unknown_implementation_fails() -> None:
    environ = {**os.environ, "RPCGEN_IMPL": "rust"}
    run = subprocess.run(
        [sys.executable, "-c", "import rpcgen.gob"], env=environ, capture_output=True, check=False
    )
    assert b"ImportError: RPCGEN_IMPL='rust'" in run.stderr


def test_tests_of_gob_use_the_implementation_that_they_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other, chosen = ModuleType("other"), (gob.Encoder, gob.dumps, gob.Decoder, gob.loads)
    for name in ("Encoder", "dumps", "Decoder", "loads"):
        setattr(other, name, object())
    monkeypatch.setitem(sys.modules, "other", other)
    with using(Implementation("other", "other")):
        used = gob.Encoder, gob.dumps, gob.Decoder, gob.loads
    assert used == (other.Encoder, other.dumps, other.Decoder, other.loads)
    assert (gob.Encoder, gob.dumps, gob.Decoder, gob.loads) == chosen
