"""`Decoder`: from a gob stream to values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, overload

from .._interrupts import reraise_interrupt
from ..errors import DecodeError, SchemaError, TruncatedError
from ..schema import UNTYPED, Empty, Schema, schema_of
from ..values.kept import keep
from ..values.limits import Limits
from ..values.registry import Registry
from ..values.registry import registry as global_registry
from . import wire
from .framing import LARGE_MESSAGE_BYTES, WINDOW_BYTES
from .interface_values import SHALLOW, TooLargeError, ValueStream
from .memory import most_per_byte
from .numbers import read_int, read_uint
from .options import check_choice
from .single import DEFAULT_LIMITS, SingleDecoder

if TYPE_CHECKING:
    from .streams import DecodeFunction, DecodeStream
    from .untyped import Origin

__all__ = ["Decoder", "loads"]

T = TypeVar("T")

_NOTHING: Final = Empty()
# Cost that a stream may have before the bytes that it has brought count.
_SPARE_BYTES = 1 << 16

# Number of attempts to decode values that did not come as a whole.
_MOST_REPEATED: Final = 32


class Decoder(ValueStream):
    """One gob stream being read: it remembers the types that the sender has described.

    The counterpart of Go's ``gob.Decoder``, without the reading: `feed` takes
    bytes as they come, in pieces of any size.

    Args:
        data: The first bytes of the stream.
        limits: Bounds of messages and values.
        strings: Treatment of Go strings that are not UTF-8: ``strict`` refuses them,
            ``surrogateescape`` keeps their bytes as lone surrogates.
        strict_names: Treatment of a field of the sender whose name differs from one of ours in
            case only, so that gob passes it over: False tells it once, as a warning of the logger
            ``rpcgen.gob``, True refuses it.
        registry: Types that interface values may hold.

    Raises:
        ValueError: Another word for ``strings`` or ``strict_names``.
    """

    def __init__(
        self,
        data: bytes = b"",
        *,
        limits: Limits = DEFAULT_LIMITS,
        strings: Literal["strict", "surrogateescape"] = "strict",
        strict_names: bool = False,
        registry: Registry = global_registry,
    ) -> None:
        if strings != "strict":
            check_choice("strings", strings)
        if strict_names is not False:
            check_choice("strict_names", strict_names)
        super().__init__(data, limits, strings, strict_names, registry)
        # CPython finds attributes faster as long as an object has no more than 30, with those of
        # the base classes and of subclasses.
        # By what the caller asks for and the first two bytes: the function, how many of the bytes
        # it does not want to see, and how many there may be, which it may read beyond the message.
        self._fast: dict[object, dict[bytes, tuple[DecodeFunction, int, int]]] = {}
        # Bytes that were read once more: beyond the ends of messages, and in values begun again.
        self._overrun = 0
        self._repeated = 0

    @property
    def types(self) -> dict[int, wire.WireType]:
        """The types that the sender has described so far, by their ids."""
        return dict(self._types)

    @overload
    def decode(self, schema: type[T] | Schema[T]) -> T: ...
    @overload
    def decode(self, schema: object = None) -> Any: ...
    def decode(self, schema: object = None) -> Any:
        """Return the next value.

        Args:
            schema: A `Schema` or an annotation; None for plain Python data, structs as `Record`.

        Raises:
            TruncatedError: The bytes fed so far do not hold a whole value: feed more and call
                again.
            DecodeError: They hold something else. The value is then passed over, if it can be, so
                that the next call goes on after it.
        """
        # First on the short way: a value all there, of a type that has come before, without fault.
        count, data, pos = len(self._types), self._data, self._pos
        try:
            size = data[pos]
            start = pos + 1
            if size > 127:
                start += 256 - size
                size = int.from_bytes(data[pos + 1 : start])
            self.end = end = start + size
            function, width, most = self._fast[schema][data[start : start + 2]]
            if end <= len(data) <= most:
                value, pos = function(data, start + width, self, self.limits.depth)
                if pos <= self.end:
                    self._pos, self._owed, self._needed = self.end, False, 1
                    if end > LARGE_MESSAGE_BYTES:
                        self._drop_used_message()
                    return value
        except Exception as error:
            # A schema that has not come before needs no closer look.
            if type(error) is not KeyError or error.args != (schema,):
                reraise_interrupt(error)
        self._rollback_types(count)
        if schema is None:
            return self._next(UNTYPED, schema)
        return self._next(schema if isinstance(schema, Schema) else schema_of(schema), schema)

    def decode_after(self, data: bytes, pos: int, schema: object) -> Any:
        """Return the value at a position of other data, which must end with it.

        Used once all was decoded.

        Args:
            data: The data, which begins with what this stream has begun with.
            pos: The position.
            schema: See `decode`.

        Raises:
            DecodeError: All is not as expected; this decoder is of no use then.
        """
        self._data, self._pos = data, pos
        value = self.decode(schema)
        if self._pos != len(data) or self._chunks or self._overrun:
            raise DecodeError("the data is no value like the one before", pos)
        self._data, self._pos = b"", 0
        return value

    def skip(self) -> None:
        """Read the next value and drop it, as Go's ``Decode(nil)`` does. Raises like `decode`."""
        self.decode(_NOTHING)

    def next_type(self) -> int:
        """Return the id of the next value's type, which `types` has then if it is not basic.

        Raises:
            DecodeError: As from `decode`, but no value is passed over.
        """
        if self._broken is not None:
            raise self._broken
        if self._buffered < self._needed:
            raise TruncatedError(self._eof())
        if self._chunks:
            self._gather()
        _, (id, _) = self._find_value()
        return id

    def accepts(self, id: int, schema: Schema[Any]) -> bool:
        """Return True if values of a type that has been described go into a schema.

        Args:
            id: Id of the type.
            schema: The schema.
        """
        try:
            self._function(id, schema, False)
        except Exception as error:
            reraise_interrupt(error)
            return not isinstance(error, DecodeError)  # what else is wrong, decoding finds out
        return True

    def __iter__(self) -> Iterator[Any]:
        """Yield the remaining values without a schema; raise `TruncatedError` if one is cut off."""
        while self.pending:
            yield self.decode()

    # --- messages -----------------------------------------------------------------------------

    def _next(self, schema: Schema[Any], asked: object) -> Any:
        while True:
            if self._broken is not None:
                raise self._broken
            if self._buffered < self._needed:
                raise TruncatedError(self._eof())
            try:
                return self._next_whole(schema, asked)
            except TruncatedError:
                if not self._chunks or self._buffered < self._needed:
                    raise

    def _next_whole(self, schema: Schema[Any], asked: object) -> Any:
        """Return the next value, of which all is there that was known to be needed."""
        if self._chunks:
            count = len(self._types)
            try:
                return self._decode_across(asked)
            except Exception as error:
                reraise_interrupt(error)
                self._rollback_types(count)
                self._gather()
        elif len(self._data) - self._pos > 4 * WINDOW_BYTES:
            self._split()
        begin, (id, start) = self._find_value()
        end = self.end
        try:
            value = self._decode_with_fallback(id, start, schema)
        except (TruncatedError, SchemaError):
            raise
        except Exception as error:
            reraise_interrupt(error)
            failure = self._located(error)
            if failure.offset < 0:
                failure = DecodeError(failure.reason, self._base + start, failure.path)
            self._skip_failed_value(id, start, end)
            try:
                raise failure from error
            finally:
                # Its traceback has this frame: in a circle, what the frames below have decoded
                # would stay until the collector comes.
                del failure
        self._remember(id, self._data[begin : begin + 2], start - begin, schema, asked)
        self._consume(self.end)
        self._drop_used_message()
        if schema is UNTYPED and self._received.holds_described(id):
            return keep(value, "", self.interpreter.origin(id))
        return value

    def _find_value(self) -> tuple[int, tuple[int, int]]:
        """Read definitions up to the next value.

        Return where its message begins, its type id and its position.
        """
        while True:
            start = self._message(self._pos)
            try:
                id, pos = read_int(self._data, start, self.end)
                if id >= 0:
                    return start, (id, pos)
                if self._received.define(-id, self._data, pos, self.end) < self.end:
                    raise DecodeError("a type definition is followed by other data", pos)
            except DecodeError as error:
                reraise_interrupt(error)
                # The value that this should have described will never be known.
                if error is not self._broken:
                    offset = self._base + error.offset if error.offset >= 0 else -1
                    error = DecodeError(error.reason, offset)
                self._break(error)
                raise error from None
            self._consume(self.end)
            self._owed = True

    def _decode_across(self, asked: object) -> Any:
        """Decode a value that is there in chunks, without putting them together.

        That saves a copy where nearly all of it is one ``[]byte``. Raises
        whatever happens where it does not work.
        """
        data, pos = self._data, self._pos
        _, start = read_uint(data, pos, len(data))
        function, width, most = self._fast[asked][data[start : start + 2]]
        function = self._reading_chunks(function)
        self.end, self._after = pos + self._needed, 0
        if self.end > start + most:
            raise IndexError("the value is too large to go uncounted")
        value, pos = function(data, start + width, self, self.limits.depth)
        if pos > self.end or not self._after:
            raise IndexError("no part of the value is in chunks")
        self._replace(self._tail, self._after)
        self._consume(self.end)
        return value

    def _reading_chunks(self, function: DecodeFunction) -> DecodeFunction:
        """Return the function for a value that is there in chunks; raises where there is none."""
        if "across" not in function.__code__.co_names:
            raise IndexError("the value has no part that may be in chunks")
        return function

    def _remember(
        self, id: int, head: bytes, width: int, schema: Schema[Any], asked: object
    ) -> None:
        """Keep the way to a function: from what the caller asked for, and the first two bytes."""
        # A struct has an id of two bytes nearly always; others have a short one, then a 0.
        if not (width == 2 or (width == 1 and head[1] == 0)) or self._must_check:
            return
        most = self._most_bytes(schema)
        function = self.functions.compiled(id, schema, most is None)
        if function is not None:
            if most is None:
                most = self._largest
            if schema is UNTYPED and self._received.holds_described(id):
                function = _keeping(function, self.interpreter.origin(id))
            self._fast.setdefault(asked, {})[head] = function, width, most

    def _most_bytes(self, schema: Schema[Any]) -> int | None:
        """Return how large a message may be whose memory need not be counted, if any."""
        most = most_per_byte(schema)
        return most and min(self.limits.decoded // most, self._largest)

    def _break(self, error: DecodeError) -> None:
        """Let every further call fail with the same error."""
        super()._break(error)
        self._forget_fast()  # no short way any more

    def _rollback_types(self, count: int) -> None:
        if len(self._types) > count:
            self._forget_fast()
            super()._rollback_types(count)

    def _forget_fast(self) -> None:
        """Forget the fast functions, for types that are gone or a stream that has ended."""
        self._fast.clear()

    # --- attempts -----------------------------------------------------------------------------

    def _decode_with_fallback(self, id: int, start: int, schema: Schema[Any]) -> Any:
        """Decode the value; `end` is then the end of the last message that it takes."""
        count, end, depth = len(self._types), self.end, self.limits.depth
        if self._interpreter_made is not None:
            self._interpreter_made.begin()
        try:
            if not self._must_check:
                most = self._most_bytes(schema)
                is_counted = most is None or len(self._data) > start + most
                self.room_left = self.limits.decoded
                function = self._function(id, schema, is_counted)
                value, pos = function(self._data, start, self, depth)
                if pos <= self.end:
                    return value
        except TruncatedError:
            self._rollback_types(count)
            self._count_repeated(start)
            raise
        except TooLargeError:
            self._rollback_types(count)
            raise
        except Exception as error:
            reraise_interrupt(error)
            # Now with care, to tell what is wrong, or that Go would not mind.
        self._overrun += len(self._data) - self._pos
        self._rollback_types(count)
        self._checks_steps, self.end = True, end
        self.interpreter.begin()
        self.room_left = self.limits.decoded
        try:
            value, _ = self._function(id, schema, True)(self._data, start, self, depth)
        except TruncatedError:
            self._rollback_types(count)
            self._count_repeated(start)
            raise
        except Exception:
            self._rollback_types(count)
            raise
        finally:
            self._checks_steps = False
        return value

    @property
    def _must_check(self) -> bool:
        """True where functions that may read beyond the ends of messages would do so too often."""
        return self.limits.depth < SHALLOW or self._overrun > _SPARE_BYTES + 2 * (
            self._base + self._pos
        )

    def _count_repeated(self, start: int) -> None:
        """Count a value that ends early, and will be decoded from its start again.

        The sender has a value go on in another message for each type that it
        describes, and may send each by itself.
        """
        held = len(self._data) - start
        self._repeated += held
        if self._repeated > _MOST_REPEATED * (_SPARE_BYTES + self._base + self._pos + held):
            self._desync("a value that goes on in too many messages", start)

    def _skip_failed_value(self, id: int, start: int, end: int) -> None:
        """Go to the end of a value that did not decode, keeping the types that it defines."""
        self.end = end
        if not self._received.may_define(id):
            self._consume(end)
            return
        try:
            self._decode_with_fallback(id, start, _NOTHING)
        except TruncatedError:
            raise
        except Exception as error:
            reraise_interrupt(error)
            # The first failure is the one to tell.
        self._consume(self.end)

    def _located(self, error: Exception) -> DecodeError:
        """Return the error to raise for one that came out of decoding."""
        from .source import is_ours

        if error is self._broken and isinstance(error, DecodeError):
            return error
        path, pos = self.interpreter.path, self.interpreter.pos
        offset = -1 if pos < 0 else self._base + pos
        if isinstance(error, DecodeError):
            if error.offset >= 0:
                offset = self._base + error.offset
            return DecodeError(error.reason, offset, path)
        if isinstance(error, RecursionError):
            return DecodeError("values are nested too deeply", offset)
        if isinstance(error, UnicodeDecodeError) and is_ours(error):
            return DecodeError(
                "a string that is not UTF-8: pass strings='surrogateescape' to keep its bytes",
                offset,
                path,
            )
        if isinstance(error, TypeError) and str(error).startswith("unhashable type"):
            return DecodeError(f"the key of a map has an {error}", offset, path)
        return DecodeError(f"{type(error).__name__}: {error}", offset, path)


def _keeping(function: DecodeFunction, origin: Origin) -> DecodeFunction:
    """Return a function whose values remember their type."""

    def decode(data: bytes, pos: int, stream: DecodeStream, depth: int) -> tuple[Any, int]:
        value, pos = function(data, pos, stream, depth)
        return keep(value, "", origin), pos

    return decode


@overload
def loads(
    data: bytes,
    schema: type[T] | Schema[T],
    *,
    strings: Literal["strict", "surrogateescape"] = "strict",
    strict_names: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> T: ...


@overload
def loads(
    data: bytes,
    schema: object = None,
    *,
    strings: Literal["strict", "surrogateescape"] = "strict",
    strict_names: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> Any: ...


def loads(
    data: bytes,
    schema: object = None,
    *,
    strings: Literal["strict", "surrogateescape"] = "strict",
    strict_names: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> Any:
    """Return the one value that a whole gob stream holds.

    Args:
        data: The stream.
        schema: A `Schema` or an annotation; None for plain Python data.
        strings: See `Decoder`.
        strict_names: See `Decoder`.
        limits: See `Decoder`.

    Raises:
        TruncatedError: The bytes end too early.
        DecodeError: They hold something else, or anything after the value.
    """
    return _single.decode(data, schema, strings, strict_names, limits)


_single: Final = SingleDecoder(Decoder)
