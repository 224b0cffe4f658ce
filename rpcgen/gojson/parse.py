"""Values out of JSON text.

The standard library's `json` parses; what is here sees to what Go's parser takes
differently, and takes objects apart without a value for each member.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container
from typing import Any, Final

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import DecodeError
from rpcgen.values.limits import Limits

from .members import fold
from .numbers import digits_limit, int_of
from .size import bracket_size, parsed_size, skip, too_large

__all__ = ["DEFAULT_LIMITS", "MINUS_ZERO", "LongNumber", "Parsed", "members", "parse"]

DEFAULT_LIMITS: Final = Limits()

# ``-0`` is an integer to Python, which has no integer like that; to Go it may be a float.
MINUS_ZERO: Final = -0.0

# --- what Go replaces ---------------------------------------------------------------------------

_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
# Bytes that were no UTF-8: each is replaced, where Python takes several for one character.
_NO_UTF8: Final = re.compile("[\udc80-\udcff]")
_ESCAPE: Final = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def _replace_lone_surrogate(match: re.Match[str]) -> str:
    return "\\ufffd" if match["lone"] else match[0]


def _has_halves(text: str) -> bool:
    if "\\" in text and ("\\ud" in text or "\\uD" in text):
        return True
    return not text.isascii() and _NO_UTF8.search(text) is not None


def _with_whole_characters(text: str) -> str:
    """Replace halves of surrogate pairs as Go does: as text they could not be encoded again."""
    if _has_halves(text):
        text = _ESCAPE.sub(_replace_lone_surrogate, _NO_UTF8.sub(_REPLACEMENT, text))
    return text


# --- values -------------------------------------------------------------------------------------


class Parsed:
    """JSON text and the value it stands for.

    An object is a tuple of its members, each a pair of key and value: in the
    order in which they came, and those that came twice are there twice. Text
    that was skipped is parsed at the first `read`.
    """

    __slots__ = ("_name", "_text", "_value")

    def __init__(self, text: str, value: Any, name: str | None = None) -> None:
        self._text = text
        self._value = value
        # Name of the member of ``text``, if that is an object that was parsed as a whole.
        self._name = name

    @property
    def text(self) -> str:
        """The text of the value."""
        if self._name is not None:
            self._text = _members_one_by_one(self._text, (self._name,))[self._name].text
            self._name = None
        return self._text

    @property
    def size(self) -> int:
        """Length of the text, or of one that it is part of, in characters."""
        return len(self._text)

    @property
    def is_read(self) -> bool:
        """True if the text was parsed already."""
        return self._value is not _UNREAD

    @property
    def is_null(self) -> bool:
        """True if it stands for null."""
        return self._value is None

    def read(self, limits: Limits = DEFAULT_LIMITS) -> Any:
        """Return the value.

        Args:
            limits: What it may take.

        Returns:
            The value, with objects as tuples of their members.

        Raises:
            DecodeError: If it would be larger than ``limits`` say.
        """
        if self._value is _UNREAD:
            size = parsed_size(self.text)
            if size > limits.decoded:
                raise too_large(size, limits)
            self._value = parse(self.text).read()
        return self._value

    def exact(self) -> tuple[Any, dict[int, str]]:
        """Parse again, to tell how numbers were spelled.

        Returns:
            The value, and the text of each number that may be spelled in other ways, by
            the `id` of the number, which lasts as long as the value does.
        """
        spellings: dict[int, str] = {}

        def kept(number: float | int, text: str) -> float | int:
            if type(number) is not int:
                spellings[id(number)] = text
            return number

        decoder = json.JSONDecoder(
            parse_constant=_refuse_constant,
            parse_int=lambda text: kept(_exact_int(text), text),
            parse_float=lambda text: kept(float(text), text),
            object_pairs_hook=tuple,
        )
        value = decoder.decode(_with_whole_characters(self.text))
        return value, spellings


_UNREAD: Final = object()


class LongNumber(float):
    """An integer of more digits than `Limits.digits` allows to convert, as the nearest float."""

    __slots__ = ("digits",)
    digits: int

    def __new__(cls, text: str) -> LongNumber:
        """Return a number as it was written."""
        number = super().__new__(cls, text)
        number.digits = len(text.lstrip("-"))
        return number


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _exact_int(text: str) -> int | float:
    if text == "-0":
        return MINUS_ZERO
    if len(text) > digits_limit():
        return LongNumber(text)
    return int_of(text)


_quick: Final = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=tuple)
_exact: Final = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_int=_exact_int, object_pairs_hook=tuple
)


def parse(text: str) -> Parsed:
    """Parse a text.

    Args:
        text: The JSON, with white space around it, perhaps.

    Returns:
        The text and its value.

    Raises:
        DecodeError: If it is no JSON.
    """
    text = text.strip(" \t\n\r")
    whole = _with_whole_characters(text)
    value, end = _parse_at(whole, 0, _decoder_of(whole))
    if end != len(whole):
        raise DecodeError("json: more than one value")
    return Parsed(text, value)


# Text below this size is parsed whatever it holds, in characters: it becomes a few MB at most.
_SMALL: Final = 32768
# Factor by which the value of larger text, that nobody may ask for, may exceed its size.
_GROWTH: Final = 36


def _is_large(text: str, limits: Limits) -> bool:
    """Say whether the value of ``text`` would be large, beside the text or beside the limit."""
    if len(text) <= _SMALL:
        return False
    size = bracket_size(text) + _GROWTH // 2 * len(text)
    if size > _GROWTH * len(text):
        return True
    return size > limits.decoded and parsed_size(text) > limits.decoded


def members(
    text: str, names: Container[str], limits: Limits = DEFAULT_LIMITS, scalar: str | None = None
) -> dict[str, Parsed]:
    """Take an object apart.

    A key fits a name whatever its case, and the last one counts, unless it is a
    null for the member ``scalar``, for which null says nothing. Text whose
    value would be large beside it is only checked; `Parsed.read` makes the
    value where it is asked for.

    Args:
        text: The JSON of the object.
        names: The members of interest, in lower case.
        limits: How large and how deep values may be.
        scalar: The member for which null says nothing, if there is one.

    Returns:
        The members that are there.

    Raises:
        DecodeError: If it is not an object.
    """
    if len(text) <= _SMALL and not _has_halves(text):
        found = _members_at_once(text, names, scalar)
        if found is not None:
            return found
    return _members_one_by_one(text, names, limits, scalar)


def _members_at_once(
    text: str, names: Container[str], scalar: str | None
) -> dict[str, Parsed] | None:
    """Return the members, or None where something is wrong: this is only faster."""
    try:
        value, end = _decoder_of(text).raw_decode(text)
    except (ValueError, RecursionError) as error:
        reraise_interrupt(error)
        return None
    if end != len(text) or value.__class__ is not tuple:
        return None
    found = {}
    for key, item in value:
        name = key if key in names else fold(key)
        if name in names and (item is not None or name != scalar):
            found[name] = Parsed(text, item, name)
    return found


def _members_one_by_one(
    text: str, names: Container[str], limits: Limits = DEFAULT_LIMITS, scalar: str | None = None
) -> dict[str, Parsed]:
    found: dict[str, Parsed] = {}
    has_halves = _has_halves(text)
    is_large = _is_large(text, limits)
    decoder = _decoder_of(text)
    pos = _after(text, 0, "{")
    if text.startswith("}", pos):
        return found
    while True:
        match = _PLAIN_KEY.match(text, pos)
        key, start = (match[1], match.end()) if match is not None else _key_at(text, pos)
        value: Any = _UNREAD
        if is_large:
            end = skip(text, start, limits.depth)
        else:
            value, end = _parse_at(text, start, decoder)
        name = key if key in names else fold(key)
        if name in names and (value is not None or name != scalar):
            raw = text[start:end]
            found[name] = parse(raw) if has_halves and not is_large else Parsed(raw, value)
        pos = _space_end(text, end)
        if text.startswith("}", pos) and pos + 1 == len(text):
            return found
        pos = _after(text, pos, ",")


# A key without escapes, as all keys are that mean something here, and the colon.
_PLAIN_KEY: Final = re.compile(r'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*')


def _key_at(text: str, pos: int) -> tuple[str, int]:
    key, pos = _parse_at(text, pos, _quick)
    if not isinstance(key, str):
        raise DecodeError("json: a key that is not a string")
    return key, _after(text, _space_end(text, pos), ":")


def _decoder_of(text: str) -> json.JSONDecoder:
    return _exact if "-0" in text else _quick


def _parse_at(text: str, pos: int, decoder: json.JSONDecoder) -> tuple[Any, int]:
    try:
        try:
            return decoder.raw_decode(text, pos)
        except json.JSONDecodeError:
            raise
        except ValueError as error:  # an integer of thousands of digits, or a constant
            reraise_interrupt(error)
            return _exact.raw_decode(text, pos)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"json: {error}") from None


def _after(text: str, pos: int, character: str) -> int:
    if not text.startswith(character, pos):
        raise DecodeError(f"json: {character!r} is missing at character {pos}")
    return _space_end(text, pos + 1)


_SPACES: Final = re.compile(r"[ \t\n\r]*")
_SPACE_CHARACTERS: Final = frozenset(" \t\n\r")


def _space_end(text: str, pos: int) -> int:
    if text[pos : pos + 1] not in _SPACE_CHARACTERS:
        return pos
    match = _SPACES.match(text, pos)
    assert match is not None  # it matches the empty string
    return match.end()
