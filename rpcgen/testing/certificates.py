"""TLS contexts for tests, of an authority that is made on the spot.

Needs trustme: ``pip install 'rpcgen[testing]'``.
"""

from __future__ import annotations

import ssl
import threading
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import trustme

__all__ = ["client_context", "mutual_contexts", "server_context"]

# Held while the authority is asked for: `cache` by itself lets each of several threads make one,
# and no two of these trust each other.
_asking: Final = threading.Lock()


def _authority() -> trustme.CA:
    with _asking:
        return _make_authority()


@cache
def _make_authority() -> trustme.CA:
    try:
        import trustme
    except ImportError as error:
        raise ImportError(
            "certificates for tests need trustme: pip install 'rpcgen[testing]'"
        ) from error
    return trustme.CA()


def server_context(*names: str) -> ssl.SSLContext:
    """Return the context of a server.

    Args:
        names: Host names and addresses of the server; 127.0.0.1 and localhost by default.

    Returns:
        A context for ``Server.listen(..., tls=...)``, with a certificate of this process's
        authority.

    Raises:
        ImportError: There is no trustme.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate = _authority().issue_cert(*names or ("127.0.0.1", "localhost"))
    certificate.configure_cert(context)
    return context


def client_context() -> ssl.SSLContext:
    """Return the context of a client that trusts the servers of `server_context`, and no others.

    Raises:
        ImportError: There is no trustme.
    """
    # Not the authorities of the system as well: they take longer to read than most tests.
    return ssl.create_default_context(cadata=_authority().cert_pem.bytes().decode())


def mutual_contexts(identity: str = "client@example.org") -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the contexts of a server that wants to know its clients, and of one it knows.

    Args:
        identity: Name in the client's certificate.

    Returns:
        The server's context and the client's.

    Raises:
        ImportError: There is no trustme.
    """
    server, client = server_context(), client_context()
    _authority().configure_trust(server)
    server.verify_mode = ssl.CERT_REQUIRED
    _authority().issue_cert(identity).configure_cert(client)
    return server, client
