from __future__ import annotations

import pytest

import rpcgen.testing
from tests.support.modules import modules_after


@pytest.mark.parametrize("name", rpcgen.testing.__all__)
def test_name_is_there(name: str) -> None:
    assert getattr(rpcgen.testing, name).__name__ == name


def test_unknown_name_is_told() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        rpcgen.testing.nothing  # noqa: B018


def test_package_does_not_import_it() -> None:
    assert not [name for name in modules_after("import rpcgen") if "rpcgen.testing" in name]


def test_parts_are_imported_when_they_are_asked_for() -> None:
    modules = modules_after("from rpcgen.testing import connected")
    assert not {"trustme", "pytest", "rpcgen.testing.fault_proxy"} & modules
