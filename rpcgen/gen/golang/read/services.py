"""Services: the values that a program hands to ``Register`` and ``RegisterName``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from attrs import evolve, frozen

from .constants import Constants
from .methods import Methods, RpcMethod
from .packages import Package
from .syntax import CallExpr, Expr, Function, GoFile, NameExpr, Place, SelectorExpr, TypeExpr
from .types import GoType, InterfaceType, NamedType, PointerType, Resolver, Scope
from .variables import Here, Variables

__all__ = ["Registration", "Services", "Unplain"]


@frozen
class Registration:
    """A value that is registered: its type, and its name where that is not the type's."""

    receiver: NamedType
    by_pointer: bool
    name: str
    place: Place


@frozen
class Unplain:
    """A registration whose type or name takes more than looking."""

    place: Place
    reason: str


@frozen
class _Register:
    """A function that registers: which of its arguments is the value, and which the name.

    ``name`` is a position, a text, or None where the type's name is used;
    ``use_name`` is the position of an argument that switches the name off.
    """

    receiver: int
    name: int | str | None = None
    use_name: int | None = None


# Functions of net/rpc, and of packages made after it.
_KNOWN: Final = {
    "Register": _Register(0),
    "RegisterName": _Register(1, 0),
    "NewService": _Register(0, 1, 2),
    "NewServiceWithMethodsRename": _Register(0, 1, 2),
}

# Maximum number of functions that hand a value on to each other.
_MAX_ROUNDS: Final = 5


class Services:
    """Finds what packages register, by functions of their own as well."""

    def __init__(
        self, resolver: Resolver, constants: Constants, methods: Methods, variables: Variables
    ) -> None:
        self._resolver = resolver
        self._constants = constants
        self._methods = methods
        self._variables = variables
        # Functions that register by name; those that are methods have a dot before it.
        self._own: dict[str, _Register] = {}

    def find(self, packages: Iterable[Package]) -> list[Registration | Unplain]:
        """Return the registrations of packages, in the order of the files.

        Args:
            packages: The packages that are looked at.
        """
        packages = list(packages)
        found = list(self._look(packages))
        for _ in range(_MAX_ROUNDS):
            before = dict(self._own)
            found = list(self._look(packages))
            if self._own == before:
                break
        return found

    def _look(self, packages: Iterable[Package]) -> Iterator[Registration | Unplain]:
        names = {*_KNOWN, *(name.removeprefix(".") for name in self._own)}
        for package in packages:
            for file in package.files:
                if not any(file.mentions(name) for name in names):
                    continue
                for function in file.functions:
                    yield from self._in_function(function, Scope(package, file), file)

    def _in_function(
        self, function: Function, scope: Scope, file: GoFile
    ) -> Iterator[Registration | Unplain]:
        for call in function.body().calls:
            here = Here(scope, function, call.place.line)
            how = self._registering(call, here)
            if how is None or how.receiver >= len(call.arguments):
                continue
            if not self._hands_on(function, call, how, here):
                found = self._registration(call, how, here)
                if found is not None:
                    yield found
        for value, place in function.body().handed_on:
            if self._is_of_server(value, Here(scope, function, place.line)):
                reason = f"{value.name} is handed on, so what it registers takes more than looking"
                yield Unplain(place, reason)

    def _is_of_server(self, value: SelectorExpr, here: Here) -> bool:
        """Return True if a function is that of a package of RPC, or of a server of one."""
        operand = self._variables.type_of(value.operand, here)
        if isinstance(operand, PointerType):
            operand = operand.element
        if isinstance(operand, NamedType):
            return _has_rpc(operand.package.path)
        if operand is not None or not isinstance(value.operand, NameExpr):
            return False
        return _has_rpc(self._resolver.package_of(value.operand.name, here.scope)[1])

    # Calls that register

    def _registering(self, call: CallExpr, here: Here) -> _Register | None:
        called = call.function
        if isinstance(called, NameExpr):
            return self._own.get(called.name) or self._of_dot_import(called.name, here)
        if not isinstance(called, SelectorExpr):
            return None
        name = called.name
        if isinstance(called.operand, NameExpr):
            _, path = self._resolver.package_of(called.operand.name, here.scope)
            is_variable = self._variables.type_of(called.operand, here) is not None
            if path and not is_variable:
                return (_KNOWN.get(name) if _has_rpc(path) else None) or self._own.get(name)
        if f".{name}" in self._own:
            return self._own[f".{name}"]
        return _KNOWN[name] if name in ("Register", "RegisterName") else None

    def _of_dot_import(self, name: str, here: Here) -> _Register | None:
        """Return how a function registers whose package's names a file uses as its own."""
        package = here.scope.package
        local = here.function.body().bindings if here.function is not None else ()
        is_local = any(each.name == name and each.line <= here.line for each in local)
        if name in package.functions or is_local:
            return None
        dots = [each.path for each in here.scope.file.imports if each.name == "."]
        return _KNOWN.get(name) if any(map(_has_rpc, dots)) else None

    def _hands_on(self, function: Function, call: CallExpr, how: _Register, here: Here) -> bool:
        """Return True if a function registers what it is given, and remember it."""
        names = [each.name for each in function.parameters]
        receiver = call.arguments[how.receiver]
        if not isinstance(receiver, NameExpr) or receiver.name not in names:
            return False
        own = self._variables.type_of(receiver, here)
        if isinstance(own, NamedType | PointerType) and self._served(own):
            return False  # the parameter's type is plain enough
        made = _Register(names.index(receiver.name), self._name_of(call, how, names, here))
        if isinstance(how.use_name, int) and how.use_name < len(call.arguments):
            switch = call.arguments[how.use_name]
            if isinstance(switch, NameExpr) and switch.name in names:
                made = evolve(made, use_name=names.index(switch.name))
            elif switch == NameExpr("false"):
                made = evolve(made, name=None)
        dot = "." if function.receiver else ""
        self._own.setdefault(f"{dot}{function.name}", made)
        return True

    def _name_of(
        self, call: CallExpr, how: _Register, names: list[str], here: Here
    ) -> int | str | None:
        if not isinstance(how.name, int):
            return how.name
        given = call.arguments[how.name] if how.name < len(call.arguments) else None
        if isinstance(given, NameExpr) and given.name in names:
            return names.index(given.name)
        return self._text(given, here)

    # Services that they register

    def _registration(
        self, call: CallExpr, how: _Register, here: Here
    ) -> Registration | Unplain | None:
        receiver = self._variables.type_of(call.arguments[how.receiver], here)
        name = self._given_name(call, how, here)
        by_pointer = isinstance(receiver, PointerType)
        if isinstance(receiver, PointerType):
            receiver = receiver.element
        if isinstance(receiver, NamedType) and self._served(receiver):
            is_interface = isinstance(self._resolver.underlying(receiver), InterfaceType)
            if is_interface and not name:
                return Unplain(call.place, f"{receiver} is an interface: its type is not known")
            if name is None:
                return Unplain(call.place, f"the name of {receiver} is no constant")
            return Registration(receiver, by_pointer, name or receiver.name, call.place)
        if not self._is_unknown(receiver) or not _is_rpc(here.scope.file):
            return None  # of no use to net/rpc: another package has functions called so
        return Unplain(call.place, "the type of what is registered takes more than looking")

    def _is_unknown(self, receiver: GoType | None) -> bool:
        if receiver is None:
            return True
        return bool(self._methods.names(self._resolver.underlying(receiver))) or (
            str(receiver) == "interface{...}"
        )

    def _given_name(self, call: CallExpr, how: _Register, here: Here) -> str | None:
        """Return the name, empty where it is the type's, None where it is not known."""
        switch = how.use_name
        has_switch = switch is not None and switch < len(call.arguments)
        if has_switch and call.arguments[switch or 0] == NameExpr("false"):
            return ""
        if how.name is None or isinstance(how.name, str):
            return how.name or ""
        return self._text(call.arguments[how.name], here)

    def _text(self, given: Expr | TypeExpr | None, here: Here) -> str | None:
        if given is None:
            return None
        constant = self._constants.value(given, here.scope)
        if constant is None and isinstance(given, NameExpr) and here.function is not None:
            # A variable of the function that has one value: name := "v1".
            values = [b.value for b in here.function.body().bindings if b.name == given.name]
            if len(values) == 1 and values[0] is not None:
                constant = self._constants.value(values[0], here.scope)
        return constant.value if constant and isinstance(constant.value, str) else None

    def _served(self, receiver: GoType) -> bool:
        """Return True if a type has a method that net/rpc serves."""
        if isinstance(receiver, PointerType):
            receiver = receiver.element
        if not isinstance(receiver, NamedType):
            return False
        return any(
            isinstance(each, RpcMethod) for each in self._methods.served(receiver, by_pointer=True)
        )


def _is_rpc(file: GoFile) -> bool:
    return any(_has_rpc(each.path) for each in file.imports)


def _has_rpc(path: str) -> bool:
    """Return True for the path of net/rpc, or of a package made after it."""
    return "rpc" in path.rpartition("/")[2]
