"""`write_go`: the files of a Go package for services that are described as data."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import jinja2
from attrs import frozen

from ....code import Code
from ....protocol.reflection import (
    Description,
    Kind,
    MethodDescription,
    RaisedDescription,
    ServiceDescription,
)
from ...describe import Described
from ...diagnostics import Diagnostic, raise_if_any
from ...header import go_header
from ...names import joined_words
from .comments import doc_comment
from .exceptions import text_parts
from .literals import quoted
from .names import KEYWORDS, GoNames, exported, unexported
from .types import GoType, GoTypes

__all__ = ["CODEC_FILE", "write_go"]

CODEC_FILE = "rpc_codec.go"
"""Name of the file that has the codec, the same in every package."""


@frozen
class _Raised:
    """An exception that a method declares."""

    type: str
    wire: str
    code: str
    parts: str  # how it is read from the text of a server that sends no more


@frozen
class _Method:
    """One method, as templates write it; everything is Go source."""

    name: str
    wire: str
    comment: tuple[str, ...]
    reference: tuple[str, ...]
    declared: str  # its parameters in the interface
    parameters: str  # the same with the names that bodies of functions refer to
    results: str
    reply: str
    received: str  # what the codec reads the arguments to
    sent: str
    passed: str
    raised: str  # the variable with its exceptions
    raises: tuple[_Raised, ...]


@frozen
class _Service:
    name: str
    wire: str
    comment: tuple[str, ...]
    client: str
    adapter: str
    methods: tuple[_Method, ...]


@frozen
class _Registered:
    wire: str
    value: str


@frozen
class _Package:
    name: str
    sources: str
    imports: list[str]
    types: list[GoType]
    registered: list[_Registered]
    services: list[_Service]


def write_go(described: Described, package: str, sources: str) -> dict[str, str]:
    """Return the files of a Go package: types, clients, what serves, and a codec.

    Args:
        described: The services.
        package: Name of the package.
        sources: What the files say they are generated from.

    Returns:
        The text of each file, formatted as by gofmt, by its name.

    Raises:
        GenerateError: Go has no counterpart of something in the IDL.
    """
    raise_if_any(_without_counterpart(described))
    header = go_header(sources)
    view = _Writer(described, package, sources).package()
    name = package.replace("_", "")  # what follows one could be an operating system
    return {
        f"{name}.go": _template("package", header=header, package=view),
        CODEC_FILE: _template("codec", header=header, package=package),
    }


class _Writer:
    """Writes one package: first all names, then what they stand for."""

    def __init__(self, described: Described, package: str, sources: str) -> None:
        self._described = described
        self._description: Description = described.description
        self._package = package
        self._sources = sources
        names = GoNames()
        self._services = [_service_name(each, names) for each in self._description.services]
        self._types = GoTypes(
            self._description.types, names, self._error_texts(), self._parameter_structs()
        )

    def package(self) -> _Package:
        services = [self._service(index) for index in range(len(self._services))]
        registered = list(self._registered())
        types = self._types.declarations()
        imports = {"context", "net/rpc", *self._types.imports}
        if registered:
            imports.add("encoding/gob")
        return _Package(self._package, self._sources, sorted(imports), types, registered, services)

    def _methods(self) -> Iterator[tuple[ServiceDescription, MethodDescription]]:
        for service in self._description.services:
            for method in service.methods:
                yield service, method

    def _error_texts(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for _, method in self._methods():
            for raised in method.raises:
                found[raised.type] = found.get(raised.type) or raised.text
        return found

    def _parameter_structs(self) -> dict[int, str]:
        return {
            method.request: f"{service.name}.{method.name}"
            for service, method in self._methods()
            if method.takes_struct
        }

    def _registered(self) -> Iterator[_Registered]:
        types = self._description.types
        members = {each for union in types for each in union.union}
        for number in sorted(members.union(self._described.dynamic)):
            if types[number].name and types[number].kind is Kind.STRUCT:
                yield _Registered(quoted(types[number].name), f"{self._types.spell(number)}{{}}")

    def _service(self, index: int) -> _Service:
        service, name = self._description.services[index], self._services[index]
        return _Service(
            name=name,
            wire=quoted(service.name),
            comment=doc_comment(service.doc, f"{name} is a service."),
            client=f"{name}Client",
            adapter=f"{unexported(name)}Adapter",
            methods=tuple([self._method(name, service, each) for each in service.methods]),
        )

    def _method(
        self, service: str, described: ServiceDescription, method: MethodDescription
    ) -> _Method:
        request, reply = self._types.spell(method.request), self._types.spell(method.response)
        nothing = self._description.types[method.request].kind is Kind.NOTHING
        # Calls are told apart by the addresses of their arguments, which these do not have.
        is_empty = self._types.is_empty(method.request)
        ctx = "ctx context.Context"
        raises = tuple([self._raised(each) for each in method.raises])
        return _Method(
            name=method.name,
            wire=quoted(f"{described.name}.{method.name}"),
            comment=self._comment(method),
            reference=doc_comment(f"{method.name} calls {described.name}.{method.name}."),
            declared=ctx if nothing else f"{ctx}, {_parameter(method)} {request}",
            parameters=ctx if nothing else f"{ctx}, args {request}",
            results="error" if reply == "struct{}" else f"({reply}, error)",
            reply=reply,
            received=f"*{request}" if is_empty else request,
            sent="&struct{}{}" if nothing else "&args",
            passed="ctx" if nothing else f"ctx, {request}{{}}" if is_empty else "ctx, *args",
            raised=f"raisedBy{service}{method.name}" if raises else "nil",
            raises=raises,
        )

    def _comment(self, method: MethodDescription) -> tuple[str, ...]:
        text = method.doc or f"{method.name} has no description."
        if method.raises:
            names = " or ".join(f"*{self._types.spell(each.type)}" for each in method.raises)
            text += f"\n\nIts error may be a {names}, which errors.As finds."
        return doc_comment(text)

    def _raised(self, raised: RaisedDescription) -> _Raised:
        return _Raised(
            self._types.spell(raised.type),
            quoted(self._description.types[raised.type].name),
            f"Code{exported(Code(raised.code).name.lower())}",
            text_parts(self._description.types[raised.type], raised.text),
        )


def _without_counterpart(described: Described) -> Iterator[Diagnostic]:
    """Yield what is wrong with exceptions in Go, where a field is not called as a method is."""
    types = described.description.types
    for service in described.description.services:
        for raised in [each for method in service.methods for each in method.raises]:
            for field in types[raised.type].fields:
                if field.name == "Error":
                    place = described.types[raised.type]
                    yield Diagnostic(
                        place.members.get(field.attribute, place.location),
                        f"field {field.attribute!r} of {types[raised.type].python} is 'Error' on "
                        "the wire, which in Go is the method that returns its text",
                        'name it otherwise: Annotated[..., wire("Name")]',
                    )


def _service_name(service: ServiceDescription, names: GoNames) -> str:
    name = exported(service.python or service.name)
    while not names.is_free(*_names_of(name)):
        name += "_"
    names.take(*_names_of(name))
    return name


def _names_of(service: str) -> tuple[str, ...]:
    return service, f"{service}Client", f"New{service}Client", f"Register{service}"


def _parameter(method: MethodDescription) -> str:
    """Return the name of the parameter of a method, in its interface."""
    words = [word for word in method.parameter.split("_") if word]
    if method.takes_struct or not words:
        return "args"
    name = unexported(words[0]) + joined_words(words[1:])
    return "args" if name in KEYWORDS or name == "ctx" else name


def _template(name: str, **values: object) -> str:
    return _environment().get_template(f"{name}.go.jinja").render(values)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parents[2] / "templates" / "go"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # Go is not HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
