"""`Record`: a struct that was read without a schema."""

from __future__ import annotations

from typing import Any

from attrs import frozen

__all__ = ["Record", "Undecoded"]


@frozen
class Record:
    """The fields of a Go struct, by their Go names: ``record["X"]`` or ``record.X``."""

    type_name: str
    names: tuple[str, ...]
    values: tuple[Any, ...]

    def __getitem__(self, name: str) -> Any:
        try:
            return self.values[self.names.index(name)]
        except ValueError:
            raise KeyError(name) from None

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"{self.type_name} has no field {name!r}") from None

    def asdict(self) -> dict[str, Any]:
        """Return the fields in a dict of their own."""
        return dict(zip(self.names, self.values, strict=True))

    def __repr__(self) -> str:
        fields = ", ".join(f"{k}={v!r}" for k, v in self.asdict().items())
        return f"{self.type_name or 'Record'}({fields})"


@frozen
class Undecoded:
    """The bytes that a Go type made of itself, whose meaning only it knows."""

    type_name: str
    data: bytes
