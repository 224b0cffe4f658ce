"""Tests of `rpcgen.gen.render`; what it gives for whole files is in ``golden``."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from generated.arith import Arith, AsyncArithGo
from rpcgen.gen import generate, render

from .test_golden import GOLDEN

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(Path(render.__file__).with_name("templates").glob("*.jinja"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_template_fits_a_screen(template: Path) -> None:
    assert len(template.read_text().splitlines()) <= 50


def test_a_name_that_a_template_misspells_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render._template("params", n=None, params=object())


@pytest.mark.parametrize("first", ["Bank", "BankVault", "Audit"])
def test_names_of_a_service_stay_when_others_are_added_to_its_file(
    first: str, tmp_path: Path
) -> None:
    text = (GOLDEN / "second_service/idl.py").read_text()
    start, *services = text.split("class ")
    head, *own = [each for each in services if each.startswith(("Account", f"{first}("))]
    alone = generated(tmp_path / "alone", "class ".join([start, head, *own]))
    together = iter(generated(tmp_path / "together", text))
    assert [line for line in alone if line not in together] == []


def generated(folder: Path, idl: str) -> list[str]:
    """Return the lines of a generated module from the list of its names on."""
    folder.mkdir()
    (folder / "bank.py").write_text(idl)
    files = generate([str(folder / "bank.py")], folder / "generated").files
    return files[folder / "generated/bank.py"].partition("__all__")[2].splitlines()


def test_docstrings_of_the_idl_are_in_the_output_once() -> None:
    text = (ROOT / "generated/arith.py").read_text()
    said = [each.__doc__ or "" for each in (Arith, Arith.multiply, Arith.divide)]
    assert [text.count(f'"""{each.splitlines()[0]}') for each in said] == [1, 1, 1]


def test_methods_that_start_a_call_refer_to_the_docstring_of_the_client() -> None:
    started = AsyncArithGo.multiply.__doc__
    assert started == "Start the call; returns a future-like `Call`. See `ArithClient.multiply`."


def test_reference_goes_to_a_paragraph_of_its_own_where_it_is_long(tmp_path: Path) -> None:
    name = "translate_" + "very_" * 10 + "much"
    idl = f"class S(Protocol):\n    def {name}(self) -> None:\n        '''Do.'''\n"
    lines = generated(tmp_path / "long", f"from typing import Protocol\n\n{idl}")
    assert '        """Start the call; returns a future-like `Call`.' in lines


def test_methods_without_a_docstring_say_that_they_start_a_call(tmp_path: Path) -> None:
    idl = "from typing import Protocol\nclass S(Protocol):\n    def f(self) -> None: ...\n"
    assert "\n".join(generated(tmp_path / "plain", idl)).count("See `SClient.f`") == 0
