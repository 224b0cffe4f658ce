"""Tests of `rpcgen.gen.render`; what it gives for whole files is in ``golden``."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from rpcgen.gen import generate, render

from .test_golden import GOLDEN

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
