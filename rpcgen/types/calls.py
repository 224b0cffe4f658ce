"""Marks of a method's calls: declared exceptions, time limit, repetition, and durability."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from attrs import NOTHING, Attribute, fields, resolve_types

from .._records import ValueRecord
from ..errors import RemoteError

__all__ = [
    "Raised",
    "RemoteError",
    "durable",
    "idempotent",
    "is_durable",
    "is_idempotent",
    "raised_by",
    "raises",
    "text_pieces",
    "timeout",
    "timeout_of",
]

T = TypeVar("T")

# Where the decorators leave their marks on a function.
_RAISES: Final = "__rpcgen_raises__"
_TIMEOUT: Final = "__rpcgen_timeout__"
_IDEMPOTENT: Final = "__rpcgen_idempotent__"
_DURABLE: Final = "__rpcgen_durable__"

# Types of the fields that can be read from a text.
_READABLE: Final = (str, int, float)


class Raised(ValueRecord):
    """An exception that a method declares, and the text that Go knows it by.

    Attributes:
        error: The class.
        text: Text of the error where it travels as text alone, to and from Go. ``{key}`` stands
            for the field of that name, ``*`` for any text. Empty: ``str()`` of the exception,
            and no text is taken for it.
    """

    error: type[RemoteError]
    text: str = ""

    def text_of(self, error: RemoteError) -> str:
        """Return the text of an exception, for peers that know only that."""
        if not self.text or "*" in self.text:
            return str(error)
        values = {name: getattr(error, name) for name in self._fields_said}
        return self.text.format_map(values)

    def match(self, text: str) -> RemoteError | None:
        """Return the exception that a text stands for.

        Args:
            text: Text of an error, as a Go server sent it.

        Returns:
            The exception with the fields that the text holds, or None if it is another's.
        """
        if not self.text:
            return None
        found = _find(self._pieces, text)
        if found is None:
            return None
        known = {each.name: each for each in _fields(self.error)}
        make: Callable[..., RemoteError] = self.error
        try:
            values = {name: _type_of(known[name])(value) for name, value in found if name}
            return make(**{known[name].alias or name: value for name, value in values.items()})
        except (KeyError, TypeError, ValueError):
            return None  # the text of another error, or one whose fields it does not hold

    def problem(self) -> str:
        """Return why the text cannot be used with the class, empty if it can."""
        if not self.text:
            return ""
        try:
            said = self._fields_said
        except ValueError as error:  # of a brace alone
            return f"the text {self.text!r} is no template: {error}"
        name, known = self.error.__name__, {each.name: each for each in _fields(self.error)}
        for each in said:
            if each not in known:
                return f"the text {self.text!r} has {{{each}}}, which is no field of {name}"
            if _type_of(known[each]) not in _READABLE:
                return f"field {each!r} of {name} is no str, int or float to read from a text"
        for each, field in known.items():
            if field.init and field.default is NOTHING and each not in said:
                return (
                    f"the text {self.text!r} lacks {{{each}}}, a field of {name} without a default"
                )
        return ""

    @property
    def _fields_said(self) -> list[str]:
        return [name for _, name in self._pieces if name]

    @property
    def _pieces(self) -> list[tuple[str, str | None]]:
        # Each plain text with what follows it: a field, "" for any text, None for the end.
        return [*text_pieces(self.text)]


def _fields(cls: type[Any]) -> tuple[Attribute[Any], ...]:
    try:
        resolve_types(cls)
    except NameError:
        pass  # an annotation that only a type checker can see
    found: tuple[Attribute[Any], ...] = fields(cls)
    return found


def _type_of(field: Attribute[Any]) -> Callable[[str], object]:
    """Return the type of a field, an ``Annotated`` one's too."""
    kind: Any = field.type
    found: Callable[[str], object] = getattr(kind, "__origin__", kind)
    return found


def text_pieces(template: str) -> Iterator[tuple[str, str | None]]:
    """Yield the pieces of a text for an exception.

    Args:
        template: The text, as in `Raised.text`.

    Yields:
        Each plain text with what follows it: the name of a field, "" for any text, None for the
        end.

    Raises:
        ValueError: It is no template: a brace alone, or a field with a layout.
    """
    import string  # lazy: few have a text

    plain = ""
    for literal, name, spec, conversion in string.Formatter().parse(template):
        *before, last = literal.split("*")
        for each in before:
            yield plain + each, ""
            plain = ""
        plain += last
        if name is not None:
            if spec or conversion or not name.isidentifier():
                raise ValueError(f"write {{field}}, not {{{name}}}")
            yield plain, name
            plain = ""
    yield plain, None


def _find(pieces: list[tuple[str, str | None]], text: str) -> list[tuple[str, str]] | None:
    """Return what stands at the places of the fields, in time proportional to the text."""
    (start, name), *rest = pieces
    if not text.startswith(start):
        return None
    found: list[tuple[str, str]] = []
    position = len(start)
    for plain, following in rest:
        last = following is None
        at = text.find(plain, position) if not last else len(text) - len(plain)
        if at < position or not text.startswith(plain, at):
            return None
        found.append((name or "", text[position:at]))
        position, name = at + len(plain), following
    return found if position == len(text) else None


def raises(*errors: type[RemoteError], text: str = "") -> Callable[[T], T]:
    """Declare exceptions that a method raises: a decorator on a method of a service.

    They arrive at a Python client as the same class with the same fields::

        @raises(DivideByZero)
        @raises(NotFound, text="kv: no such key: {key}")
        def divide(self, args: Args) -> Quotient: ...

    Args:
        *errors: Classes that extend `RemoteError`, each an attrs class.
        text: Text of the only class given, as Go servers and clients know it; see `Raised`.

    Returns:
        A decorator that returns the method itself.

    Raises:
        TypeError: An argument is no such class, or a text is given for several.
    """
    for error in errors:
        if not _is_declared(error):
            raise TypeError(f"@raises({error!r}): declare class {_name(error)}(RemoteError)")
        if "__attrs_attrs__" not in vars(error):
            raise TypeError(f"@raises({error.__name__}): decorate the class with attrs.define")
    if not errors or (text and len(errors) > 1):
        raise TypeError(f"@raises takes one exception with a text, or several without: {errors}")
    declared = tuple(Raised(error, text) for error in errors)

    def mark(target: T) -> T:
        setattr(target, _RAISES, declared + raised_by(target))
        return target

    return mark


def timeout(seconds: float) -> Callable[[T], T]:
    """Give the calls of a method a time limit, where the caller says none: a decorator.

    Args:
        seconds: Maximum time in seconds that a call takes.

    Returns:
        A decorator that returns the method itself.

    Raises:
        TypeError: The decorator was written without a number.
        ValueError: The number is not greater than 0, or not finite.
    """
    if not _is_number(seconds):
        raise TypeError(f"@timeout({seconds!r}): write a number of seconds, @timeout(1.5)")
    if not 0 < seconds < math.inf:
        raise ValueError(f"@timeout({seconds!r}): a number of seconds greater than 0")

    def mark(target: T) -> T:
        setattr(target, _TIMEOUT, float(seconds))
        return target

    return mark


def idempotent(target: T) -> T:
    """Say that a call of a method may be repeated, whatever has become of it: a decorator.

    Args:
        target: The method that is decorated.

    Returns:
        The same.
    """
    setattr(target, _IDEMPOTENT, True)
    return target


def durable(target: T) -> T:
    """Say that calls of a method may be left to a queue, which keeps them: a decorator.

    Generated clients have the method in ``client.durable`` too. A call that is made there is
    carried out at least once, and has one result.

    Args:
        target: The method that is decorated.

    Returns:
        The same.

    Raises:
        TypeError: The decorator is on a class, or was written with arguments.
    """
    if isinstance(target, type) or not callable(target):
        raise TypeError(
            f"@durable on {_name(target, type(target).__name__)}: write it on a method, without ()"
        )
    setattr(target, _DURABLE, True)
    return target


def raised_by(target: object) -> tuple[Raised, ...]:
    """Return the exceptions that `raises` has declared for a function."""
    found: tuple[Raised, ...] = getattr(target, _RAISES, ())
    return found


def timeout_of(target: object) -> float | None:
    """Return the time limit in seconds that `timeout` gave to a function, if any."""
    seconds: float | None = getattr(target, _TIMEOUT, None)
    return seconds


def is_idempotent(target: object) -> bool:
    """Return True if `idempotent` marks a function."""
    return bool(getattr(target, _IDEMPOTENT, False))


def is_durable(target: object) -> bool:
    """Return True if `durable` marks a function."""
    return bool(getattr(target, _DURABLE, False))


def _is_declared(error: object) -> bool:
    return isinstance(error, type) and issubclass(error, RemoteError)


def _is_number(seconds: object) -> bool:
    return isinstance(seconds, int | float) and not isinstance(seconds, bool)


def _name(target: Any, default: str = "NotFound") -> str:
    return getattr(target, "__name__", default)
