from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.gojson.base64 import base64_error_place, bytes_of_base64


@given(st.binary(), st.lists(st.tuples(st.integers(0, 50), st.sampled_from("\r\n"))))
def test_octets_come_back_with_line_breaks_anywhere(
    octets: bytes, breaks: list[tuple[int, str]]
) -> None:
    text = base64.b64encode(octets).decode()
    for place, character in breaks:
        text = text[:place] + character + text[place:]
    assert bytes_of_base64(text) == octets


@pytest.mark.parametrize(
    ("text", "place"),
    [
        *(("QUJD=", 4), ("QUJD==", 4), ("QUI", 0), ("Q U I=", 1), ("QUI=QUI=", 4), ("=QUI", 0)),
        *(("QQ=", 3), ("Q===", 1), ("____", 0), ("\u00e9", 0), ("Q\nU I=", 3), ("QQ=x", 3)),
    ],
)
def test_what_go_refuses_is_refused_where_go_does(text: str, place: int) -> None:
    assert (bytes_of_base64(text), base64_error_place(text)) == (None, place)
