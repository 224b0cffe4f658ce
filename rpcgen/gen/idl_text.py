"""`write_idl`: the text of an IDL file for services that are described as data.

Where the description comes from does not matter: a server that was asked for it
by ``rpcgen.Reflection``, or anything else that makes a `Description`. Nothing in it
is trusted, since the file will be imported: each name is an identifier, and each
default a literal.
"""

from __future__ import annotations

import ast
import builtins
import cmath
import keyword
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from .._names import go_name
from ..code import Code
from ..protocol.reflection import (
    Description,
    FieldDescription,
    Kind,
    MethodDescription,
    RaisedDescription,
    TypeDescription,
    value_of,
)
from .docstrings import docstring
from .idl_names import attribute_names, bare_name, class_name, is_name, method_names, type_name
from .idl_remarks import Remarks, comment_lines
from .idl_types import CLASSES, LIBRARY, PLAIN, IdlTypes, library_of, parts_of
from .idl_zeros import ZeroValues, by_value_first
from .names import (
    import_from,
    isort_key,
    names_of_methods,
    quoted,
    section_of,
    spelled_value,
)
from .wrap_lines import wrap_lines

__all__ = ["write_idl"]

_INDENT: Final = " " * 4

_TYPES: Final = "rpcgen.types"

_ENUMS: Final = {
    "IntEnum": "enum",
    "IntFlag": "enum",
    "StrEnum": "enum",
    "OpenIntEnum": _TYPES,
    "OpenStrEnum": _TYPES,
}

# Names that the text may import, which nothing in it is called.
_IMPORTED: Final = {
    *("Annotated", "Any", "Code", "Literal", "Mapping", "NewType", "Protocol", "RemoteError"),
    "durable",
    *("Self", "Sequence", "annotations", "define", "embedded", "field", "frozen", "idempotent"),
    *("interface", "json_tag", "length", "raises", "struct_args", "timeout", "wire", "GoTime"),
    *("AddrPort", "BigFloatValue", "Fraction", "UTC", "underlying"),
    *_ENUMS,
    *[name for _, name in (*PLAIN.values(), *LIBRARY.values())],
}

_RESERVED: Final = {*_IMPORTED, *dir(builtins), *keyword.kwlist}

# Defaults that are no literals of Python.
_EMPTY: Final = {"set()": "set", "frozenset()": "frozenset", "[]": "list", "{}": "dict"}


def write_idl(
    description: Description, *, module: str = "idl", remarks: Remarks | None = None
) -> str:
    """Return the text of an IDL file whose services are the same on the wire.

    Types that encode themselves become classes that keep their bytes, and a
    default that no literal can say is left out; comments in the text say so.

    Args:
        description: Services and their types.
        module: Name of the module that the file will be; the names of types with this package
            need not be repeated.
        remarks: Comments and docstrings beside what the description says.

    Returns:
        The text, formatted.

    Raises:
        SchemaError: The description contradicts itself: a type that is not there, or one that
            holds itself without end.
    """
    package = module.rpartition(".")[2].strip("_")
    return _Writer(description, package, remarks or Remarks()).text()


class _Writer:
    """Writes one file: first all names, then what they stand for."""

    def __init__(self, description: Description, package: str, remarks: Remarks) -> None:
        self._remarks = remarks
        self._services = description.services
        self._names: dict[int, str] = {}
        self._types = IdlTypes(description.types, self._names, self._use)
        self._package = package
        self._taken = set(_RESERVED)
        self._imports: dict[str, set[str]] = {}
        self._hidden = _run_time_members(description)
        self._service_names = [self._free(class_name(each)) for each in self._services]
        self._method_names = [method_names(each) for each in self._services]
        self._errors = {
            raised.type: raised for method in self._methods() for raised in method.raises
        }
        self._generated = set(self._parameter_types())
        self._names |= {
            number: self._free(type_name(each), number in self._errors or each.kind is Kind.ENUM)
            for number, each in enumerate(description.types)
            if number not in self._generated and self._has_name(each)
        }
        self._zeros = ZeroValues(description.types, self._names, self._use)

    def text(self) -> str:
        """Return the whole text."""
        plain = [n for n in self._names if self._types[n].kind in PLAIN]
        apart = (*PLAIN, *CLASSES)
        others = [n for n in self._names if self._types[n].kind not in apart]
        lines: list[str] = []
        for number in plain:
            lines += self._new_type(number)
        for kind in (Kind.ENUM, Kind.OPAQUE, Kind.STRUCT):
            numbers = [n for n in self._names if self._types[n].kind is kind]
            if self._remarks.zeros:
                numbers = by_value_first(self._types.all, numbers)
            for number in numbers:
                lines += ["", "", *self._class(number)]
        later: list[str] = []
        for number in sorted(others, key=self._types.depth):
            later += self._new_type(number)
        lines += ["", "", *later] if later else []
        for index in range(len(self._services)):
            lines += ["", "", *self._service(index)]
        lines += ["", "", *comment_lines(self._remarks.end)]
        body = "\n".join(_without_gaps(lines)).strip("\n")
        gap = "\n\n" if plain else "\n\n\n"
        return wrap_lines(f"{self._head()}{gap}{body}\n")

    def _head(self) -> str:
        # To whom the file belongs, rpcgen is a library like attrs.
        sections: list[list[str]] = [[], []]
        above = [docstring(self._remarks.doc, 0)] if self._remarks.doc else []
        for module in sorted(self._imports):
            sections[min(section_of(module), 1)].append(self._import(module))
        future = "from __future__ import annotations"
        parts = [*above, future, *["\n".join(s) for s in sections if s]]
        return "\n\n".join(parts)

    def _import(self, module: str) -> str:
        names = self._imports[module]
        plain = sorted(names - self._hidden.keys(), key=isort_key)
        lines = [import_from(module, plain)] if plain else []
        for name in sorted(names & self._hidden.keys()):
            lines.append(f"from {module} import {name} as {self._hidden[name]}")
        return "\n".join(lines)

    # Names

    def _free(self, name: str, is_called: bool = False) -> str:
        hidden = self._hidden.keys() if is_called else ()
        while name in self._taken or name in hidden:
            name += "_"
        self._taken.add(name)
        return name

    def _use(self, module: str, name: str) -> str:
        if module:
            self._imports.setdefault(module, set()).add(name)
        return self._hidden.get(name, name) if module else name

    def _methods(self) -> Iterator[MethodDescription]:
        for service in self._services:
            yield from service.methods

    def _has_name(self, each: TypeDescription) -> bool:
        if library_of(each):
            return False
        return each.kind in CLASSES or bool(each.name)

    def _parameter_types(self) -> Iterator[int]:
        """Yield the numbers of the structs that the generator will make of parameters."""
        used = {part for each in self._types.all for part in parts_of(each)}
        used |= {each.response for each in self._methods()} | self._errors.keys()
        used |= {each.request for each in self._methods() if not each.takes_struct}
        for service, cls, names in zip(
            self._services, self._service_names, self._method_names, strict=True
        ):
            given = [
                (name, each.takes_struct) for name, each in zip(names, service.methods, strict=True)
            ]
            for method, own in zip(service.methods, names_of_methods(cls, given), strict=True):
                if own.args is None or method.request in used:
                    continue
                if bare_name(self._types[method.request].name) == own.args:
                    yield method.request

    # Definitions

    def _new_type(self, number: int) -> list[str]:
        name, each = self._names[number], self._types[number]
        new_type = self._use("typing", "NewType")
        known = quoted(bare_name(each.name) if is_name(bare_name(each.name)) else name)
        lines = comment_lines([each.doc] if each.doc else [])
        lines += comment_lines(self._remarks.types.get(number, []))
        lines.append(f"{name} = {new_type}({known}, {self._types.spell_plainly(number)})")
        for constant, value in self._remarks.constants.get(number, []):
            free = self._free(constant)
            lines.append(f"{free} = {name}({spelled_value(value)})")
        return ["", *lines, ""] if len(lines) > 1 else lines

    def _class(self, number: int) -> list[str]:
        each = self._types[number]
        head = self._named(self._names[number], each.name, each.kind is Kind.STRUCT)
        match each.kind:
            case Kind.ENUM:
                return head + self._enum(number)
            case Kind.OPAQUE:
                return head + self._opaque(number)
        return head + self._struct(number)

    def _named(self, cls: str, name: str, may_be_empty: bool = False) -> list[str]:
        if name == f"{self._package}.{cls}" or not (name or may_be_empty):
            return []
        self._imports.setdefault(_TYPES, set()).add("wire")
        return [f"@{self._hidden.get('wire', 'wire')}({quoted(name)})"]

    def _enum(self, number: int) -> list[str]:
        each = self._types[number]
        is_text = self._types[each.element].kind is Kind.STRING
        base = each.base if each.base in _ENUMS else "StrEnum" if is_text else "IntEnum"
        names = [member for member in each.members if is_name(member.name)]
        lines = self._type_remarks(number)
        for member in names:
            lines += comment_lines(self._remarks.fields.get((number, member.name), []), 4)
            value = spelled_value(value_of(member, self._types[each.element]))
            lines.append(f"{member.name} = {value}")
        if len(names) < len(each.members):
            lines.append("# Members whose names are no identifiers are left out.")
        bases = self._use(_ENUMS[base], base)
        cls = _definition(f"class {self._names[number]}({bases}):", each.doc, lines)
        return [*self._underlying(self._types[each.element].kind), *cls]

    def _underlying(self, kind: Kind) -> list[str]:
        """Return the decorator of an enum whose numbers are no ``int`` of Go's."""
        if kind in (Kind.INT, Kind.STRING) or kind not in PLAIN:
            return []
        return [f"@{self._use(_TYPES, 'underlying')}({self._use(*PLAIN[kind])})"]

    def _type_remarks(self, number: int) -> list[str]:
        return comment_lines(self._remarks.types.get(number, []), 4)

    def _opaque(self, number: int) -> list[str]:
        name, each = self._names[number], self._types[number]
        encode, decode = ("gob_encode", "gob_decode")
        if each.encoding != "gob":
            encode, decode = ("marshal_binary", "unmarshal_binary")
        frozen, self_ = self._use("attrs", "frozen"), self._use("typing", "Self")
        lines = [
            *self._type_remarks(number),
            "# A type that encodes itself: only its bytes are known here, and nothing of its JSON.",
            'data: bytes = b""',
            "",
            f"def {encode}(self) -> bytes:",
            f"{_INDENT}return self.data",
            "",
            "@classmethod",
            f"def {decode}(cls, data: bytes) -> {self_}:",
            f"{_INDENT}return cls(data)",
        ]
        return [f"@{frozen}", *_definition(f"class {name}:", each.doc, lines)]

    def _struct(self, number: int) -> list[str]:
        name, each = self._names[number], self._types[number]
        raised = self._errors.get(number)
        defaults = [
            self._default(field, mutable=True) or self._zero(field) for field in each.fields
        ]
        is_frozen = each.hashable and raised is None
        decorator = f"@{self._use('attrs', 'frozen' if is_frozen else 'define')}"
        if _needs_keywords(defaults):
            decorator += "(kw_only=True)"
        lines = self._type_remarks(number)
        lines += self._code(raised, each) if raised is not None else []
        for attribute, field, default in zip(
            attribute_names(each.fields), each.fields, defaults, strict=True
        ):
            lines += comment_lines(self._remarks.fields.get((number, field.name), []), 4)
            lines.append(self._declaration(attribute, field, default))
            if field.has_default and not default:
                lines.insert(-1, "# Has a default that no literal can say.")
        lines += comment_lines(self._remarks.tails.get(number, []), 4)
        base = f"({self._use(_TYPES, 'RemoteError')})" if raised is not None else ""
        return [decorator, *_definition(f"class {name}{base}:", each.doc, lines)]

    def _code(self, raised: RaisedDescription, each: TypeDescription) -> list[str]:
        known = {code.value: code.name for code in Code}
        is_field = any(field.attribute == "code" for field in each.fields)
        if raised.code not in known or raised.code == Code.UNKNOWN or is_field:
            return []
        return [f"code = {self._use('rpcgen', 'Code')}.{known[raised.code]}"]

    def _declaration(self, attribute: str, field: FieldDescription, default: str) -> str:
        """Return a field or parameter: name, annotation and default."""
        marks = []
        if go_name(attribute) != field.name:
            marks.append(f"{self._use(_TYPES, 'wire')}({quoted(field.name)})")
        if field.json:
            marks.append(f"{self._use(_TYPES, 'json_tag')}({quoted(field.json)})")
        if field.embedded:
            marks.append(self._use(_TYPES, "embedded"))
        spelled = self._types.spell(field.type)
        if default == "()" and spelled.startswith("list["):
            spelled = self._use("collections.abc", "Sequence") + spelled.removeprefix("list")
        declared = f"{attribute}: {self._types.annotated(spelled, *marks)}"
        return f"{declared} = {default}" if default else declared

    def _default(self, field: FieldDescription, *, mutable: bool) -> str:
        """Return the default of a field or parameter, empty if it has none that can be written."""
        text = field.default
        if not field.has_default or not text:
            return ""
        if text == "frozenset()":
            return text
        if text in _EMPTY:
            return f"{self._use('attrs', 'field')}(factory={_EMPTY[text]})" if mutable else ""
        try:
            value = ast.literal_eval(text)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return ""
        if not _is_plain(value):
            return ""
        return self._converted(value, field.type)

    def _zero(self, field: FieldDescription) -> str:
        """Return Go's zero of a field as its default, empty if it is to have none."""
        zero = self._zeros.of(field.type) if self._remarks.zeros else None
        if field.has_default or zero is None:
            return ""
        if not zero.is_made:
            return zero.text
        return f"{self._use('attrs', 'field')}(factory={zero.text})"

    def _converted(self, value: object, number: int) -> str:
        """Return a default as a value of its type, where that is an enum or a named number."""
        each = self._types[number]
        if value is None:
            return "None"
        while each.kind is Kind.POINTER:
            number, each = each.element, self._types[each.element]
        spelled = spelled_value(value)
        if each.kind is Kind.ENUM:
            for member in each.members:
                if value_of(member, self._types[each.element]) == value and is_name(member.name):
                    return f"{self._names[number]}.{member.name}"
            return f"{self._names[number]}({spelled})"
        if number in self._names and each.kind in PLAIN:
            return f"{self._names[number]}({spelled})"
        return spelled

    # Services

    def _service(self, index: int) -> list[str]:
        service, cls = self._services[index], self._service_names[index]
        head = []
        if go_name(cls) != service.name:
            head = [f"@{self._use(_TYPES, 'wire')}({quoted(service.name)})"]
        lines: list[str] = []
        for name, method in zip(self._method_names[index], service.methods, strict=True):
            above = comment_lines(self._remarks.methods.get((index, method.name), []), 4)
            lines += ["", *above, *self._method(name, method)]
        below = comment_lines(self._remarks.services.get(index, []), 4)
        lines += ["", *below] if below else []
        protocol = self._use("typing", "Protocol")
        return [*head, *_definition(f"class {cls}({protocol}):", service.doc, lines[1:])]

    def _method(self, name: str, method: MethodDescription) -> list[str]:
        lines = [f"@{each}" for each in self._decorators(name, method)]
        parameters = self._parameters(method)
        if method.request in self._generated:
            lines = [*self._unknown_defaults(method), *lines]
        response = self._types.spell(method.response)
        receiver = "_self" if any(each.startswith("self:") for each in parameters) else "self"
        defined = f"def {name}({', '.join([receiver, *parameters])}) -> {response}:"
        if not method.doc:
            return [*lines, f"{defined} ..."]
        return [*lines, defined, f"{_INDENT}{docstring(method.doc, 8)}", f"{_INDENT}..."]

    def _unknown_defaults(self, method: MethodDescription) -> Iterator[str]:
        fields = self._types[method.request].fields
        for name, field in zip(attribute_names(fields), fields, strict=True):
            if field.has_default and not self._default(field, mutable=False):
                yield f"# The default of {name!r} is not known here, so it must be given."

    def _decorators(self, name: str, method: MethodDescription) -> Iterator[str]:
        if go_name(name) != method.name:
            yield f"{self._use(_TYPES, 'wire')}({quoted(method.name)})"
        if method.idempotent:
            yield self._use(_TYPES, "idempotent")
        if method.durable and not any(each.startswith("key:") for each in self._parameters(method)):
            yield self._use(_TYPES, "durable")
        for raised in method.raises:
            text = f", text={quoted(raised.text)}" if raised.text else ""
            yield f"{self._use(_TYPES, 'raises')}({self._types.spell(raised.type)}{text})"
        if 0 < method.timeout < math.inf:
            yield f"{self._use(_TYPES, 'timeout')}({method.timeout!r})"
        if method.request in self._generated and len(self._types[method.request].fields) == 1:
            yield self._use(_TYPES, "struct_args")

    def _parameters(self, method: MethodDescription) -> list[str]:
        request = self._types[method.request]
        if method.request not in self._generated:
            if request.kind is Kind.NOTHING:
                return []
            name = method.parameter if is_name(method.parameter) else "args"
            return [f"{name}: {self._types.spell(method.request)}"]
        defaults = [self._default(field, mutable=False) for field in request.fields]
        parts = [
            self._declaration(name, field, default)
            for name, field, default in zip(
                attribute_names(request.fields), request.fields, defaults, strict=True
            )
        ]
        if _needs_keywords(defaults):
            first = next(position for position, default in enumerate(defaults) if default)
            parts.insert(first, "*")
        return parts


def _run_time_members(description: Description) -> dict[str, str]:
    """Return other names for what members of classes would hide."""
    members = {field.attribute for each in description.types for field in each.fields}
    for service in description.services:
        members.update(method_names(service))
    return {name: f"{name}_" for name in members}


def _definition(head: str, doc: str, lines: Sequence[str]) -> list[str]:
    """Return a class: its first line, and what is in it, indented."""
    found = [f"{_INDENT}{docstring(doc, 4)}"] if doc else []
    if doc and lines:
        found.append("")
    found += [f"{_INDENT}{line}" if line else "" for line in lines]
    return [head, *found] if found else [f"{head} ..."]


def _without_gaps(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, of empty ones no more than two in a row."""
    empty = 0
    for line in lines:
        empty = 0 if line else empty + 1
        if empty <= 2:
            yield line


def _needs_keywords(defaults: Iterable[str]) -> bool:
    """Return True if one without a default follows one that has some."""
    required = [not default for default in defaults]
    return required != sorted(required, reverse=True)


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    if isinstance(value, int | float | complex):
        return cmath.isfinite(value)
    return value is None or isinstance(value, str | bytes)
