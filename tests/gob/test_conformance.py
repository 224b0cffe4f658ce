"""Every case that Go has made, by each implementation: its bytes and its values."""

from __future__ import annotations

from typing import Any

import pytest

from rpcgen import gob
from rpcgen.errors import DecodeError, EncodeError, SchemaError

from .gotypes import UnsupportedTypeError
from .vectors import CASES, same, vectors

pytestmark = pytest.mark.usefixtures("implementation")

# Go can encode these types only through a pointer; Python knows no such difference.
_UNADDRESSABLE = "unaddressable value"


def _decoder(case: dict[str, Any]) -> gob.Decoder:
    return gob.Decoder(
        bytes.fromhex(case["hex"]), strings="surrogateescape", registry=vectors().registry
    )


def _named(cases: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


def _many_keys(value: Any) -> bool:
    """Say whether there is a map of several keys in the value, which Go sends in any order."""
    if isinstance(value, dict):
        return len(value.get("$map", ())) > 1 or any(map(_many_keys, value.values()))
    return isinstance(value, list) and any(map(_many_keys, value))


def _encode(case: dict[str, Any]) -> bytes:
    schema = vectors().schema(case["go_type"])
    value = vectors().value(case["value"], schema, typed=True)
    encoder = gob.Encoder(strings="surrogateescape", registry=vectors().registry)
    return encoder.encode(value, schema)


_SINGLE = [case for case in CASES if case["kind"] == "single"]
_GOOD = [case for case in _SINGLE if "error" not in case]
_REFUSED = [case for case in _SINGLE if _UNADDRESSABLE not in case.get("error", _UNADDRESSABLE)]
_UNADDRESSED = [case for case in _SINGLE if _UNADDRESSABLE in case.get("error", "")]
_MULTI = [case for case in CASES if case["kind"] == "multi"]


@_named(_GOOD)
def test_encode_gives_the_bytes_of_go(case: dict[str, Any]) -> None:
    data = _encode(case)
    if _many_keys(case["value"]):
        schema = vectors().schema(case["go_type"])
        decoded = _decoder({"hex": data.hex()}).decode(schema)
        assert same(decoded, vectors().value(case["value"], schema, typed=False))
    else:
        assert data.hex() == case["hex"]


@_named(_REFUSED)
def test_encode_fails_where_go_fails(case: dict[str, Any]) -> None:
    with pytest.raises((EncodeError, SchemaError, UnsupportedTypeError)):
        _encode(case)


@_named(_UNADDRESSED)
def test_encode_works_where_go_needs_a_pointer(case: dict[str, Any]) -> None:
    schema = vectors().schema(case["go_type"])
    value = vectors().value(case["value"], schema, typed=True)
    data = gob.Encoder(registry=vectors().registry).encode(value, schema)
    assert gob.Decoder(data, registry=vectors().registry).decode(schema) == value


@_named(_MULTI)
def test_encode_of_a_stream_gives_the_bytes_of_go(case: dict[str, Any]) -> None:
    encoder = gob.Encoder(strings="surrogateescape", registry=vectors().registry)
    data = b""
    for go_type, plain in zip(case["go_types"], case["values"], strict=True):
        schema = vectors().schema(go_type)
        data += encoder.encode(vectors().value(plain, schema, typed=True), schema)
    assert data.hex() == case["hex"]


@_named(_GOOD)
def test_decode_gives_the_value_of_go(case: dict[str, Any]) -> None:
    schema = vectors().schema(case["go_type"])
    expected = vectors().value(case.get("decoded", case["value"]), schema, typed=False)
    decoder = _decoder(case)
    assert same(decoder.decode(schema), expected)
    assert decoder.pending == 0


@_named(_MULTI)
def test_decode_of_a_stream_gives_the_values_of_go(case: dict[str, Any]) -> None:
    decoder = _decoder(case)
    for go_type, plain in zip(case["go_types"], case["values"], strict=True):
        schema = vectors().schema(go_type)
        expected = vectors().value(plain, schema, typed=False)
        assert same(decoder.decode(schema), expected)
    assert decoder.pending == 0


_DECODES = [
    (case, decode, f"{case['name']}-{decode['into']}")
    for case in CASES
    for decode in case.get("decodes", ())
]


@pytest.mark.parametrize(
    ("case", "decode"),
    [(case, decode) for case, decode, _ in _DECODES],
    ids=[name for _, _, name in _DECODES],
)
def test_decode_into_another_type_does_as_go_does(
    case: dict[str, Any], decode: dict[str, Any]
) -> None:
    schema = vectors().schema(decode["into"])
    decoder = _decoder(case)
    for plain in decode["values"]:
        assert same(decoder.decode(schema), vectors().value(plain, schema, typed=False))
    if "error" in decode:
        with pytest.raises(DecodeError):
            decoder.decode(schema)


@_named(_GOOD)
def test_decode_without_a_schema_reads_everything(case: dict[str, Any]) -> None:
    decoder = _decoder(case)
    decoder.decode()
    assert decoder.pending == 0
