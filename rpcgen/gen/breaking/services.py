"""Two versions of services compared: what would break between peers of one and of the other."""

from __future__ import annotations

from typing import Final

from ...protocol.reflection import Kind, MethodDescription, ServiceDescription
from ..describe import Described, MethodPlace, ServicePlace
from ..findings import Finding
from .durable import compare_durable
from .errors import compare_errors
from .fit import Types
from .report import Report
from .spelling import spelled
from .types import TypeComparison
from .unions import tell_renamed

__all__ = ["compare_services"]


def compare_services(old: Described, new: Described) -> list[Finding]:
    """Return what would break between peers of two versions, with gob or with JSON.

    Args:
        old: The services as peers know them that are in use.
        new: The services as they are to be.
    """
    return _Services(old, new).compare()


class _Services:
    """The services of two descriptions."""

    def __init__(self, old: Described, new: Described) -> None:
        self._old, self._new = old, new
        self._report = Report(Types(old.description.types), Types(new.description.types), new.types)
        self._types = TypeComparison(self._report)

    def compare(self) -> list[Finding]:
        services, places = self._new.description.services, self._new.services
        for index, service in enumerate(self._old.description.services):
            found = self._find(index)
            if found is None:
                self._tell_service_gone(index, service)
            else:
                self._compare_service(service, services[found], places[found])
        self._compare_dynamic()
        return self._report.findings

    def _find(self, index: int) -> int | None:
        """Return which new service has the wire name of an old one, best one of its module."""
        old, new = self._old, self._new
        name = old.description.services[index].name
        same = [n for n, each in enumerate(new.description.services) if each.name == name]
        beside = [n for n in same if new.modules[n] == old.modules[index]]
        return next(iter([*beside, *same]), None)

    def _tell_service_gone(self, index: int, service: ServiceDescription) -> None:
        for now, place in zip(self._new.description.services, self._new.services, strict=True):
            if now.python == service.python:
                self._report.add(
                    place.location,
                    "service-renamed",
                    f"service {now.python} is {now.name!r} on the wire, and was {service.name!r}: "
                    "peers of one version do not find it at those of the other",
                    f'keep the name with the decorator @wire("{service.name}"), or register the '
                    "service under both",
                )
                self._compare_service(service, now, place)
                return
        self._report.add(
            self._old.services[index].location,
            "service-removed",
            f"service {service.name!r} is gone: calls of old peers fail",
            "serve it until no old peer is left",
        )

    def _compare_service(
        self, old: ServiceDescription, new: ServiceDescription, place: ServicePlace
    ) -> None:
        by_wire = {each.name: each for each in new.methods}
        by_name = {each.python: each for each in new.methods}
        for method in old.methods:
            called = f"{old.name}.{method.name}"
            now = by_wire.get(method.name)
            if now is not None:
                self._compare_method(called, method, now, place.methods[now.name])
                continue
            now = by_name.get(method.python)
            if now is not None:
                self._report.add(
                    place.methods[now.name].location,
                    "method-renamed",
                    f"method {method.python!r} is {now.name!r} on the wire, and was "
                    f"{method.name!r}: peers of one version do not find it at those of the other",
                    f'keep the name with the decorator @wire("{method.name}")',
                )
                self._compare_method(called, method, now, place.methods[now.name])
                continue
            queued = " and its queue is empty" if method.durable else ""
            self._report.add(
                place.location,
                "method-removed",
                f"method {called!r} is gone: calls of old peers fail",
                f"serve it until no old peer is left{queued}; if it has another name in Python, "
                f'the decorator @wire("{method.name}") keeps this one',
            )

    def _compare_method(
        self, called: str, old: MethodDescription, new: MethodDescription, place: MethodPlace
    ) -> None:
        if not self._tell_form(called, old, new, place):
            what = f"the argument of {called}"
            self._types.compare(old.request, new.request, place.request, what)
        if not self._tell_reply(called, old, new, place):
            what = f"the reply of {called}"
            self._types.compare(old.response, new.response, place.response, what)
        compare_errors(self._report, self._types, called, old, new, place.location)
        compare_durable(self._report, called, old, new, place)
        if old.idempotent and not new.idempotent:
            self._report.add(
                place.location,
                "idempotent-removed",
                f"method {called!r} is not idempotent any more: old callers may repeat its calls",
                "give the method that must not be repeated another name",
            )

    def _tell_form(
        self, called: str, old: MethodDescription, new: MethodDescription, place: MethodPlace
    ) -> bool:
        was = _form(self._report.old, old.request)
        now = _form(self._report.new, new.request)
        if was == now or "value" not in (was, now):
            return False
        self._report.add(
            place.location,
            "request-form",
            f"the argument of {called} is {_FORMS[now]} now, and was {_FORMS[was]}: neither side "
            "takes the calls of the other",
            _FORM_HINT if was == "value" else _STRUCT_HINT,
        )
        return True

    def _tell_reply(
        self, called: str, old: MethodDescription, new: MethodDescription, place: MethodPlace
    ) -> bool:
        was = _form(self._report.old, old.response)
        now = _form(self._report.new, new.response)
        if "nothing" not in (was, now) or "value" not in (was, now):
            return False
        if now == "nothing":
            reason = f"{called} returns nothing any more: old callers do not take the empty reply"
            hint = "return what it did until no old caller is left"
        else:
            reply = spelled(self._report.new, new.response)
            reason = (
                f"{called} returns {reply}, and returned nothing: new callers do not take the "
                "empty reply of old servers"
            )
            hint = "replace all servers first; or return a message, whose fields may be missing"
        self._report.add(place.response, "reply-form", reason, hint)
        return True

    def _compare_dynamic(self) -> None:
        """Compare the names of the messages that an ``Any`` may hold."""
        new = self._report.new
        by_class = {new[each].python: each for each in self._new.dynamic}
        names = {new[each].name for each in self._new.dynamic}
        for was in (self._report.old[each] for each in self._old.dynamic):
            now = by_class.get(was.python)
            if was.name not in names and now is not None:
                tell_renamed(self._report, now, was.name, self._new.services[0].location)


_FORMS: Final = {
    "nothing": "empty",
    "struct": "a struct",
    "value": "a single value that is none",
}

_FORM_HINT: Final = (
    "give the method another name; next time begin with @struct_args, which leaves room for "
    "more parameters, or with a message"
)

_STRUCT_HINT: Final = "a single parameter travels in a struct, too, with the decorator @struct_args"


def _form(types: Types, number: int) -> str:
    kind = types[types.pointed_to(number)].kind
    if kind is Kind.NOTHING:
        return "nothing"
    return "struct" if kind is Kind.STRUCT else "value"
