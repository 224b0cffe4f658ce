"""Bodies of functions: the variables and calls in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .parse_expressions import place_of, read_expression, read_expressions, read_type, text_of
from .syntax import Binding, Body, CallExpr, Expr, OtherExpr, Place, SelectorExpr

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["read_body", "read_variables"]


def read_body(node: Node, path: str) -> Body:
    """Return the variables and calls of a block, those of blocks inside included.

    Args:
        node: The block, or any other node.
        path: Path of the file, as messages spell it.
    """
    bindings: list[Binding] = []
    calls: list[CallExpr] = []
    handed_on: list[tuple[SelectorExpr, Place]] = []
    for each in _walk(node):
        match each.type:
            case "short_var_declaration" | "assignment_statement":
                bindings += _assigned(each, path)
            case "var_spec":
                bindings += _declared(each, path)
            case "call_expression":
                call = read_expression(each, path)
                if isinstance(call, CallExpr):
                    calls.append(call)
            case "selector_expression" if _is_handed_on(each):
                value = read_expression(each, path)
                if isinstance(value, SelectorExpr):
                    handed_on.append((value, place_of(each, path)))
    return Body(tuple(bindings), tuple(calls), tuple(handed_on))


def _is_handed_on(node: Node) -> bool:
    """Return True for ``server.Register`` that is not called: what it registers is elsewhere."""
    name, parent = node.child_by_field_name("field"), node.parent
    if name is None or text_of(name) not in ("Register", "RegisterName"):
        return False
    if parent is None or parent.type != "call_expression":
        return True
    return parent.child_by_field_name("function") != node


def read_variables(node: Node, path: str) -> list[Binding]:
    """Return the variables that a declaration makes, without those of functions in its values.

    Args:
        node: The declaration, ``var x = y`` or ``var (...)``.
        path: Path of the file, as messages spell it.
    """
    lists = [each for each in node.named_children if each.type == "var_spec_list"]
    specs = [each for holder in (node, *lists) for each in holder.named_children]
    return [found for each in specs if each.type == "var_spec" for found in _declared(each, path)]


def _walk(node: Node) -> Iterator[Node]:
    """Yield the nodes below one in the order of the text."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += reversed(current.named_children)


def _assigned(node: Node, path: str) -> Iterator[Binding]:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        return
    names = [text_of(each) if each.type == "identifier" else "" for each in left.named_children]
    values = read_expressions(right, path)
    for position, name in enumerate(names):
        if name and name != "_":
            yield _binding(name, values, position, node)


def _declared(node: Node, path: str) -> Iterator[Binding]:
    declared, given = node.child_by_field_name("type"), node.child_by_field_name("value")
    names = [text_of(each) for each in node.children_by_field_name("name") if each.is_named]
    if declared is not None:
        type_ = read_type(declared, path)
        for name in names:
            yield Binding(name, type_, None, 0, node.start_point[0] + 1)
    elif given is not None:
        values = read_expressions(given, path)
        for position, name in enumerate(names):
            yield _binding(name, values, position, node)


def _binding(name: str, values: list[Expr], position: int, node: Node) -> Binding:
    line = node.start_point[0] + 1
    if len(values) == 1:  # one call may have several results
        return Binding(name, None, values[0], position, line)
    value = values[position] if position < len(values) else OtherExpr()
    return Binding(name, None, value, 0, line)
