"""Types and expressions of Go: as far as fields, constants and the types of variables need."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from .comments import doc_above, doc_beside
from .syntax import (
    ArrayExpr,
    BinaryExpr,
    CallExpr,
    ChanExpr,
    CompositeExpr,
    Expr,
    Field,
    FuncExpr,
    Function,
    InterfaceExpr,
    LiteralExpr,
    MapExpr,
    NameExpr,
    OtherExpr,
    Parameter,
    Place,
    PointerExpr,
    SelectorExpr,
    SliceExpr,
    StructExpr,
    TypeExpr,
    TypeName,
    UnaryExpr,
)

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = [
    "place_of",
    "read_expression",
    "read_expressions",
    "read_parameters",
    "read_results",
    "read_type",
    "text_of",
    "type_parameters",
]

# Nodes that are types wherever they stand; a name may be one as well.
_TYPES: Final = frozenset(
    """
    type_identifier qualified_type generic_type pointer_type slice_type array_type
    implicit_length_array_type map_type struct_type interface_type function_type channel_type
    parenthesized_type
    """.split()
)

# Texts of Go whose escapes are not Python's: `\377` is a byte and `\u00e4` a character.
_ESCAPE: Final = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)")


# Maximum depth of an expression: a constant of many parts, added up, is as deep as they are many.
_MAX_DEPTH: Final = 100


def text_of(node: Node | None) -> str:
    """Return the text of a node, empty if there is none."""
    return (node.text or b"").decode(errors="replace") if node is not None else ""


def place_of(node: Node, path: str) -> Place:
    """Return where a node begins."""
    return Place(path, node.start_point[0] + 1)


# Types


def read_type(node: Node, path: str) -> TypeExpr:
    """Return the type that a node is.

    Args:
        node: A node of a type; any other is a type without a name.
        path: Path of the file, as messages spell it.
    """
    match node.type:
        case "type_identifier" | "identifier" | "package_identifier" | "field_identifier":
            return TypeName(text_of(node))
        case "qualified_type" | "selector_expression":
            return _qualified(node)
        case "generic_type":
            return _generic(node, path)
        case "pointer_type":
            return PointerExpr(read_type(node.named_children[-1], path))
        case "parenthesized_type" | "type_elem" | "type_constraint" | "parenthesized_expression":
            return _only(node, path)
        case "unary_expression" if text_of(node.child_by_field_name("operator")) == "*":
            return PointerExpr(read_type(node.named_children[-1], path))
        case "slice_type":
            return SliceExpr(_part(node, "element", path))
        case "array_type":
            length = node.child_by_field_name("length")
            read = read_expression(length, path) if length is not None else OtherExpr()
            return ArrayExpr(read, _part(node, "element", path))
        case "map_type":
            return MapExpr(_part(node, "key", path), _part(node, "value", path))
        case "struct_type":
            return StructExpr(tuple(_fields(node, path)))
        case "interface_type":
            return _interface(node, path)
        case "function_type":
            results = read_results(node.child_by_field_name("result"), path)
            return FuncExpr(tuple(each.type for each in results))
        case "channel_type":
            return ChanExpr(_part(node, "value", path))
    return TypeName("")


def _part(node: Node, field: str, path: str) -> TypeExpr:
    part = node.child_by_field_name(field)
    return read_type(part, path) if part is not None else TypeName("")


def _only(node: Node, path: str) -> TypeExpr:
    """Return the type inside brackets, or of one of several: a union, which no value has."""
    parts = [each for each in node.named_children if each.type != "comment"]
    return read_type(parts[0], path) if len(parts) == 1 else InterfaceExpr()


def _qualified(node: Node) -> TypeExpr:
    package, _, name = text_of(node).partition(".")
    return TypeName(name.strip(), package.strip())


def _generic(node: Node, path: str) -> TypeExpr:
    plain = _part(node, "type", path)
    arguments = node.child_by_field_name("type_arguments")
    if not isinstance(plain, TypeName) or arguments is None:
        return plain
    parts = [read_type(each, path) for each in arguments.named_children if each.type != "comment"]
    return TypeName(plain.name, plain.package, tuple(parts))


def type_parameters(node: Node) -> tuple[str, ...]:
    """Return the names of the type parameters of a declaration."""
    given = node.child_by_field_name("type_parameters")
    if given is None:
        return ()
    return tuple(
        text_of(name)
        for each in given.named_children
        for name in each.children_by_field_name("name")
        if name.is_named
    )


def _fields(struct: Node, path: str) -> Iterator[Field]:
    for listed in struct.named_children:
        for node in listed.named_children:
            if node.type == "field_declaration":
                yield from _field(node, path)


def _field(node: Node, path: str) -> Iterator[Field]:
    declared = node.child_by_field_name("type")
    if declared is None:
        return
    type_, place = read_type(declared, path), place_of(node, path)
    tag = node.child_by_field_name("tag")
    text = _literal(tag) if tag is not None else ""
    doc = doc_above(node) or doc_beside(node)
    names = [each for each in node.children_by_field_name("name") if each.is_named]
    for name in names:
        yield Field(text_of(name), type_, str(text), doc, False, place)
    if names:
        return
    named = type_.name if isinstance(type_, TypeName) else ""
    if any(each.type == "*" for each in node.children):
        type_ = PointerExpr(type_)
    yield Field(named, type_, str(text), doc, True, place)


def _interface(node: Node, path: str) -> InterfaceExpr:
    methods, embedded = [], []
    for each in node.named_children:
        if each.type in ("method_elem", "method_spec"):
            methods.append(
                Function(
                    text_of(each.child_by_field_name("name")),
                    read_parameters(each.child_by_field_name("parameters"), path),
                    read_results(each.child_by_field_name("result"), path),
                    doc_above(each),
                    place_of(each, path),
                )
            )
        elif each.type in ("type_elem", "constraint_elem"):
            embedded.append(read_type(each, path))
    return InterfaceExpr(tuple(methods), tuple(embedded))


def read_parameters(node: Node | None, path: str) -> tuple[Parameter, ...]:
    """Return the parameters of a function, one for each name.

    Args:
        node: The list of parameters, None if there is none.
        path: Path of the file, as messages spell it.
    """
    if node is None:
        return ()
    found: list[Parameter] = []
    for each in node.named_children:
        declared = each.child_by_field_name("type")
        if declared is None:
            continue
        type_ = read_type(declared, path)
        if each.type == "variadic_parameter_declaration":
            type_ = SliceExpr(type_)
        names = [name for name in each.children_by_field_name("name") if name.is_named]
        found += [Parameter(text_of(name), type_) for name in names] or [Parameter("", type_)]
    return tuple(found)


def read_results(node: Node | None, path: str) -> tuple[Parameter, ...]:
    """Return the results of a function.

    Args:
        node: The type of the result or the list of results, None if there is none.
        path: Path of the file, as messages spell it.
    """
    if node is None:
        return ()
    if node.type == "parameter_list":
        return read_parameters(node, path)
    return (Parameter("", read_type(node, path)),)


# Expressions


def read_expressions(node: Node, path: str) -> list[Expr]:
    """Return the expressions of a list, or the only one.

    Args:
        node: A list of expressions or an expression.
        path: Path of the file, as messages spell it.
    """
    if node.type != "expression_list":
        return [read_expression(node, path)]
    return [read_expression(each, path) for each in node.named_children if each.type != "comment"]


def read_expression(node: Node, path: str, depth: int = 0) -> Expr:
    """Return the expression that a node is.

    Args:
        node: A node of an expression.
        path: Path of the file, as messages spell it.
        depth: Number of expressions that this is inside of.
    """
    if depth > _MAX_DEPTH:
        return OtherExpr()
    match node.type:
        case "int_literal" | "float_literal" | "rune_literal":
            return LiteralExpr(_literal(node))
        case "interpreted_string_literal" | "raw_string_literal":
            return LiteralExpr(_literal(node))
        case "identifier" | "iota" | "true" | "false" | "nil" | "type_identifier":
            return NameExpr(text_of(node))
        case "selector_expression":
            return SelectorExpr(
                _operand(node, "operand", path, depth), text_of(node.child_by_field_name("field"))
            )
        case "parenthesized_expression":
            return read_expression(node.named_children[0], path, depth + 1)
        case "unary_expression":
            operator = text_of(node.child_by_field_name("operator"))
            return UnaryExpr(operator, _operand(node, "operand", path, depth))
        case "binary_expression":
            operator = text_of(node.child_by_field_name("operator"))
            return BinaryExpr(
                operator, _operand(node, "left", path, depth), _operand(node, "right", path, depth)
            )
        case "call_expression":
            return _call(node, path, depth)
        case "type_conversion_expression":
            to, value = _part(node, "type", path), _operand(node, "operand", path, depth)
            return CallExpr(to, (value,), place_of(node, path))
        case "composite_literal":
            return CompositeExpr(_part(node, "type", path))
        case "type_assertion_expression":
            # `x.(T)` has the type of the conversion `T(x)`.
            to, value = _part(node, "type", path), _operand(node, "operand", path, depth)
            return CallExpr(to, (value,), place_of(node, path))
    return OtherExpr()


def _operand(node: Node, field: str, path: str, depth: int) -> Expr:
    part = node.child_by_field_name(field)
    return read_expression(part, path, depth + 1) if part is not None else OtherExpr()


def _call(node: Node, path: str, depth: int) -> CallExpr:
    function = node.child_by_field_name("function")
    given = node.child_by_field_name("arguments")
    arguments: list[Expr | TypeExpr] = []
    for each in given.named_children if given is not None else []:
        if each.type in _TYPES and each.type != "type_identifier":
            arguments.append(read_type(each, path))
        elif each.type == "type_identifier":
            arguments.append(TypeName(text_of(each)))
        elif each.type != "comment":
            arguments.append(read_expression(each, path, depth + 1))
    called: Expr | TypeExpr = OtherExpr()
    if function is not None:
        is_type = function.type in _TYPES or _is_conversion(function)
        called = (
            read_type(function, path) if is_type else read_expression(function, path, depth + 1)
        )
    return CallExpr(called, tuple(arguments), place_of(node, path))


def _is_conversion(function: Node) -> bool:
    """Return True for ``(*T)`` as a function."""
    if function.type != "parenthesized_expression":
        return False
    inside = function.named_children[0]
    return inside.type in _TYPES or inside.type == "unary_expression"


# Literals


def _literal(node: Node) -> int | float | str:
    text = text_of(node)
    match node.type:
        case "raw_string_literal":
            return text[1:-1].replace("\r", "")
        case "interpreted_string_literal":
            return _ESCAPE.sub(_unescaped, text[1:-1])
        case "rune_literal":
            inside = _ESCAPE.sub(_unescaped, text[1:-1])
            return ord(inside) if len(inside) == 1 else 0
        case "float_literal":
            return _float(text.replace("_", ""))
    return _integer(text.replace("_", ""))


def _integer(text: str) -> int:
    is_octal = len(text) > 1 and text[0] == "0" and text.isdecimal()
    try:
        return int(text, 8) if is_octal else int(text, 0)
    except ValueError:
        return 0


def _float(text: str) -> float:
    return float.fromhex(text) if text[:2] in ("0x", "0X") else float(text)


def _unescaped(match: re.Match[str]) -> str:
    text = match[0]
    if text[1] in "01234567":
        return chr(int(text[1:], 8))
    if text[1] in "xuU":
        return chr(int(text[2:], 16))
    return str(ast.literal_eval(f"'{text}'")) if text[1] in "abfnrtv\\'\"" else text[1:]
