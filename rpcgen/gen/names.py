"""The names in a generated module: what generated things are called, how others are referred to."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import TYPE_CHECKING, Final

from attrs import frozen

from .defaults import is_literal, is_reference, is_repeated
from .source import Expression, Source, Symbol, dotted_name, is_annotated
from .spelling import OPERATORS
from .wrap_lines import LINE_LENGTH

if TYPE_CHECKING:
    from .model import Method, Parameter, Service

__all__ = [
    "MethodNames",
    "Names",
    "distinct",
    "generated_names",
    "import_from",
    "isort_key",
    "joined_words",
    "method_names",
    "names_of_methods",
    "quoted",
    "section_of",
    "snake_case",
    "spelled_value",
]


OF_DURABLE: Final = ("Durable", "Tickets")
"""Ends of the names of classes that only services with durable methods have."""


def generated_names(service: Service) -> list[str]:
    """Return the names that a service's classes and functions have in the generated module.

    They depend on the service alone, not on what else its file has; those of
    its methods are in `method_names`.
    """
    name, function = service.name, snake_case(service.name)
    found = [
        f"{name}Client",
        f"{name}Go",
        f"{name}Service",
        f"register_{function}",
        f"Async{name}",
        f"Async{name}Client",
        f"Async{name}Go",
        f"register_async_{function}",
    ]
    if any(method.durable for method in service.methods):
        found += [f"{flavour}{name}{of}" for flavour in ("", "Async") for of in OF_DURABLE]
    return found


def snake_case(name: str) -> str:
    """Return ``KeyValue`` as ``key_value``, ``HTTPServer`` as ``http_server``."""
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z])([A-Z][a-z])", r"\1_\2", name).strip("_").lower()


def joined_words(words: Iterable[str]) -> str:
    """Return words as the name of a class: each with a capital, the rest of it as it is."""
    return "".join(word[:1].upper() + word[1:] for word in words)


def distinct(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Return names, each another: one that was there before has underscores more.

    Args:
        names: The names.
        taken: Names that none of them may have.
    """
    known = dict.fromkeys(taken)
    found: list[str] = []
    for name in names:
        while name in known:
            name += "_"
        known[name] = None
        found.append(name)
    return found


@frozen
class MethodNames:
    """The names that a method adds to the generated module; each is the method's for good."""

    constant: str  # its descriptor: ``BANK_TRANSFER``
    args: str | None  # the class that several parameters travel as: ``BankTransferArgs``

    def __iter__(self) -> Iterator[str]:
        yield self.constant
        if self.args is not None:
            yield self.args


def method_names(service: Service) -> dict[Method, MethodNames]:
    """Return the names that each method of a service adds to the generated module."""
    methods = [(method.name, method.takes_struct) for method in service.methods]
    return dict(zip(service.methods, names_of_methods(service.name, methods), strict=True))


def names_of_methods(service: str, methods: Iterable[tuple[str, bool]]) -> list[MethodNames]:
    """Return the names that each method of a service adds to the generated module.

    A method that is called almost like an earlier one, ``list_`` beside
    ``list``, has an underscore more.

    Args:
        service: Name of the class.
        methods: Name of each method, and if its parameters travel in a struct.
    """
    found: list[MethodNames] = []
    taken: set[str] = set()
    for method, takes_struct in methods:
        words = snake_case(method).split("_")
        constant = "_".join([snake_case(service), *words]).upper()
        name = joined_words(words)
        args = f"{service}{name}Args" if takes_struct else None
        while constant in taken or args in taken:
            constant, args = f"{constant}_", args and f"{args}_"
        found.append(MethodNames(constant, args))
        taken.update(found[-1])
    return found


class Names:
    """Decides how each name is spelled in one generated module, and collects the imports.

    ``members`` are the names that some generated class has as attributes: in
    the body of that class they hide what is imported under the same name, so
    an alias is imported beside it.
    """

    def __init__(self, members: Iterable[str], parameters: Iterable[str]) -> None:
        self._members = frozenset(members)
        # Parameters: they would hide what the bodies of functions refer to.
        self._taken = set(parameters) | {"self", "cls"}
        self._defined: set[str] = set()
        self._imports: dict[tuple[str, str], str] = {}
        self._reexported: dict[str, Symbol] = {}
        self._constants: dict[tuple[Parameter, str], tuple[str, str]] = {}

    def reexport(self, symbol: Symbol) -> None:
        """Import a type under its own name, for the users of the generated module.

        Of two types with one name, the first has it.
        """
        self._reexported.setdefault(symbol.name, symbol)

    def define(self, name: str) -> str:
        """Return a name for something private of the module: as wished for, if it is free."""
        name = self._free(name, self._taken | self._members)
        self._defined.add(name)
        return name

    def reserve(self, names: Iterable[str]) -> None:
        """Keep names for what the module defines under them."""
        self._defined.update(names)

    def qualify(self, symbol: Symbol) -> str:
        """Return how to refer to a symbol anywhere in the module, class bodies included."""
        first, *rest = symbol.name.split(".")
        if symbol.module == builtins.__name__:
            return self._builtin(symbol.name)
        return ".".join([self._local(symbol.module, first, self._members), *rest])

    def expression(self, expression: Expression) -> str:
        """Return an annotation or default of the IDL as this module spells it."""
        return _Unparser(self, expression.source).unparse(expression.unquoted())

    def literal(self, expression: Expression) -> str:
        """Return an expression of the IDL that is not an annotation; its strings are strings."""
        return _Unparser(self, expression.source, of_types=False).unparse(expression.node)

    def default(self, parameter: Parameter, wished: str) -> str:
        """Return the default of a parameter.

        What has to be made is made once, as a constant called ``wished``; see
        `constants`.
        """
        default = parameter.default
        assert default is not None
        if is_literal(default):
            return self.literal(default)
        if is_repeated(parameter):
            return spelled_value(parameter.value)
        if is_reference(default):
            return self.literal(default)
        key = (parameter, wished)
        if key not in self._constants:
            annotation = parameter.annotation
            made = self.literal(default)
            typed = f": {self.expression(annotation)}" if annotation else ""
            name = self.define(wished)
            self._constants[key] = (name, f"{name}{typed} = {made}")
        return self._constants[key][0]

    @property
    def constants(self) -> list[str]:
        """The statements that make defaults."""
        return [statement for _, statement in self._constants.values()]

    def imports(self) -> list[list[str]]:
        """Return the import statements: the standard library's, attrs', and the others."""
        found = {(symbol.module, name): name for name, symbol in self._reexported.items()}
        plain: dict[str, list[str]] = {}
        aliased: list[tuple[str, str, str]] = []
        modules: list[tuple[str, str]] = []
        for (module, name), local in [*found.items(), *self._imports.items()]:
            if not name:
                modules.append((module, local))
            elif name == local:
                plain.setdefault(module, []).append(name)
            else:
                aliased.append((module, name, local))
        lines = [(0, module, "", _import_module(module, local)) for module, local in modules]
        lines += [
            (1, module, "", import_from(module, sorted(set(names), key=isort_key)))
            for module, names in plain.items()
        ]
        lines += [
            (1, module, name, f"from {module} import {name} as {local}")
            for module, name, local in aliased
        ]
        lines.sort(key=lambda line: (line[0], line[1].lower(), line[1], line[2]))
        sections: list[list[str]] = [[], [], []]
        for _, module, _, text in lines:
            sections[section_of(module)].append(text)
        return [section for section in sections if section]

    @property
    def reexported(self) -> list[str]:
        """The types of the IDL that are reexported."""
        return list(self._reexported)

    def _builtin(self, name: str) -> str:
        first = name.split(".")[0]
        if first not in self._members and first not in self._reexported:
            return name
        return f"{self._local(builtins.__name__, '', self._members)}.{name}"

    def _local(self, module: str, name: str, hidden: frozenset[str]) -> str:
        """Return the local name of an imported one; of the module itself if ``name`` is empty."""
        key = (module, name)
        if key not in self._imports:
            wished = name or module
            if self._reexported.get(name) == Symbol(module, name) and name not in hidden:
                return name
            self._imports[key] = self._free(wished, hidden)
        return self._imports[key]

    def _free(self, name: str, taken: Set[str]) -> str:
        used = taken | self._defined | set(self._reexported) | set(self._imports.values())
        while name in used:
            name += "_"
        return name


# The old names of types that can be subscripted themselves.
_BUILTIN = {
    Symbol("typing", name): Symbol(builtins.__name__, name.lower())
    for name in ("Dict", "List", "Tuple")
}


class _Unparser:
    """Writes an expression with its names replaced by those of the generated module.

    ``of_types``: it is an annotation, where the name of a string is an alias.
    """

    def __init__(self, names: Names, source: Source, *, of_types: bool = True) -> None:
        self._names = names
        self._source = source
        self._of_types = of_types

    def unparse(self, node: ast.expr) -> str:
        """Return the source text of an expression, in one line."""
        if isinstance(node, ast.Name | ast.Attribute) and (dotted := dotted_name(node)):
            if self._of_types and (alias := self._source.alias(dotted)):
                return self._names.expression(alias)
            symbol = self._source.symbol(dotted)
            return self._names.qualify(_BUILTIN.get(symbol, symbol))
        match node:
            case ast.Subscript() if self._is_typing(node.value, "Optional"):
                return f"{self.unparse(node.slice)} | None"
            case ast.Subscript(slice=ast.Tuple(elts=members)) if self._is_typing(
                node.value, "Union"
            ):
                return " | ".join(map(self.unparse, members))
            case ast.Subscript(slice=ast.Tuple(elts=[inner, *notes])) if is_annotated(node):
                elements = [self.unparse(inner), *map(self._unparse_value, notes)]
                return f"{self.unparse(node.value)}[{', '.join(elements)}]"
            case ast.Subscript():
                return f"{self.unparse(node.value)}[{self._arguments(node.slice)}]"
            case ast.BinOp(op=ast.BitOr()):
                return f"{self.unparse(node.left)} | {self.unparse(node.right)}"
            case ast.UnaryOp(op=ast.USub()):
                return f"-{self.unparse(node.operand)}"
            case ast.BinOp() if operator := OPERATORS.get(type(node.op)):
                return f"{self.unparse(node.left)} {operator} {self.unparse(node.right)}"
            case ast.Call():
                arguments = [self.unparse(each) for each in node.args]
                arguments += [f"{each.arg}={self.unparse(each.value)}" for each in node.keywords]
                return f"{self.unparse(node.func)}({', '.join(arguments)})"
            case ast.List():
                return f"[{', '.join(map(self.unparse, node.elts))}]"
            case ast.Constant(value=builtins.Ellipsis):
                return "..."
            case ast.Constant(value=str() | bytes() as value):
                return quoted(value)
            case ast.Tuple():
                return _tuple([self.unparse(each) for each in node.elts])
        return ast.unparse(node)

    def _unparse_value(self, node: ast.expr) -> str:
        return _Unparser(self._names, self._source, of_types=False).unparse(node)

    def _is_typing(self, node: ast.expr, name: str) -> bool:
        dotted = dotted_name(node)
        return dotted is not None and self._source.symbol(dotted) == Symbol("typing", name)

    def _arguments(self, node: ast.expr) -> str:
        if isinstance(node, ast.Tuple):
            return ", ".join(map(self.unparse, node.elts))
        return self.unparse(node)


def quoted(value: str | bytes) -> str:
    """Return the literal for a string as ``ruff format`` spells it: in double quotes."""
    text = repr(value)
    prefix, body = ("b", text[2:-1]) if isinstance(value, bytes) else ("", text[1:-1])
    if text.endswith('"') or '"' in body:
        return text
    return f'{prefix}"{body}"'


def spelled_value(value: object) -> str:
    """Return the expression for a number, a string, None, or a tuple of such."""
    if isinstance(value, tuple):
        return _tuple([spelled_value(each) for each in value])
    return quoted(value) if isinstance(value, str | bytes) else repr(value)


def _tuple(elements: Sequence[str]) -> str:
    return f"({elements[0]},)" if len(elements) == 1 else f"({', '.join(elements)})"


def _import_module(module: str, local: str) -> str:
    return f"import {module}" if module == local else f"import {module} as {local}"


def section_of(module: str) -> int:
    """Return the place of a module's import: the standard library's, attrs', the others."""
    top = module.split(".")[0]
    if top in sys.stdlib_module_names:
        return 0
    return 1 if top in ("attrs", "typing_extensions") else 2


def import_from(module: str, names: Sequence[str]) -> str:
    """Return the import of names from a module, broken where it is long."""
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= LINE_LENGTH:
        return line
    return "\n".join([f"from {module} import (", *(f"    {name}," for name in names), ")"])


def isort_key(name: str) -> tuple[int, list[int | str], str]:
    """Sort as ruff does: constants, then classes, then the rest; ``Int8`` before ``Int16``."""
    kind = 2
    if name[:1].isupper():
        kind = 0 if name.isupper() and len(name) > 1 else 1
    # Texts and numbers in turn, so that each is compared with one of its own type.
    return kind, [int(part) if part.isdecimal() else part for part in _parts(name.lower())], name


def _parts(name: str) -> list[str]:
    return re.split(r"([0-9]+)", name)
