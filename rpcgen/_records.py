"""`ImmutableRecord` and `ValueRecord`: small objects that do not change.

attrs compiles methods for each of its classes, which takes longer than all
else that importing this package does. These share theirs; messages, and objects
that are made often, are attrs classes.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self, dataclass_transform

__all__ = ["ImmutableRecord", "ValueRecord"]


@dataclass_transform(frozen_default=True, eq_default=False)
class ImmutableRecord:
    """Object that does not change, of the fields that its class annotates; equal to itself alone.

    Assigned values are defaults. The fields of a base class are not inherited.
    """

    _names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._names = tuple(cls.__annotations__) or cls._names

    def __init__(self, *arguments: Any, **named: Any) -> None:
        names, values = self._names, self.__dict__
        if len(arguments) == len(names) and not named:
            values.update(zip(names, arguments, strict=True))  # the usual, several times as fast
            return
        if len(arguments) > len(names):
            raise TypeError(f"{type(self).__name__} has only {len(names)} fields")
        for name, value in zip(names, arguments, strict=False):
            values[name] = value
        for name in names[len(arguments) :]:
            try:
                values[name] = named.pop(name) if name in named else getattr(type(self), name)
            except AttributeError:
                raise TypeError(f"{type(self).__name__} lacks {name!r}") from None
        if named:
            raise TypeError(f"{type(self).__name__} has no {', '.join(named)} to be given")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} does not change")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} does not change")

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._names)
        return f"{type(self).__qualname__}({fields})"

    def replace(self, **changes: object) -> Self:
        """Return a copy with some fields changed, as `dataclasses.replace` does.

        Args:
            **changes: New values by field.

        Raises:
            TypeError: A field of this name does not exist.
        """
        return type(self)(**{name: getattr(self, name) for name in self._names} | changes)

    def _values(self) -> tuple[object, ...]:
        return tuple([self.__dict__[name] for name in self._names])


@dataclass_transform(frozen_default=True)
class ValueRecord(ImmutableRecord):
    """`ImmutableRecord` that is equal to every other of its class with equal fields."""

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))
