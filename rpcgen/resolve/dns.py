"""``dns://name:port`` and ``dns+srv://name``: servers that the domain name system knows."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

try:
    import dns.exception
    import dns.name
    import dns.rdtypes.IN.SRV
    import dns.resolver
except ImportError as error:
    raise ImportError("dns:// needs dnspython: pip install 'rpcgen[dns]'") from error

from attrs import evolve

from rpcgen.channel.resolver import Endpoint
from rpcgen.errors import DialError
from rpcgen.logs import client_log

from .polling import PollingResolver

__all__ = ["Lookup", "resolver"]

# Maximum time in seconds of one question, all name servers and repetitions together.
_LIFETIME_S: Final = 5.0

# Weight of a record that has none, beside others which have: seldom, but not never.
_MIN_WEIGHT: Final = 0.01

_HOST_AND_PORT: Final = re.compile(r"(?P<name>[^/:?#\[\]]+|\[[^\]]+\]):(?P<port>\d{1,5})/?")
_NAME: Final = re.compile(r"(?P<name>[^/:?#\[\]]+)/?")


def resolver(address: str) -> PollingResolver:
    """Return the resolver of an address.

    Args:
        address: ``dns://name:port``, for the addresses of a name, or ``dns+srv://name``, for its
            SRV records.

    Raises:
        DialError: The address is neither.
    """
    scheme, _, rest = address.partition("://")
    lookup = Lookup()
    if scheme == "dns+srv":
        found = _NAME.fullmatch(rest)
        if found is None or not _is_name(found["name"]):
            raise DialError(f"{address!r} is no name of services: write dns+srv://_rpc._tcp.host")
        return PollingResolver(partial(lookup.all_services, found["name"]), name=address)
    found = _HOST_AND_PORT.fullmatch(rest)
    if found is None or not 0 < int(found["port"]) < 1 << 16 or not _is_name(found["name"]):
        raise DialError(f"{address!r} has no name and port: write dns://host:1234")
    return PollingResolver(lookup.hosts_of(found["name"], int(found["port"])), name=address)


class Lookup:
    """Asks name servers.

    Args:
        resolver: Whom to ask and how, by default as ``/etc/resolv.conf`` says. Names of
            ``/etc/hosts`` are not known to it.
    """

    def __init__(self, resolver: dns.resolver.Resolver | None = None) -> None:
        self._resolver = resolver
        # Last known addresses of each name, by kinds of addresses.
        self._known: dict[tuple[str, str], list[str]] = {}

    def hosts_of(self, name: str, port: int) -> Callable[[], Sequence[Endpoint]]:
        """Return a function that returns the servers at a port of all addresses of a name."""
        return partial(self.hosts, name, port)

    def hosts(self, name: str, port: int) -> list[Endpoint]:
        """Return the servers at a port of all addresses of a name.

        Raises:
            dns.exception.DNSException: There is no such name, or nobody says so.
        """
        return [Endpoint(f"tcp://{host}:{port}") for host in self._addresses(name)]

    def services(self, name: str) -> list[Endpoint]:
        """Return the servers of a name's SRV records, of those that come first.

        Raises:
            dns.exception.DNSException: There is no such name, or nobody says so.
        """
        found = self.all_services(name)
        first = min((each.priority for each in found), default=0)
        return [each for each in found if each.priority == first]

    def all_services(self, name: str) -> list[Endpoint]:
        """Return the servers of all of a name's SRV records, with their priorities and weights.

        The weight of a record is that of all addresses of its target together.

        Raises:
            dns.exception.DNSException: There is no such name, or nobody says so.
        """
        records = sorted(self._records(name), key=_priority)
        found: dict[Endpoint, None] = {}
        for record in records:
            try:
                hosts = self.hosts(record.target.to_text(omit_final_dot=False), record.port)
            except dns.exception.DNSException as error:
                if record.priority == records[0].priority:
                    raise
                client_log.debug("%s: no stand-in %s: %s", name, record.target, error)
                continue
            for host in hosts:
                weight = (record.weight or _MIN_WEIGHT) / len(hosts)
                found.setdefault(evolve(host, weight=weight, priority=record.priority))
        return list(found)

    def _records(self, name: str) -> list[dns.rdtypes.IN.SRV.SRV]:
        """Return the SRV records of a name, without one that says that there is no server."""
        return [
            record
            for record in self._ask(name, "SRV")
            if isinstance(record, dns.rdtypes.IN.SRV.SRV) and record.target != dns.name.root
        ]

    def _addresses(self, name: str) -> list[str]:
        """Return all addresses of a name, as they stand in addresses of servers."""
        bare = name.strip("[]")
        if _is_ip(bare):
            return [_spelled(bare)]
        found: list[str] = []
        failures: list[dns.exception.DNSException] = []
        for kind in ("A", "AAAA"):
            try:
                self._known[name, kind] = [_spelled(str(each)) for each in self._ask(name, kind)]
            except dns.resolver.NXDOMAIN:
                self._known.pop((name, kind), None)
                raise
            except dns.exception.DNSException as error:  # the other kind may be answered
                failures.append(error)
            found += self._known.get((name, kind), [])
        if failures and (not found or len(failures) == 2):
            raise failures[0]
        return found

    def _ask(self, name: str, kind: str) -> list[object]:
        resolver = self._resolver or dns.resolver.Resolver()  # the file may have changed
        answer = resolver.resolve(
            name, kind, search=True, raise_on_no_answer=False, lifetime=_LIFETIME_S
        )
        return [] if answer.rrset is None else list(answer.rrset)


def _priority(record: dns.rdtypes.IN.SRV.SRV) -> int:
    return int(record.priority)


def _is_name(text: str) -> bool:
    if text.startswith("["):
        return _is_ip(text.strip("[]"))
    try:
        dns.name.from_text(text)
    except dns.exception.DNSException:
        return False
    return True


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _spelled(ip: str) -> str:
    return f"[{ip}]" if ":" in ip else ip
