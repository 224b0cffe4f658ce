from __future__ import annotations

import pytest

from rpcgen.gojson.text import compact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", "5"),
        ("[ 1.0 ,\n2e5 ]", "[1.0,2e5]"),
        ('" a \\" b "', '" a \\" b "'),
        ('{"<" : ">&\u2028"}', '{"\\u003c":"\\u003e\\u0026\\u2028"}'),
    ],
)
def test_text_is_handed_on_as_by_go(text: str, expected: str) -> None:
    assert compact(text) == expected
