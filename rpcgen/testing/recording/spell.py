"""Values and calls as text for people: on one line, of bounded length, harmless to a terminal."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from rpcgen.escapes import escaped
from rpcgen.values.record import Record, Undecoded

from .traffic import Call

__all__ = ["spell", "spell_answer", "spell_request"]

# Maximum length of a value, in characters, and of a list in it, in elements.
_MAX_CHARACTERS: Final = 300
_MAX_ELEMENTS: Final = 50

_MAX_DEPTH: Final = 20


def spell(value: object, longest: int = _MAX_CHARACTERS) -> str:
    """Return a value as text: like JSON, with names of fields as they are.

    Args:
        value: The value.
        longest: Maximum length in characters; what is cut is said.
    """
    text = escaped(_spell(value, 0))
    return text if len(text) <= longest else f"{text[:longest]}... ({len(text)} characters)"


def spell_request(call: Call) -> str:
    """Return method and arguments of a call."""
    return f"{escaped(call.method)} {spell(call.args.value)}"


def spell_answer(call: Call) -> str:
    """Return what a call was answered with."""
    if call.error:
        return f"error: {escaped(call.error)[:_MAX_CHARACTERS]}"
    return spell(call.reply.value) if call.reply is not None else "no answer"


def _spell(value: object, depth: int) -> str:
    if depth > _MAX_DEPTH:
        return "..."
    match value:
        case Record():
            return _spell_fields(value.asdict(), depth, quote=False)
        case dict():
            return _spell_fields(value, depth, quote=True)
        case list() | tuple():
            items = [_spell(item, depth + 1) for item in value[:_MAX_ELEMENTS]]
            return f"[{', '.join(items + _rest(value))}]"
        case bool() | None:
            return {True: "true", False: "false", None: "null"}[value]
        case str():
            return f'"{value}"'
        case bytes() | bytearray():
            more = f"... ({len(value)} bytes)" if len(value) > _MAX_ELEMENTS else ""
            return f"x'{bytes(value[:_MAX_ELEMENTS]).hex()}'{more}"
        case datetime():
            return value.isoformat()
        case Undecoded():
            return f"{value.type_name} {_spell(value.data, depth)}"
        case int() if value.bit_length() > 4096:  # which Python refuses to write
            return hex(value)
    return str(value)


def _spell_fields(fields: dict[object, object] | dict[str, object], depth: int, quote: bool) -> str:
    parts = [
        f"{_spell(name, depth + 1) if quote else name}: {_spell(value, depth + 1)}"
        for name, value in list(fields.items())[:_MAX_ELEMENTS]
    ]
    return f"{{{', '.join(parts + _rest(fields))}}}"


def _rest(values: object) -> list[str]:
    count = len(values) - _MAX_ELEMENTS  # type: ignore[arg-type]
    return [f"... ({count} more)"] if count > 0 else []
