from __future__ import annotations

import re
from typing import Any

import pytest

from rpcgen.protocol.metadata import checked_metadata, metadata_fault, metadata_size


def test_metadata_is_copied() -> None:
    given = {"tenant": "a", "x-trace_id.0/1:2": "", "!~": "é\n\0"}
    copy = checked_metadata(given)
    assert copy == given
    assert copy is not given


@pytest.mark.parametrize("name", ["", "Tenant", "a b", " a", "a\n", "\0", "\x7f", "é", "\udc80"])
def test_name_that_no_header_has_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="visible ASCII characters, without capital letters"):
        checked_metadata({name: "x"})


def test_value_of_lone_surrogates_is_refused() -> None:
    with pytest.raises(ValueError, match="lone surrogates"):
        checked_metadata({"a": "\udc80"})


@pytest.mark.parametrize("metadata", [{1: "a"}, {"a": 1}, {"a": b"b"}, {"a": None}, [("a", "b")]])
def test_anything_but_texts_is_a_type_error(metadata: Any) -> None:
    with pytest.raises(TypeError, match="str to str"):
        checked_metadata(metadata)


def test_size_is_that_of_the_bytes_of_names_and_values() -> None:
    assert metadata_size({"ab": "cde", "f": "é€", "g": "\udc80"}) == 5 + 1 + 5 + 1 + 3


def test_no_fault_within_the_limit() -> None:
    assert metadata_fault({"ab": "cde"}, 5) == ""


def test_fault_beyond_the_limit_names_it() -> None:
    assert metadata_fault({"ab": "cde"}, 4) == (
        "metadata of 5 bytes; the limit is 4 (Limits.metadata)"
    )


def test_fault_of_a_name_is_that_of_what_is_sent() -> None:
    fault = metadata_fault({"a": "b", "A\n": "b"}, 100)
    with pytest.raises(ValueError, match=re.escape(fault)):
        checked_metadata({"A\n": "b"})
    assert fault
