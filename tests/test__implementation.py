"""The choice of an implementation."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

from rpcgen import _implementation, gob
from rpcgen._implementation import CHOSEN, IMPLEMENTATIONS, Implementation, choose
from tests.gob.conftest import using


def test_choose_takes_python_if_told() -> None:
    assert choose({"RPCGEN_IMPL": "python"}) is IMPLEMENTATIONS["python"]


@pytest.mark.parametrize("environ", [{}, {"RPCGEN_IMPL": ""}])
def test_choose_takes_the_accelerator_where_there_is_one(environ: dict[str, str]) -> None:
    assert choose(environ) is IMPLEMENTATIONS.get("c", IMPLEMENTATIONS["python"])


def test_choose_of_an_unknown_name_says_which_there_are() -> None:
    there_are = ", ".join(sorted(IMPLEMENTATIONS))
    with pytest.raises(
        ImportError, match=f"^RPCGEN_IMPL='rust' is not an implementation; there are: {there_are}$"
    ):
        choose({"RPCGEN_IMPL": "rust"})


def test_choose_of_an_accelerator_that_is_not_there_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without = {"python": IMPLEMENTATIONS["python"]}
    monkeypatch.setattr("rpcgen._implementation.IMPLEMENTATIONS", without)
    monkeypatch.setattr("rpcgen._implementation._PROBLEM", _implementation._NOT_COMPILED)
    with pytest.raises(ImportError, match="there are: python; install rpcgen where there is a C"):
        choose({"RPCGEN_IMPL": "c"})
    assert choose({}) is without["python"]


def test_implementation_says_which_was_chosen() -> None:
    assert IMPLEMENTATIONS[gob.implementation] is CHOSEN


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


def import_beside_an_outdated_accelerator(chosen: str) -> subprocess.CompletedProcess[str]:
    """Import gob where there is an accelerator that lacks what is asked of it."""
    program = (
        "import sys, types; sys.modules['rpcgen._accelerator'] = types.ModuleType('older')\n"
        "from rpcgen import gob; print(gob.implementation)"
    )
    return subprocess.run(
        [sys.executable, "-W", "default", "-c", program],
        env={**os.environ, "RPCGEN_IMPL": chosen},
        capture_output=True,
        text=True,
        check=False,
    )


def test_import_beside_an_outdated_accelerator_warns_and_goes_without() -> None:
    run = import_beside_an_outdated_accelerator("")
    assert run.stdout == "python\n"
    assert "RuntimeWarning: the accelerator was compiled from other sources" in run.stderr
    assert "run python native/build.py" in run.stderr


def test_import_of_an_outdated_accelerator_that_is_asked_for_fails() -> None:
    run = import_beside_an_outdated_accelerator("c")
    assert run.returncode
    assert "ImportError: RPCGEN_IMPL='c' is not an implementation" in run.stderr
    assert "run python native/build.py" in run.stderr


def test_import_of_python_does_not_mind_an_outdated_accelerator() -> None:
    run = import_beside_an_outdated_accelerator("python")
    assert (run.stdout, run.stderr) == ("python\n", "")


def test_tests_of_gob_use_the_implementation_that_they_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other, chosen = ModuleType("other"), (gob.Encoder, gob.dumps, gob.Decoder, gob.loads)
    for name in ("Encoder", "dumps", "Decoder", "loads", "HeaderDecoder"):
        setattr(other, name, object())
    monkeypatch.setitem(sys.modules, "other", other)
    with using(Implementation("other", "other", "other")):
        used = gob.Encoder, gob.dumps, gob.Decoder, gob.loads
    assert used == (other.Encoder, other.dumps, other.Decoder, other.loads)
    assert (gob.Encoder, gob.dumps, gob.Decoder, gob.loads) == chosen
