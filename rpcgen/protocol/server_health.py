"""`ServerHealth`: what a server says of itself by ``rpcgen.Health``."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Final

from rpcgen.method import Method

from .health import ServingStatus

__all__ = ["HEALTH", "HEALTH_CHECK", "ServerHealth"]

HEALTH: Final = "rpcgen.Health"
"""Name of the service on the wire."""

HEALTH_CHECK: Final = Method[str, ServingStatus]("rpcgen.Health.Check", idempotent=True)

# Name of the server as a whole, as in gRPC.
_SERVER: Final = ""


class ServerHealth:
    """Statuses of a server and its services: each serves unless something else is said of it.

    Any thread may use it.

    Args:
        services: Returns the names of all that is served.
    """

    def __init__(self, services: Callable[[], Container[str]]) -> None:
        self._services = services
        self._statuses: dict[str, ServingStatus] = {}
        self._is_shut_down = False

    def set(self, service: str, status: ServingStatus) -> None:
        """Say how a service is.

        Args:
            service: Its name, which need not be registered; empty for the server as a whole.
            status: What `check` answers from now on.
        """
        self._statuses[service] = status

    def check(self, service: str) -> ServingStatus:
        """Return how a service is.

        Args:
            service: Its name, empty for the server as a whole.

        Returns:
            What was `set`, else SERVING for all that is registered and for the server, and
            SERVICE_UNKNOWN for anything else. NOT_SERVING for all of it once the server shuts
            down.
        """
        status = self._statuses.get(service)
        if status is None and service != _SERVER and service not in self._services():
            return ServingStatus.SERVICE_UNKNOWN
        if self._is_shut_down:
            return ServingStatus.NOT_SERVING
        return ServingStatus.SERVING if status is None else status

    def shut_down(self) -> None:
        """Answer NOT_SERVING from now on: the server is about to end."""
        self._is_shut_down = True
