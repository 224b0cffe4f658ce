"""Places where ``rpcgen serve`` listens: addresses, and sockets that another process has opened."""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from ..errors import DialError
from ..net.sockets import ListeningSocket, open_listener
from ..protocol import CodecName
from ..protocol.address import parse_address
from .failures import UNREACHABLE, USAGE, Failure

__all__ = ["Place", "inherited_sockets", "listen_failure", "tls_context"]

# The first descriptor that systemd hands over.
_FIRST_FD: Final = 3

_ENCRYPTED: Final = ("tls", "https", "fd", "http+fd")


@frozen
class Place:
    """An address to listen on.

    Attributes:
        address: What the user has said.
        codec: What is spoken there.
        tls: The certificate, for addresses that are encrypted.
        descriptor: Number of the socket that listens there already; None: there is none.
    """

    address: str
    codec: CodecName
    tls: ssl.SSLContext | None
    descriptor: int | None = None

    @property
    def context(self) -> ssl.SSLContext | None:
        """The certificate, if this address is encrypted."""
        return self.tls if self._scheme in _ENCRYPTED else None

    @property
    def where(self) -> str:
        """Argument of `Server.listen`."""
        if self.descriptor is None or self._scheme in ("fd", "http+fd"):
            return self.address
        path = parse_address(self.address).http_path
        return f"http+fd://{self.descriptor}{path}" if path else f"fd://{self.descriptor}"

    def open(self) -> ListeningSocket:
        """Open the socket, for another process that serves it.

        Raises:
            DialError: The address cannot be had.
        """
        return open_listener(self.address, has_tls=self.context is not None)

    @property
    def _scheme(self) -> str:
        return self.address.partition("://")[0]


def inherited_sockets() -> Sequence[str]:
    """Return the addresses of the sockets that systemd has opened for this process."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(os.environ.get("LISTEN_FDS", "0"))
    return [f"fd://{number}" for number in range(_FIRST_FD, _FIRST_FD + count)]


def listen_failure(error: DialError) -> Failure:
    """Return how the command ends where an address cannot be had."""
    hint = "another process has it" if "in use" in str(error) else ""
    if "needs tls=" in str(error):
        hint = "say which certificate: --cert FILE"
    return Failure(f"{error}", hint, UNREACHABLE)


def tls_context(cert: str | None, key: str | None, ca: str | None) -> ssl.SSLContext | None:
    """Return what encrypts ``tls://`` and ``https://``; None without a certificate.

    Args:
        cert: File of the certificate.
        key: File of its key; None where it is in the same file.
        ca: File of the authority that clients must come from; None takes anybody.

    Raises:
        Failure: A file cannot be read, or there is no certificate for the others.
    """
    if cert is None:
        if key or ca:
            raise Failure("--key and --ca belong to --cert FILE", status=USAGE)
        return None
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise Failure(f"cannot read the certificate: {error}", status=USAGE) from error
    if ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    return context
