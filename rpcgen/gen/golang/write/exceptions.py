"""The texts of declared exceptions, as Go makes them of the fields."""

from __future__ import annotations

import string

from ....protocol.reflection import TypeDescription
from ....types.calls import text_pieces
from .literals import one_line, quoted

__all__ = ["error_method", "text_parts"]


def error_method(each: TypeDescription, name: str, text: str) -> tuple[str, bool]:
    """Return the method ``Error`` of an exception, and True if it needs the package fmt.

    Args:
        each: The exception.
        name: Name of its type in Go.
        text: Text that the IDL declares for it: ``{key}`` is a field. Empty, or with a ``*``,
            which stands for any text: its name and fields.
    """
    layout, fields = _layout(each, text) if text and "*" not in text else _named(each, name)
    comment, head = "// Error returns the text for people.", f"func (e *{name}) Error() string"
    if not fields:
        method = one_line(head, f"return {quoted(layout.replace('%%', '%'))}")
        return f"{comment}\n{method}", False
    values = "".join(f", e.{field}" for field in fields)
    method = f"{head} {{\n\treturn fmt.Sprintf({quoted(layout)}{values})\n}}"
    return f"{comment}\n{method}", True


def text_parts(each: TypeDescription, text: str) -> str:
    """Return the arguments by which Go reads the fields of an exception from its text.

    Args:
        each: The exception, which is called ``e`` there.
        text: The text that the IDL declares; empty where there is none to read.
    """
    if not text:
        return ""
    names = {field.attribute: field.name for field in each.fields}
    parts: list[str] = []
    for plain, name in text_pieces(text):
        parts.append(quoted(plain))
        if name is not None:
            parts.append(f"&e.{names[name]}" if name else "nil")
    return ", ".join(parts)


def _layout(each: TypeDescription, text: str) -> tuple[str, list[str]]:
    """Return a layout of fmt's for a text, and the fields that it has."""
    names = {field.attribute: field.name for field in each.fields}
    layout, fields = "", []
    for literal, attribute, _, _ in string.Formatter().parse(text):
        layout += literal.replace("%", "%%")
        if attribute is not None:
            layout += "%v"
            fields.append(names[attribute])
    return layout, fields


def _named(each: TypeDescription, name: str) -> tuple[str, list[str]]:
    if not each.fields:
        return name, []
    parts = ", ".join(f"{field.name}=%v" for field in each.fields)
    return f"{name}({parts})", [field.name for field in each.fields]
