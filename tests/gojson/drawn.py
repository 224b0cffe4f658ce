"""Values of JSON that Hypothesis draws."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["OBJECTS"]

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=4)
