"""Random IDLs of all types, for what holds of any of them."""

from __future__ import annotations

import random

__all__ = ["random_idl"]

_HEAD = """\
from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Annotated, Any, NewType, Protocol

from attrs import define, frozen
from rpcgen.types import (
    BigInt, Complex64, Float32, Int8, Int16, Int32, Int64, NetIP, NetipAddr, OpenIntEnum,
    OpenStrEnum, Uint, Uint8, Uint16, Uint32, Uint64, Uintptr, embedded, json_tag, length,
    struct_args, underlying, wire,
)

"""

_LEAVES = """
bool int float complex str bytes Int8 Int16 Int32 Int64 Uint Uint8 Uint16 Uint32 Uint64 Uintptr
Float32 Complex64 datetime timedelta BigInt NetipAddr NetIP
""".split()

_KEYS = "int str Uint8 Int64 float bool Key".split()

_WORDS = "alpha beta url guid id type func range error string len value key go map user".split()


class _Drawn:
    """Draws one IDL; what has no end holds earlier messages alone, or itself by an option."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._leaves = [*_LEAVES, "Key"]
        self._messages: list[str] = []
        # What is embedded gives its methods to what it is in, and so its place in unions.
        self._embedded: list[str] = []
        self._united: list[str] = []
        # Enums of bytes, of which there are no lists.
        self._bytes: list[str] = []

    def text(self) -> str:
        parts = [_HEAD, "@frozen\nclass Key:\n    a: int = 0\n    b: str = ''\n"]
        for number in range(self._random.randrange(3)):
            parts.append(self._enum(number))
        for number in range(self._random.randrange(2)):
            parts.append(f'Named{number} = NewType("Named{number}", {self._pick(_LEAVES[1:7])})\n')
            self._leaves.append(f"Named{number}")
        for number in range(1, self._random.randrange(2, 7)):
            parts.append(self._message(f"M{number}"))
        for number in range(self._random.randrange(1, 3)):
            parts.append(self._service(number))
        return "\n\n".join(parts)

    def _pick(self, choices: list[str]) -> str:
        return self._random.choice(choices)

    def _chance(self, percent: int) -> bool:
        return self._random.randrange(100) < percent

    def _enum(self, number: int) -> str:
        base = self._pick(["IntEnum", "StrEnum", "OpenIntEnum", "OpenStrEnum"])
        is_text = "Str" in base
        values = ["", "a b", "ä"] if is_text else [0, 1, -7]
        head = ""
        if not is_text and self._chance(40):
            held = self._pick(["Int8", "Int32", "Uint", "Uint8", "Uint16", "Uint64"])
            head = f"@underlying({held})\n"
            self._bytes += [f"E{number}"] if held == "Uint8" else []
            values = [0, 1, 200] if held.startswith("U") else values
        lines = [f"    V_{index} = {value!r}\n" for index, value in enumerate(values)]
        self._leaves.append(f"E{number}")
        return f"{head}class E{number}({base}):\n{''.join(lines)}"

    def _message(self, name: str) -> str:
        names = self._random.sample(_WORDS, self._random.randrange(1, 6))
        lines = [f"    {each}_{name.lower()}: {self._field(name)}\n" for each in names]
        if {*self._messages} - {*self._united} and self._chance(30):
            base = self._pick([each for each in self._messages if each not in self._united])
            self._embedded.append(base)
            lines.append(f"    base: Annotated[{base}, embedded, wire({base!r})]\n")
        head = f'@wire("pkg.{name}")\n' if self._chance(30) else ""
        self._messages.append(name)
        return f'{head}@define\nclass {name}:\n    """Message ``{name}``."""\n\n{"".join(lines)}'

    def _field(self, inside: str) -> str:
        kind = self._type(inside)
        marks = []
        if self._chance(20):
            marks.append(f'wire("Wire{self._random.randrange(10_000)}")')
        if self._chance(20):
            marks.append(f'json_tag("tag{self._random.randrange(10_000)},omitempty")')
        return f"Annotated[{kind}, {', '.join(marks)}]" if marks else kind

    def _type(self, inside: str = "", depth: int = 0) -> str:
        drawn = self._random.randrange(100)
        if drawn < 45 or depth > 2:
            return self._pick([*self._leaves, *self._messages])
        inner = self._type(inside, depth + 1)
        if drawn < 60:
            return inner if inner in self._bytes else f"list[{inner}]"
        if drawn < 68:
            return f"dict[{self._pick(_KEYS)}, {inner}]"
        if drawn < 74:
            return f"Annotated[list[{inner}], length({self._random.randrange(1, 4)})]"
        if drawn < 80 and inside and not depth:
            return f"{inside} | None"
        if drawn < 88 and not depth:
            return f"{self._pick([*_LEAVES[:5], *(self._messages or ['int'])])} | None"
        plain = [each for each in self._messages if each not in self._embedded]
        if drawn < 95 and len(plain) > 1:
            one, other = self._random.sample(plain, 2)
            self._united += [one, other]
            return f"{one} | {other} | None"
        return self._pick(["Any", "set[str]"])

    def _service(self, number: int) -> str:
        head = f'@wire("app-{number}/v1")\n' if self._chance(30) else ""
        methods = [self._method(index) for index in range(self._random.randrange(1, 5))]
        return f"{head}class Service{number}(Protocol):\n{''.join(methods)}"

    def _method(self, index: int) -> str:
        names = self._random.sample(_WORDS, self._random.randrange(4))
        parameters = "".join(f", {each}: {self._alone()}" for each in names)
        reply = "None" if self._chance(20) else self._alone()
        mark = "    @struct_args\n" if self._chance(20) else ""
        return f"{mark}    def method_{index}(self{parameters}) -> {reply}: ...\n"

    def _alone(self) -> str:
        """Return a type that may travel alone, as None may not."""
        kind = self._type()
        return "int" if kind.endswith("| None") else kind


def random_idl(seed: int) -> str:
    """Return the text of an IDL.

    Args:
        seed: Number that it depends on alone.
    """
    return _Drawn(seed).text()
