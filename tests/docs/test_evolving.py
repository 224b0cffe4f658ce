"""An old caller and a new server, a new caller and an old server: what `docs/evolving.md` says."""

from __future__ import annotations

import asyncio
import importlib
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args
from unittest import mock

import pytest
from attrs import field, frozen

from rpcgen import RpcError, Server, cli
from rpcgen.gen import generate, write
from rpcgen.gen.breaking import compare_services
from rpcgen.gen.describe import describe_idls
from rpcgen.gen.findings import BreakingRule, Finding, LintRule
from rpcgen.gen.load import isolated_imports
from rpcgen.gob import Registry
from tests.support.reader import blocks_of

PAGE = Path(__file__).parents[2] / "docs" / "evolving.md"

HEAD = """
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, Protocol

from attrs import define
from rpcgen.types import (
    Int32, Int64, OpenStrEnum, RemoteError, Uint, json_tag, length, raises, struct_args, wire
)

"""

Codec = Literal["gob", "json"]

# What each side's module is called, where the change is not about that.
MODULE = "shapes"


@frozen
class Side:
    """An IDL, how it is called, what its implementation returns, and how a reply is compared."""

    idl: str
    call: Callable[[Any, Any], Any]
    answer: Callable[..., Any]
    module: str = MODULE
    service: str = "S"
    display_path: Callable[[Any], Any] = lambda reply: reply
    error: Callable[[RpcError], Any] = lambda error: error


@frozen
class Change:
    """The two sides of a change, and what the call comes to if it succeeds.

    ``forth`` is what an old caller gets of a new server, ``back`` the other way.
    """

    old: Side
    new: Side
    forth: Any
    back: Any
    codecs: tuple[Codec, ...] = field(default=("gob", "json"))


def service(*methods: str, before: str = "", name: str = "S") -> str:
    body = "\n".join(textwrap.indent(method, "    ") for method in methods)
    return f"{before}\n\nclass {name}(Protocol):\n{body}\n"


def f(parameters: str, returns: str = "int", decorator: str = "", name: str = "f") -> str:
    line = f"{decorator}\n" if decorator else ""
    return f"{line}def {name}(self{parameters and ', '}{parameters}) -> {returns}: ..."


def message(fields: str, name: str = "M", decorator: str = "@define") -> str:
    body = "\n".join(f"    {each}" for each in fields.split("; "))
    return f"{decorator}\nclass {name}:\n{body}\n"


def echo(fields: str, *values: Any, name: str = "M", **more: Any) -> Side:
    """Return a side whose method returns the message that it gets, called with ``values``."""
    return Side(
        service(f(f"m: {name}", name), before=more.pop("before", message(fields, name))),
        lambda client, module: client.f(getattr(module, name)(*values)),
        lambda module, m: m,
        **more,
    )


def fields_of(**values: Any) -> Callable[[Any], bool]:
    """Return what says whether a message has these fields."""
    return lambda found: {key: getattr(found, key) for key in values} == values


ONE = Side(service(f("a: int")), lambda c, m: c.f(1), lambda m, a: a)
TWO = Side(service(f("a: int, b: int = 5")), lambda c, m: c.f(1, 2), lambda m, a, b: a * 10 + b)
STRUCT = Side(service(f("a: int", decorator="@struct_args")), lambda c, m: c.f(1), lambda m, a: a)
STRUCT_TWO = Side(
    service(f("a: int, b: int = 5", decorator="@struct_args")),
    lambda c, m: c.f(1, 2),
    lambda m, a, b: a * 10 + b,
)
NONE = Side(service(f("")), lambda c, m: c.f(), lambda m: 0)
FIRST = Side(service(f("a: int = 7")), lambda c, m: c.f(3), lambda m, a: a)
THREE = Side(
    service(f("a: int, b: int, c: int = 7")),
    lambda c, m: c.f(1, 2, 3),
    lambda m, a, b, c: a * 100 + b * 10 + c,
)
ENUM = "class E(StrEnum):\n    A = ''\n    B = 'b'\n"
OPEN_ENUM = ENUM.replace("StrEnum", "OpenStrEnum")
CIRCLES = message("x: int", "A") + message("y: int", "B")
NAMED_CIRCLES = (
    '@wire("shapes.A")\n' + message("x: int", "A") + '@wire("shapes.B")\n' + message("y: int", "B")
)


CASE = (
    echo("a: int; guid: str", 1, "x"),
    echo('a: int; guid: Annotated[str, wire("Guid")]', 1, "x"),
    fields_of(guid="x"),
    fields_of(guid="x"),
)
QUOTED = (
    echo('a: int; b: Annotated[int, json_tag("b")]', 1, 2),
    echo('a: int; b: Annotated[int, json_tag("b,string")]', 1, 2),
    fields_of(b=2),
    fields_of(b=2),
)
TAG = (
    echo('a: int; b: Annotated[int, json_tag("x")]', 1, 2),
    echo('a: int; b: Annotated[int, json_tag("y")]', 1, 2),
    fields_of(b=2),
    fields_of(b=2),
)


def enums(more: str, sent: str, before: str = ENUM) -> Side:
    return Side(
        service(f("m: E", "E"), before=before + more),
        lambda c, m: c.f(m.E(sent)),
        lambda m, e: m.E(sent),
        display_path=lambda reply: reply.value,
    )


def unions(before: str, kind: str, sent: str, module: str = MODULE) -> Side:
    return Side(
        service(f(f"m: {kind}", kind), before=before),
        lambda c, m: c.f(getattr(m, sent)(1)),
        lambda m, value: getattr(m, sent)(1),
        module,
        display_path=lambda reply: type(reply).__name__,
    )


def named(name: str, decorator: str = "", wire: str = "") -> Side:
    """Return a side whose service or method is called so."""
    return Side(
        service(f("a: int", decorator=wire, name=name)),
        lambda c, m: getattr(c, name)(1),
        lambda m, a: a,
    )


def served(name: str, wire: str = "") -> Side:
    return Side(
        service(f("a: int"), before=wire, name=name).replace(f"{wire}\n\n", f"{wire}\n"),
        lambda c, m: c.f(1),
        lambda m, a: a,
        service=name,
    )


def raising(head: str = "", fields: str = "", text: str = "", declared: bool = True) -> Side:
    """Return a side whose method raises an exception, and whose caller says what it gets."""
    cls = head.split(" ")[-1] or "Gone"
    wire = "".join(f"{line}\n" for line in head.split(" ")[:-1])
    told = f", text={text!r}" if text else ""
    error = f"{wire}@define\nclass {cls}(RemoteError):\n    key: str = ''\n{fields}\n"
    return Side(
        service(f("a: int", decorator=f"@raises({cls}{told})" if declared else ""), before=error),
        lambda c, m: c.f(1),
        lambda m, a: raise_(getattr(m, cls)("k")),
        error=raised,
    )


def raise_(error: Exception) -> None:
    raise error


def raised(error: RpcError) -> tuple[object, ...]:
    """Return what an exception is: its class, and its fields where it has some."""
    return type(error).__name__, getattr(error, "key", None), getattr(error, "more", None)


CHANGES = {
    "a second parameter beside a single one": Change(ONE, TWO, 15, 1),
    "a second parameter beside a single one under `@struct_args`": Change(
        STRUCT, STRUCT_TWO, 15, 1
    ),
    "`@struct_args` on a method of one parameter": Change(ONE, STRUCT, 1, 1),
    "`@struct_args` on a method of several parameters": Change(TWO, STRUCT_TWO, 12, 12),
    "a parameter with a default, beside several": Change(TWO, THREE, 127, 12),
    "a parameter without a default, beside several": Change(
        TWO,
        Side(
            service(f("a: int, b: int, c: str")),
            lambda c, m: c.f(1, 2, "x"),
            lambda m, a, b, c: a * 10 + b + len(c),
        ),
        12,
        12,
    ),
    "a first parameter": Change(NONE, FIRST, 7, 0),
    "a first parameter under `@struct_args`": Change(
        NONE,
        Side(service(f("a: int = 7", decorator="@struct_args")), FIRST.call, FIRST.answer),
        7,
        0,
    ),
    "two parameters where there was none": Change(
        NONE,
        Side(
            service(f("a: int = 1, b: int = 2")),
            lambda c, m: c.f(3, 4),
            lambda m, a, b: a * 10 + b,
        ),
        12,
        0,
    ),
    "another name for one parameter of several": Change(
        TWO, Side(service(f("a: int, by: int = 5")), TWO.call, TWO.answer), 12, 12
    ),
    'another name for one parameter of several, and `wire("Old")`': Change(
        TWO,
        Side(service(f('a: int, by: Annotated[int, wire("B")] = 5')), TWO.call, TWO.answer),
        12,
        12,
    ),
    "another name for a single parameter": Change(
        ONE, Side(service(f("number: int")), ONE.call, ONE.answer), 1, 1
    ),
    "one more method, when it is called": Change(
        ONE,
        Side(service(f("a: int"), f("a: int", name="g")), lambda c, m: c.g(1), lambda m, a: a),
        1,
        1,
    ),
    "another name for a method": Change(ONE, named("g"), 1, 1),
    'another name for a method, and `@wire("Old")`': Change(
        ONE, named("g", wire='@wire("F")'), 1, 1
    ),
    "another name for a service": Change(ONE, served("Z"), 1, 1),
    'another name for a service, and `@wire("Old")`': Change(ONE, served("Z", '@wire("S")'), 1, 1),
    "a reply where there was `None`": Change(
        Side(service(f("", "None")), lambda c, m: c.f(), lambda m: None),
        Side(service(f("")), lambda c, m: c.f(), lambda m: 4),
        None,
        4,
    ),
    "a message as the reply where there was a number": Change(
        NONE,
        Side(service(f("", "M"), before=message("a: int")), lambda c, m: c.f(), lambda m: m.M(4)),
        4,
        4,
    ),
    "a field with a default": Change(
        echo("a: int", 1), echo("a: int; b: int = 9", 1, 2), fields_of(a=1), fields_of(a=1, b=9)
    ),
    "a field without a default": Change(
        echo("a: int", 1), echo("a: int; b: str", 1, "x"), fields_of(a=1), fields_of(a=1, b="")
    ),
    "a field less": Change(
        echo("a: int; b: int = 9", 1, 2), echo("a: int", 1), fields_of(a=1, b=9), fields_of(a=1)
    ),
    "another name for a field": Change(
        echo("a: int; b: int", 1, 2), echo("a: int; by: int", 1, 2), fields_of(b=2), fields_of(by=2)
    ),
    'another name for a field, and `wire("Old")`': Change(
        echo("a: int; b: int", 1, 2),
        echo('a: int; by: Annotated[int, wire("B")]', 1, 2),
        fields_of(b=2),
        fields_of(by=2),
    ),
    "another order of the fields": Change(
        echo("a: int; b: int", 1, 2),
        echo("b: int; a: int", 2, 1),
        fields_of(a=1, b=2),
        fields_of(a=1, b=2),
    ),
    "another name for a message": Change(
        echo("a: int", 1), echo("a: int", 1, name="N"), fields_of(a=1), fields_of(a=1)
    ),
    "a dataclass in place of an attrs class": Change(
        echo("a: int", 1),
        echo("", 1, before=message("a: int", decorator="@dataclass")),
        fields_of(a=1),
        fields_of(a=1),
    ),
    "`Int32` to `Int64`, with a large value": Change(
        echo("a: Int32", 1), echo("a: Int64", 1 << 40), fields_of(a=1), fields_of(a=1 << 40)
    ),
    "`int` to `int | None`": Change(
        echo("a: int", 1), echo("a: int | None", 1), fields_of(a=1), fields_of(a=1)
    ),
    "`int` to `Uint`, by gob": Change(
        echo("a: int", 1), echo("a: Uint", 1), fields_of(a=1), fields_of(a=1), ("gob",)
    ),
    "`int` to `Uint`, by JSON": Change(
        echo("a: int", 1), echo("a: Uint", 1), fields_of(a=1), fields_of(a=1), ("json",)
    ),
    "`int` to `float`, by gob": Change(
        echo("a: int", 1), echo("a: float", 1.0), fields_of(a=1), fields_of(a=1.0), ("gob",)
    ),
    "`str` to `int`": Change(
        echo("a: str", "x"), echo("a: int", 1), fields_of(a="x"), fields_of(a=1)
    ),
    "`Annotated[list[T], length(2)]` to `length(3)`, by gob": Change(
        echo("a: Annotated[list[int], length(2)]", [1, 2]),
        echo("a: Annotated[list[int], length(3)]", [1, 2, 3]),
        fields_of(),
        fields_of(),
        ("gob",),
    ),
    "another case of a field's name, by gob": Change(*CASE, ("gob",)),
    "another case of a field's name, by JSON": Change(*CASE, ("json",)),
    "another name in `json_tag`, by gob": Change(*TAG, ("gob",)),
    "another name in `json_tag`, by JSON": Change(*TAG, ("json",)),
    "the option `string` in `json_tag`, by JSON": Change(*QUOTED, ("json",)),
    "`list[T]` to `dict[K, V]`": Change(
        echo("a: list[int]", [1]), echo("a: dict[int, int]", {1: 1}), fields_of(), fields_of()
    ),
    "`list[T]` to `Sequence[T]`": Change(
        echo("a: list[int]", [1]),
        echo("a: Sequence[int]", (1,)),
        fields_of(a=[1]),
        fields_of(a=[1]),
    ),
    "`str` to `Literal`": Change(
        echo("a: str", "x"), echo('a: Literal["x", "y"]', "x"), fields_of(a="x"), fields_of(a="x")
    ),
    "a member of an enum, when it is sent": Change(
        enums("", "b"), enums("    C = 'c'\n", "c"), "c", "c"
    ),
    "a member of an enum, when another is sent": Change(
        enums("", "b"), enums("    C = 'c'\n", "b"), "b", "b"
    ),
    "a member of an `OpenStrEnum`, when it is sent": Change(
        enums("", "b", OPEN_ENUM), enums("    C = 'c'\n", "c", OPEN_ENUM), "c", "b"
    ),
    "another value for a member of an enum": Change(
        enums("", "b"), enums("", "c", ENUM.replace("'b'", "'c'")), "b", "c"
    ),
    "a `StrEnum` to an `OpenStrEnum`": Change(enums("", "b"), enums("", "b", OPEN_ENUM), "b", "b"),
    "a message in a union, when it is sent": Change(
        unions(CIRCLES, "A | B", "A"),
        unions(CIRCLES + message("z: int", "C"), "A | B | C", "C"),
        "C",
        "C",
        ("gob",),
    ),
    "a message in a union, when another is sent": Change(
        unions(CIRCLES, "A | B", "A"),
        unions(CIRCLES + message("z: int", "C"), "A | B | C", "A"),
        "A",
        "A",
        ("gob",),
    ),
    "another module for a message in a union": Change(
        unions(CIRCLES, "A | B", "A"), unions(CIRCLES, "A | B", "A", "forms"), "A", "A", ("gob",)
    ),
    'another module for a message in a union, and `wire("shapes.Circle")`': Change(
        unions(CIRCLES, "A | B", "A"),
        unions(NAMED_CIRCLES, "A | B", "A", "forms"),
        "A",
        "A",
        ("gob",),
    ),
    "one more exception, when it is raised": Change(
        raising(declared=False), raising(), ("Gone", "k", None), ("ServerError", None, None)
    ),
    "another name for an exception": Change(
        raising(), raising("Lost"), ("Gone", "k", None), ("Lost", "k", None)
    ),
    'another name for an exception, and `@wire("shapes.Gone")`': Change(
        raising(), raising('@wire("shapes.Gone") Lost'), ("Gone", "k", None), ("Lost", "k", None)
    ),
    "a field with a default in an exception": Change(
        raising(), raising(fields="    more: int = 7"), ("Gone", "k", None), ("Gone", "k", 7)
    ),
    "another `text` of an exception, between Python peers": Change(
        raising(text="no {key}"),
        raising(text="not {key}"),
        ("Gone", "k", None),
        ("Gone", "k", None),
    ),
}


def rows() -> dict[str, tuple[bool, bool]]:
    """Return what the page says of each change: whether old calls new, and new calls old."""
    found = re.findall(r"^\| (.+?) \| (yes|no) \| (yes|no) \|$", PAGE.read_text(), re.MULTILINE)
    return {
        change.replace(r"\|", "|"): (forth == "yes", back == "yes") for change, forth, back in found
    }


def test_every_change_of_the_page_is_tried() -> None:
    assert list(rows()) == list(CHANGES)


# Rows with a "no" of which nothing is said: who does not use what is new is not broken by it.
NOT_TOLD = {"one more method, when it is called", "one more exception, when it is raised"}

# Rows with two of "yes" of which something is said: it depends on what is sent, or a value is
# lost that nobody may miss.
TOLD = {
    "a field less",
    "`int` to `Uint`, by JSON",
    "`str` to `Literal`",
    "a member of an enum, when another is sent",
    "a message in a union, when another is sent",
    "another `text` of an exception, between Python peers",
}


def findings(change: Change, folder: Path) -> list[Finding]:
    """Return what ``rpcgen breaking`` says of a change, of the codecs that it is about."""
    described = []
    for name, side in (("old", change.old), ("new", change.new)):
        (folder / name).mkdir()
        path = folder / name / f"{side.module}.py"
        path.write_text(HEAD + side.idl)
        described.append(describe_idls([str(path)]))
    found = compare_services(*described)
    return [each for each in found if not set(change.codecs).isdisjoint(each.codecs)]


def test_what_breaks_on_the_page_is_found(change: str, tmp_path: Path) -> None:
    breaks = rows()[change] != (True, True)
    found = findings(CHANGES[change], tmp_path)
    assert bool(found) == ((breaks and change not in NOT_TOLD) or change in TOLD)


def test_commands_of_the_page_print_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for block in blocks_of(PAGE):
        if block.language == "python":
            path = Path(block.text.split("\n")[0].removeprefix("# "))
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text)
            continue
        command, _, expected = block.text.removeprefix("$ rpcgen ").partition("\n")
        assert cli.main(command.split()) == 1
        assert capsys.readouterr() == (expected, "")


@pytest.mark.parametrize(
    ("heading", "rules"),
    [("What a change breaks", BreakingRule), ("What to write from the start", LintRule)],
)
def test_rules_of_the_page_are_those_that_there_are(heading: str, rules: object) -> None:
    section = PAGE.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`.+?`) \|", section, re.MULTILINE)
    told = [rule for cell in cells for rule in re.findall(r"`(.+?)`", cell)]
    assert sorted(told) == sorted(get_args(rules))


class Implementation:
    """Answers every method of a side."""

    def __init__(self, side: Side, idl: ModuleType) -> None:
        self.side = side
        self.idl = idl

    def f(self, *arguments: Any) -> Any:
        return self.side.answer(self.idl, *arguments)

    g = f


@pytest.fixture(params=CHANGES)
def change(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "aio"])
@pytest.mark.parametrize("forth", [True, False], ids=["old caller", "new caller"])
def test_change_is_as_the_page_says(
    change: str, forth: bool, asynchronous: bool, tmp_path: Path
) -> None:
    tried = CHANGES[change]
    caller, server = (tried.old, tried.new) if forth else (tried.new, tried.old)
    expected = rows()[change][0 if forth else 1]
    wanted = tried.forth if forth else tried.back
    for name in ("server", "caller"):
        (tmp_path / name).mkdir()
    with isolated_imports(tmp_path), mock.patch("rpcgen.values.registry.registry", Registry()):
        theirs = generated(tmp_path / "server", server)
        ours = generated(tmp_path / "caller", caller)
        results = {
            codec: outcome(caller, ours, server, theirs, codec, asynchronous)
            for codec in tried.codecs
        }
    told = {
        codec: wanted(result) if callable(wanted) and not is_error(result) else result == wanted
        for codec, result in results.items()
    }
    assert told == dict.fromkeys(tried.codecs, expected), results


def generated(folder: Path, side: Side) -> tuple[ModuleType, ModuleType]:
    """Return the IDL's module and the generated one."""
    (folder / "__init__.py").touch()
    (folder / f"{side.module}.py").write_text(HEAD + side.idl)
    write(generate([str(folder / f"{side.module}.py")], folder / "generated").files)
    name = f"{folder.name}.{side.module}"
    idl = importlib.import_module(name)
    return idl, importlib.import_module(f"{folder.name}.generated.{side.module}")


def is_error(result: object) -> bool:
    return isinstance(result, Exception)


def outcome(
    caller: Side,
    ours: tuple[ModuleType, ModuleType],
    server_side: Side,
    theirs: tuple[ModuleType, ModuleType],
    codec: Codec,
    asynchronous: bool,
) -> Any:
    server = Server()
    register = getattr(theirs[1], f"register_{server_side.service.lower()}")
    register(server, Implementation(server_side, theirs[0]))
    with server:
        address = server.listen("127.0.0.1:0", codec).address
        try:
            if asynchronous:
                return caller.display_path(asyncio.run(called_async(caller, ours, address, codec)))
            client_class = getattr(ours[1], f"{caller.service}Client")
            with client_class.dial(address, codec=codec, timeout=10.0) as client:
                return caller.display_path(caller.call(client, ours[0]))
        except RpcError as error:
            return caller.error(error)


async def called_async(
    caller: Side, ours: tuple[ModuleType, ModuleType], address: str, codec: Codec
) -> Any:
    client_class = getattr(ours[1], f"Async{caller.service}Client")
    async with client_class.dial(address, codec=codec) as client:
        return await caller.call(client, ours[0])
