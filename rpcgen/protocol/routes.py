"""`HttpRoutes`: where an HTTP server has what."""

from __future__ import annotations

from rpcgen._records import ValueRecord

from .address import DEFAULT_RPC_PATH

__all__ = ["DEFAULT_DEBUG_PATH", "HttpRoutes"]

DEFAULT_DEBUG_PATH = "/debug/rpc"
"""Path of the debug page. Mirrors ``rpc.DefaultDebugPath``."""


class HttpRoutes(ValueRecord):
    """Paths that an HTTP server serves.

    ``rpc_path`` takes CONNECT, and JSON-RPC by POST if ``post``; ``debug_path``
    has the debug page, if it is not empty, with a form to try the methods if
    ``allow_calls``. ``hosts`` are names under which browsers may ask for them,
    besides those of `HostNames`.
    """

    rpc_path: str = DEFAULT_RPC_PATH
    debug_path: str = ""
    post: bool = True
    allow_calls: bool = False
    hosts: tuple[str, ...] = ()
