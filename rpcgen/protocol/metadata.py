"""Metadata: texts that travel beside the arguments and the reply of a call, by their names.

A name has one or more visible ASCII characters, capital letters and the space not among them
(``!`` to ``@`` and ``[`` to ``~``): ``traceparent``, ``x-tenant``. A value is any Unicode text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

__all__ = ["TRACEPARENT", "checked_metadata", "metadata_fault", "metadata_size"]

TRACEPARENT: Final = "traceparent"
"""Name of the W3C trace context; the calls that a handler makes carry it on."""

_is_name: Final = re.compile(r"[!-@\[-~]+").fullmatch


def checked_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return a copy of metadata that is to be sent.

    Args:
        metadata: Texts by their names.

    Returns:
        A dict of the same texts, which a later change does not reach.

    Raises:
        TypeError: It is no mapping of ``str`` to ``str``.
        ValueError: A name or a value is not as this module says.
    """
    if not isinstance(metadata, Mapping):
        raise TypeError(f"metadata is a mapping of str to str, not {type(metadata).__name__}")
    copy = dict(metadata)
    items: Iterable[tuple[object, object]] = copy.items()  # the caller may be untyped
    for name, value in items:
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"metadata {name!r:.80}: {value!r:.80} is not of str to str")
        fault = _name_fault(name)
        if fault:
            raise ValueError(fault)
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(
                f"metadata {name!r:.80}: {value!r:.80} holds lone surrogates, which are no UTF-8"
            ) from None
    return copy


def metadata_size(metadata: Mapping[str, str]) -> int:
    """Return the size in bytes of all names and values together, as `Limits.metadata` counts it."""
    return sum(len(name) + _size(value) for name, value in metadata.items())


def metadata_fault(metadata: Mapping[str, str], limit: int) -> str:
    """Return what is wrong with a peer's metadata, empty if nothing is.

    Args:
        metadata: What has come.
        limit: Maximum size in bytes.
    """
    size = metadata_size(metadata)
    if size > limit:
        return f"metadata of {size} bytes; the limit is {limit} (Limits.metadata)"
    return next(filter(None, map(_name_fault, metadata)), "")


def _name_fault(name: str) -> str:
    if _is_name(name):
        return ""
    return (
        f"the name {name!r:.80} of metadata: "
        "write visible ASCII characters, without capital letters and spaces"
    )


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))
