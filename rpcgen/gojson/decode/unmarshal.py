"""Values decoded from a message, and errors that say where in it they are."""

from __future__ import annotations

from typing import Any, Final

from rpcgen.errors import DecodeError
from rpcgen.schema import Schema, Struct
from rpcgen.values.limits import Limits

from ..errors import MismatchError, RepeatedError
from ..merge import merged
from ..numbers import limited
from ..parse import DEFAULT_LIMITS, Parsed
from ..size import check_decoded_size, growth
from ..structs import DecodeFunction
from .compiler import decoders_of

__all__ = ["decode", "mismatch"]

# Text below this size is decoded whatever it becomes, in characters.
_SMALL: Final = 4096


def decode(
    schema: Schema[Any], parsed: Parsed, index: int | None = None, limits: Limits = DEFAULT_LIMITS
) -> Any:
    """Make a value of JSON.

    Args:
        schema: The type of the value.
        parsed: The JSON.
        index: The element of the list that it is which is wanted; None for all of it.
        limits: What the value may take.

    Returns:
        The value.

    Raises:
        DecodeError: If it does not fit, with Go's text, or is larger than
            ``limits`` say.
        SchemaError: If the type of a field cannot travel.
    """
    value = parsed.read(limits)
    if index is not None:
        value = value[index]
    if parsed.size > _SMALL and parsed.size * growth(schema) > limits.decoded:
        check_decoded_size(schema, parsed.text, value, limits)
    if limits is DEFAULT_LIMITS:
        return _decode(schema, parsed, value, index)
    with limited(limits):
        return _decode(schema, parsed, value, index)


def _decode(schema: Schema[Any], parsed: Parsed, value: object, index: int | None) -> Any:
    decoders = decoders_of(schema)
    try:
        try:
            return decoders.root(value)
        except RepeatedError:
            return decoders.root(merged(decoders.plan, value, decoders.takes))
    except MismatchError as error:
        if isinstance(error.value, float):
            error = _spelled(decoders.root, parsed, index) or error
        is_message = isinstance(schema, Struct) and index is None
        root = schema.name.rpartition(".")[2] if is_message else ""
        raise DecodeError(error.text(root, () if index is None else (str(index),))) from None
    except RecursionError:
        raise DecodeError("values are nested too deeply") from None


def _spelled(
    function: DecodeFunction, parsed: Parsed, index: int | None = None
) -> MismatchError | None:
    """Decode again to get the same error, with the number as it was spelled."""
    value, spellings = parsed.exact()
    if index is not None:
        value = value[index]
    try:
        function(value)
    except MismatchError as error:
        error.spelling = spellings.get(id(error.value), "")
        return error
    except RepeatedError:
        return None  # values that were put together: their texts are gone
    return None


def mismatch(parsed: Parsed, go: str, where: str = "Go value") -> DecodeError:
    """Return the error for a value where Go wants another type.

    Args:
        parsed: The JSON of the value.
        go: Go's spelling of the type that it wants.
        where: Go's name of the place.

    Returns:
        The error, with Go's text.
    """
    if go.startswith("uint"):

        def refuse(value: object) -> object:
            raise MismatchError.of_number(value, go)

        error = _spelled(refuse, parsed)
        assert error is not None
    else:
        error = MismatchError(parsed.read(), go)
    return DecodeError(error.text("", ()).replace("Go value", where))
