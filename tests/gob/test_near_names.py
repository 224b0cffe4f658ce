"""Fields whose names differ in case only are told, or refused on demand."""

import logging
from typing import Annotated, Any

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen.errors import DecodeError
from rpcgen.gob.near_names import near_misses
from rpcgen.gob.wire import INT, STRING, StructType
from rpcgen.schema import Struct, schema_of
from rpcgen.types import wire

pytestmark = pytest.mark.usefixtures("implementation")


@wire("User")
@define
class Sent:
    """As Go has it."""

    guid: Annotated[str, wire("Guid")]
    cpu_usage: Annotated[float, wire("CpuUsage")]
    name: str


def _receiver() -> Any:
    """Return a class that nobody has told anything of yet."""

    @define
    class User:
        guid: str
        cpu_usage: float
        name: str

    return User


DATA = gob.dumps(Sent("g-1", 0.5, "bob"))


def test_names_that_differ_in_case_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert gob.loads(DATA, _receiver()).name == "bob"
    assert [(record.name, record.levelno) for record in caplog.records] == [
        ("rpcgen.gob", logging.WARNING)
    ]


def test_warning_says_what_to_write(caplog: pytest.LogCaptureFixture) -> None:
    gob.loads(DATA, _receiver())
    assert "guid is GUID here and Guid there" in caplog.text
    assert 'cpu_usage: Annotated[..., wire("CpuUsage")]' in caplog.text


def test_names_are_logged_once_for_a_class(caplog: pytest.LogCaptureFixture) -> None:
    cls = _receiver()
    for _ in range(3):
        gob.loads(DATA, cls)
    gob.loads(gob.dumps([Sent("g", 1.0, "b")]), list.__class_getitem__(cls))
    assert len(caplog.records) == 1


def test_names_are_refused_on_demand() -> None:
    with pytest.raises(DecodeError, match=r'write guid: Annotated\[..., wire\("Guid"\)\]'):
        gob.loads(DATA, _receiver(), strict_names=True)


def test_stream_goes_on_after_names_were_refused() -> None:
    decoder = gob.Decoder(DATA + gob.dumps(5), strict_names=True)
    with pytest.raises(DecodeError, match="in case only"):
        decoder.decode(_receiver())
    assert decoder.decode(int) == 5


def test_names_that_fit_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert gob.loads(DATA, Sent) == Sent("g-1", 0.5, "bob")
    assert not caplog.records


def test_type_without_a_field_of_ours_says_which_differ_in_case() -> None:
    @define
    class Only:
        guid: str

    with pytest.raises(DecodeError, match="guid is GUID here and Guid there"):
        gob.loads(DATA, Only)


def test_field_that_is_there_in_both_cases_is_no_miss() -> None:
    @define
    class Both:
        guid: str

    known = StructType("Both", 65, (("GUID", STRING), ("Guid", STRING)))
    schema = schema_of(Both)
    assert isinstance(schema, Struct)
    assert near_misses(known, schema) == []


def test_name_that_go_would_not_export_is_no_miss() -> None:
    schema = schema_of(_receiver())
    assert isinstance(schema, Struct)
    assert near_misses(StructType("User", 65, (("guid", STRING),)), schema) == []


@given(st.lists(st.sampled_from(["GUID", "Guid", "GuiD", "CPUUsage", "CpuUsage", "Other"])))
def test_every_miss_is_missing_on_both_sides(names: list[str]) -> None:
    schema = schema_of(_receiver())
    assert isinstance(schema, Struct)
    ours = {field.wire_name for field in schema.fields}
    known = StructType("User", 65, tuple((name, INT) for name in dict.fromkeys(names)))
    for field, name in near_misses(known, schema):
        assert name in names
        assert name not in ours
        assert field.wire_name not in names
        assert field.wire_name.casefold() == name.casefold()
