"""Services and types of Go, as the description that an IDL file is written from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import define, field, frozen

from ....protocol.reflection import (
    Description,
    Kind,
    MethodDescription,
    ServiceDescription,
    TypeDescription,
)
from ...idl_remarks import Remarks
from .callbacks import Callbacks
from .describe_types import InexpressibleError, TypeDescriber
from .docs import DocText, doc_text
from .methods import Methods, RpcMethod, Unfit
from .names import attribute_name, class_name
from .services import Registration
from .syntax import Place
from .types import GoType, NamedType, StructType

__all__ = ["Note", "Service", "ServiceDescriber", "services_of"]


@frozen(order=True)
class Note:
    """Something that the IDL does not say, or that a person should know."""

    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@frozen
class Service:
    """A receiver, with all names that it is registered by, the first of which is its own."""

    receiver: NamedType
    by_pointer: bool
    names: tuple[str, ...]
    place: Place


def services_of(registrations: Iterable[Registration]) -> list[Service]:
    """Return the services that registrations make: one for each receiver.

    Args:
        registrations: The registrations, in the order of the source.
    """
    found: dict[NamedType, Service] = {}
    for each in registrations:
        known = found.get(each.receiver)
        names = () if known is None else known.names
        if each.name not in names:
            names = (*names, each.name)
        by_pointer = each.by_pointer or (known is not None and known.by_pointer)
        place = each.place if known is None else known.place
        found[each.receiver] = Service(each.receiver, by_pointer, names, place)
    return list(found.values())


@define
class _Progress:
    """State of the services as far as it is known."""

    taken: dict[str, Service] = field(factory=dict)
    classes: set[str] = field(factory=set)


class ServiceDescriber:
    """Describes services, and collects notes on what cannot be said.

    Args:
        methods: Methods of types.
        types: Describer of the types that the methods take and give.
        replies: Types of replies that only a callback gets, by name of the method.
        callbacks: Looks for such types.
        remarks: Comments of the IDL, which this adds to.
        docs: Makes docstrings of Go's doc comments.
    """

    def __init__(
        self,
        methods: Methods,
        types: TypeDescriber,
        replies: Mapping[str, str],
        callbacks: Callbacks,
        remarks: Remarks,
        docs: DocText,
    ) -> None:
        self._methods = methods
        self.types = types
        self._replies = replies
        self._callbacks = callbacks
        self._remarks = remarks
        self._docs = docs
        self._progress = _Progress()
        self.notes: list[Note] = []
        self.found = 0
        self.expressed = 0

    def describe(self, services: Sequence[Service]) -> Description:
        """Return the description of services and all types that they use.

        Args:
            services: The services.
        """
        described: list[ServiceDescription] = []
        for each in services:
            one = self._service(len(described), each)
            if one.methods:
                described.append(one)
            else:
                self._nothing_of(each, len(described))
        self.types.add_registered()
        return Description(described, self.types.types)

    def _nothing_of(self, service: Service, index: int) -> None:
        """Say of a service that it has no method which can be said, and so no class."""
        reasons = " ".join(self._remarks.services.pop(index, []))
        text = f'Service "{service.names[0]}" is left out, since none of its methods can be said.'
        self._remarks.end.append(f"{text} {reasons}".rstrip())
        self.notes.append(Note(service.place, text.removesuffix(".")))

    def _service(self, index: int, service: Service) -> ServiceDescription:
        name, python, more = self._named(service)
        own = self._docs(service.receiver.declared.doc)
        doc = "\n\n".join(part for part in (own, *more) if part)
        described = ServiceDescription(name, python, doc)
        waiting: list[str] = []
        for each in self._methods.served(service.receiver, by_pointer=service.by_pointer):
            if isinstance(each, Unfit):
                self._unfit(each)
                continue
            self.found += 1
            try:
                described.methods.append(self._method(each))
            except InexpressibleError as error:
                waiting.append(f"{each.name} is left out: {error}.")
                self.notes.append(Note(each.place, f"{each.name} is left out: {error}"))
                continue
            self.expressed += 1
            waiting += self._beyond(each, described.methods[-1])
            if waiting:
                self._remarks.methods[index, each.name] = waiting
                waiting = []
        for missing, place in self._methods.unknown_bases(service.receiver):
            text = f"what {missing.name} has is not known: {missing.reason}"
            waiting.append(f"Methods may be missing: {text}.")
            self.notes.append(Note(place, f"methods may be missing: {text}"))
        if waiting:
            self._remarks.services[index] = waiting
        return described

    def _beyond(self, method: RpcMethod, described: MethodDescription) -> list[str]:
        """Return what the argument and the reply may hold in Go that they cannot here."""
        numbers = (described.request, described.response)
        told = [said for number in numbers for said in self.types.beyond(number)]
        self.notes += [Note(method.place, f"{method.name}: {said.rstrip('.')}") for said in told]
        return list(dict.fromkeys(told))

    def _named(self, service: Service) -> tuple[str, str, list[str]]:
        """Return name on the wire, class, and what the docstring says of other names."""
        name = service.names[0]
        python = class_name(name)
        others = [f'It is served as "{each}" as well.' for each in service.names[1:]]
        if python in self._progress.classes:
            python = class_name(service.receiver.name)
        if python in self._progress.classes:
            python = class_name(f"{service.receiver.package.name} {service.receiver.name}")
        while python in self._progress.classes:
            python += "_"
        self._progress.classes.add(python)
        if name in self._progress.taken:
            others.append(
                f'It is served as "{name}", like another one here: '
                f'dial(address, service="{name}") calls it.'
            )
            self.notes.append(
                Note(service.place, f'two services are called "{name}": this one is {python}')
            )
            name = python
        self._progress.taken[name] = service
        if service.names[1:]:
            others[-1] += f' dial(address, service="{service.names[-1]}") calls it so.'
        return name, python, [doc_text(" ".join(others))]

    def _unfit(self, method: Unfit) -> None:
        if "parameters" in method.reason or "error alone" in method.reason:
            return  # an ordinary method
        self.notes.append(Note(method.place, f"{method.name} is not served: {method.reason}"))

    def _method(self, method: RpcMethod) -> MethodDescription:
        request = self._top(method.request, f"{method.name} Args")
        response = self._top(self._response(method), f"{method.name} Reply")
        parameter = attribute_name(method.parameter) if method.parameter.strip("_") else "args"
        return MethodDescription(
            method.name,
            attribute_name(method.name),
            self._docs(method.doc),
            request,
            response,
            parameter=parameter,
        )

    def _response(self, method: RpcMethod) -> GoType:
        if method.response is not None:
            return method.response
        given = self._replies.get(method.name)
        if given is not None:
            return self._callbacks.resolve(given, method)
        guess = self._callbacks.guess(method)
        hint = f"--reply {method.name}={guess or 'TYPE'}"
        raise InexpressibleError(f"its reply goes to a callback; say its type with {hint}")

    def _top(self, of: GoType, place: str) -> int:
        """Return the number of an argument or a reply; a struct without fields is nothing."""
        under = self.types.resolver.underlying(of)
        is_empty = isinstance(under, StructType) and not under.expression.fields
        if is_empty and not self._methods.encoding(of):
            return self.types.add(TypeDescription(Kind.NOTHING))
        number = self.types.number(of, place)
        return self.types.required(number)  # an argument or reply is never nil
