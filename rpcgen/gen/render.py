"""The text of a generated module: what it needs is decided here, the templates only loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from attrs import frozen

from ..types.calls import Raised
from .check import dynamic_messages
from .docstrings import docstring
from .header import header
from .model import Kind, Method, Module, Parameter, Service
from .names import (
    MethodNames,
    Names,
    generated_names,
    method_names,
    quoted,
    snake_case,
)
from .options import CallOptionsNames
from .source import Symbol
from .wrap_lines import LINE_LENGTH, wrap_lines

__all__ = ["render", "render_package"]

# Where the names that templates use come from.
_ORIGINS = {
    **dict.fromkeys(["classmethod", "property", "str"], "builtins"),
    **dict.fromkeys(["ABC", "abstractmethod"], "abc"),
    **dict.fromkeys(["Protocol", "Self", "TypedDict", "Unpack"], "typing"),
    "define": "attrs",
}

# Names of the package that statements of a module use, rather than functions and annotations.
_EAGER = frozenset(
    """
    AbstractService AsyncClientStub AsyncDurableStub AsyncGoStub ClientStub DurableStub GoStub
    Method
    """.split()
)

# Maximum length of what a docstring of one line in a method says, in characters.
_MAX_DOCSTRING = LINE_LENGTH - 8 - 6

# Names that a client has of its own, unless the service has a method called so.
_CLIENTS_OWN = ("dial", "go", "close", "with_options")

# The same, where the service has durable methods.
_OF_DURABLE = ("durable", "tickets")


class _Known:
    """The names that templates use, as ``n.Call``: spelled for the module, and imported.

    What the module needs to be imported is imported by name, all else of the package is an
    attribute of it, ``rpcgen.Call``: looked up when first used, and imported then.
    """

    def __init__(self, names: Names) -> None:
        self._names = names

    def __getattr__(self, name: str) -> str:
        if name in _EAGER:
            return self._names.qualify(Symbol("rpcgen", name))
        if name in _ORIGINS:
            return self._names.qualify(Symbol(_ORIGINS[name], name))
        return f"{self._names.qualify(Symbol('rpcgen', ''))}.{name}"


@frozen
class _Method:
    """One method, as templates write it; everything is Python source."""

    name: str
    wire: str
    constant: str
    traits: str  # further arguments of its descriptor
    durable: bool
    docstring: str | None
    reference: str  # the docstring where it would be said again
    started: str  # the docstring of the method that starts the call
    queued: str  # that of the method which leaves it to a queue
    deprecated: str  # the decorator, if it is
    request: str
    response: str
    returning: str  # ``return``, where there is something to return
    receiver: str  # ``self``, or another name where a parameter is called so
    parameters: str
    options: str  # the parameter that takes options of the call
    options_type: str
    star: str  # what parts the parameters from ``done``
    done: str
    sent: str
    answer: str


@frozen
class _Params:
    """The class that several parameters travel as."""

    name: str
    service: str
    method: str
    fields: tuple[str, ...]
    keyword_only: bool


@frozen
class _Service:
    name: str
    wire: str
    methods: tuple[_Method, ...]
    dial: str
    go: str
    close: str
    with_options: str
    durable_methods: tuple[_Method, ...]  # none: the client has neither of the next two
    durable: str
    tickets: str


@frozen
class _ApiFlavour:
    """Differences between blocking and asyncio code."""

    protocol: str
    client: str
    docstring: str
    documents: bool  # its methods have the docstrings of the IDL: those of one flavour do
    client_base: str
    go_class: str
    go_base: str
    durable_class: str
    tickets_class: str
    options: str
    connected: str
    dial: str
    dial_docstring: str
    define: str
    wait: str
    call: str
    handler: str
    register: str
    server: str


@frozen
class _Module:
    header: str
    docstring: str
    deprecated: bool
    imports: list[list[str]]
    exported: list[str]
    body: str


def render(module: Module) -> str:
    """Return the text of the module generated for an IDL file."""
    names = Names(_members(module), _parameters(module))
    for symbol in module.names:
        names.reexport(symbol)
    generated = list(_generated(module))
    names.reserve(generated)
    known, options = _Known(names), CallOptionsNames(names)
    constants: list[str] = []
    classes: list[str] = []
    rest: list[str] = []
    for service in module.services:
        methods, params = _methods(service, names, options)
        view = _service(service, methods)
        sync, asynchronous = _sync(service, known), _async(service, known)
        constants.append(_template("methods", n=known, service=view))
        classes += [_template("params", n=known, params=each) for each in params]
        rest += [
            _template("client", n=known, service=view, api=sync),
            _template("go_methods", n=known, service=view, api=sync),
            *_durable(view, sync, known),
            _template("service", n=known, service=view, api=sync),
            _template("register", n=known, service=view, api=sync),
            _template("protocol", n=known, service=view),
            _template("client", n=known, service=view, api=asynchronous),
            _template("go_methods", n=known, service=view, api=asynchronous),
            *_durable(view, asynchronous, known),
            _template("register", n=known, service=view, api=asynchronous),
        ]
    narrowed = [_template("options", n=known, options=each) for each in options.classes]
    classes = narrowed + classes
    start = "".join(["".join(constants), *_registration(module, names)])
    body = "\n\n".join([*classes, start, *rest]) if classes else "\n\n".join([start, *rest])
    if names.constants:
        body = "\n".join(names.constants) + "\n\n" + ("\n" if classes else "") + body
    source = module.source.name
    return wrap_lines(
        _template(
            "module",
            module=_Module(
                header=header(module.idl.path.relative_to(module.idl.root).as_posix()),
                docstring=f"Typed clients and servers for the services of ``{source}``.",
                deprecated=any(
                    method.deprecated for service in module.services for method in service.methods
                ),
                imports=names.imports(),
                exported=sorted([*names.reexported, *generated]),
                body=("\n" if classes and not names.constants else "") + body.rstrip("\n"),
            ),
        )
    )


def _durable(service: _Service, api: _ApiFlavour, n: Any) -> Iterator[str]:
    """Yield the classes of a service's durable methods, if it has some."""
    if not service.durable_methods:
        return
    if api.wait:
        base, ticket = n.AsyncDurableStub, f"{n.aio}.Ticket"
    else:
        base, ticket = n.DurableStub, n.Ticket
    yield _template("durable", n=n, service=service, api=api, base=base, ticket=ticket)


def render_package() -> str:
    """Return the text of the ``__init__.py`` of a folder of generated modules."""
    return f'{header()}"""Typed clients and servers."""\n'


def _generated(module: Module) -> Iterator[str]:
    for service in module.services:
        yield from generated_names(service)
        for own in method_names(service).values():
            yield from own


def _members(module: Module) -> Iterator[str]:
    """Yield the names that generated classes have as attributes."""
    for service in module.services:
        yield from (_own(service, name) for name in _CLIENTS_OWN)
        if any(method.durable for method in service.methods):
            yield from (_own(service, name) for name in _OF_DURABLE)
        for method in service.methods:
            yield method.name
            if method.takes_struct:
                yield from map(_field_name, method.parameters)


def _parameters(module: Module) -> Iterator[str]:
    for service in module.services:
        for method in service.methods:
            yield from (parameter.name for parameter in method.parameters)


def _own(service: Service, name: str) -> str:
    """Return the name of a method of the client itself: the service's own take precedence."""
    return _free(name, {method.name for method in service.methods})


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _service(service: Service, methods: tuple[_Method, ...]) -> _Service:
    return _Service(
        name=service.name,
        wire=quoted(service.wire_name),
        methods=methods,
        dial=_own(service, "dial"),
        go=_own(service, "go"),
        close=_own(service, "close"),
        with_options=_own(service, "with_options"),
        durable_methods=tuple(method for method in methods if method.durable),
        durable=_own(service, "durable"),
        tickets=_own(service, "tickets"),
    )


def _methods(
    service: Service, names: Names, options: CallOptionsNames
) -> tuple[tuple[_Method, ...], list[_Params]]:
    methods: list[_Method] = []
    classes: list[_Params] = []
    for method, own in method_names(service).items():
        params = _params(service, method, own, names)
        if params is not None:
            classes.append(params)
        methods.append(_method(service, method, params, own, names, options))
    return tuple(methods), classes


def _method(
    service: Service,
    method: Method,
    params: _Params | None,
    own: MethodNames,
    names: Names,
    options: CallOptionsNames,
) -> _Method:
    parameters = method.parameters
    taken = {parameter.name for parameter in parameters}
    response = names.expression(method.returns) if method.returns else "None"
    return _Method(
        name=method.name,
        wire=quoted(f"{service.wire_name}.{method.wire_name}"),
        constant=own.constant,
        traits=_traits(method, names),
        durable=method.durable,
        docstring=method.docstring,
        reference=_reference(service, method),
        started=_said_of("Start the call; returns a future-like `Call`.", service, method),
        queued=_said_of("Leave the call to the queue.", service, method),
        deprecated=names.literal(method.deprecated) if method.deprecated else "",
        request=params.name if params else _request(parameters, names),
        response=response,
        returning="" if response == "None" else "return ",
        receiver=_receiver(parameters),
        parameters=_signature(method, own, names),
        options=_free("options", taken),
        options_type=options.type_for([each.name for each in parameters]),
        star="" if any(each.kind is Kind.KEYWORD for each in parameters) else "*, ",
        done=_free("done", taken),
        sent=_sent(parameters, params),
        answer=_answer(method, params),
    )


def _traits(method: Method, names: Names) -> str:
    """Return what a descriptor says besides the name on the wire."""
    parts = []
    if method.raises:
        parts.append(f"raises=[{', '.join(_raised(each, names) for each in method.raises)}]")
    if method.timeout is not None:
        parts.append(f"timeout={method.timeout!r}")
    if method.idempotent:
        parts.append("idempotent=True")
    if method.durable:
        parts.append("durable=True")
    return "".join(f", {part}" for part in parts)


def _raised(raised: Raised, names: Names) -> str:
    cls = names.qualify(_symbol(raised.error))
    return f"({cls}, {quoted(raised.text)})" if raised.text else cls


def _reference(service: Service, method: Method) -> str:
    return f"See `{service.name}Client.{method.name}`."


def _said_of(text: str, service: Service, method: Method) -> str:
    if not method.docstring:
        return text
    reference = _reference(service, method)
    line = f"{text} {reference}"
    return line if len(line) <= _MAX_DOCSTRING else f"{text}\n\n{reference}"


def _request(parameters: Sequence[Parameter], names: Names) -> str:
    for parameter in parameters:
        return _annotation(parameter, names)
    return "None"


def _annotation(parameter: Parameter, names: Names) -> str:
    return names.expression(parameter.annotation) if parameter.annotation else "None"


def _signature(method: Method, own: MethodNames, names: Names) -> str:
    """Return what stands between the brackets of a method's definition."""
    parameters = method.parameters
    parts = [_receiver(parameters)]
    kinds = [parameter.kind for parameter in parameters]
    for position, parameter in enumerate(parameters):
        if parameter.kind is Kind.KEYWORD and Kind.KEYWORD not in kinds[:position]:
            parts.append("*")
        parts.append(_declaration(parameter.name, own, parameter, names))
        if parameter.kind is Kind.POSITIONAL and Kind.POSITIONAL not in kinds[position + 1 :]:
            parts.append("/")
    return ", ".join(parts)


def _receiver(parameters: Sequence[Parameter]) -> str:
    return "_self" if any(parameter.name == "self" for parameter in parameters) else "self"


def _declaration(name: str, own: MethodNames, parameter: Parameter, names: Names) -> str:
    declared = f"{name}: {_annotation(parameter, names)}"
    if parameter.default is None:
        return declared
    wished = f"DEFAULT_{own.constant}_{snake_case(parameter.name).upper()}"
    return f"{declared} = {names.default(parameter, wished)}"


def _params(service: Service, method: Method, own: MethodNames, names: Names) -> _Params | None:
    if own.args is None:
        return None
    required = [parameter.default is None for parameter in method.parameters]
    return _Params(
        name=own.args,
        service=service.name,
        method=method.name,
        fields=tuple(
            _declaration(_field_name(each), own, each, names) for each in method.parameters
        ),
        # attrs takes positional fields without a default only before those with one.
        keyword_only=required != sorted(required, reverse=True),
    )


def _field_name(parameter: Parameter) -> str:
    # The __init__ that attrs writes has a parameter of that name already.
    return "self_" if parameter.name == "self" else parameter.name


def _sent(parameters: Sequence[Parameter], params: _Params | None) -> str:
    """Return the value that a stub sends, made from its parameters."""
    if params is None:
        return parameters[0].name if parameters else "None"
    if params.keyword_only:
        values = ", ".join(f"{_field_name(each)}={each.name}" for each in parameters)
    else:
        values = ", ".join(parameter.name for parameter in parameters)
    return f"{params.name}({values})"


def _answer(method: Method, params: _Params | None) -> str:
    """Return the function of one argument that calls the implementation."""
    function = f"implementation.{method.name}"
    if not method.parameters:
        return f"lambda _: {function}()"
    if params is None:
        (only,) = method.parameters
        if only.kind is not Kind.KEYWORD:
            return function
        return f"lambda args: {function}({only.name}=args)"
    values = ", ".join(
        f"{each.name}=args.{_field_name(each)}"
        if each.kind is Kind.KEYWORD
        else f"args.{_field_name(each)}"
        for each in method.parameters
    )
    return f"lambda args: {function}({values})"


def _sync(service: Service, n: Any) -> _ApiFlavour:
    name = service.name
    return _ApiFlavour(
        protocol=name,
        client=f"{name}Client",
        docstring=service.docstring or f"The methods of `{name}`.",
        documents=True,
        client_base=n.ClientStub,
        go_class=f"{name}Go",
        go_base=n.GoStub,
        durable_class=f"{name}Durable",
        tickets_class=f"{name}Tickets",
        options=n.ChannelOptions,
        connected=n.Self,
        dial=f"cls({n.dial}({_target(service)}, **options), service=service)",
        dial_docstring="Connect to a server; the options are those of `rpcgen.dial`.\n\n"
        "``service`` is the name that the server has for this service, if another.",
        define="def",
        wait="",
        call=n.Call,
        handler="handler",
        register=f"register_{snake_case(name)}",
        server=n.Registry,
    )


def _async(service: Service, n: Any) -> _ApiFlavour:
    name = f"Async{service.name}"
    return _ApiFlavour(
        protocol=name,
        client=f"{name}Client",
        docstring=f"`{service.name}Client` on asyncio.",
        documents=False,
        client_base=n.AsyncClientStub,
        go_class=f"{name}Go",
        go_base=n.AsyncGoStub,
        durable_class=f"{name}Durable",
        tickets_class=f"{name}Tickets",
        options=n.ChannelOptions,
        connected=f"{n.aio}.ClientConnector[{n.Self}]",
        dial=f"{n.aio}.dial({_target(service)}, **options)"
        ".map(lambda client: cls(client, service=service))",
        dial_docstring="Connect to a server; the options are those of `rpcgen.aio.dial`.\n\n"
        "``service`` is the name that the server has for this service, if another. Await\n"
        "what it returns, or use it in ``async with``.",
        define="async def",
        wait="await ",
        call=f"{n.aio}.Call",
        handler="async_handler",
        register=f"register_async_{snake_case(service.name)}",
        server=f"{n.aio}.Server",
    )


def _target(service: Service) -> str:
    """Return what a stub dials, which says the service where servers are found by it."""
    return f"cls._target(address, service or {quoted(service.wire_name)})"


def _registration(module: Module, names: Names) -> Iterator[str]:
    """Yield the statement that makes the messages known to gob, where one may be in an Any."""
    classes = dynamic_messages(module)
    if classes:
        function = names.qualify(Symbol("rpcgen", "register_types"))
        spelled = [names.qualify(_symbol(cls)) for cls in classes]
        yield f"\n{function}({', '.join(spelled)})\n"


def _symbol(cls: type[Any]) -> Symbol:
    return Symbol(cls.__module__, cls.__qualname__)


def _template(name: str, **values: object) -> str:
    return _environment().get_template(f"{name}.py.jinja").render(values)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # Python is not HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["docstring"] = docstring
    return environment
