"""A reader of gob streams for tests: what was sent, free of type ids.

It is written from the description of the format alone, apart from
`rpcgen.gob`, so that a mistake in one shows against the other. It checks the
form of a stream and nothing of its meaning.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from attrs import define, field

__all__ = ["Token", "tokens"]

Token: TypeAlias = tuple[str, Any]

BOOL, INT, UINT, FLOAT, BYTES, STRING, COMPLEX, INTERFACE, WIRE_TYPE = 1, 2, 3, 4, 5, 6, 7, 8, 16

# The types that describe types, as Go numbers them: (name, type) of each field.
_COMMON = [("Name", STRING), ("Id", INT)]
_DESCRIPTIONS: dict[str, list[tuple[str, Any]]] = {
    "array": [("Common", _COMMON), ("Elem", INT), ("Len", INT)],
    "slice": [("Common", _COMMON), ("Elem", INT)],
    "struct": [("Common", _COMMON), ("Field", [[("Name", STRING), ("Id", INT)]])],
    "map": [("Common", _COMMON), ("Key", INT), ("Elem", INT)],
    "opaque": [("Common", _COMMON)],
}
_WIRE_TYPE_FIELDS = ("array", "slice", "struct", "map", "opaque", "opaque", "opaque")
_FIELD_NAMES = ("array", "slice", "struct", "map", "gob", "binary", "text")


def tokens(data: bytes) -> list[Token]:
    """Return what a stream says, token by token, in its order.

    Type ids become numbers in the order in which the types come up, and lengths
    of messages, which depend on the ids, are left out. Numbers stay as the
    bytes that they are, so that another form of the same number is another
    token. Raises `ValueError` if the stream is malformed.
    """
    walk = _Walk(data)
    while walk.position < len(data):
        walk.top_level()
    return walk.out


@define
class _Walk:
    data: bytes
    position: int = 0
    end: int = 0  # of the current message
    out: list[Token] = field(factory=list)
    types: dict[int, Any] = field(factory=dict)
    ordinals: dict[int, int] = field(factory=dict)

    def top_level(self) -> None:
        self.message()
        ident = self.signed()
        while ident < 0:
            self.definition(-ident)
            if self.position != self.end:
                raise ValueError(f"extra data after a type definition at {self.position}")
            self.message()
            ident = self.signed()
        self.out.append(("value", self.ordinal(ident)))
        if not self.is_struct(ident):
            self.emit_zero()
        self.value(ident)
        if self.position != self.end:
            raise ValueError(f"extra data after a value at {self.position}")

    def message(self) -> None:
        self.end = len(self.data)
        length = self.unsigned()
        self.end = self.position + length
        if self.end > len(self.data):
            raise ValueError(f"message of {length} bytes at {self.position}")
        self.out.append(("message", None))

    def is_struct(self, ident: int) -> bool:
        return ident in self.types and self.types[ident][0] == "struct"

    def emit_zero(self) -> None:
        if self.take(1) != b"\0":
            raise ValueError(f"no zero before a top-level value at {self.position}")

    # Numbers

    def take(self, count: int) -> bytes:
        taken = self.data[self.position : self.position + count]
        self.position += count
        if self.position > self.end:
            raise ValueError(f"value past the end of its message at {self.position}")
        return taken

    def raw(self) -> bytes:
        first = self.take(1)
        if first[0] <= 0x7F:
            return first
        return first + self.take(256 - first[0])

    def unsigned(self) -> int:
        raw = self.raw()
        return int.from_bytes(raw if len(raw) == 1 else raw[1:])

    def signed(self) -> int:
        number = self.unsigned()
        return ~(number >> 1) if number & 1 else number >> 1

    def text(self) -> bytes:
        return self.take(self.unsigned())

    # Types

    def ordinal(self, ident: int) -> int:
        """Number types of users from 1000 on, in order of appearance."""
        if ident < 64:
            return ident
        return self.ordinals.setdefault(ident, 1000 + len(self.ordinals))

    def definition(self, ident: int) -> None:
        if ident in self.types:
            raise ValueError(f"type {ident} defined twice")
        which = self.unsigned() - 1
        described = self.described(_DESCRIPTIONS[_WIRE_TYPE_FIELDS[which]])
        if self.unsigned() != 0:
            raise ValueError(f"two kinds in one definition at {self.position}")
        kind = _FIELD_NAMES[which]
        # Its id is not looked at: Go counts twice for a type that encodes itself.
        common = described.pop("Common", {})
        self.types[ident] = (kind, described)
        name = common.get("Name", b"")
        self.out.append(("define", (self.ordinal(ident), kind, name)))
        for key, value in described.items():
            if key == "Field":
                for each in value:
                    self.out.append(("field", (each["Name"], self.ordinal(each["Id"]))))
            else:
                number = value if key == "Len" else self.ordinal(value)
                self.out.append((key, number))

    def described(self, fields: list[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        number = -1
        while delta := self.unsigned():
            number += delta
            name, kind = fields[number]
            if kind == STRING:
                result[name] = self.text()
            elif kind == INT:
                result[name] = self.signed()
            elif isinstance(kind[0], list):
                result[name] = [self.described(kind[0]) for _ in range(self.unsigned())]
            else:
                result[name] = self.described(kind)
        return result

    # Values

    def value(self, ident: int) -> None:
        if ident in (BOOL, INT, UINT, FLOAT):
            self.out.append(("number", self.raw()))
        elif ident == COMPLEX:
            self.out.append(("complex", (self.raw(), self.raw())))
        elif ident in (BYTES, STRING):
            self.out.append(("text", self.text()))
        elif ident == INTERFACE:
            self.interface()
        elif ident in self.types:
            self.compound(*self.types[ident])
        else:
            raise ValueError(f"unknown type {ident} at {self.position}")

    def compound(self, kind: str, described: dict[str, Any]) -> None:
        if kind == "struct":
            self.struct(described.get("Field", []))
        elif kind == "map":
            count = self.unsigned()
            self.out.append(("count", count))
            for _ in range(count):
                self.value(described["Key"])
                self.value(described["Elem"])
        elif kind in ("slice", "array"):
            count = self.unsigned()
            if kind == "array" and count != described.get("Len", 0):
                raise ValueError(f"{count} elements in an array at {self.position}")
            self.out.append(("count", count))
            for _ in range(count):
                self.value(described["Elem"])
        else:
            self.out.append(("opaque", self.text()))

    def struct(self, fields: list[dict[str, Any]]) -> None:
        number = -1
        while delta := self.unsigned():
            number += delta
            self.out.append(("fieldnum", number))
            self.value(fields[number]["Id"])
        self.out.append(("end", None))

    def interface(self) -> None:
        name = self.text()
        self.out.append(("interface", name))
        if not name:
            return
        if self.position == self.end:
            self.message()
        ident = self.signed()
        while ident < 0:
            self.definition(-ident)
            # The value goes on in the next message; inside another interface
            # value that message is part of this one, and its length a number.
            if self.position == self.end:
                self.message()
            else:
                self.unsigned()
            ident = self.signed()
        self.out.append(("concrete", self.ordinal(ident)))
        length = self.unsigned()
        start = self.position
        if not self.is_struct(ident):
            self.emit_zero()
        known = len(self.types)
        self.value(ident)
        # Definitions inside the value cut it up, and then the length is that of its last part.
        if len(self.types) == known and length != self.position - start:
            raise ValueError(f"interface value not as long as it says at {self.position}")
