"""The parameter of a generated method that takes the options of its call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from ..protocol.call_options import OPTION_NAMES
from .names import Names
from .source import Symbol

__all__ = ["CallOptionsNames", "NarrowedOptions"]

# Types of the options, as a list of (name, parts of the expression).
_TYPES: Final[dict[str, str]] = {
    "timeout": "{float} | None",
    "metadata": "{Mapping}[{str}, {str}]",
    "wait_for_ready": "{bool}",
    "key": "{str}",
}

_ORIGINS: Final = {"Mapping": "collections.abc"}


@frozen
class NarrowedOptions:
    """A class of the generated module: the options of a call but some."""

    name: str
    without: tuple[str, ...]
    fields: tuple[str, ...]


class CallOptionsNames:
    """Names the type of each method's options.

    A parameter that is called like an option leaves no room for that one: the
    method takes the others, and ``with_options`` takes all.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._narrowed: dict[frozenset[str], NarrowedOptions] = {}

    @property
    def classes(self) -> list[NarrowedOptions]:
        """The classes that the module has to define, in the order of their names."""
        return sorted(self._narrowed.values(), key=lambda each: each.name)

    def type_for(self, parameters: Sequence[str]) -> str:
        """Return the type of the options of a method, as the module spells it.

        Args:
            parameters: Names of the method's own parameters.
        """
        taken = OPTION_NAMES.intersection(parameters)
        if not taken:
            return f"{self._names.qualify(Symbol('rpcgen', ''))}.CallOptions"
        if taken not in self._narrowed:
            self._narrowed[taken] = self._narrow(taken)
        return self._narrowed[taken].name

    def _narrow(self, taken: frozenset[str]) -> NarrowedOptions:
        without = tuple(name for name in _TYPES if name in taken)
        words = "".join(word.title() for name in without for word in name.split("_"))
        return NarrowedOptions(
            name=self._names.define(f"CallOptionsWithout{words}"),
            without=without,
            fields=tuple(
                f"{name}: {self._spelled(spelled)}"
                for name, spelled in _TYPES.items()
                if name not in taken
            ),
        )

    def _spelled(self, expression: str) -> str:
        used = {name for name in ("Mapping", "bool", "float", "str") if f"{{{name}}}" in expression}
        spelled = {
            name: self._names.qualify(Symbol(_ORIGINS.get(name, "builtins"), name)) for name in used
        }
        return expression.format_map(spelled)
