"""TLS contexts for tests, whose certificates are made on the spot."""

from __future__ import annotations

import ssl
from functools import cache

import trustme

__all__ = ["client_context", "mutual_contexts", "server_context"]


@cache
def _authority() -> trustme.CA:
    return trustme.CA()


def server_context() -> ssl.SSLContext:
    """Return the context of a server on 127.0.0.1 and localhost."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _authority().issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


def client_context() -> ssl.SSLContext:
    """Return the context of a client that trusts that server."""
    # Not the authorities of the system as well: they take longer to read than most tests.
    return ssl.create_default_context(cadata=_authority().cert_pem.bytes().decode())


def mutual_contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the contexts of a server that wants to know its clients, and of one it knows."""
    server, client = server_context(), client_context()
    _authority().configure_trust(server)
    server.verify_mode = ssl.CERT_REQUIRED
    _authority().issue_cert("client@example.org").configure_cert(client)
    return server, client
