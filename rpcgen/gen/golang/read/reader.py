"""From Go source to the text of an IDL: finds services, describes them, writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import field, frozen

from ....errors import GenerateError
from ....protocol.reflection import Description
from ...idl_remarks import Remarks
from ...idl_text import write_idl
from .callbacks import Callbacks
from .candidates import Candidate, candidates, find_type
from .constants import Constants
from .describe import Note, Service, ServiceDescriber, services_of
from .describe_types import TypeDescriber
from .docs import DocText, doc_text, no_doc_text
from .methods import Methods
from .packages import Package, Packages
from .registered import registered_types
from .services import Registration, Services
from .syntax import Place
from .transports import transports
from .types import Resolver
from .variables import Variables

__all__ = ["Reading", "read_go"]


_UNPLAIN: Final = (
    "the type or name that gob.Register gets takes more than looking, so unions may lack it"
)


@frozen
class Reading:
    """Result of reading.

    Attributes:
        text: Text of the IDL, without a header.
        notes: What the IDL does not say, or a person should know.
        services: Number of services.
        methods: Number of methods that net/rpc serves.
        expressed: Number of them that the IDL has.
        files: Number of Go files that were read.
    """

    text: str
    notes: list[Note]
    services: int
    methods: int
    expressed: int
    files: int


def read_go(
    paths: Iterable[Path],
    *,
    module: str,
    type_names: Sequence[str] = (),
    name: str = "",
    replies: Mapping[str, str] | None = None,
    docs: bool = True,
) -> Reading:
    """Return the IDL of the services in Go source.

    Args:
        paths: Files, which stand for their packages, and folders, which stand for all below.
        module: Name of the module that the IDL will be.
        type_names: Types whose methods are served, with the name of their package where it is
            needed; those that are registered by default.
        name: Name of the service, where ``type_names`` has one.
        replies: Types of replies that only a callback gets, by name of the method.
        docs: True if docstrings and comments are made of Go's doc comments.

    Returns:
        The IDL, and what it does not say.

    Raises:
        GenerateError: There are no services, or a type is not there.
    """
    doc = doc_text if docs else no_doc_text
    return _Reader(paths, module, replies or {}, doc).read(type_names, name)


@frozen
class _Found:
    """Services, and notes on those that were not found."""

    services: list[Service]
    notes: list[Note] = field(factory=list)


class _Reader:
    """Reads packages once, and describes twice: only then all `gob.Register` calls are known."""

    def __init__(
        self, paths: Iterable[Path], module: str, replies: Mapping[str, str], docs: DocText
    ) -> None:
        self._module = module
        self._replies = replies
        self._docs = docs
        self._packages = Packages()
        loaded = [package for path in paths for package in self._packages.load(path)]
        self._loaded = [package for package in dict.fromkeys(loaded) if package.files]
        self._resolver = Resolver(self._packages)
        self._constants = Constants(self._resolver)
        self._methods = Methods(self._resolver)
        self._variables = Variables(self._resolver, self._methods)
        self._unplain: list[Place] = []

    def read(self, type_names: Sequence[str], name: str) -> Reading:
        """Return the IDL of types, or of what is registered."""
        if not self._loaded:
            raise GenerateError(("rpcgen: error: no Go files there; name a folder or file of Go",))
        found = self._named(type_names, name) if type_names else self._registered()
        self._describe(found.services, Remarks())  # reads the packages that types are from
        remarks = Remarks(doc=self._doc(found.services), zeros=True)
        describer, description = self._describe(found.services, remarks)
        if not describer.expressed:
            told = [f"{note.place}: note: {note.text}" for note in [*found.notes, *describer.notes]]
            raise GenerateError((*told, "rpcgen: error: no method of it can be said in an IDL"))
        left_out = [
            Note(each.place, f"field {each.name} is left out: {reason}")
            for each, reason in describer.types.left_out
            if not reason.startswith("gob passes over")
        ]
        said = [Note(place, text.rstrip(".")) for place, text in describer.types.notes]
        unplain = [Note(place, _UNPLAIN) for place in self._unplain]
        notes = [*self._problems(), *found.notes, *describer.notes, *left_out, *said, *unplain]
        return Reading(
            write_idl(description, module=self._module, remarks=remarks),
            list(dict.fromkeys(notes)),
            len(found.services),
            describer.found,
            describer.expressed,
            sum(len(package.files) for package in self._packages.read),
        )

    def _describe(
        self, services: list[Service], remarks: Remarks
    ) -> tuple[ServiceDescriber, Description]:
        registered = registered_types(
            self._packages.read, self._resolver, self._constants, self._variables
        )
        self._unplain = registered.unplain
        types = TypeDescriber(
            self._resolver,
            self._constants,
            self._methods,
            registered.names,
            remarks,
            self._module,
            self._docs,
        )
        callbacks = Callbacks(self._resolver, self._variables)
        describer = ServiceDescriber(
            self._methods, types, self._replies, callbacks, remarks, self._docs
        )
        return describer, describer.describe(services)

    # Services

    def _named(self, type_names: Sequence[str], name: str) -> _Found:
        services = []
        for each in type_names:
            found = find_type(each, self._loaded) or find_type(each, self._packages.read)
            if found is None:
                raise GenerateError(
                    (f"rpcgen: error: there is no type {each}; {self._candidates()}",)
                )
            names = (name or found.name,)
            services.append(Service(found, True, names, found.declared.place))
        return _Found(services)

    def _registered(self) -> _Found:
        services = Services(self._resolver, self._constants, self._methods, self._variables)
        registrations: list[Registration] = []
        notes: list[Note] = []
        for each in services.find(self._loaded):
            if isinstance(each, Registration):
                registrations.append(each)
            else:
                notes.append(Note(each.place, f"{each.reason}; say it with --type"))
        if registrations:
            return _Found(services_of(registrations), notes)
        told = [f"{note.place}: note: {note.text}" for note in notes]
        raise GenerateError(
            (*told, f"rpcgen: error: nothing is registered here; {self._candidates()}")
        )

    def _candidates(self) -> str:
        found = candidates(self._loaded, self._resolver, self._methods)
        if not found:
            return "and no type has methods that net/rpc would serve"
        listed = "".join(f"\n    --type {_shown(each)}" for each in found)
        return f"types that may be services:{listed}"

    # Notes for the user

    def _problems(self) -> list[Note]:
        return [
            Note(place, text)
            for package in self._packages.read
            for file in package.files
            for place, text in file.problems
        ]

    def _doc(self, services: Sequence[Service]) -> str:
        packages: dict[Package, None] = {each.receiver.package: None for each in services}
        docs = [doc for each in packages if (doc := self._docs(each.doc))]
        names = ", ".join(each.path or each.name for each in packages)
        told = transports(self._loaded, self._resolver, self._constants)
        if len(packages) > 1:
            first = doc_text(f"Services of the Go packages {names}.")
        else:
            first = docs[0] if docs else doc_text(f"Services of the Go package {names}.")
        return "\n\n".join([first, *told])


def _shown(candidate: Candidate) -> str:
    count = "1 method" if candidate.methods == 1 else f"{candidate.methods} methods"
    place: Place = candidate.type.declared.place
    return f"{candidate.type.full_name} ({count}, {place})"
