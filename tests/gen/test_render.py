"""Tests of `rpcgen.gen.render`; what it gives for whole files is in ``golden``."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.gen import generate, render

from .test_golden import GOLDEN

TEMPLATES = sorted(Path(render.__file__).with_name("templates").glob("*.jinja"))


@given(st.text(st.characters(codec="utf-8")).map(inspect.cleandoc).filter(str.strip))
def test_docstring_keeps_its_text(text: str) -> None:
    code = f"class A:\n    {render._docstring(text, 4)}\n"
    found = ast.get_docstring(ast.parse(code).body[0])  # type: ignore[arg-type]
    assert found is not None
    assert squeezed(found) == squeezed(text)


def squeezed(text: str) -> list[str]:
    """Return the words of the lines: docstrings are dedented, and stripped at line ends."""
    return "".join(c if c.isprintable() else " " for c in text).split()


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
