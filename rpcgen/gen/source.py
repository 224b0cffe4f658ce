"""One Python file: its syntax tree, its module, and what the names in it refer to."""

from __future__ import annotations

import ast
import builtins
import importlib.util
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Annotated, ForwardRef

from attrs import define, field, frozen

from ..errors import SchemaError
from .diagnostics import Location

__all__ = ["Expression", "Source", "Symbol", "dotted_name", "imports_of", "is_annotated"]


@frozen(order=True)
class Symbol:
    """A name as another module can import it; ``name`` is dotted for a nested class."""

    module: str
    name: str


@frozen(eq=False)
class Expression:
    """An expression of an IDL: an annotation or a default."""

    source: Source
    node: ast.expr

    @property
    def location(self) -> Location:
        """Place of the expression in its file."""
        return self.source.location(self.node)

    def unquoted(self) -> ast.expr:
        """Return the syntax tree with string annotations parsed.

        Raises `SchemaError` if such a string is not an expression.
        """
        return _unquoted(self.node)

    def value(
        self, scope: Mapping[str, object] | None = None, inside: tuple[Symbol, ...] = ()
    ) -> object:
        """Return what the annotation stands for at run time.

        ``scope`` has names beside those of the module, such as a class's type
        variables; ``inside`` are the aliases that this is part of. Raises
        `SchemaError` if it cannot be evaluated.
        """
        tree = self.unquoted()
        code = compile(ast.Expression(tree), self.source.display_path, "eval")
        try:
            aliases = {name: self._alias_value(name, inside) for name in _type_names(tree)}
            aliases = {name: value for name, value in aliases.items() if value is not None}
            # The IDL is the user's own code, and has been imported before.
            return eval(code, vars(self.source.module) | aliases | dict(scope or {}))
        except SchemaError:
            raise
        except NameError as error:
            raise SchemaError(
                f"name {error.name!r} is not defined at run time",
                "define or import it, and not under TYPE_CHECKING only",
            ) from None
        except (Exception, SystemExit) as error:
            raise SchemaError(
                f"cannot be evaluated: {error}", "correct what its names stand for"
            ) from None

    def plain_value(self) -> object:
        """Return the value of an expression that is not an annotation.

        Raises `SchemaError` if it cannot be evaluated again, outside of its class.
        """
        code = compile(ast.Expression(self.node), self.source.display_path, "eval")
        try:
            return eval(code, dict(vars(self.source.module)))
        except (Exception, SystemExit) as error:
            raise SchemaError(f"cannot be evaluated: {error}") from None

    def _alias_value(self, name: str, inside: tuple[Symbol, ...]) -> object:
        """Return what a type alias with names in quotes stands for, None if it is none."""
        alias = self.source.alias([name])
        if alias is None:
            return None
        symbol = self.source.symbol([name])
        if symbol in inside:
            raise SchemaError(
                f"type {name} contains itself",
                "make it a message: an attrs class with a field for what it holds",
            )
        return alias.value(inside=(*inside, symbol))


@define(eq=False, slots=False)
class Source:
    """A Python file that was imported; ``display_path`` is its path as messages spell it."""

    path: Path
    display_path: str
    module: ModuleType
    text: str = field(repr=False)
    tree: ast.Module = field(repr=False)
    source_of: Callable[[str], Source | None] = field(repr=False)

    @property
    def name(self) -> str:
        """The name of the module."""
        return self.module.__name__

    @property
    def top(self) -> Location:
        """The place of the file as a whole."""
        return Location(self.display_path)

    def location(self, node: ast.AST) -> Location:
        """Return where a node of the tree begins."""
        line: int = getattr(node, "lineno", 1)
        offset: int = getattr(node, "col_offset", 0)
        lines = self.text.split("\n")
        if line > len(lines):  # the module has changed what Python takes to be its file
            return self.top
        before = lines[line - 1].encode()[:offset]
        return Location(self.display_path, line, len(before.decode(errors="replace")) + 1)

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        """The class statements, by qualified name."""
        return dict(_classes(self.tree.body))

    @cached_property
    def imported(self) -> dict[str, Symbol]:
        """Symbols that the names bound by ``from ... import`` refer to."""
        found: dict[str, Symbol] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom):
                origin = _absolute(node, self.module.__package__ or "")
                for alias in node.names:
                    found[alias.asname or alias.name] = Symbol(origin, alias.name)
        return found

    def symbol(self, dotted: list[str]) -> Symbol:
        """Return what a name, or a dotted name, in this file refers to."""
        first, *rest = dotted
        value: object = vars(self.module).get(first)
        if isinstance(value, ModuleType) and rest:
            return _through_modules(value, rest)
        if first in vars(self.module):
            symbol = self.imported.get(first) or self._from_star(first) or Symbol(self.name, first)
            return Symbol(symbol.module, ".".join([symbol.name, *rest]))
        return Symbol(builtins.__name__, ".".join(dotted))

    def alias(self, dotted: list[str]) -> Expression | None:
        """Return what a type alias stands for, if it holds names in quotes.

        Such an alias means nothing outside of annotations, so what it stands
        for is written out there.
        """
        symbol = self.symbol(dotted)
        module = self.module if symbol.module == self.name else sys.modules.get(symbol.module)
        # Asked first, since to parse a module such as typing takes long.
        if not _is_quoted(getattr(module, "__dict__", {}).get(symbol.name)):
            return None
        source = self if symbol.module == self.name else self.source_of(symbol.module)
        if source is None:
            return None
        for node in source.tree.body:
            match node:
                case (
                    ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                    | ast.Assign(targets=[ast.Name(id=name)], value=value)
                ) if name == symbol.name:
                    return Expression(source, value)
        return None

    @cached_property
    def _stars(self) -> list[str]:
        """The modules that everything is imported from."""
        return [
            _absolute(node, self.module.__package__ or "")
            for node in self.tree.body
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        ]

    @cached_property
    def _bound(self) -> set[str]:
        """The names that the file itself gives a value, anywhere in it."""
        return _bound(self.tree)

    def _from_star(self, name: str) -> Symbol | None:
        if not self._stars or name in self._bound:
            return None
        origins = [each for each in reversed(self._stars) if _exports(each, name)]
        own = [each for each in origins if _defines(each, name)]
        return next((Symbol(each, name) for each in [*own, *origins]), None)


def _exports(module: str, name: str) -> bool:
    """Return True if ``from module import *`` binds a name."""
    values = getattr(sys.modules.get(module), "__dict__", {})
    exported = values.get("__all__")
    return name in values and (not name.startswith("_") if exported is None else name in exported)


def _defines(module: str, name: str) -> bool:
    """Return True if a module exports a name as its own, not only because it imports it."""
    values = vars(sys.modules[module])
    return name in values.get("__all__", ()) or (
        getattr(values[name], "__module__", module) == module
    )


def dotted_name(node: ast.expr) -> list[str] | None:
    """Return the parts of ``a.b.c``, None if the node is not such a name."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        inner = dotted_name(node.value)
        return [*inner, node.attr] if inner else None
    return None


def imports_of(tree: ast.Module, package: str) -> Iterator[tuple[ast.stmt, list[str]]]:
    """Yield each import that runs with the module, and the modules it may load."""
    for node in _running(tree.body):
        if isinstance(node, ast.Import):
            yield node, [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = _absolute(node, package)
            yield node, [origin, *(f"{origin}.{alias.name}" for alias in node.names)]


def _running(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _running(node.orelse)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                yield from _running(getattr(node, part, []))
        else:
            yield node


def _absolute(node: ast.ImportFrom, package: str) -> str:
    name = "." * node.level + (node.module or "")
    try:
        return importlib.util.resolve_name(name, package)
    except ImportError:  # beyond the top: the import itself says so
        return name


def _through_modules(value: ModuleType, rest: list[str]) -> Symbol:
    while len(rest) > 1 and isinstance(inner := getattr(value, rest[0], None), ModuleType):
        value, rest = inner, rest[1:]
    # By its spec: a module may have set its __name__ to anything.
    name = value.__spec__.name if value.__spec__ else value.__name__
    return Symbol(name, ".".join(rest))


def _classes(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.ClassDef]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield prefix + node.name, node
            yield from _classes(node.body, f"{prefix}{node.name}.")
        else:
            for part in ("body", "orelse", "finalbody"):
                yield from _classes(_statements(getattr(node, part, [])), prefix)


def _statements(nodes: object) -> list[ast.stmt]:
    nodes = nodes if isinstance(nodes, list) else []
    return [node for node in nodes if isinstance(node, ast.stmt)]


def _bound(tree: ast.Module) -> set[str]:
    stored = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return stored | {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def _type_names(node: ast.AST) -> Iterator[str]:
    """Yield the names in an annotation that stand where a type does, not in its notes."""
    match node:
        case ast.Name(id=name):
            yield name
        case ast.Subscript(value=outer, slice=ast.Tuple(elts=[inner, *_])) if is_annotated(node):
            yield from _type_names(outer)
            yield from _type_names(inner)
        case ast.Call():
            pass
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _type_names(child)


def is_annotated(node: ast.Subscript) -> bool:
    """Return True for ``Annotated[...]``: what follows its first element is not an annotation."""
    return ast.unparse(node.value).endswith("Annotated")


def _is_quoted(value: object) -> bool:
    """Return True if a type at run time has parts that are still in quotes."""
    if isinstance(value, str | ForwardRef):
        return True
    if typing.get_origin(value) is Annotated:
        return _is_quoted(typing.get_args(value)[0])
    return any(map(_is_quoted, typing.get_args(value)))


def _unquoted(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return _unquoted(ast.parse(node.value.strip(), mode="eval").body)
        except SyntaxError:
            raise SchemaError(
                f"{node.value!r} is not a type", "an annotation in quotes is one in Python"
            ) from None
    if isinstance(node, ast.Subscript) and not ast.unparse(node.value).endswith("Literal"):
        return ast.copy_location(
            ast.Subscript(node.value, _unquoted_arguments(node), ast.Load()), node
        )
    if isinstance(node, ast.BinOp):
        left, right = _unquoted(node.left), _unquoted(node.right)
        return ast.copy_location(ast.BinOp(left, node.op, right), node)
    return node


def _unquoted_arguments(node: ast.Subscript) -> ast.expr:
    if not isinstance(node.slice, ast.Tuple):
        return _unquoted(node.slice)
    # Metadata of Annotated, which may be strings that are not annotations.
    elements = [
        each if is_annotated(node) and position else _unquoted(each)
        for position, each in enumerate(node.slice.elts)
    ]
    return ast.copy_location(ast.Tuple(elements, ast.Load()), node.slice)
