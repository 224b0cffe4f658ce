"""Docstrings and comments of the package, and what those of public functions must have."""

from __future__ import annotations

import ast
import inspect
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType

import pytest

import rpcgen

_PACKAGE = Path(rpcgen.__file__).parent

# Modules whose names are public; docs/stability.md lists them.
_PUBLIC = (
    "rpcgen",
    "rpcgen.aio",
    "rpcgen.channel.resolver",
    "rpcgen.gob",
    "rpcgen.interceptors",
    "rpcgen.testing",
    "rpcgen.types",
)

# Words that begin a clause instead of naming something; the second ones are common in comments.
_QUESTION = re.compile(r"(What|Whether|How|Who|Whose|Which|So many|Stands for)\b")
_CLAUSE = re.compile(rf"{_QUESTION.pattern}|(Where|That)\b")

# Beginnings of docstrings that say at once what is returned.
_SAYS_RESULT = ("Return", "Yield")


def docstrings(path: Path) -> Iterator[tuple[str, int, str]]:
    """Yield file, line and first line of each text that is a statement of its own."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            text = node.value.value
            if isinstance(text, str):
                yield str(path.relative_to(_PACKAGE)), node.lineno, text.partition("\n")[0]


def comments(path: Path) -> Iterator[tuple[str, int, str]]:
    """Yield file, line and first line of each comment that has lines of its own."""
    last = 0
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        if token.type != tokenize.COMMENT or token.line[: token.start[1]].strip():
            continue
        if token.start[0] != last + 1:
            text = token.string.removeprefix("#").strip()
            yield str(path.relative_to(_PACKAGE)), token.start[0], text
        last = token.start[0]


def public_functions() -> Iterator[FunctionType]:
    """Yield the public functions and methods that are written by hand."""
    for module in map(import_module, _PUBLIC):
        for name in module.__all__:
            value = getattr(module, name)
            if isinstance(value, type):
                yield from methods(value)
            elif isinstance(value, FunctionType):
                yield value


def methods(cls: type) -> Iterator[FunctionType]:
    for base in cls.__mro__:
        if not base.__module__.startswith("rpcgen") or base.__module__.startswith(
            "rpcgen.services."  # which our generator has made
        ):
            continue
        for name, member in vars(base).items():
            function = getattr(member, "__func__", member)
            if isinstance(function, FunctionType) and not name.startswith("_"):
                yield function


def missing_in(function: Callable[..., object]) -> list[str]:
    """Return what the docstring of a function does not say."""
    text = inspect.getdoc(function) or ""
    if not text:
        return ["docstring"]
    if re.search(r"\bRaises `", text):
        return ["Raises: as a section"]
    if re.search(r"\b[Ss]ee `", text):  # the arguments of another one
        return []
    _, _, arguments = text.partition("Args:")
    names = [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]
    missing = [
        name for name in names if not re.search(rf"^ +(\*\*)?{name}:", arguments, re.MULTILINE)
    ]
    result = function.__annotations__.get("return")
    says_result = "Returns:" in text or text.startswith(_SAYS_RESULT)
    if result not in (None, "None") and not says_result:
        missing.append("Returns:")
    return missing


def example(argument: int, other: int) -> int:
    """Add.

    Args:
        argument: A number.
    """
    return argument + other


def test_docstrings_begin_with_their_noun() -> None:
    found = [each for path in _PACKAGE.rglob("*.py") for each in docstrings(path)]
    assert len(found) > 1000
    assert [each for each in found if _CLAUSE.match(each[2])] == []


def test_comments_begin_with_their_noun() -> None:
    found = [each for path in _PACKAGE.rglob("*.py") for each in comments(path)]
    assert len(found) > 500
    assert [each for each in found if _QUESTION.match(each[2])] == []


def test_public_functions_say_arguments_results_and_errors() -> None:
    found = {f"{each.__module__}.{each.__qualname__}": each for each in public_functions()}
    assert len(found) > 150
    incomplete = {name: missing_in(each) for name, each in found.items()}
    assert {name: missing for name, missing in incomplete.items() if missing} == {}


def test_argument_and_result_without_a_line_are_missed() -> None:
    assert missing_in(example) == ["other", "Returns:"]


def test_errors_in_running_prose_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(example, "__doc__", "Return the sum. Raises `TypeError` for texts.")
    assert missing_in(example) == ["Raises: as a section"]
