"""What Go makes of the same texts is compared in test_differential.py."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from rpcgen.errors import DecodeError
from rpcgen.gob import Limits
from rpcgen.gojson.decode import decode
from rpcgen.gojson.encode import encode
from rpcgen.gojson.parse import parse
from rpcgen.schema import schema_of
from rpcgen.types import URL, NetipAddr, OpenIntEnum, Uint8, embedded, json_tag, underlying

from .kinds import KINDS, Cell, Color, Embedding, Inner, Middle, Other, Special, Tree
from .strategies import VALUES


class Temperature:
    """A type that reads its own JSON."""

    def __init__(self, celsius: float = 0.0) -> None:
        self.celsius = celsius

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Temperature) and self.celsius == other.celsius

    __hash__ = None  # type: ignore[assignment]

    def gob_encode(self) -> bytes:
        return b""

    @classmethod
    def gob_decode(cls, data: bytes) -> Self:
        return cls()

    @classmethod
    def unmarshal_json(cls, data: bytes) -> Self:
        return cls(float(data.decode().strip('"').removesuffix("C")))


@define
class Defaults:
    count: int = 5
    omitted: Annotated[int, json_tag(",omitempty")] = 5
    hidden: Annotated[int, json_tag("-")] = 5
    items: list[int] = field(factory=lambda: [5])


@define
class Required:
    count: int
    hidden: Annotated[int, json_tag("-")]
    inner: Annotated[Inner, embedded]
    cell: Cell
    color: Color


@define
class Positive:
    count: int = field(default=1)

    def __attrs_post_init__(self) -> None:
        if self.count <= 0:
            raise ValueError("must be positive")


@define
class Clash:
    """Fields that differ in case only."""

    name: int = 0
    other: Annotated[int, json_tag("NAME")] = 0


def decoded(annotation: Any, text: str) -> Any:
    return decode(schema_of(annotation), parse(text))


def error_of(annotation: Any, text: str) -> str:
    with pytest.raises(DecodeError) as caught:
        decoded(annotation, text)
    return str(caught.value)


@pytest.mark.parametrize("kind", VALUES)
def test_values_are_the_same_after_a_journey(kind: str) -> None:
    schema = schema_of(KINDS[kind])

    @settings(max_examples=30)
    @given(VALUES[kind])
    def check(value: Any) -> None:
        back = decode(schema, parse(encode(schema, value)))
        # A big.Float has the precision of its text when it comes back.
        assert back == value or encode(schema, back) == encode(schema, value)

    check()


@given(st.sampled_from(sorted(KINDS)), st.sampled_from(sorted(VALUES)), st.data())
def test_json_of_any_kind_gives_a_value_or_a_decode_error(
    ours: str, theirs: str, data: st.DataObject
) -> None:
    text = encode(schema_of(KINDS[theirs]), data.draw(VALUES[theirs]))
    try:
        decoded(KINDS[ours], text)
    except DecodeError:
        pass


def test_missing_keys_take_the_default() -> None:
    assert decoded(Defaults, "{}") == Defaults(5, 0, 5, [5])


def test_null_is_zero_whatever_the_default() -> None:
    assert decoded(Defaults, '{"Count":null,"Items":null}') == Defaults(0, 0, 5, [])


def test_null_for_a_message_is_zero() -> None:
    assert decoded(Defaults, "null") == Defaults(0, 0, 0, [])


def test_missing_keys_without_default_are_zero() -> None:
    assert decoded(Required, "{}") == Required(0, 0, Inner(), Cell(), Color.NONE)


def test_keys_match_whatever_their_case() -> None:
    assert decoded(Cell, '{"ROW":1,"coLumn":2}') == Cell(1, 2)


def test_exact_key_comes_first() -> None:
    assert decoded(Clash, '{"Name":1,"NAME":2}') == Clash(1, 2)


def test_key_that_is_like_neither_goes_to_the_first() -> None:
    assert decoded(Clash, '{"nAME":3}') == Clash(3, 0)


def test_hidden_field_does_not_arrive() -> None:
    assert decoded(Defaults, '{"-":1,"hidden":2,"Hidden":3}').hidden == 5


def test_fields_of_embedded_messages_arrive() -> None:
    text = '{"a":1,"deep":2,"c":3,"Z":4,"X":true,"named":{"x":5}}'
    assert decoded(Embedding, text) == Embedding(
        4, Middle(Inner(1, 0, 2)), Other(0, 3), Inner(0, 5), True
    )


def test_optional_embedded_message_without_a_key_is_none() -> None:
    assert decoded(Embedding, "{}").other is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-5", -5),
        ("1.0", 1.0),
        ("1e2", 100.0),
        ("123456789012345678901", 123456789012345678901),
    ],
)
def test_number_in_any_is_int_without_fraction_and_exponent(text: str, value: float) -> None:
    number = decoded(Any, text)
    assert (number, type(number)) == (value, type(value))


def test_union_cannot_be_told() -> None:
    assert error_of(Cell | Tree, '{"Row":1}') == (
        "JSON does not say which of Cell | Tree this is: "
        "use one message with optional fields, or gob"
    )


def test_union_may_be_none() -> None:
    assert decoded(Cell | Tree | None, "null") is None


def test_value_without_a_member_is_refused() -> None:
    hint = "a class Color(OpenIntEnum) takes unknown ones"
    assert error_of(Color, "5") == f"5 is not a valid Color; {hint}"


@underlying(Uint8)
class Level(OpenIntEnum):
    LOW = 1


@pytest.mark.parametrize("value", [0, 1, 255])
def test_enum_takes_what_its_underlying_type_holds(value: int) -> None:
    assert decoded(dict[Level, Level], f'{{"{value}":{value}}}') == {Level(value): Level(value)}


@pytest.mark.parametrize("text", ["256", "-1", "1.5", '{"256":1}', '{"-1":1}'])
def test_enum_refuses_what_its_underlying_type_does_not_hold(text: str) -> None:
    annotation = dict[Level, int] if text.startswith("{") else Level
    assert "of type" in error_of(annotation, text)


def test_message_that_refuses_a_value_gives_a_decode_error() -> None:
    assert error_of(list[Positive], '[{"Count":-1}]') == "Positive: must be positive"


def test_type_reads_its_own_json() -> None:
    assert decoded(list[Temperature], '["20C",5,null]') == [
        Temperature(20.0),
        Temperature(5.0),
        Temperature(),
    ]


def test_type_that_cannot_read_its_json_gives_a_decode_error() -> None:
    assert "Temperature.unmarshal_json: could not convert" in error_of(Temperature, "{}")


def test_url_has_no_json() -> None:
    assert "url.URL has no JSON" in error_of(URL, '"http://localhost"')


@pytest.mark.parametrize(
    ("kind", "text", "error"),
    [
        ("int8", "300", "json: cannot unmarshal number 300 into Go value of type int8"),
        ("int", "7.5", "json: cannot unmarshal number 7.5 into Go value of type int"),
        ("float64", "1e400", "json: cannot unmarshal number 1e400 into Go value of type float64"),
        ("complex128", "1", "json: cannot unmarshal number into Go value of type complex128"),
        ("[]int", '[1,"x"]', "json: cannot unmarshal string into .1 of type int"),
        (
            "Tree",
            '{"Others":[{},{"Value":[]}]}',
            "json: cannot unmarshal array into Go struct field Tree.Others.1.Value of type int",
        ),
        (
            "map[int]string",
            '{"x":"y"}',
            "json: cannot unmarshal number x into Go struct field .x of type int",
        ),
        (
            "map[bool]int",
            '{"a":1}',
            "json: cannot unmarshal string into Go struct field .a of type bool",
        ),
        ("big.Int", '"5"', 'math/big: cannot unmarshal "\\"5\\"" into a *big.Int'),
    ],
)
def test_errors_have_the_text_of_go(kind: str, text: str, error: str) -> None:
    assert error_of(KINDS[kind], text) == error


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("big.Rat", '"1e99999999"'),
        ("big.Rat", '"1e-99999999"'),
        ("big.Rat", '"' + "1" * 20_000 + '"'),
        ("big.Float", '"' + "1" * 20_000 + '"'),
    ],
)
def test_number_that_would_be_huge_is_refused(kind: str, text: str) -> None:
    assert error_of(KINDS[kind], text).endswith("the limit is 10000 (Limits.digits)")


@pytest.mark.parametrize("text", ['"1e99999999"', '"1e-99999999"'])
def test_float_with_a_huge_exponent_is_refused(text: str) -> None:
    error = error_of(KINDS["big.Float"], text)
    assert error.endswith("the limit is 1000000 (100 times Limits.digits)")


def test_float_with_a_large_exponent_is_that_of_go() -> None:
    value = decoded(KINDS["big.Float"], '"1e99999"')
    assert (value.precision, value.significand.bit_length() + value.exponent) == (64, 332190)


@pytest.mark.parametrize(
    "text",
    [
        '"00112233-4455-6677-8899-aabbccddeeff"',
        '"00112233445566778899AABBCCDDEEFF"',
        '"{00112233-4455-6677-8899-aabbccddeeff}"',
        '"urn:uuid:00112233-4455-6677-8899-aabbccddeeff"',
        "[0,17,34,51,68,85,102,119,136,153,170,187,204,221,238,255]",
    ],
)
def test_uuid_arrives_in_every_form(text: str) -> None:
    assert decoded(UUID, text) == UUID("00112233-4455-6677-8899-aabbccddeeff")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('"x"', "invalid UUID length: 1"),
        (f'"{"g" * 36}"', "invalid UUID format"),
        ("5", "cannot unmarshal number"),
    ],
)
def test_text_that_is_no_uuid_is_refused(text: str, error: str) -> None:
    assert error in error_of(UUID, text)


def test_uuid_as_a_key_arrives() -> None:
    assert decoded(dict[UUID, int], f'{{"{UUID(int=5)}":1}}') == {UUID(int=5): 1}


def test_moments_in_two_zones_are_no_entry_less() -> None:
    text = '{"2020-01-01T00:00:00Z":1,"2020-01-01T01:00:00+01:00":2}'
    assert "a moment in two zones" in error_of(dict[datetime, int], text)


def test_key_that_comes_twice_has_the_last_value() -> None:
    text = '{"2020-01-01T00:00:00Z":1,"2020-01-01T00:00:00Z":2}'
    assert list(decoded(dict[datetime, int], text).values()) == [2]


@pytest.mark.parametrize(
    ("annotation", "text", "place"),
    [
        (Special, '{"Color":300}', "Special.Color: "),
        (list[Special], '[{},{"Color":300}]', "1.Color: "),
        (dict[str, Color], '{"a":300}', "a: "),
        (dict[Color, int], '{"300":1}', "300: "),
        (Color, "300", ""),
    ],
)
def test_unknown_member_of_an_enum_has_its_place(annotation: Any, text: str, place: str) -> None:
    hint = "a class Color(OpenIntEnum) takes unknown ones"
    assert error_of(annotation, text) == f"{place}300 is not a valid Color; {hint}"


@pytest.mark.parametrize("text", ["1e400", "-1E400", "1" * 400])
@pytest.mark.parametrize(
    ("form", "where"),
    [
        ("{}", "Go value"),
        ("[1,{}]", ".1"),
        ('{{"a":{}}}', "Go struct field .a"),
        ("[{}" + ",0" * 20 + "]", ".0"),
        ("[[],{}]", ".1"),
    ],
)
def test_number_beyond_float64_in_any_is_refused(text: str, form: str, where: str) -> None:
    error = f"json: cannot unmarshal number {text} into {where} of type float64"
    assert error_of(Any, form.format(text)) == error


def test_number_of_many_digits_is_a_big_int() -> None:
    assert decoded(KINDS["big.Int"], "1" + "0" * 9999) == 10**9999


def test_limit_of_digits_applies() -> None:
    schema = schema_of(KINDS["big.Rat"])
    with pytest.raises(DecodeError, match=r"51 digits; the limit is 50 \(Limits.digits\)"):
        decode(schema, parse('"1e50"'), limits=Limits(digits=50))


def test_keys_of_equal_hash_are_refused() -> None:
    # Hashes of integers repeat after this prime.
    keys = [f"{number * (2**61 - 1):032x}" for number in range(200)]
    texts = (":".join(key[i : i + 4] for i in range(0, 32, 4)) for key in keys)
    text = ",".join(f'"{text}":1' for text in texts)
    with pytest.raises(DecodeError, match=r"limit is 100 \(Limits.collisions\)"):
        decoded(dict[NetipAddr, int], f"{{{text}}}")
