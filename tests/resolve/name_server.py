"""A name server in this process, whose records a test changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dns.resolver
from dnslib import AAAA, QTYPE, RCODE, RR, SRV, A, DNSRecord  # type: ignore[import-untyped]
from dnslib.server import BaseResolver, DNSLogger, DNSServer  # type: ignore[import-untyped]

__all__ = ["NameServer"]


class NameServer(BaseResolver):  # type: ignore[misc]
    """Answers from a table of names.

    Attributes:
        records: Data of each name and kind: addresses, or priority, weight, port and target.
        codes: What names fail with, such as ``SERVFAIL``.
    """

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[object]] = {}
        self.codes: dict[tuple[str, str], str] = {}

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        """Return the answer to one question."""
        reply = request.reply()
        name, kind = str(request.q.qname).rstrip("."), QTYPE[request.q.qtype]
        if code := self.codes.get((name, kind)):
            reply.header.rcode = getattr(RCODE, code)
        elif not any(known == name for known, _ in self.records):
            reply.header.rcode = RCODE.NXDOMAIN
        for data in self.records.get((name, kind), []):
            make = {"A": A, "AAAA": AAAA, "SRV": SRV}[kind]
            rdata = make(*data) if isinstance(data, tuple) else make(data)
            reply.add_answer(RR(name, request.q.qtype, rdata=rdata, ttl=0))
        return reply

    @contextmanager
    def running(self) -> Iterator[dns.resolver.Resolver]:
        """Serve; yields what asks this server and no other."""
        server = DNSServer(self, address="127.0.0.1", port=0, logger=DNSLogger("-request,-reply"))
        server.start_thread()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = server.server.server_address[1]
        try:
            yield resolver
        finally:
            server.stop()
            server.server.server_close()
            server.thread.join()
