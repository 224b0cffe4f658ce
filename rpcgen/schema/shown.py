"""`shown`: a value in the text of an error."""

from __future__ import annotations

from .._interrupts import reraise_interrupt

__all__ = ["shown"]


def shown(value: object) -> str:
    """Return a value as an error shows it, which raises nothing.

    Args:
        value: Any value.

    Returns:
        Its `repr`, of 80 characters at most, or the name of its class.
    """
    try:
        return f"{value!r:.80}"
    except Exception as error:  # thousands of digits, or a class of the user's
        reraise_interrupt(error)
        return f"a value of {type(value).__name__}"
