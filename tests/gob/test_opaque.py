"""The types of Go's library that encode themselves. The bytes come from Go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from ipaddress import ip_address, ip_interface
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen.errors import DecodeError, EncodeError
from rpcgen.gob.opaque import marshaller, must_be_short, unmarshaller, zero_bytes
from rpcgen.schema import Opaque, schema_of
from rpcgen.types import (
    URL,
    AddrPort,
    BigFloat,
    BigFloatValue,
    BigInt,
    BigRat,
    GoTime,
    NetipAddr,
    NetipAddrPort,
    NetipPrefix,
    Time,
    length,
)

from .examples import Keeper, Secret

pytestmark = pytest.mark.usefixtures("implementation")


def _opaque(annotation: Any) -> Opaque[Any]:
    schema = schema_of(annotation)
    assert isinstance(schema, Opaque)
    return schema


_IST = timezone(timedelta(hours=5, minutes=30))

# Pairs of values and bytes, as real Go made them.
_PAIRS: list[tuple[Any, Any, str]] = [
    (
        datetime,
        Time.of(datetime(2024, 2, 29, 12, 34, 56, 789012, UTC), 345),
        "010000000edd7270f02f075f79ffff",
    ),
    (
        datetime,
        Time.of(datetime(2024, 2, 29, 12, 34, 56, 789012, _IST), 345),
        "010000000edd7223982f075f79014a",
    ),
    (datetime, datetime(1, 1, 1, tzinfo=UTC), "01000000000000000000000000ffff"),
    (datetime, datetime(1970, 1, 1, tzinfo=UTC), "010000000e7791f70000000000ffff"),
    (
        datetime,
        datetime(2020, 1, 1, tzinfo=timezone(timedelta(), "Z0")),
        "010000000ed59dd800000000000000",
    ),
    (BigInt, 1, "0201"),
    (BigInt, -8, "0308"),
    (BigInt, 2**64, "02010000000000000000"),
    (BigFloat, BigFloatValue.of(1.5), "010a0000003500000001c000000000000000"),
    (BigFloat, BigFloatValue(precision=53), "010800000035"),
    (BigFloat, BigFloatValue.of(float("inf")), "010c00000035"),
    (UUID, UUID(int=1), "00000000000000000000000000000001"),
    (NetipAddr, ip_address("1.2.3.4"), "01020304"),
    (NetipAddr, ip_address("fe80::1%eth0"), "fe80000000000000000000000000000165746830"),
    (NetipAddr, None, ""),
    (NetipAddrPort, AddrPort(None, 0), "0000"),
    (NetipPrefix, None, "ff"),
    (URL, "http://h/p", "687474703a2f2f682f70"),
]


@pytest.mark.parametrize(("annotation", "value", "octets"), _PAIRS)
def test_marshaller_gives_the_bytes_of_go(annotation: Any, value: Any, octets: str) -> None:
    assert marshaller(_opaque(annotation))(value).hex() == octets


@pytest.mark.parametrize(("annotation", "value", "octets"), _PAIRS)
def test_unmarshaller_gives_the_value_of_go(annotation: Any, value: Any, octets: str) -> None:
    assert unmarshaller(_opaque(annotation))(bytes.fromhex(octets)) == value


@pytest.mark.parametrize(
    ("annotation", "octets"),
    [
        (datetime, ""),
        (datetime, "03" + "00" * 14),
        (datetime, "01" + "00" * 13),
        (datetime, "017fffffffffffffff00000000ffff"),
        (BigInt, "0601"),
        (BigRat, "02000000ff01"),
        (BigRat, "0200"),
        (BigFloat, "02"),
        (BigFloat, "0108"),
        (BigFloat, "010a00000035000000014000000000000000"),
        (UUID, "01"),
        (UUID, "ff" * 36),
        (URL, "ff"),
        (NetipAddr, "010203"),
        (NetipAddr, "00" * 16 + "ff"),
        (NetipAddr, "00" * 16 + "25"),
        (NetipAddrPort, "01"),
        (NetipPrefix, ""),
    ],
)
def test_unmarshaller_of_bytes_that_are_none(annotation: Any, octets: str) -> None:
    with pytest.raises(DecodeError):
        unmarshaller(_opaque(annotation))(bytes.fromhex(octets))


_OFFSETS = st.integers(-86399, 86399).filter(lambda seconds: not -120 < seconds < 0)


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)), _OFFSETS, st.integers(0, 999))
def test_time_with_any_offset_comes_back(moment: datetime, seconds: int, nanosecond: int) -> None:
    zone = timezone(timedelta(seconds=seconds))
    time = Time.of(moment.replace(tzinfo=zone), nanosecond)
    back = gob.loads(gob.dumps(time, datetime), datetime)
    assert (back, back.utcoffset()) == (time, time.utcoffset())


def test_time_in_a_named_zone_keeps_the_moment() -> None:
    moment = datetime(2024, 7, 1, 12, tzinfo=ZoneInfo("UTC"))
    assert gob.loads(gob.dumps(moment, datetime), datetime).tzinfo is UTC


def test_time_without_a_zone_is_refused() -> None:
    with pytest.raises(EncodeError, match="naive"):
        gob.dumps(datetime(2024, 1, 1), datetime)


def test_time_one_minute_west_is_refused_as_go_does() -> None:
    moment = datetime(2024, 1, 1, tzinfo=timezone(timedelta(minutes=-1)))
    with pytest.raises(EncodeError, match="one minute west"):
        gob.dumps(moment, datetime)


@given(st.fractions())
def test_big_rat_comes_back(value: Fraction) -> None:
    assert gob.loads(gob.dumps(value, BigRat), BigRat) == value


@given(st.integers(-(2**300), 2**300))
def test_big_int_comes_back(value: int) -> None:
    assert gob.loads(gob.dumps(value, BigInt), BigInt) == value


@given(st.floats(allow_nan=False))
def test_big_float_comes_back(value: float) -> None:
    back = gob.loads(gob.dumps(BigFloatValue.of(value), BigFloat), BigFloat)
    assert str(float(back)) == str(value)


def test_big_float_of_more_bits_than_its_precision() -> None:
    with pytest.raises(EncodeError, match="precision of 2"):
        gob.dumps(BigFloatValue(7, 0, 2), BigFloat)


@pytest.mark.parametrize("text", ["10.1.2.3/8", "2001:db8::1/32", "0.0.0.0/0"])
def test_prefix_comes_back_with_its_host_bits(text: str) -> None:
    prefix = ip_interface(text)
    assert gob.loads(gob.dumps(prefix, NetipPrefix), NetipPrefix) == prefix


def test_addr_port_comes_back() -> None:
    address = AddrPort(ip_address("::1"), 8080)
    assert gob.loads(gob.dumps(address, NetipAddrPort), NetipAddrPort) == address


def test_url_announces_the_type_of_its_field() -> None:
    assert b"Userinfo" in gob.dumps("http://h/p", URL)


def test_a_class_of_the_user_encodes_itself() -> None:
    keeper = Keeper(Secret(b"abc"), Secret(b"de"))
    assert gob.loads(gob.dumps(keeper, Keeper), Keeper) == keeper


@pytest.mark.parametrize(
    ("annotation", "zero", "field"),
    [(BigInt, 0, "01010200"), (URL, "", "010000")],
)
def test_a_zero_whose_methods_want_a_pointer_is_sent(
    annotation: Any, zero: object, field: str
) -> None:
    cls = attrs.make_class("Holder", {"value": attrs.field(type=annotation)})
    assert gob.dumps(cls(zero)).hex().endswith(field)


def test_a_zero_of_a_class_of_the_user_is_left_out() -> None:
    assert gob.dumps(Keeper(Secret()), Keeper).endswith(b"\x03\xff\x80\x00")


def test_a_failure_of_a_class_of_the_user_is_a_decode_error() -> None:
    data = gob.dumps(Keeper(Secret(b"dab")), Keeper)
    with pytest.raises(DecodeError, match=r"Keeper\.secret: ValueError: bad secret"):
        gob.loads(data, Keeper)


@pytest.mark.parametrize(
    ("octets", "moment"),
    [
        # The first moment, west of Greenwich, and the last, east of it.
        ("01000000000000000000000000fed4", datetime(1, 1, 1, tzinfo=UTC)),
        ("01000000497786387f00000000003c", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        # An offset of more than a day.
        ("010000000ed59dd800000000007fff", datetime(2020, 1, 1, tzinfo=UTC)),
    ],
)
def test_moment_whose_zone_no_datetime_has_is_there(octets: str, moment: datetime) -> None:
    assert unmarshaller(_opaque(datetime))(bytes.fromhex(octets)) == moment


@pytest.mark.parametrize(
    "moment",
    [
        datetime.min.replace(tzinfo=timezone(timedelta(hours=5))),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-5, seconds=-30))),
    ],
)
@pytest.mark.parametrize("annotation", [datetime, Any, dict[datetime, int]])
def test_moment_that_only_its_zone_has_in_a_year_of_datetimes_arrives(
    moment: datetime, annotation: Any
) -> None:
    value = moment if annotation in (datetime, Any) else {moment: 1}
    arrived = gob.loads(gob.dumps(value, annotation), annotation)
    assert repr(arrived) == repr(value)


@pytest.mark.parametrize(
    "octets", ["017fffffffffffffff00000000ffff", "01ff0000000000000000000000003c"]
)
def test_moment_that_no_datetime_holds_names_the_way_out(octets: str) -> None:
    with pytest.raises(DecodeError, match=r"GoTime of rpcgen\.types"):
        unmarshaller(_opaque(datetime))(bytes.fromhex(octets))


@pytest.mark.parametrize("annotation", [GoTime, Any, None])
def test_moment_that_no_datetime_holds_is_a_go_time(annotation: Any) -> None:
    moment = GoTime(1 << 40, 5, 3600)
    arrived = gob.loads(gob.dumps(moment, annotation), annotation)
    assert arrived == moment
    assert gob.dumps(arrived, annotation) == gob.dumps(moment, annotation)


def test_uuid_arrives_as_text() -> None:
    assert unmarshaller(_opaque(UUID))(str(UUID(int=5)).encode()) == UUID(int=5)


ARRAY = Annotated[UUID, length(16)]


@given(st.uuids(), st.sampled_from([UUID, ARRAY]), st.sampled_from([UUID, ARRAY]))
def test_uuid_arrives_in_either_form(ident: UUID, sent: Any, wanted: Any) -> None:
    for one, other in (
        (sent, wanted),
        (list[sent], list[wanted]),
        (dict[sent, int], dict[wanted, int]),
    ):
        value: Any = ident if one is sent else [ident] if one == list[sent] else {ident: 1}
        assert gob.loads(gob.dumps(value, one), other) == value


def test_uuid_in_any_is_that_of_google() -> None:
    data = gob.dumps(UUID(int=5), Any)
    assert b"github.com/google/uuid.UUID" in data
    assert gob.loads(data, Any) == UUID(int=5)


def test_what_is_no_uuid_is_refused() -> None:
    with pytest.raises(EncodeError, match=r"'x' does not fit uuid.UUID"):
        gob.dumps("x", UUID)


def test_zero_bytes_are_those_of_the_zero_that_a_struct_leaves_out() -> None:
    assert zero_bytes(_opaque(Secret)) == b""
    assert zero_bytes(_opaque(BigInt)) is None


def test_number_whose_parts_are_divided_must_be_short() -> None:
    assert must_be_short(_opaque(BigRat))
    assert not must_be_short(_opaque(BigInt))
