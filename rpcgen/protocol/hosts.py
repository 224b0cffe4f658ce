"""Check of the ``Host`` and ``Origin`` that a browser may send.

A page of another site can give the site's own name the address of this machine
(DNS rebinding); the browser then takes us for that site, and lets the page read
what we answer. It still says the name. So a name must be ours; an address needs
no name to be found, and is taken whatever it is.
"""

from __future__ import annotations

import platform
from functools import lru_cache

__all__ = ["HostNames", "host_name"]


class HostNames:
    """The names of one listener.

    Args:
        bound: The host that the listener was opened for, a name or an address;
            empty for all addresses of this machine. None on a unix socket, to
            which no name leads: any is taken there.
        named: More names, as `host_name` spells them; ``*`` stands for any.
    """

    def __init__(self, bound: str | None, named: tuple[str, ...] = ()) -> None:
        self._any = bound is None or "*" in named
        self._named = frozenset(named)
        self._names = {"localhost", *named}
        if bound:
            self._names.add(host_name(bound))

    def refusal(self, host: str | None, origin: str | None) -> str:
        """Return why a request is refused, for the client to read; empty if it is not.

        Args:
            host: The field ``Host``, None where there is none.
            origin: The field ``Origin``, which browsers send, None likewise.
        """
        if self._any:
            return ""
        # Without a Host it is no browser.
        if host is not None and not self._has(host_name(host)):
            return (
                f"Host {host!r:.200} is none of this server's names: ask for its address, or let "
                f"the server name it, handle_http(hosts=[{host_name(host)!r:.200}])"
            )
        if origin is not None and not self._is_same(origin, host):
            return (
                f"Origin {origin!r:.200} is another site than this server: a page there may not "
                "call it, unless the server says handle_http(hosts=['*'])"
            )
        return ""

    def _has(self, name: str) -> bool:
        return (
            name in self._names
            or name.endswith(".localhost")
            or _is_address(name)
            or name == _machine_name()
        )

    def _is_same(self, origin: str, host: str | None) -> bool:
        """Say whether a page belongs to this server, which its browser has called ``host``.

        A proxy may have changed that into our address: a page of a site that is named to
        be ours is one as well.
        """
        from urllib.parse import urlsplit

        try:
            place = urlsplit(origin).netloc.lower()
        except ValueError:
            return False
        # "null" stands for a page without a site, and has no place.
        if not place:
            return False
        return host_name(place) in self._named or place == (host or "").strip().lower()


def host_name(host: str) -> str:
    """Return the name in ``name:port`` or ``[address]:port``: lower case, without a final dot."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    if name.count(":") == 1:
        name = name.partition(":")[0]
    return name.removesuffix(".")


def _is_address(name: str) -> bool:
    from ipaddress import ip_address  # lazy: most who import this module have no HTTP

    try:
        ip_address(name)
    except ValueError:
        return False
    return True


@lru_cache(1)
def _machine_name() -> str:
    return host_name(platform.node())
