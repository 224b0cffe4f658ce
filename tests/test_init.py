"""The public names of the package, and what importing it does not import."""

from __future__ import annotations

import ast
import importlib
import sys
import typing
from pathlib import Path
from typing import Any

import pytest

import rpcgen
from generated import arith
from rpcgen import errors
from rpcgen._implementation import IMPLEMENTATIONS
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


def test_table_of_names_has_all_that_is_public_and_no_more() -> None:
    assert {*rpcgen._MODULES, "aio", "default_server"} == {*rpcgen.__all__}


@pytest.mark.parametrize("name", rpcgen._MODULES)
def test_type_checkers_are_told_of_the_object_that_there_is(name: str) -> None:
    tree = ast.parse(Path(rpcgen.__file__).read_text())
    [module] = [
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level and node.module
        if name in [alias.name for alias in node.names] and node.col_offset == 4
    ]
    there = importlib.import_module(f"rpcgen.{module}")
    assert getattr(there, name) is getattr(rpcgen, name)


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


# What a client with threads needs beyond typing and attrs, of Python's.
OF_A_CALL = "array contextvars datetime errno gc math select selectors socket struct".split()

# Modules that a server with threads does without, which serves TCP.
NOT_FOR_A_SERVER = """
    asyncio concurrent.futures email http ipaddress jinja2 json nats queue random ssl subprocess
    urllib uuid
""".split()


@pytest.fixture(scope="module")
def imported_for_a_server() -> set[str]:
    return modules_after(
        "import rpcgen, generated.arith; server = rpcgen.Server();"
        " server.listen('tcp://127.0.0.1:0'); server.close()"
    )


@pytest.mark.parametrize("module", NOT_FOR_A_SERVER)
def test_server_does_without(module: str, imported_for_a_server: set[str]) -> None:
    assert module not in imported_for_a_server


# Modules of the package that a plain call does without.
NOT_FOR_A_CALL = """
    rpcgen.aio rpcgen.gob._dump rpcgen.gob.untyped rpcgen.gojson rpcgen.interceptors rpcgen.logs
    rpcgen.nats rpcgen.protocol.base_server rpcgen.protocol.http rpcgen.protocol.json_codec
    rpcgen.protocol.registry rpcgen.protocol.server rpcgen.protocol.statistics rpcgen.resolve
    rpcgen.services rpcgen.sync.channel rpcgen.sync.connection rpcgen.sync.intercepted
    rpcgen.sync.reactor rpcgen.sync.server rpcgen.testing rpcgen.types.gostdlib
    rpcgen.types.gotime rpcgen.values.record
""".split()

# Modules that compile, which is for those whom no accelerator serves.
COMPILERS = """
    rpcgen.gob.decode.checked rpcgen.gob.decode.fast rpcgen.gob.decode.interpret
    rpcgen.gob.encode.compiler rpcgen.gob.encode.struct_writer
""".split()

needs_accelerator = pytest.mark.skipif(
    "c" not in IMPLEMENTATIONS, reason="the accelerator was not compiled"
)


class Calculator(arith.ArithService):
    def multiply(self, args: arith.Args) -> int:
        return args.a * args.b

    def divide(self, args: arith.Args) -> arith.Quotient:
        return arith.Quotient(args.a // args.b, args.a % args.b)


def modules_after_a_call(implementation: str) -> set[str]:
    """Return the modules that a fresh Python has once a client's first reply has come."""
    with rpcgen.Server() as server:
        arith.register_arith(server, Calculator())
        address = server.listen("tcp://127.0.0.1:0").address
        return modules_after(
            "from generated.arith import ArithClient, Args;"
            f" assert ArithClient.dial({address!r}).multiply(Args(7, 8)) == 56",
            RPCGEN_IMPL=implementation,
        )


@pytest.fixture(scope="module")
def imported_for_a_call() -> set[str]:
    return modules_after_a_call("c")


@needs_accelerator
def test_first_call_imports_no_more_of_python_than_it_needs(imported_for_a_call: set[str]) -> None:
    of_python = {name for name in imported_for_a_call if name in sys.stdlib_module_names}
    public = {name for name in of_python if not name.startswith("_")}
    assert public - modules_after("import attrs, typing") <= set(OF_A_CALL)


@needs_accelerator
@pytest.mark.parametrize("module", [*NOT_FOR_A_CALL, *COMPILERS])
def test_first_call_with_the_accelerator_does_without(
    module: str, imported_for_a_call: set[str]
) -> None:
    # A package that holds a name alone is no burden: `rpcgen.aio` imports nothing by itself.
    inside = {name for name in imported_for_a_call if name.startswith(f"{module}.")}
    assert inside | ({module} & imported_for_a_call) == set()


@pytest.fixture(scope="module")
def imported_for_a_call_in_python() -> set[str]:
    return modules_after_a_call("python")


@pytest.mark.parametrize("module", COMPILERS)
def test_client_without_the_accelerator_has_imported_what_compiles(
    module: str, imported_for_a_call_in_python: set[str]
) -> None:
    """Before its first call: an exception of a signal handler would interrupt the import."""
    assert module in imported_for_a_call_in_python


@pytest.mark.parametrize("module", rpcgen._SUBMODULES)
def test_submodule_is_an_attribute_of_the_package_alone(module: str) -> None:
    statement = f"import rpcgen; assert rpcgen.{module}.__name__ == 'rpcgen.{module}'"
    assert f"rpcgen.{module}" in modules_after(statement)


@pytest.mark.parametrize("cls", [arith.ArithClient, arith.ArithGo, arith.AsyncArithGo])
def test_annotations_of_generated_methods_can_be_looked_up(cls: Any) -> None:
    """They name what is imported when it is first used."""
    hints = typing.get_type_hints(cls.divide)
    assert hints["args"] is arith.Args


def test_dir_lists_what_was_not_used_yet() -> None:
    assert set(dir(rpcgen)) >= set(rpcgen.__all__)


@pytest.mark.parametrize("module", NOT_NEEDED)
def test_generated_module_of_plain_messages_does_without(
    module: str, imported_for_plain_messages: set[str]
) -> None:
    assert module not in imported_for_plain_messages
