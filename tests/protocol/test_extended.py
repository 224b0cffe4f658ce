from __future__ import annotations

import pytest

from rpcgen.errors import EncodeError
from rpcgen.protocol.extended import MAX_UNKNOWN_HEADER, Extension, HeaderTooLongError
from rpcgen.protocol.headers import ExtendedRequest, Feature
from rpcgen.values.limits import Limits

LIMITS = Limits(metadata=4)


def test_metadata_beyond_the_limit_is_removed_with_a_reason() -> None:
    header = ExtendedRequest("A.B", 1, metadata={"ab": "cde"})
    assert "Limits.metadata" in Extension(LIMITS).received(header)
    assert header.metadata is None


def test_metadata_within_the_limit_stays() -> None:
    header = ExtendedRequest("A.B", 1, metadata={"ab": "cd"})
    assert Extension(LIMITS).received(header) == ""
    assert header.metadata == {"ab": "cd"}


def test_metadata_that_is_sent_has_the_limit_of_what_is_received() -> None:
    extension = Extension(LIMITS)
    extension.check_metadata(ExtendedRequest("A.B", 1, metadata={"ab": "cd"}))
    with pytest.raises(EncodeError, match=r"5 bytes; the limit is 4 \(Limits\.metadata\)"):
        extension.check_metadata(ExtendedRequest("A.B", 1, metadata={"ab": "cde"}))


def test_long_header_is_refused_toward_a_peer_that_has_said_nothing() -> None:
    extension = Extension(LIMITS)
    extension.check_size(MAX_UNKNOWN_HEADER)
    with pytest.raises(HeaderTooLongError, match="a header of 513 bytes"):
        extension.check_size(MAX_UNKNOWN_HEADER + 1)


def test_long_header_is_sent_to_a_peer_that_takes_it() -> None:
    extension = Extension(LIMITS)
    extension.received(ExtendedRequest("A.B", 1, features=Feature.KEY | Feature.LARGE_HEADERS))
    extension.check_size(MAX_UNKNOWN_HEADER + 1)


def test_peer_that_takes_long_headers_need_not_say_it_again() -> None:
    extension = Extension(LIMITS)
    extension.received(ExtendedRequest("A.B", 1, features=Feature.LARGE_HEADERS))
    extension.received(ExtendedRequest("A.B", 2, features=Feature.KEY))
    extension.check_size(MAX_UNKNOWN_HEADER + 1)
