"""Findings of `lint`: parts of an IDL that generate, but are better said otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from .._names import go_name
from ..protocol.reflection import FieldDescription, Kind, MethodDescription, TypeDescription
from ..types import json_tag
from .breaking.fit import Types, values_of
from .breaking.spelling import spelled
from .describe import Described, MethodPlace, TypePlace
from .diagnostics import Location
from .findings import Finding

__all__ = ["lint"]


def lint(described: Described) -> list[Finding]:
    """Return what is better said otherwise.

    Args:
        described: The services.
    """
    types = Types(described.description.types)
    found: list[Finding] = []
    for number, place in described.types.items():
        if types[number].kind is Kind.STRUCT:
            for rule in _OF_STRUCTS:
                found += rule(types, types[number], place)
    found += _module_names(described, types)
    for service, where in zip(described.description.services, described.services, strict=True):
        for method in service.methods:
            found += _lone_parameter(types, method, where.methods[method.name])
    return found


# Words that Go's style writes in capitals, and a good many programs do not. ID is not among
# them: half of all messages have one, and few programs differ.
_OFTEN_LOWER: Final = frozenset(
    """
    acl api ascii cpu css dns eof guid html http https ip json lhs qps ram rhs rpc sla smtp sql
    ssh tcp tls ttl udp ui uid uuid uri url utf8 vm xml xmpp xsrf xss
    """.split()
)

# Words that Go's style does not know, and a good many programs write in capitals.
_OFTEN_CAPITALS: Final = frozenset(
    """
    aws cidr csv db dsn gc gpu io ipv4 ipv6 jwt mac mtu nat os pdf pid sdk sha ssl sso vpc yaml
    """.split()
)


def _ambiguous_name(_: Types, each: TypeDescription, place: TypePlace) -> Iterator[Finding]:
    """Find names whose case Go's programs do not agree on, so that gob may lose their fields."""
    for field in each.fields:
        words = field.attribute.rstrip("_").split("_")
        if field.attribute in place.named or not (_OFTEN_LOWER | _OFTEN_CAPITALS) & {*words}:
            continue
        other = "".join(map(_other_case, words))
        yield Finding(
            _location(place, field),
            "ambiguous-name",
            f"{_called(field, each)} is {field.name!r} on the wire: where a Go program has "
            f"{other!r}, gob loses it without an error",
            f'say which: {field.attribute}: Annotated[..., wire("{field.name}")] or '
            f'wire("{other}")',
            ("gob",),
        )


def _other_case(word: str) -> str:
    """Return a word as Go programs spell it that do not agree with `go_name`."""
    if word in _OFTEN_CAPITALS:
        return word.upper()
    return word[:1].upper() + word[1:] if word in _OFTEN_LOWER else go_name(word)


def _case_clash(_: Types, each: TypeDescription, place: TypePlace) -> Iterator[Finding]:
    """Find fields whose names differ in case only, which JSON takes for one another."""
    first: dict[str, FieldDescription] = {}
    for field in each.fields:
        tag = json_tag(field.json)
        if tag.omitted:
            continue
        name = tag.name or field.name
        other = first.setdefault(name.casefold(), field)
        if other is not field:
            yield Finding(
                _location(place, field),
                "case-clash",
                f"fields {other.attribute!r} and {field.attribute!r} of {each.python} differ in "
                "case only on the wire: Go's JSON takes one for the other",
                "name one of them otherwise",
                ("json",),
            )


def _no_zero_member(types: Types, each: TypeDescription, place: TypePlace) -> Iterator[Finding]:
    """Find enums that cannot be zero, which is what a peer sends that sets nothing."""
    for field in each.fields:
        held = types[field.type]
        values = values_of(held)
        zero = "" if types.kind_of(held) is Kind.STRING else 0
        if values is None or zero in values:
            continue
        what = held.python if held.kind is Kind.ENUM else "its Literal"
        yield Finding(
            _location(place, field),
            "no-zero-member",
            f"{_called(field, each)} cannot be zero, since {what} has no member for {zero!r}: "
            "a message in which a peer has not set it is refused",
            f"add a member for {zero!r}, or make it an OpenIntEnum or OpenStrEnum",
        )


# Kinds whose zero gob leaves out behind a pointer, so that it arrives as None.
_HIDDEN: Final = (
    *(kind for kind in Kind if kind.value.startswith(("int", "uint", "float", "complex"))),
    *(Kind.BOOL, Kind.STRING, Kind.BYTES, Kind.SLICE, Kind.ENUM),
)

_SHOWN_ZEROS: Final = {
    Kind.BOOL: "False",
    Kind.STRING: "an empty str",
    Kind.BYTES: "empty bytes",
    Kind.SLICE: "an empty list",
}


def _hidden_zero(types: Types, each: TypeDescription, place: TypePlace) -> Iterator[Finding]:
    """Find optional numbers and texts, whose zero arrives as None."""
    for field in each.fields:
        held = types[field.type]
        inner = types[held.element] if held.kind is Kind.POINTER else held
        if inner is held or inner.kind not in _HIDDEN or inner.kind is Kind.INTERFACE:
            continue
        zero = _SHOWN_ZEROS.get(types.kind_of(inner), "0")
        yield Finding(
            _location(place, field),
            "hidden-zero",
            f"{_called(field, each)} may be None, and as that gob sends {zero}, too",
            f"write {spelled(types, held.element)} alone, or put the value into a message; if "
            "both mean the same here, ignore this",
            ("gob",),
        )


def _module_names(described: Described, types: Types) -> Iterator[Finding]:
    """Find what is called on the wire as its module is: members of unions, and exceptions."""
    members = {each for union in types.all for each in union.union}
    raised = {
        raised.type
        for service in described.description.services
        for method in service.methods
        for raised in method.raises
    }
    for number in sorted(members | raised):
        place = described.types.get(number)
        if place is None or place.is_named:
            continue
        each = types[number]
        where, codecs = ("inside a union", ("gob",)) if number in members else ("", ())
        yield Finding(
            place.location,
            "module-name",
            f"{each.python} is {each.name!r} {where or 'on the wire'}, after its module: moved to "
            "another, peers do not know it",
            f'keep the name with the decorator @wire("{each.name}")',
            codecs or ("gob", "json"),
        )


def _lone_parameter(
    types: Types, method: MethodDescription, place: MethodPlace
) -> Iterator[Finding]:
    """Find single parameters that are no messages, beside which there is no room for another."""
    kind = types[types.pointed_to(method.request)].kind
    if method.takes_struct or kind in (Kind.STRUCT, Kind.NOTHING):
        return
    yield Finding(
        place.location,
        "lone-parameter",
        f"method {method.python!r} takes a single value, so a second parameter would break its "
        "callers",
        "the decorator @struct_args leaves room for more; where Go has the value itself, "
        "ignore this",
    )


def _called(field: FieldDescription, each: TypeDescription) -> str:
    return f"field {field.attribute!r} of {each.python}"


def _location(place: TypePlace, field: FieldDescription) -> Location:
    return place.members.get(field.attribute, place.location)


_Rule: TypeAlias = Callable[[Types, TypeDescription, TypePlace], Iterator[Finding]]

_OF_STRUCTS: Final[tuple[_Rule, ...]] = (
    _ambiguous_name,
    _case_clash,
    _no_zero_member,
    _hidden_zero,
)
