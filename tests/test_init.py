"""The public names of the package, and what importing it does not import."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

import rpcgen
from rpcgen import errors
from tests.support.modules import modules_after, package_modules

ROOT = Path(__file__).parents[1]
GENERATED = sorted(path.stem for path in ROOT.glob("generated/[!_]*.py"))

# A synchronous client over TCP works without them; they are slow to import.
NOT_IMPORTED = ["jinja2", "asyncio", "ssl", "http", "logging", "concurrent.futures"]

# The counterparts of what net/rpc exports, as far as they are not methods.
OF_NET_RPC = """
    Call Client ClientCodec Request Response Server ServerCodec ServerError ShutdownError dial
""".split()


@pytest.mark.parametrize("module", ["rpcgen", *package_modules()])
def test_every_public_name_exists(module: str) -> None:
    loaded = importlib.import_module(module)
    assert [name for name in getattr(loaded, "__all__", ()) if not hasattr(loaded, name)] == []


def test_public_names_are_sorted() -> None:
    assert rpcgen.__all__ == sorted(rpcgen.__all__)


@pytest.mark.parametrize("name", [*OF_NET_RPC, "aio"])
def test_counterpart_of_net_rpc_is_public(name: str) -> None:
    assert name in rpcgen.__all__


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_is_public(name: str) -> None:
    assert name in rpcgen.__all__


@pytest.mark.parametrize("name", OF_NET_RPC)
def test_aio_has_the_names_of_sync_or_shares_them(name: str) -> None:
    of_its_own = {"Call", "Client", "Server", "dial"}
    assert (name in rpcgen.aio.__all__) == (name in of_its_own)


@pytest.mark.parametrize("name", rpcgen.__all__)
def test_public_name_can_be_imported(name: str) -> None:
    assert getattr(rpcgen, name) is not None


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'rpcgen' has no attribute 'nowhere'"):
        _ = rpcgen.nowhere


@pytest.mark.parametrize("module", GENERATED)
def test_generated_module_imports_only_public_names(module: str) -> None:
    tree = ast.parse((ROOT / "generated" / f"{module}.py").read_text())
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "rpcgen"
        for alias in node.names
    }
    assert imported <= set(rpcgen.__all__)


@pytest.fixture(scope="module", params=GENERATED)
def imported_modules(request: pytest.FixtureRequest) -> set[str]:
    """The modules that a fresh Python has after importing a generated one."""
    return modules_after(f"import generated.{request.param}")


@pytest.mark.parametrize("module", NOT_IMPORTED)
def test_generated_module_does_without(module: str, imported_modules: set[str]) -> None:
    assert module not in imported_modules


# Modules that the simplest of services does without, ours and Python's.
NOT_NEEDED = """
    rpcgen.gob.decode.checked rpcgen.gob.encode.compiler rpcgen.gob._dump rpcgen.gob.opaque
    rpcgen.protocol.server rpcgen.protocol.server_session rpcgen.sync.server rpcgen.types.gostdlib
    rpcgen.types.gotime decimal fractions uuid
""".split()


# All modules of the package that the simplest of generated modules imports.
DEFINING = "rpcgen rpcgen._records rpcgen.method rpcgen.stubs".split()


def of_package(modules: set[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] == "rpcgen"}


@pytest.fixture(scope="module")
def imported_for_plain_messages() -> set[str]:
    return modules_after("import generated.arith")


def test_importing_the_package_imports_nothing_of_it() -> None:
    assert of_package(modules_after("import rpcgen")) == {"rpcgen"}


def test_generated_module_imports_what_defines_it(imported_for_plain_messages: set[str]) -> None:
    assert of_package(imported_for_plain_messages) == set(DEFINING)


def test_generated_module_imports_no_more_than_typing_and_attrs(
    imported_for_plain_messages: set[str],
) -> None:
    others = imported_for_plain_messages - set(DEFINING)
    of_the_user = {"generated", "generated.arith", "idl", "idl.arith"}
    assert others - of_the_user - modules_after("import __future__, attrs, typing") == set()


@pytest.mark.parametrize("module", rpcgen._SUBMODULES)
def test_submodule_is_an_attribute_of_the_package_alone(module: str) -> None:
    statement = f"import rpcgen; assert rpcgen.{module}.__name__ == 'rpcgen.{module}'"
    assert f"rpcgen.{module}" in modules_after(statement)


def test_dir_lists_what_was_not_used_yet() -> None:
    assert set(dir(rpcgen)) >= set(rpcgen.__all__)


@pytest.mark.parametrize("module", NOT_NEEDED)
def test_generated_module_of_plain_messages_does_without(
    module: str, imported_for_plain_messages: set[str]
) -> None:
    assert module not in imported_for_plain_messages
