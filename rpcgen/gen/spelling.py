"""Expressions that generated code can say again, with other names for what they refer to.

All else, such as a lambda or a comprehension, has names of its own.
"""

from __future__ import annotations

import ast
from typing import Final

from .source import dotted_name

__all__ = ["OPERATORS", "annotation_can_be_spelled", "can_be_spelled"]

# Operators of `ast.BinOp` whose operands are written out one after the other.
OPERATORS: Final[dict[type[ast.operator], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}


def can_be_spelled(node: ast.expr, private: bool = True) -> bool:
    """Return True if an expression can be written into generated code.

    Args:
        node: The expression.
        private: True if names in it may begin with an underscore.
    """
    match node:
        case ast.Constant():
            return True
        case ast.Name() | ast.Attribute():
            names = dotted_name(node)
            return names is not None and (private or not any(each[0] == "_" for each in names))
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return all(can_be_spelled(each, private) for each in elements)
        case ast.BinOp(op=operator, left=left, right=right):
            # Brackets are not kept, so nothing may depend on them.
            flat = isinstance(operator, ast.BitOr) or not (
                isinstance(left, ast.BinOp) or isinstance(right, ast.BinOp)
            )
            known = isinstance(operator, ast.BitOr) or type(operator) in OPERATORS
            both = can_be_spelled(left, private) and can_be_spelled(right, private)
            return flat and known and both
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            return True
        case ast.Call(func=function, args=arguments, keywords=keywords):
            values = [function, *arguments, *(each.value for each in keywords)]
            named = all(each.arg for each in keywords)
            return named and all(can_be_spelled(each, private) for each in values)
    return False


def annotation_can_be_spelled(node: ast.expr) -> bool:
    """Return True if an annotation, without quotes, can be written into generated code."""
    match node:
        case ast.Name() | ast.Attribute():
            return dotted_name(node) is not None
        case ast.Constant():
            return True
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return annotation_can_be_spelled(left) and annotation_can_be_spelled(right)
        case ast.Subscript(value=value, slice=inner):
            names = dotted_name(value)
            return names is not None and _arguments_can_be_spelled(names[-1], inner)
        case ast.List(elts=elements):
            return all(map(annotation_can_be_spelled, elements))
    return False


def _arguments_can_be_spelled(name: str, inner: ast.expr) -> bool:
    elements = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if name == "Literal":
        return all(map(can_be_spelled, elements))
    if name == "Annotated":
        return annotation_can_be_spelled(elements[0]) and all(map(can_be_spelled, elements[1:]))
    return all(map(annotation_can_be_spelled, elements))
