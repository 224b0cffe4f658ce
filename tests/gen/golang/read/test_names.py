"""Tests of `rpcgen.gen.golang.read.names`."""

from __future__ import annotations

import pytest

from rpcgen._names import go_name
from rpcgen.gen.golang.read.names import attribute_name, class_name, member_names, upper_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("A", "a"),
        ("UserID", "user_id"),
        ("Guid", "guid"),
        ("UserIDs", "user_ids"),
        ("HTTPServer", "http_server"),
        ("getURL", "get_url"),
        ("UTF8", "utf8"),
        ("IPv4Address", "ipv4_address"),
        ("Snake_Case", "snake_case"),
        ("Größe", "größe"),
        ("Class", "class_"),
        ("List", "list_"),
        ("Self", "self_"),
    ],
)
def test_attribute_name_is_that_of_python(name: str, expected: str) -> None:
    assert attribute_name(name) == expected


@pytest.mark.parametrize("name", ["A", "UserID", "HTTPServer", "UTF8", "Class", "List", "GUID"])
def test_attribute_name_is_one_that_the_rule_leads_back_from(name: str) -> None:
    assert go_name(attribute_name(name)) == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Arith", "Arith"),
        ("app-visor", "AppVisor"),
        ("v1", "V1"),
        ("1st", "X1st"),
        ("None", "None_"),
    ],
)
def test_class_name_is_an_identifier(text: str, expected: str) -> None:
    assert class_name(text) == expected


def test_upper_name_is_that_of_a_constant() -> None:
    assert upper_name("PortHTTP") == "PORT_HTTP"


@pytest.mark.parametrize(
    ("type_name", "names", "expected"),
    [
        ("Color", ["ColorRed", "ColorGreen"], ["RED", "GREEN"]),
        ("Color", ["Red", "Green"], ["RED", "GREEN"]),
        ("VariableFlags", ["VariableEscaped", "VariableShadowed"], ["ESCAPED", "SHADOWED"]),
        ("Color", ["ColorRed", "Green"], ["COLOR_RED", "GREEN"]),
        ("Color", ["Color1", "Color2"], ["COLOR1", "COLOR2"]),
        ("Color", ["Color_1", "Color_2"], ["COLOR_1", "COLOR_2"]),
        ("Color", ["red", "RED"], ["RED", "RED_"]),
        ("Color", ["Color"], ["COLOR"]),
    ],
)
def test_member_names_lack_the_name_of_the_type_where_all_have_it(
    type_name: str, names: list[str], expected: list[str]
) -> None:
    assert member_names(type_name, names) == expected
