"""`DialOptions`: what a client may be told besides the address."""

from __future__ import annotations

from typing import TypedDict

from rpcgen.gob import Limits

from .codecs import CodecName

__all__ = ["DialOptions"]


class DialOptions(TypedDict, total=False):
    """What `dial` takes besides the address.

    ``timeout``: how long connecting may take, in seconds (default: as long as
    the system tries). ``limits``: how large a reply may be. ``codec``: ``gob``
    (default), or ``json`` for Go's ``net/rpc/jsonrpc``.
    """

    timeout: float | None
    limits: Limits
    codec: CodecName
