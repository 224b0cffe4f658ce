"""Target of an HTTP request: a path, or a whole URL, as ``http.ReadRequest`` of Go takes it."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

__all__ = ["RequestTarget"]

_URL = re.compile(r"[a-z][a-z0-9+.-]*:(?://([^/?]*))?(.*)", re.IGNORECASE | re.DOTALL)
# An escaped slash is part of a name, and parts none from the next.
_SLASH = re.compile("%(?=2f)", re.IGNORECASE)


class RequestTarget(NamedTuple):
    """Target of a request.

    Attributes:
        host: The host that it names, with its port, which counts instead of the
            field ``Host``; empty where it names none.
        path: The path, with its escapes replaced.
        query: What follows the question mark, as it came.
    """

    host: str
    path: str
    query: str

    @classmethod
    def parse(cls, method: str, target: str) -> RequestTarget:
        """Take the target of a request line apart.

        Args:
            method: The method. That of net/rpc, CONNECT, has a path, or a host
                and a path, but no scheme.
            target: What stands behind it.

        Returns:
            Its parts; a path that begins with no slash is none that we serve.
        """
        host, rest = "", target
        if not target.startswith("/"):
            if method == "CONNECT":
                host, slash, path = target.partition("/")
                rest = slash + path
            elif match := _URL.fullmatch(target):
                host, rest = match[1] or "", match[2]
        path, _, query = rest.partition("?")
        return cls(host.rpartition("@")[2], unquote(_SLASH.sub("%25", path)), query)
