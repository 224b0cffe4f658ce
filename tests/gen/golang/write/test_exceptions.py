"""Tests of `rpcgen.gen.golang.write.exceptions`."""

from __future__ import annotations

import pytest

from rpcgen.gen.golang.write.exceptions import error_method, text_parts
from rpcgen.protocol.reflection import FieldDescription, Kind, TypeDescription

KEY = TypeDescription(Kind.STRUCT, fields=[FieldDescription("Key", "key")])
NOTHING = TypeDescription(Kind.STRUCT)


@pytest.mark.parametrize(
    ("each", "text", "body"),
    [
        (KEY, "no key {key}", 'return fmt.Sprintf("no key %v", e.Key)'),
        (KEY, "100% of {{{key}}}", 'return fmt.Sprintf("100%% of {%v}", e.Key)'),
        (KEY, "", 'return fmt.Sprintf("Missing(Key=%v)", e.Key)'),
        (KEY, "no * key {key}", 'return fmt.Sprintf("Missing(Key=%v)", e.Key)'),
        (KEY, 'a "key" is gone', 'return "a \\"key\\" is gone"'),
        (NOTHING, "", 'return "Missing"'),
        (NOTHING, "100%", 'return "100%"'),
    ],
)
def test_text_is_made_of_the_fields(each: TypeDescription, text: str, body: str) -> None:
    method, uses_fmt = error_method(each, "Missing", text)
    assert body in method
    assert uses_fmt == ("fmt." in body)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ""),
        ("no key", '"no key"'),
        ("no {key}", '"no ", &e.Key, ""'),
        ("{key}: * of {{{key}}}", '"", &e.Key, ": ", nil, " of {", &e.Key, "}"'),
    ],
)
def test_text_is_read_in_parts(text: str, parts: str) -> None:
    assert text_parts(KEY, text) == parts
