"""The data that the debug page shows: services, methods, counts and latencies."""

from __future__ import annotations

import inspect
from typing import Any, TypedDict

from rpcgen._names import go_name
from rpcgen.errors import SchemaError
from rpcgen.protocol.registry import Registry, ServedMethod, Service
from rpcgen.protocol.statistics import Latencies
from rpcgen.schema import Schema
from rpcgen.types import wire_name_of

__all__ = ["DebugData", "MethodData", "ServiceData", "debug_data"]


class MethodData(TypedDict):
    """A method; ``latency`` has p50, p90, p99 and max in seconds, once there are any."""

    name: str
    signature: str
    doc: str
    calls: int
    errors: int
    in_flight: int
    latency: dict[str, float] | None


class ServiceData(TypedDict):
    """A service and its methods, by name."""

    name: str
    doc: str
    methods: list[MethodData]


class DebugData(TypedDict):
    """Everything that the page shows; ``connections`` has open and total."""

    connections: dict[str, int]
    services: list[ServiceData]


def debug_data(registry: Registry) -> DebugData:
    """Return what the page shows, services and methods sorted by name as in Go."""
    services = sorted(registry.services, key=lambda service: service.name)
    is_open, total = registry.connections.snapshot()
    return {
        "connections": {"open": is_open, "total": total},
        "services": [_service_data(service) for service in services],
    }


def _service_data(service: Service) -> ServiceData:
    described_by = service.described_by
    docs = {} if described_by is None else _method_docs(described_by)
    return {
        "name": service.name,
        "doc": inspect.cleandoc((described_by and described_by.__doc__) or ""),
        "methods": [
            _method_data(name, served, docs.get(name))
            for name, served in sorted(service.methods.items())
        ],
    }


def _method_docs(cls: type[object]) -> dict[str, str]:
    """Return the docstrings of a service's methods, by their names on the wire."""
    functions = inspect.getmembers(cls, inspect.isfunction)
    return {
        wire_name_of(function) or go_name(name): inspect.getdoc(function) or ""
        for name, function in functions
    }


def _method_data(name: str, served: ServedMethod, doc: str | None) -> MethodData:
    calls = served.statistics.snapshot()
    latencies = calls.latencies
    return {
        "name": name,
        "signature": f"func {name}({_spelled(served.request)}, *{_spelled(served.response)}) error",
        "doc": inspect.getdoc(served.function) or "" if doc is None else doc,
        "calls": calls.calls,
        "errors": calls.errors,
        "in_flight": calls.in_flight,
        "latency": None if latencies is None else _latency_data(latencies),
    }


def _latency_data(latencies: Latencies) -> dict[str, float]:
    return {name: getattr(latencies, name) for name in ("p50", "p90", "p99", "max")}


def _spelled(schema: Schema[Any]) -> str:
    try:
        return schema.go
    except (SchemaError, RecursionError):  # Go has no spelling for a nameless type inside itself
        return "struct { ... }"
