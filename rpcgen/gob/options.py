"""Options of `Encoder` and `Decoder` that have one of a few values."""

from __future__ import annotations

from typing import Final

__all__ = ["check_choice"]

_CHOICES: Final = {
    "strings": ("strict", "surrogateescape"),
    "strict_names": (False, True),
}


def check_choice(option: str, value: object) -> None:
    """Refuse a word that an option does not know.

    Args:
        option: Name of the option, ``strings`` or ``strict_names``.
        value: What was passed for it.

    Raises:
        ValueError: If it is none of the words.
    """
    if value not in _CHOICES[option]:
        raise ValueError(f"{option}={value!r}: write {' or '.join(map(repr, _CHOICES[option]))}")
