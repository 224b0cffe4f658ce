"""Names of the classes that an IDL has for types of Go: each once."""

from __future__ import annotations

from .names import class_name
from .types import ArrayType, GoType, MapType, MissingType, NamedType, PointerType, SliceType

__all__ = ["ClassNames"]


class ClassNames:
    """Gives types names: their own, or a longer one where another package has that, too."""

    def __init__(self) -> None:
        self._taken: dict[str, GoType] = {}

    def of(self, named: NamedType) -> str:
        """Return the name of the class for a type, the same one each time.

        Args:
            named: The type; what a generic one is used for is part of its name.
        """
        name = _name_of(named)
        if self._taken.setdefault(name, named) == named:
            return name
        longer = class_name(f"{named.package.name} {name}")
        while self._taken.setdefault(longer, named) != named:
            longer += "_"
        return longer

    def anonymous(self, place: str) -> str:
        """Return the name of a struct without one: that of what has it.

        Args:
            place: The field or method that has the struct.
        """
        name = class_name(place)
        while name in self._taken:
            name += "_"
        self._taken[name] = MissingType(name, "")
        return name


def _name_of(of: GoType) -> str:
    match of:
        case NamedType():
            return class_name(" ".join([of.name, *map(_name_of, of.arguments)]))
        case SliceType() | ArrayType():
            return f"{_name_of(of.element)}List"
        case MapType():
            return f"{_name_of(of.value)}Map"
        case PointerType():
            return _name_of(of.element)
    return class_name(str(of).rpartition(".")[2].replace("{", " ").replace("}", " "))
