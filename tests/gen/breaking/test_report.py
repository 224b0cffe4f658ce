"""Tests of `rpcgen.gen.breaking.report`."""

from __future__ import annotations

from rpcgen.gen.breaking.fit import Types
from rpcgen.gen.breaking.report import Report
from rpcgen.gen.describe import TypePlace
from rpcgen.gen.diagnostics import Location
from rpcgen.protocol.reflection import Kind, TypeDescription

TYPES = Types([TypeDescription(Kind.STRUCT), TypeDescription(Kind.POINTER, element=0)])
USED, WRITTEN, FIELD = Location("a.py", 1), Location("a.py", 2), Location("a.py", 3)


def report() -> Report:
    return Report(TYPES, TYPES, {0: TypePlace(WRITTEN, {"x": FIELD})})


def test_finding_of_a_codec_that_is_not_asked_for_is_dropped() -> None:
    whole = report()
    part = whole.within(frozenset({"json"}))
    part.add(USED, "type-changed", "reason", "", ("gob",))
    part.add(USED, "type-changed", "reason", "")
    assert [each.codecs for each in whole.findings] == [("json",)]


def test_location_of_a_type_is_where_it_is_written() -> None:
    assert report().location_of(0, USED) == WRITTEN
    assert report().location_of(1, USED) == WRITTEN


def test_location_of_a_member_is_its_own() -> None:
    assert report().location_of(0, USED, "x") == FIELD
    assert report().location_of(0, USED, "y") == WRITTEN


def test_location_of_a_type_without_a_class_is_where_it_is_used() -> None:
    assert Report(TYPES, TYPES, {}).location_of(0, USED) == USED
