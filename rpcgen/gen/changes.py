"""What new output means for programs that were built with the output on disk."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from .mark import content
from .model import Method, Module
from .problems import Problem

__all__ = ["changed_requests"]


def changed_requests(module: Module, path: Path, text: str) -> Iterator[Problem]:
    """Yield a note for each method whose request is a struct now and was none before, or so.

    ``path`` is the generated module on disk, ``text`` what it is to be.
    """
    before, after = _requests(content(path) or ""), _requests(text)
    for service in module.services:
        for method in service.methods:
            name = f"{service.wire_name}.{method.wire_name}"
            was, now = before.get(name), after.get(name)
            if was is None or now is None or was == now:
                continue
            yield Problem(
                method.place,
                f"the request of method {method.name!r} is {_told(now)} now, and was {_told(was)}: "
                "programs that know the old form cannot call it, nor be called",
                _hint(method, was),
            )


def _hint(method: Method, was: str) -> str:
    if was == "struct":
        return "keep the old form with the decorator @struct_args, or give the method another name"
    if len(method.parameters) == 1:
        return "give the method another name if such programs are still in use"
    return (
        "give the method another name if such programs are still in use; with @struct_args "
        "from the start, parameters can be added"
    )


def _told(kind: str) -> str:
    return "a struct of its parameters" if kind == "struct" else "the parameter itself"


def _requests(text: str) -> dict[str, str]:
    """Return by wire name how the request of each method of a generated module travels."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {}
    own = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    found: dict[str, str] = {}
    for node in tree.body:
        match node:
            case ast.Assign(
                value=ast.Call(
                    func=ast.Subscript(slice=ast.Tuple(elts=[request, _])),
                    args=[ast.Constant(value=str() as name)],
                )
            ):
                is_own = isinstance(request, ast.Name) and request.id in own
                if ast.unparse(request) != "None":  # no parameters: what comes is passed over
                    found[name] = "struct" if is_own else "value"
    return found
