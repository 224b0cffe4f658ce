from __future__ import annotations

from typing import Annotated

import pytest
from attrs import define, field

from rpcgen.gojson.members import fold, members_of
from rpcgen.schema import schema_of
from rpcgen.schema.plan import plan_of
from rpcgen.types import embedded, json_tag, wire

from .kinds import Embedding, Inner, Tagged


def names_of(cls: type) -> list[str]:
    nodes, root = plan_of(schema_of(cls))
    return [member.name for member in members_of(nodes, nodes[root])[1]]


@define
class Left:
    same: int = 0
    tagged: int = 0


@define
class Right:
    same: int = 0
    also: Annotated[int, json_tag("Tagged")] = 0


@define
class Both:
    left: Annotated[Left, embedded] = field(factory=Left)
    right: Annotated[Right, embedded] = field(factory=Right)


@define
class Link:
    """A message that embeds itself."""

    next: Annotated[Link | None, embedded] = None
    number: int = 0


@define
class Renamed:
    inner: Annotated[Inner, embedded, json_tag("inside")] = field(factory=Inner)
    user_id: Annotated[int, wire("UID"), json_tag(",omitempty")] = 0


def test_names_are_those_of_go_or_of_the_tag() -> None:
    assert names_of(Tagged)[:5] == ["id", "-", "count", "Text", "flag"]


def test_fields_of_embedded_messages_stand_in_their_place() -> None:
    assert names_of(Embedding) == ["Z", "A", "Deep", "c", "named", "X"]


def test_of_two_fields_the_tagged_one_is_sent() -> None:
    assert names_of(Both) == ["Tagged"]


def test_message_that_embeds_itself_ends() -> None:
    assert names_of(Link) == ["Number"]


def test_embedded_message_with_a_name_is_a_field() -> None:
    assert names_of(Renamed) == ["inside", "UID"]


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("Name", "nAME"),
        ("\u017ftraße", "STRAßE"),
        ("\u212aelvin", "kelvin"),
        ("É", "é"),
        ("ẞ", "ß"),
        ("ᾈ", "ᾀ"),
        ("ΐ", "ΐ"),
        ("ﬅ", "ﬆ"),
        ("ς", "Σ"),
        ("\ua7dc", "ƛ"),
    ],
)
def test_keys_that_differ_in_case_only_fold_alike(key: str, other: str) -> None:
    assert fold(key) == fold(other)


@pytest.mark.parametrize(
    ("key", "other"), [("ß", "ss"), ("a_b", "ab"), ("ﬁ", "fi"), ("\u0131", "i"), ("\u0130", "i")]
)
def test_other_keys_do_not_fold_alike(key: str, other: str) -> None:
    assert fold(key) != fold(other)
