"""What pyproject.toml says of the package, and which rpcgen the tests import."""

from __future__ import annotations

import os
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

import rpcgen

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
GROUPS: dict[str, list[Any]] = PROJECT["dependency-groups"]

# Set where the tests are meant to run against an installed package, as noxfile.py does.
is_installed = os.environ.get("RPCGEN_UNDER_TEST") == "installed"


def name_of(requirement: str) -> str:
    return requirement.partition(">")[0].partition("=")[0].partition("[")[0]


@pytest.mark.skipif(not is_installed, reason="the package of the checkout is tested")
def test_package_under_test_is_the_installed_one() -> None:
    assert ROOT not in Path(rpcgen.__file__).parents
    assert not (ROOT / "rpcgen").exists()


@pytest.mark.skipif(not is_installed, reason="the package of the checkout is tested")
def test_package_is_installed_with_what_is_no_python() -> None:
    names = {str(file) for file in distribution("rpcgen").files or ()}
    assert "rpcgen/py.typed" in names
    assert "rpcgen/gen/templates/module.py.jinja" in names
    assert "rpcgen/cli/project/pyproject.toml.tmpl" in names
    for asset in ("page.html", "script.js", "style.css"):
        assert f"rpcgen/protocol/debug/assets/{asset}" in names


@pytest.mark.skipif(not is_installed, reason="the package of the checkout is tested")
def test_package_installs_nothing_beside_itself() -> None:
    files = distribution("rpcgen").files or ()
    tops = {file.parts[0] for file in files if file.parts[0] not in ("..", "__pycache__")}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "rpcgen",
        "_rpcgen_command.py",
        "_rpcgen_pytest_plugin.py",
    }


def test_extras_and_groups_name_the_same_versions() -> None:
    extras = {name_of(each): each for extra in EXTRAS.values() for each in extra}
    groups = [each for group in GROUPS.values() for each in group if isinstance(each, str)]
    shared = [each for each in groups if name_of(each) in extras]
    assert shared
    assert all(extras[name_of(each)] == each for each in shared)


def test_group_of_developers_has_all_others() -> None:
    included = {each["include-group"] for each in GROUPS["dev"]}
    assert included == set(GROUPS) - {"dev"}
