"""The service ``rpcgen.Health``, by which others ask a server how it is."""

from __future__ import annotations

from typing import Protocol

from rpcgen.types import OpenIntEnum, idempotent, wire

__all__ = ["Health", "ServingStatus"]


class ServingStatus(OpenIntEnum):
    """Status of a service; names and numbers are those of gRPC's health checks."""

    UNSPECIFIED = 0
    SERVING = 1
    NOT_SERVING = 2
    SERVICE_UNKNOWN = 3


@wire("rpcgen.Health")
class Health(Protocol):
    """Says how a server is: for load balancers, supervisors and those who wait for a start."""

    @idempotent
    def check(self, service: str) -> ServingStatus:
        """Return how a service is.

        ``service`` is its name, empty for the server as a whole. One that the
        server does not have is ``SERVICE_UNKNOWN``.
        """
        ...
