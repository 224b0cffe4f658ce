"""A fuzzer of the generator: golden cases, broken at random.

::

    python -m tests.gen.fuzz --seed 7 --seconds 900

Whatever an IDL says, the command ends in one of two ways: with output that
compiles, imports and has a schema for each of its types, or with errors, each
at a place, and nothing written. It stops at the first fault and prints the
files that show it. The test suite holds a short run, always with the same seed.
"""

# ruff: noqa: T201 - a command, which prints

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import io
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from unittest import mock

from rpcgen import cli
from rpcgen.gen.load import isolated_imports
from rpcgen.gob import Registry
from rpcgen.method import Method
from rpcgen.schema import resolve

__all__ = ["FaultError", "main", "run"]

GOLDEN = Path(__file__).with_name("golden")

# Seconds of the processor for one case: an IDL may well be broken to an endless loop.
_LONGEST = 10

_ERROR = re.compile(r"[^:\n]+:\d+:\d+: error: .+|    hint: .+")

_TYPES = """
int str bytes float bool complex Any object type None ... Self T K P list dict tuple set
frozenset list[int] dict[str,int] dict[list[int],int] set[T] tuple[int,...] tuple[()] Params
Result Missing "Missing" "int" "list['Params']" "not a type" "" "(" "exit()" "1/0" exit() 1/0
lambda:0 {} [] [int] () Literal["a"] Literal["a",1] Literal[()] Literal Optional Optional[int]
Union Union[int,str] Annotated Annotated[int,"note"] Annotated[list[int],length(3)]
Annotated[int,length(3)] Annotated[int,wire("x")] Annotated[Params,interface]
Annotated[Params,embedded] Annotated[int,wire] int|None None|None Params|None Params|Result
Params|int Sheet Sheet[int] Sheet[T] Sheet[Params] Sheet[int,str] Sheet[Sheet[int]] Iterable[int]
Sequence[int] Mapping[str,int] Protocol Generic[T] ClassVar[int] Final Final[int] Uint8 Int8 BigInt
Callable[[int],int] Exception BaseException enum.Enum datetime timedelta date print sys os.path
NotImplemented True False 3 3.5 -1 "\\ud800" b"\\xff" (yield) (await_) (x:=int) *int f"{1}" Tree
Never NoReturn ClassVar Final Required[int] NotRequired[int] LiteralString type[int] Awaitable[int]
Literal["a"]|str Literal["a"]|Literal["b"] Literal[1]|Literal["a"]|None Literal[True] Literal[None]
Literal[b"x"] Literal[1,None]|int Literal[Tint.RED] Literal["a"]|Params IO[str] Unpack[T]
Shape NewType("N",int) TypeVar("T") property Tint Recursive Odd Odd() Unhashable Raising
""".split()

_STATEMENTS = """
raise SystemExit
raise SystemExit("no\\nmore")
raise BaseException("base")
raise GeneratorExit
import sys; sys.exit(3)
import missing
import idl
import other
from other import *
from idl import *
from . import other
from .. import other
from ... import other
from typing import *
from rpcgen.types import *
from __future__ import annotations
from __future__ import nothing
def forever(): return forever()\nforever()
del Params
Params = 5
Params = None
int = str
list = dict
Protocol = object
define = None
wire = 3
__name__ = "another"
__file__ = None
__file__ = "nowhere.py"
__all__ = 3
__path__ = 7
import sys; sys.modules[__name__] = None
import sys; sys.modules[__name__] = object()
import sys; del sys.modules[__name__]
import os; os.chdir("/")
print("printed")
class Params: pass
class Raising(type):\n    def __getattr__(cls, name): raise SystemExit(name)
class Odd(metaclass=Raising): pass
class Unhashable:\n    __hash__ = None\n    def __eq__(self, other): raise KeyError(other)
class Metaless(type):\n    def __hash__(cls): raise ValueError("no hash")
class Nameless(metaclass=Metaless): pass
class Fielded:\n    __attrs_attrs__ = 3
class Data:\n    __dataclass_fields__ = 3
class Half(Protocol, int): pass
class Proto(Protocol): _is_protocol = 5
class Empty(Protocol): ...
class Deep(Protocol):\n    class Inner(Protocol):\n        def f(self) -> int: ...
Tree = list["Tree"]
Shape = "Circle | Shape"
Recursive = dict[str, "Recursive"] | None
T = TypeVar("T")
def __getattr__(name): raise AttributeError(name)
async def main(): ...
return
yield
await x
global Params
nonlocal Params
x: int = "\\N{BELL}"
match 3:\n    case _: pass
if TYPE_CHECKING:\n    from decimal import Decimal
try:\n    import missing\nexcept ImportError:\n    pass
""".strip().split("\n")

_DECORATORS = """
define frozen define() define(slots=False) define(init=False) define(kw_only=True) define(eq=False)
dataclass dataclass(frozen=True) dataclass(init=False) wire wire() wire("") wire("Name") wire("a.b")
wire("\\ud800") wire(3) struct_args struct_args() deprecated deprecated("why") deprecated(3)
abstractmethod property staticmethod classmethod overload cache final runtime_checkable missing
missing.thing lambda_ print (lambda_:3) wire("x").y
""".split()

_DEFAULTS = """
None 3 -3 3.5 1e400 "text" b"x" () (1,) (1,[]) [] {} set() ... LIMIT _LIMIT Tint.RED object()
Params() timedelta(1) float("nan") lambda:0 [x for x in ()] 3*4 2**200 (1+2)*3 "a"*1000 not_there
Params Odd() Unhashable() 1/0 exit() (x:=3) f"{3}" 1 if 1 else 2 int str.upper "a".upper()
len("abc") datetime.now()
""".split()

_BYTES = [
    b"\xff",
    b"\x00",
    b"\xef\xbb\xbf",
    b"\r",
    b"\x0c",
    b"\xed\xa0\x80",
    b"\\\n",
    b"\t",
    b"\x1a",
]

_HEADERS = [
    b"# coding: rot13\n",
    b"# coding: latin-1\n",
    b"# coding: utf-16\n",
    b"# coding: no-such\n",
    b"\xef\xbb\xbf# coding: latin-1\n",
    b"from __future__ import annotations\n",
    b"#!/usr/bin/python\n\n\n",
    b"\n" * 300,
]

# Names for what is put in elsewhere.
_PRELUDE = """
from dataclasses import dataclass
from typing import *
from collections.abc import *
from datetime import *
from attrs import define, field, frozen
from rpcgen.types import *
from typing_extensions import deprecated
import enum, sys, os
T = TypeVar("T")
LIMIT = 4
_LIMIT = 5
@define
class Params:
    a: int
@frozen
class Result:
    quo: int
@define
class Sheet(Generic[T]):
    items: list[T]
class Tint(enum.IntEnum):
    RED = 0
"""


class FaultError(Exception):
    """A case that ended otherwise than it may."""


class _TooLong(BaseException):
    """Raised in a case that takes too long."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.gen.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args(arguments)
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    counts: Counter[str] = Counter()
    end = time.monotonic() + options.seconds
    seed = options.seed * 1_000_000
    while time.monotonic() < end:
        counts += run(seed, 200)
        seed += 200
        print(f"{sum(counts.values())} cases: {dict(counts)}", file=sys.stderr)
    print(f"{sum(counts.values())} cases without a fault: {dict(counts)}")
    return 0


def run(seed: int, cases: int) -> Counter[str]:
    """Try cases and return how they ended, how often. Raises `FaultError` with the first fault."""
    seeds = _seeds()
    counts: Counter[str] = Counter()
    here = Path.cwd()
    for number in range(seed, seed + cases):
        drawn = random.Random(number)
        folder = Path(tempfile.mkdtemp(prefix="fuzz"))
        try:
            files = _files(drawn, seeds)
            for name, data in files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(data)
            os.chdir(folder)
            with _fresh_state(), _bounded():
                counts[_try(folder, _command(drawn, folder))] += 1
        except _TooLong as error:
            counts["given up"] += 1
            frames = traceback.extract_tb(error.__traceback__)
            places = [f"{frame.name}:{frame.lineno}" for frame in frames[-12:]]
            print(f"case {number} given up in {' '.join(places)}", file=sys.stderr)
        except Exception as error:
            shown = "\n".join(
                f"--- {name}\n{data.decode(errors='backslashreplace')}"
                for name, data in files.items()
            )
            text = "".join(traceback.format_exception(error))
            raise FaultError(f"case {number}:\n{shown}\n{text}") from None
        finally:
            os.chdir(here)
            shutil.rmtree(folder)
    return counts


_Files = dict[str, str]


def _seeds() -> list[_Files]:
    """Return the IDL files of each golden case, those of good ones three times."""
    seeds: list[_Files] = []
    for case in sorted(path for path in GOLDEN.iterdir() if path.is_dir()):
        paths = [path for path in sorted(case.rglob("*.py")) if "generated" not in path.parts]
        files = {path.relative_to(case).as_posix(): path.read_text() for path in paths}
        seeds += [files] * (1 if case.name.startswith("bad_") else 3) if files else []
    return seeds


# --- cases ----------------------------------------------------------------------------------------


def _files(drawn: random.Random, seeds: list[_Files]) -> dict[str, bytes]:
    """Return the IDL files of a case in a package: one is broken, mostly in one place or two."""
    files = {f"shop/{name}": text.encode() for name, text in drawn.choice(seeds).items()}
    name = drawn.choice(sorted(files))
    files[name] = _broken(drawn, files[name].decode())
    if drawn.random() < 0.2:
        files["shop/other.py"] = _broken(drawn, next(iter(drawn.choice(seeds).values())))
    if drawn.random() < 0.3:
        files["shop/__init__.py"] = b""
    return files


def _command(drawn: random.Random, folder: Path) -> list[str]:
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))
    found = [path for path in found if not path.endswith("__init__.py")]
    return [*drawn.choice([["shop"], found, found[:1]]), "-o", "generated"]


def _broken(drawn: random.Random, text: str) -> bytes:
    if drawn.random() < 0.8:
        future = "from __future__ import annotations\n" * drawn.choice([0, 1])
        text = future + _PRELUDE + text.replace("from __future__ import annotations\n", "")
    for _ in range(drawn.choice([0, 1, 1, 1, 1, 2, 3])):
        # Most of what the parser refuses would say no more.
        mutated = text
        for _ in range(drawn.choice([1, 8, 8, 8])):
            mutated = drawn.choice(_MUTATIONS)(drawn, text)
            if _parses(mutated):
                break
        text = mutated
    data = text.encode(errors="surrogatepass")
    if drawn.random() < 0.05:
        place = drawn.randrange(len(data) + 1)
        data = data[:place] + drawn.choice(_BYTES) + data[place:]
    if drawn.random() < 0.05:
        data = drawn.choice(_HEADERS) + data
    return data


def _parses(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+|\n[ ]*|[ ]+|[^\w\s]|\s", text)


def _delete_token(drawn: random.Random, text: str) -> str:
    tokens = _tokens(text)
    if tokens:
        del tokens[drawn.randrange(len(tokens))]
    return "".join(tokens)


def _repeat_token(drawn: random.Random, text: str) -> str:
    tokens = _tokens(text) or [""]
    place = drawn.randrange(len(tokens))
    return "".join(
        [*tokens[:place], tokens[place] * drawn.choice([2, 3, 50]), *tokens[place + 1 :]]
    )


def _swap_tokens(drawn: random.Random, text: str) -> str:
    tokens = _tokens(text) or [""]
    one, other = drawn.randrange(len(tokens)), drawn.randrange(len(tokens))
    tokens[one], tokens[other] = tokens[other], tokens[one]
    return "".join(tokens)


def _replace_name(drawn: random.Random, text: str) -> str:
    """Replace a word by another of the same file, or by one that means something."""
    words = sorted(set(re.findall(r"\w+", text))) or ["x"]
    other = drawn.choice([*words, "self", "None", "_x", "class", "é", "x" * 300, "dial", "ﬁ"])
    word = re.escape(drawn.choice(words))
    return re.sub(rf"\b{word}\b", other, text, count=drawn.choice([0, 1, 1]))


def _replace_annotation(drawn: random.Random, text: str) -> str:
    found = list(re.finditer(r"(?<=: )[^\n=,():]+|(?<=-> )[^\n:]+", text))
    if not found:
        return text
    match, kind = drawn.choice(found), drawn.choice(_TYPES)
    for _ in range(drawn.choice([0, 0, 0, 1, 2])):
        kind = drawn.choice(["list[{}]", "dict[str, {}]", "{} | None", "'{}'", "Sheet[{}]"]).format(
            kind
        )
    return text[: match.start()] + kind + text[match.end() :]


def _replace_default(drawn: random.Random, text: str) -> str:
    found = list(re.finditer(r"(?<=: )(\w+)(?=[,)])", text))
    if not found:
        return text
    place = drawn.choice(found).end()
    return f"{text[:place]} = {drawn.choice(_DEFAULTS)}{text[place:]}"


def _add_decorator(drawn: random.Random, text: str) -> str:
    found = list(re.finditer(r"^( *)(?=def |class )", text, re.MULTILINE))
    if not found:
        return text
    match = drawn.choice(found)
    line = f"{match[1]}@{drawn.choice(_DECORATORS)}\n"
    return text[: match.start()] + line + text[match.start() :]


def _add_statement(drawn: random.Random, text: str) -> str:
    lines = text.split("\n")
    place = drawn.randrange(len(lines) + 1)
    near = lines[place] if place < len(lines) else ""
    margin = drawn.choice(["", near[: len(near) - len(near.lstrip())]])
    statement = drawn.choice(_STATEMENTS).replace("\\n", "\n")
    added = [margin + line for line in statement.split("\n")]
    return "\n".join([*lines[:place], *added, *lines[place:]])


def _delete_lines(drawn: random.Random, text: str) -> str:
    lines = text.split("\n")
    start = drawn.randrange(len(lines))
    return "\n".join(lines[:start] + lines[start + drawn.choice([1, 1, 2, 5]) :])


def _repeat_lines(drawn: random.Random, text: str) -> str:
    lines = text.split("\n")
    start = drawn.randrange(len(lines))
    some = lines[start : start + drawn.choice([1, 2, 4, 8])]
    place = drawn.randrange(len(lines) + 1)
    return "\n".join([*lines[:place], *some, *lines[place:]])


def _nest(drawn: random.Random, text: str) -> str:
    """Put an annotation into many brackets, or indent deeply."""
    found = list(re.finditer(r"(?<=: )\w+", text))
    if not found:
        return text
    match, depth = drawn.choice(found), drawn.choice([5, 30, 90, 150, 1000, 20000])
    opening, closing = drawn.choice(
        [
            ("list[", "]"),
            ("(", ")"),
            ("'", "'"),
            ("-", ""),
            ("int | ", ""),
            ("Sheet[", "]"),
            ("x.", ""),
        ]
    )
    nested = opening * depth + match[0] + closing * depth
    return text[: match.start()] + nested + text[match.end() :]


_Mutation = Callable[[random.Random, str], str]
_MUTATIONS: list[_Mutation] = [
    _delete_token,
    _repeat_token,
    _swap_tokens,
    _replace_name,
    *[_replace_annotation] * 3,
    *[_replace_default] * 2,
    *[_add_decorator] * 2,
    *[_add_statement] * 3,
    _delete_lines,
    _repeat_lines,
    _nest,
]


# --- what must hold -------------------------------------------------------------------------------


def _try(folder: Path, command: list[str]) -> str:
    """Run the command and return how it ended."""
    before = _contents(folder)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = cli.main(command)
        except SystemExit as exit:
            raise FaultError(f"the command exits with {exit.code!r}") from exit
    os.chdir(folder)
    if status == 1:
        wrong = [line for line in err.getvalue().split("\n")[:-1] if not _ERROR.fullmatch(line)]
        if wrong or not err.getvalue():
            raise FaultError(f"an error without a place: {wrong or 'none'}\n{err.getvalue()}")
        if _contents(folder) != before:
            raise FaultError("errors, and yet files have changed")
        return "errors"
    if status != 0:
        raise FaultError(f"status {status}: {err.getvalue()}")
    with contextlib.redirect_stdout(io.StringIO()):
        _import_output(folder)
    return "output"


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _import_output(folder: Path) -> None:
    paths = sorted((folder / "generated").rglob("*.py"))
    if len(paths) < 2:
        raise FaultError("success, and no module in the output")
    for path in paths:
        compile(path.read_bytes(), str(path), "exec")
    with isolated_imports(folder):
        for path in paths:
            name = ".".join(path.relative_to(folder).with_suffix("").parts)
            module = importlib.import_module(name.removesuffix(".__init__"))
            for method in [each for each in vars(module).values() if isinstance(each, Method)]:
                assert method.request.go
                assert method.response.go


@contextlib.contextmanager
def _fresh_state() -> Iterator[None]:
    """Forget the types of a case afterwards, and let it have the names of those before."""
    known, path = dict(resolve._by_annotation), sys.path[:]
    with warnings.catch_warnings(), mock.patch("rpcgen.values.registry.registry", Registry()):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            resolve._by_annotation.clear()
            resolve._by_annotation.update(known)
            sys.path[:] = path


@contextlib.contextmanager
def _bounded() -> Iterator[None]:
    def interrupt(number: int, frame: FrameType | None) -> None:
        raise _TooLong

    previous = signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, _LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)


if __name__ == "__main__":
    sys.exit(main())
