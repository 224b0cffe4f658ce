"""Types as messages spell them: as they are written in an IDL, as far as that is known."""

from __future__ import annotations

from ...protocol.reflection import Kind
from ..idl_types import PLAIN
from .fit import Types

__all__ = ["spelled"]

_NAMED = ("UUID", "GoTime", "datetime", "timedelta")


def spelled(types: Types, number: int, depth: int = 0) -> str:
    """Return how a type is called.

    Args:
        types: Types that it is one of.
        number: Its number.
        depth: Number of types around it.
    """
    each = types[number]
    if depth > 3:
        return "..."

    def part(number: int) -> str:
        return spelled(types, number, depth + 1)

    if each.python == "Literal":
        values = [repr(m.text if each.kind is Kind.STRING else m.number) for m in each.members]
        return f"Literal[{', '.join(values)}]"
    if each.python in _NAMED:
        return each.python
    match each.kind:
        case Kind.POINTER:
            return f"{part(each.element)} | None"
        case Kind.SLICE:
            return f"list[{part(each.element)}]"
        case Kind.ARRAY:
            held = "bytes" if each.python == "bytes" else f"list[{part(each.element)}]"
            return f"Annotated[{held}, length({each.length})]"
        case Kind.MAP if each.python in ("set", "frozenset"):
            return f"{each.python}[{part(each.key)}]"
        case Kind.MAP:
            return f"dict[{part(each.key)}, {part(each.element)}]"
        case Kind.OPAQUE:
            return each.name
        case Kind.STRUCT | Kind.ENUM:
            return each.python or each.name
        case Kind.INTERFACE:
            return " | ".join(map(part, each.union)) or "Any"
    return PLAIN[each.kind][1]
