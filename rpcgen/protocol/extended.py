"""Common parts of the codecs for headers with more than Go's: their limits in size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rpcgen.errors import EncodeError
from rpcgen.values.limits import Limits

from .headers import ExtendedRequest, ExtendedResponse, Feature
from .metadata import metadata_fault, metadata_size

__all__ = ["MAX_UNKNOWN_HEADER", "Extension", "HeaderTooLongError"]

MAX_UNKNOWN_HEADER: Final = 512
"""Size in bytes of an extended header, type definitions included, that any peer takes."""

_LARGE_HEADERS: Final = int(Feature.LARGE_HEADERS)


class HeaderTooLongError(EncodeError):
    """A request's header that a server may not take, as far as is known.

    After a call that says `Feature.LARGE_HEADERS`, and its answer, the same may go out.
    """


class Extension:
    """State of one side of a connection: what it has seen, and may send, beyond Go's headers.

    Args:
        limits: Of these, `Limits.metadata`.
    """

    def __init__(self, limits: Limits) -> None:
        self._limit = limits.metadata
        self.takes_large = False
        """True once the peer has said that it takes headers above `MAX_UNKNOWN_HEADER`."""

    def received(self, header: ExtendedRequest | ExtendedResponse) -> str:
        """Take note of a header that has come.

        Returns:
            What is wrong with its metadata, which is then removed; empty if nothing is.
        """
        if header.features & _LARGE_HEADERS:
            self.takes_large = True
        if not header.metadata:
            return ""
        fault = metadata_fault(header.metadata, self._limit)
        if fault:
            header.metadata = None
        return fault

    def allows(self, metadata: Mapping[str, str]) -> bool:
        """Return whether metadata is not too large to be sent."""
        return metadata_size(metadata) <= self._limit

    def check_metadata(self, header: ExtendedRequest | ExtendedResponse) -> None:
        """Raise `EncodeError` if the metadata of a header that is to be sent is too large."""
        size = metadata_size(header.metadata) if header.metadata else 0
        if size > self._limit:
            raise EncodeError(
                f"metadata of {size} bytes; the limit is {self._limit} (Limits.metadata)"
            )

    def check_size(self, size: int) -> None:
        """Raise `HeaderTooLongError` if a request's header of so many bytes is for the peer."""
        if size > MAX_UNKNOWN_HEADER and not self.takes_large:
            raise HeaderTooLongError(
                f"a header of {size} bytes with its metadata: a server that has not said that it "
                f"takes more gets {MAX_UNKNOWN_HEADER} at most, so send less metadata"
            )
