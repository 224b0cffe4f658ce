"""What an IDL says beyond Python's own types, and the values that carry more than Python's."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Annotated, Any, Protocol, get_args

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from rpcgen import gob, types
from rpcgen.errors import DecodeError, EncodeError
from rpcgen.types import (
    AddrPort,
    BigFloatValue,
    Duration,
    GoTime,
    GoType,
    InterfaceMark,
    OpenIntEnum,
    OpenStrEnum,
    Time,
    Uint8,
    interface,
    json_tag,
    length,
    struct_args,
    takes_struct,
    wire,
    wire_name_of,
)

NOON = datetime(2026, 1, 2, 12, 0, 0, 5, UTC)


@wire("shapes.Circle")
@define
class Circle:
    radius: float


class Ring(Circle):
    pass


@pytest.mark.parametrize("name", types.__all__)
def test_every_public_name_exists(name: str) -> None:
    assert hasattr(types, name)


def test_sized_number_is_a_plain_number_with_its_type_in_go() -> None:
    assert get_args(Uint8) == (int, GoType("uint8"))


# --- marks ----------------------------------------------------------------------------------------


def test_wire_names_a_class() -> None:
    assert wire_name_of(Circle) == "shapes.Circle"


def test_wire_returns_the_very_class() -> None:
    class Plain:
        pass

    assert wire("Other")(Plain) is Plain


def test_wire_survives_a_decorator_that_makes_a_new_class() -> None:
    @define
    @wire("Other")
    class Slotted:
        x: int

    assert wire_name_of(Slotted) == "Other"


def test_wire_names_a_function() -> None:
    @wire("Times")
    def multiply() -> None: ...

    assert wire_name_of(multiply) == "Times"


def test_wire_name_is_not_inherited() -> None:
    assert wire_name_of(Ring) is None


def test_wire_name_of_class_without_one_is_none() -> None:
    assert wire_name_of(int) is None


def test_wire_without_a_name_is_refused() -> None:
    with pytest.raises(TypeError, match=r'write wire\("Name"\)'):

        @wire  # type: ignore[arg-type]
        class Plain:
            pass


@pytest.mark.parametrize("count", [-1, True, 2.0, "4"])
def test_length_that_is_no_count_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="a length is 0, 1, 2"):
        length(count)


def test_length_is_shown_as_it_is_written() -> None:
    assert "length(4)" in str(Annotated[list[int], length(4)])


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        ("id", "id", set()),
        ("id,omitempty", "id", {"omitempty"}),
        (",omitempty,omitzero", "", {"omitempty", "omitzero"}),
        ("id,", "id", set()),
    ],
)
def test_json_tag_has_a_name_and_options(text: str, name: str, options: set[str]) -> None:
    assert (json_tag(text).name, set(json_tag(text).options)) == (name, options)


@pytest.mark.parametrize(("text", "omitted"), [("-", True), ("-,", False), ("id", False)])
def test_json_tag_keeps_a_field_out(text: str, omitted: bool) -> None:
    assert json_tag(text).omitted is omitted


# --- nanoseconds ----------------------------------------------------------------------------------


def test_time_is_the_moment_with_its_nanosecond() -> None:
    time = Time.of(NOON, 7)
    assert (datetime.combine(time.date(), time.timetz()), time.nanosecond) == (NOON, 7)


@pytest.mark.parametrize("nanosecond", [-1, 1000])
def test_time_refuses_what_is_no_nanosecond(nanosecond: int) -> None:
    with pytest.raises(ValueError, match=r"nanosecond must be in 0\.\.999"):
        Time.of(NOON, nanosecond)


def test_time_without_nanosecond_equals_the_datetime() -> None:
    assert Time.of(NOON, 0) == NOON


def test_time_with_nanosecond_differs_from_the_datetime() -> None:
    assert Time.of(NOON, 1) != NOON


def test_datetime_does_not_equal_a_time_with_nanosecond() -> None:
    assert not NOON == Time.of(NOON, 1)  # noqa: SIM201,SIM300 - as datetime sees it


def test_time_differs_from_what_is_no_time() -> None:
    assert Time.of(NOON, 1) != "noon"


def test_time_is_not_ordered_among_other_things() -> None:
    with pytest.raises(TypeError, match="not supported between"):
        sorted([Time.of(NOON, 1), 5])  # type: ignore[type-var]


@given(st.integers(0, 999), st.integers(0, 999))
def test_times_of_one_microsecond_compare_like_their_nanoseconds(one: int, other: int) -> None:
    assert (Time.of(NOON, one) <= Time.of(NOON, other)) == (one <= other)


def test_times_of_one_microsecond_are_ordered() -> None:
    assert sorted([Time.of(NOON, 2), Time.of(NOON, 1), NOON]) == [
        NOON,
        Time.of(NOON, 1),
        Time.of(NOON, 2),
    ]


def test_equal_times_have_equal_hashes() -> None:
    assert hash(Time.of(NOON, 0)) == hash(NOON)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, 999))
def test_time_survives_pickle(moment: datetime, nanosecond: int) -> None:
    time = Time.of(moment, nanosecond)
    assert pickle.loads(pickle.dumps(time)) == time


def test_time_survives_copy() -> None:
    assert copy.deepcopy(Time.of(NOON, 7)) == Time.of(NOON, 7)


def test_time_is_shown_with_its_nanosecond() -> None:
    assert repr(Time.of(NOON, 7)).endswith("tzinfo=datetime.timezone.utc), 7)")


def test_time_prints_nine_digits() -> None:
    assert str(Time.of(NOON, 7)) == "2026-01-02 12:00:00.000005007+00:00"


def test_arithmetic_drops_the_nanosecond_of_a_time() -> None:
    assert Time.of(NOON, 7) + timedelta(1) == NOON + timedelta(1)


def test_duration_is_the_span_with_its_nanosecond() -> None:
    duration = Duration.of(1_500)
    assert (duration // timedelta(microseconds=1), duration.nanosecond) == (1, 500)


def test_duration_of_whole_microseconds_equals_the_timedelta() -> None:
    assert Duration.of(3_000) == timedelta(microseconds=3)


def test_duration_with_nanosecond_differs_from_the_timedelta() -> None:
    assert timedelta(microseconds=3) != Duration.of(3_001)


def test_duration_of_nanoseconds_is_true() -> None:
    assert Duration.of(1)


def test_duration_of_nothing_is_false() -> None:
    assert not Duration.of(0)


nanoseconds = st.integers(-(2**63), 2**63 - 1)


@given(nanoseconds, nanoseconds)
def test_durations_are_ordered_like_their_nanoseconds(one: int, other: int) -> None:
    assert (Duration.of(one) < Duration.of(other)) == (one < other)


def test_durations_of_one_microsecond_are_ordered() -> None:
    assert Duration.of(1) < Duration.of(2)


@given(nanoseconds)
def test_duration_is_shown_as_it_is_made(count: int) -> None:
    assert repr(Duration.of(count)) == f"Duration.of({count})"


@given(nanoseconds)
def test_duration_survives_pickle(count: int) -> None:
    duration = Duration.of(count)
    assert pickle.loads(pickle.dumps(duration)) == duration


# --- big.Float ------------------------------------------------------------------------------------


@given(st.floats(allow_nan=False))
def test_big_float_of_float_is_exact(value: float) -> None:
    assert float(BigFloatValue.of(value)) == value


def test_big_float_keeps_the_sign_of_zero() -> None:
    assert str(float(BigFloatValue.of(-0.0))) == "-0.0"


def test_big_float_refuses_nan() -> None:
    with pytest.raises(ValueError, match="cannot be NaN"):
        BigFloatValue.of(float("nan"))


def test_big_float_is_an_exact_fraction() -> None:
    assert BigFloatValue(3, -2, 53, negative=True).fraction() == Fraction(-3, 4)


def test_infinite_big_float_is_no_fraction() -> None:
    with pytest.raises(OverflowError, match="infinity"):
        BigFloatValue.of(float("inf")).fraction()


def test_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match=r"module 'rpcgen.types' has no attribute 'nowhere'"):
        _ = types.nowhere


@pytest.mark.parametrize("value", [BigFloatValue.of(1.5), AddrPort(None, 1)])
def test_values_of_library_types_can_be_pickled(value: object) -> None:
    assert type(value).__module__ == "rpcgen.types"
    assert pickle.loads(pickle.dumps(value)) == value


# --- what is said of methods and fields -----------------------------------------------------------


@struct_args
def marked(self: object, name: str) -> int:
    return len(name)


def unmarked(self: object, name: str) -> int:
    return len(name)


@struct_args
class Marked(Protocol):
    def ping(self) -> int: ...


class Inherits(Marked, Protocol):
    pass


@pytest.mark.parametrize(
    ("target", "expected"),
    [(marked, True), (unmarked, False), (Marked, True), (Inherits, False)],
)
def test_struct_args_marks_what_it_decorates_and_nothing_else(
    target: object, expected: bool
) -> None:
    assert takes_struct(target) is expected


def test_struct_args_leaves_the_function_as_it_is() -> None:
    assert struct_args(unmarked) is unmarked
    vars(unmarked).clear()


def test_interface_is_equal_to_itself_alone() -> None:
    assert interface == InterfaceMark()
    assert repr(interface) == "InterfaceMark()"


class Color(OpenIntEnum):
    RED = 0
    BLUE = 3


class Mood(OpenStrEnum):
    GOOD = "good"


@pytest.mark.parametrize("unknown", [Color(7), Mood("odd")], ids=repr)
def test_unknown_member_is_one_of_the_class(unknown: Any) -> None:
    assert type(unknown) in (Color, Mood)
    assert (unknown.name, unknown.is_known) == ("UNKNOWN", False)
    assert unknown in (7, "odd")


def test_known_member_is_the_only_one() -> None:
    assert Color(3) is Color.BLUE
    assert Color.BLUE.is_known
    assert Mood.GOOD.is_known


def test_unknown_members_are_no_members() -> None:
    Color(7)
    assert list(Color) == [Color.RED, Color.BLUE]


@given(st.integers(-(2**63), 2**63 - 1))
def test_unknown_members_are_equal_by_their_value(value: int) -> None:
    assert Color(value) == Color(value) == value
    assert {Color(value): 1}[Color(value)] == 1


@pytest.mark.parametrize("member", [Color(7), Mood("odd"), Color.BLUE], ids=repr)
def test_open_enum_survives_pickle_and_copy(member: Any) -> None:
    for again in pickle.loads(pickle.dumps(member)), copy.deepcopy(member):
        assert (again, type(again)) == (member, type(member))


@pytest.mark.parametrize(("cls", "value"), [(Color, "7"), (Mood, 7)])
def test_open_enum_refuses_what_is_of_another_kind(cls: Any, value: object) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        cls(value)


OFFSETS = st.none() | st.integers(-1000, 1000).map(lambda minutes: minutes * 60).filter(
    lambda offset: offset != -60
)
GO_TIMES = st.builds(GoTime, st.integers(-(2**62), 2**62), st.integers(0, 999_999_999), OFFSETS)


@given(GO_TIMES)
def test_go_time_survives_gob(moment: GoTime) -> None:
    assert GoTime.gob_decode(moment.gob_encode()) == moment


@given(st.datetimes(timezones=st.just(UTC)))
def test_go_time_of_a_datetime_is_that_moment(moment: datetime) -> None:
    assert GoTime.of(moment).datetime() == moment
    assert GoTime.of(moment).gob_encode() == gob.dumps(moment)[-15:]
    assert str(GoTime.of(moment))[:19] == moment.isoformat()[:19]


@given(st.integers(-62_167_219_200, 253_402_300_799), st.integers(0, 999_999_999))
def test_go_time_survives_json(unix: int, nanosecond: int) -> None:
    moment = GoTime(unix, nanosecond)
    assert GoTime.unmarshal_json(moment.marshal_json()) == moment


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (GoTime(), "0001-01-01T00:00:00Z"),
        (GoTime(0, 5), "1970-01-01T00:00:00.000000005Z"),
        (GoTime(0, 0, -5 * 3600), "1969-12-31T19:00:00-05:00"),
        (GoTime(1 << 40), "+36812-02-20T00:36:16Z"),
        (GoTime(-62_135_596_801), "0000-12-31T23:59:59Z"),
        (GoTime(-62_167_219_201), "-0001-12-31T23:59:59Z"),
    ],
)
def test_go_time_prints_as_rfc_3339(moment: GoTime, text: str) -> None:
    assert str(moment) == text


def test_go_time_without_a_datetime() -> None:
    with pytest.raises(OverflowError):
        GoTime(1 << 40).datetime()


def test_go_time_of_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        GoTime.of(datetime(2026, 1, 1))


def test_go_time_that_json_of_go_refuses() -> None:
    with pytest.raises(EncodeError, match="year outside of range"):
        GoTime(1 << 40).marshal_json()


@pytest.mark.parametrize("moment", [GoTime(1 << 63), GoTime(0, 0, -60), GoTime(0, -1)])
def test_go_time_that_go_cannot_send(moment: GoTime) -> None:
    with pytest.raises(EncodeError):
        moment.gob_encode()


@pytest.mark.parametrize("text", [b'"x"', b'"2020-13-01T00:00:00Z"', b"5"])
def test_go_time_of_json_that_is_none(text: bytes) -> None:
    with pytest.raises(DecodeError, match="parsing time"):
        GoTime.unmarshal_json(text)


@given(st.binary(max_size=17))
def test_go_time_of_any_bytes_is_one_or_a_decode_error(data: bytes) -> None:
    try:
        str(GoTime.gob_decode(data))
    except DecodeError:
        pass
