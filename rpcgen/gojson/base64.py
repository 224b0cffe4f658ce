"""Base64 as Go's ``encoding/base64`` reads it: padded, with line breaks anywhere."""

from __future__ import annotations

import binascii

__all__ = ["base64_error_place", "bytes_of_base64"]


def bytes_of_base64(text: str) -> bytes | None:
    """Decode base64, with line breaks anywhere.

    Args:
        text: The text.

    Returns:
        The bytes that it stands for; None if it is no base64.
    """
    if "\n" in text or "\r" in text:
        text = text.replace("\n", "").replace("\r", "")
    if len(text) % 4:
        return None
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return None


def base64_error_place(text: str) -> int:
    """Find what is wrong in a text that is no base64.

    Args:
        text: The text.

    Returns:
        The index of the byte, in UTF-8, at which Go gives up.
    """
    data = text.encode(errors="replace")
    breaks = b"\r\n"
    places = [place for place, byte in enumerate(data) if byte not in breaks]
    for start in range(0, len(places), 4):
        quantum = places[start : start + 4]
        for number, place in enumerate(quantum):
            if data[place : place + 1].isalnum() or data[place] in b"+/":
                continue
            if data[place] != ord("=") or number < 2:
                return place
            return _padding_error(data, places[start + number :], 4 - number)
        if len(quantum) < 4:
            return len(data) - len(quantum)
    return len(data)


def _padding_error(data: bytes, places: list[int], wanted: int) -> int:
    """Return where the padding is wrong that should be ``wanted`` characters long."""
    if wanted == 2:
        if len(places) < 2:
            return len(data)
        if data[places[1]] != ord("="):
            return places[1]
    return places[wanted] if len(places) > wanted else len(data)
