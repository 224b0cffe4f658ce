"""Tests of `rpcgen.cli.implementations`."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

import rpcgen
from rpcgen import cli
from rpcgen.cli.failures import USAGE, Failure
from rpcgen.cli.implementations import AnyServer, ServerOptions, load_object, server_of
from rpcgen.cli.remote.idl_modules import generated_modules

from .samples import ARITH

PROGRAM = """
import rpcgen
from served_generated import arith
from served_generated.arith import ArithService, register_arith


class Plain:
    def double(self, number: int) -> int:
        return 2 * number


class Slow:
    async def double(self, number: int) -> int:
        return 2 * number


class Derived(ArithService):
    def double(self, number: int) -> int:
        return 2 * number


class Greedy:
    def __init__(self, size: int) -> None: ...


class Other:
    def halve(self) -> None: ...


def make() -> rpcgen.Server:
    return server


server = rpcgen.Server()
register_arith(server, Plain())
slow_server = rpcgen.aio.Server()
plain = Plain()
other = Other()
"""


PLAIN = ServerOptions()


@pytest.fixture
def program(project: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[str]:
    """The name of a module with implementations, and what is generated for it."""
    # Names of its own, since this process knows another `idl`.
    (project / "idl").rename(project / "served_idl")
    assert cli.main(["served_idl", "-o", "served_generated"]) == 0
    capsys.readouterr()
    (project / "served_program.py").write_text(PROGRAM)
    path, modules = sys.path[:], {*sys.modules}
    yield "served_program"
    sys.path[:] = path
    for name in {*sys.modules} - modules:
        if name.partition(".")[0] in ("served_program", "served_generated", "served_idl"):
            del sys.modules[name]


def served(place: str, options: ServerOptions = PLAIN) -> AnyServer:
    module, found = load_object(place)
    return server_of(found, place, module, options)


@pytest.mark.parametrize("name", ["server", "make", "Plain", "plain", "Derived"])
def test_object_becomes_a_server(program: str, name: str) -> None:
    server = served(f"{program}:{name}")
    assert isinstance(server, rpcgen.Server)
    assert [each.name for each in server.services] == ["Arith"]


@pytest.mark.parametrize("name", ["Slow", "slow_server"])
def test_object_becomes_an_asyncio_server(program: str, name: str) -> None:
    assert isinstance(served(f"{program}:{name}"), rpcgen.aio.Server)


def test_part_of_an_object_may_be_named(program: str) -> None:
    module, found = load_object(f"{program}:arith.register_arith")
    assert found is module.register_arith


def test_server_is_made_with_options(program: str) -> None:
    server = served(f"{program}:Plain", ServerOptions(reflection=True, health=True))
    names = [each.name for each in server.services]
    assert names == ["rpcgen.Health", "rpcgen.Reflection", "Arith"]


def test_options_of_a_server_that_is_made_are_wrong_usage(program: str) -> None:
    with pytest.raises(Failure, match="come too late") as raised:
        served(f"{program}:server", ServerOptions(reflection=True))
    assert raised.value.status == USAGE


@pytest.mark.parametrize(
    ("place", "said", "hint"),
    [
        ("served_program", "is no MODULE:OBJECT", "such as served_program:server"),
        ("served_program.py", "is no MODULE:OBJECT", "such as served_program:server"),
        ("no_such_module:x", "there is no module no_such_module", "working directory"),
        ("served_program:nothing", "has no nothing", "there are Plain, Slow"),
        ("served_program:Greedy", "without arguments: missing a required", "made already"),
        ("served_program:other", "implements no service", "there are Arith"),
    ],
)
def test_place_of_nothing_that_can_be_served(
    program: str, place: str, said: str, hint: str
) -> None:
    with pytest.raises(Failure, match=said) as raised:
        served(place)
    assert (raised.value.status, hint in raised.value.hint) == (USAGE, True)


def test_module_that_lacks_another_one_raises_as_python_does(project: Path) -> None:
    (project / "served_program.py").write_text("import no_such_module")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        load_object("served_program:x")


def test_methods_that_are_missing_are_named(project: Path) -> None:
    two = ARITH + textwrap.indent("def halve(self, number: int) -> int: ...\n", "    ")
    (project / "idl" / "arith.py").write_text(two)
    (project / "halves.py").write_text("class Half:\n    def halve(self, number): ...\n")
    with generated_modules(["idl"]) as generated:
        module, found = load_object("halves:Half")
        with pytest.raises(Failure, match="implements no service") as raised:
            server_of(found, "halves:Half", module, PLAIN, generated)
    assert raised.value.hint == "of Arith it lacks double"


def test_implementation_may_have_no_generated_module(project: Path) -> None:
    (project / "bare.py").write_text("class Bare:\n    def double(self, number): return 2\n")
    with generated_modules(["idl"]) as generated:
        module, found = load_object("bare:Bare")
        server = server_of(found, "bare:Bare", module, PLAIN, generated)
        assert [each.name for each in server.services] == ["Arith"]
