"""Values of JSON that Hypothesis draws."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

__all__ = ["OBJECTS", "json_values"]


def json_values(most: int) -> st.SearchStrategy[Any]:
    """Return what draws values, of so many scalars at most."""
    return st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=most,
    )


OBJECTS = st.dictionaries(st.text(), json_values(10), max_size=4)
