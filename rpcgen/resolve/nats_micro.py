"""Messages of NATS micro services about themselves, and where our servers are; without I/O.

Each service of a server is a micro service of the same name. It has one endpoint, whose metadata
say where to connect to: the calls do not go through the broker.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from attrs import field, frozen

from rpcgen.channel.resolver import Endpoint
from rpcgen.errors import DialError
from rpcgen.protocol import CodecName, parse_address
from rpcgen.protocol.registry import Service

__all__ = [
    "Announcement",
    "Announced",
    "QUEUE",
    "announced_in",
    "announced_subject",
    "call_subject",
    "control_subjects",
    "info_subject",
    "is_own",
    "micro_name",
    "schema_hash",
    "split_url",
    "with_service",
]

_TYPE: Final = "io.nats.micro.v1.{}_response"

# Name of the endpoint.
_ENDPOINT: Final = "calls"

QUEUE: Final = "q"
"""Queue group of all servers of a service, as tools expect it: each call goes to one of them."""

_VERSION: Final = re.compile(r"\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?", re.ASCII)
_URL: Final = re.compile(
    r"(?P<scheme>nats|(nats\+)?tls)://(?P<user>[^/?#\s]*@)?(?P<host>[^/?#\s@:\[\]]+|\[[\da-fA-F:]+\])(?P<port>:\d{1,5})?"
    r"(/(?P<service>[\w.-]*))?",
    re.ASCII,
)

# Beginning of the names of a server's own services.
_OWN: Final = "rpcgen."

_CODECS: Final = ("gob", "json")


def split_url(address: str) -> tuple[str, str]:
    """Return the address of a broker, and the name of a service, empty if there is none.

    Args:
        address: ``nats://host:4222`` or ``nats://host:4222/Service``; ``nats+tls://`` and, where
            nothing else is dialed, ``tls://`` for an encrypted connection.

    Raises:
        DialError: It is neither.
    """
    found = _URL.fullmatch(str(address))
    if found is None or int((found["port"] or ":0")[1:]) >= 1 << 16:
        raise DialError(f"{address!r} is no broker: write nats://host:4222, or with /Service")
    place = f"{found['user'] or ''}{found['host']}{found['port'] or ''}"
    scheme = found["scheme"].removeprefix("nats+")
    return f"{scheme}://{place}", found["service"] or ""


def with_service(target: str | Sequence[str], service: str) -> str | list[str]:
    """Return what is dialed with a service, unless it names one.

    Args:
        target: Address of a broker, or those of several.
        service: Name of the service.

    Raises:
        DialError: An address is none.
    """
    if not isinstance(target, str):
        first, *others = target
        is_named = any(split_url(each)[1] for each in others)
        return [first if is_named else cast("str", with_service(first, service)), *others]
    _, named = split_url(target)
    return target if named else f"{target.rstrip('/')}/{micro_name(service)}"


def is_own(service: str) -> bool:
    """Return True for a service of the server itself, which is not looked for."""
    return service.startswith(_OWN)


def micro_name(service: str) -> str:
    """Return the name of the micro service that a service is, which has no dots."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", service)


def control_subjects(verb: str, name: str, id: str) -> list[str]:
    """Return the subjects on which a micro service is asked: all, by name, and one instance."""
    return [f"$SRV.{verb}", f"$SRV.{verb}.{name}", f"$SRV.{verb}.{name}.{id}"]


def info_subject(service: str) -> str:
    """Return the subject on which to ask where a service is; empty: where any is."""
    return f"$SRV.INFO.{micro_name(service)}" if service else "$SRV.INFO"


def announced_subject(service: str) -> str:
    """Return the subject on which servers tell that they come and go; empty: those of any."""
    return f"rpcgen.announced.{micro_name(service) if service else '*'}"


def call_subject(service: str) -> str:
    """Return where a service is called, if calls travel by the broker."""
    return f"rpcgen.{micro_name(service)}"


def schema_hash(service: Service) -> str:
    """Return 16 digits that are others where a method of a service takes or gives other types."""
    lines = [
        f"{name} {served.request.go} {served.response.go}"
        for name, served in sorted(service.methods.items())
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@frozen
class Announcement:
    """One micro service.

    Attributes:
        service: The service that it is.
        id: Name of the server, which no other has.
        version: That of the server, such as ``1.4.0``.
        started: When it was announced first, in RFC 3339.
        metadata: What else people are to know of the server.
    """

    service: Service
    id: str
    version: str
    started: str
    metadata: Mapping[str, str] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if not _VERSION.fullmatch(self.version):
            raise ValueError(f"version={self.version!r}: write three numbers, such as 1.4.0")

    @property
    def name(self) -> str:
        """Name of the micro service."""
        return micro_name(self.service.name)

    def ping(self) -> bytes:
        """Return the answer to a PING."""
        return self._response("ping", {})

    def info(self, addresses: Sequence[str], codec: CodecName, via: str = "") -> bytes:
        """Return the answer to an INFO.

        Args:
            addresses: Where the server takes connections.
            codec: What it speaks there.
            via: "nats" if it takes calls at the endpoint's subject as well.
        """
        metadata = {
            "rpcgen.service": self.service.name,
            "rpcgen.addresses": " ".join(addresses),
            "rpcgen.codec": codec,
            "rpcgen.schema": schema_hash(self.service),
        }
        if via:
            metadata["rpcgen.via"] = via
        described_by = self.service.described_by
        doc = "" if described_by is None else described_by.__doc__ or ""
        more = {
            "description": doc.strip().partition("\n")[0],
            "endpoints": [{**self._endpoint(), "metadata": metadata}],
        }
        return self._response("info", more)

    def stats(self) -> bytes:
        """Return the answer to a STATS: what was called, by whatever way."""
        methods = {name: served.statistics for name, served in self.service.methods.items()}
        nanoseconds = round(1e9 * sum(each.total_seconds() for each in methods.values()))
        calls = sum(each.calls for each in methods.values())
        endpoint = {
            **self._endpoint(),
            "num_requests": calls,
            "num_errors": sum(each.errors for each in methods.values()),
            "last_error": "",
            "processing_time": nanoseconds,
            "average_processing_time": nanoseconds // calls if calls else 0,
            "data": {name: each.calls for name, each in methods.items()},
        }
        return self._response("stats", {"started": self.started, "endpoints": [endpoint]})

    def goodbye(self) -> bytes:
        """Return what is told on `announced_subject` when the server leaves."""
        return self._response("info", {"endpoints": []})

    def _endpoint(self) -> dict[str, object]:
        subject = call_subject(self.service.name)
        return {"name": _ENDPOINT, "subject": subject, "queue_group": QUEUE}

    def _response(self, kind: str, more: Mapping[str, object]) -> bytes:
        said = {
            "type": _TYPE.format(kind),
            "name": self.name,
            "id": self.id,
            "version": self.version,
            "metadata": dict(self.metadata),
            **more,
        }
        return json.dumps(said).encode()


@frozen
class Announced:
    """A server that has said where one of its services is.

    Attributes:
        id: Its name, which no other has.
        service: The service.
        endpoint: Where to connect to; None if the server leaves.
    """

    id: str
    service: str
    endpoint: Endpoint | None


def announced_in(data: bytes) -> Announced | None:
    """Return what an answer to an INFO says; None if it is of a micro service of others."""
    try:
        said: Any = json.loads(data)
        id, name, version = str(said["id"]), str(said["name"]), str(said["version"])
        endpoints = list(said["endpoints"])
        if not endpoints and said["type"] == _TYPE.format("info"):
            return Announced(id, name, None)
        found = [each for each in endpoints if "rpcgen.addresses" in (each.get("metadata") or {})]
        if not found:
            return None
        metadata: dict[str, str] = {str(k): str(v) for k, v in found[0]["metadata"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    codec, addresses = metadata.get("rpcgen.codec"), metadata["rpcgen.addresses"].split()
    if codec not in _CODECS or not addresses or not _is_address(addresses[0]):
        return None
    more = {**(_texts(said.get("metadata"))), **metadata, "id": id, "version": version}
    return Announced(id, name, Endpoint(addresses[0], cast("CodecName", codec), more))


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except DialError:
        return False
    return True


def _texts(value: object) -> dict[str, str]:
    items: Iterable[tuple[object, object]] = value.items() if isinstance(value, dict) else ()
    return {str(key): str(each) for key, each in items}
