"""Changes of requests that programs built with the output on disk would not understand."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from pathlib import Path

from .diagnostics import Diagnostic
from .header import content
from .model import Module

__all__ = ["changed_requests"]


def changed_requests(module: Module, path: Path, text: str) -> Iterator[Diagnostic]:
    """Yield a note for each method whose request has another form than before.

    An empty request and a struct go together, whichever comes first.

    Args:
        module: The IDL file.
        path: Its generated module on disk, which may be missing.
        text: The text that this module is about to have.
    """
    before, after = _requests(content(path) or ""), _requests(text)
    for service in module.services:
        for method in service.methods:
            name = f"{service.wire_name}.{method.wire_name}"
            was, now = before.get(name), after.get(name)
            if was is None or now is None or was == now or "value" not in (was, now):
                continue
            yield Diagnostic(
                method.location,
                f"the request of method {method.name!r} is {_TOLD[now]} now, and was {_TOLD[was]}: "
                "programs that know one form cannot call those that know the other",
                _hint(now),
            )


def _hint(now: str) -> str:
    if now == "value":
        return "with the decorator @struct_args they can"
    return (
        "give the method another name if such programs are in use; @struct_args from the start "
        "leaves room for parameters"
    )


_TOLD = {
    "nothing": "empty",
    "struct": "a struct of its parameters",
    "value": "its only parameter itself",
}


def _requests(text: str) -> dict[str, str]:
    """Return by wire name how the request of each method of a generated module travels."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {}
    own = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    plain = _plain_types(tree)
    found: dict[str, str] = {}
    for node in tree.body:
        match node:
            case ast.Assign(
                value=ast.Call(
                    func=ast.Subscript(slice=ast.Tuple(elts=[request, _])),
                    args=[ast.Constant(value=str() as name)],
                )
            ):
                kind = _kind(request, own, plain)
                if kind:
                    found[name] = kind
    return found


def _kind(request: ast.expr, own: set[str], plain: set[str]) -> str:
    match request:
        case ast.Constant():
            return "nothing"
        case ast.Name(id=name) if name in own:
            return "struct"
        case ast.Name(id=name) if name not in plain:
            return ""  # a message, perhaps: a struct by itself, which may have the same fields
    return "value"


def _plain_types(tree: ast.Module) -> set[str]:
    """Return the names of types that are no messages: Python's own, and numbers of Go's."""
    names = set(dir(builtins))
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "rpcgen.types":
            names.update(alias.asname or alias.name for alias in node.names)
    return names
