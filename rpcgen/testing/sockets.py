"""Helpers for bare sockets in tests: how they reach an address, and end badly."""

from __future__ import annotations

import socket
import struct

from rpcgen.protocol.address import Address

__all__ = ["family_of", "place_of", "reset"]


def family_of(address: Address) -> socket.AddressFamily:
    """Return the family of a socket that connects to an address, or listens there.

    Args:
        address: The address.
    """
    if address.network == "unix":
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in address.host else socket.AF_INET


def place_of(address: Address) -> tuple[str, int] | str:
    """Return an address as `socket.connect` and `socket.bind` want it.

    Args:
        address: The address.
    """
    if address.network == "unix":
        return address.unix_name
    return address.host or "localhost", address.port


def reset(connection: socket.socket) -> None:
    """Close a socket so that its peer gets a reset instead of an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
