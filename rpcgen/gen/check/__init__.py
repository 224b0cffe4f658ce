"""Diagnostics of an IDL: each mistake at its own location, all of them at once."""

from __future__ import annotations

from collections.abc import Iterator

from ...schema import schema_of
from ..diagnostics import Diagnostic
from ..model import Module
from .cross_module import check_cross_module, dynamic_messages
from .messages import MessageChecker, SourceOf
from .methods import check_method
from .services import check_names, check_service, defined_twice, implementations, no_service

__all__ = ["Checker", "check_cross_module", "dynamic_messages", "no_service"]


class Checker:
    """Judges the modules below one root; messages that several share are judged once."""

    def __init__(self, source_of: SourceOf) -> None:
        self._types = MessageChecker(source_of)

    def check(self, module: Module) -> Iterator[Diagnostic]:
        """Yield the diagnostics of one IDL file and of the messages it uses."""
        for cls in module.messages:
            yield from self._types.check_message(schema_of(cls), module.source.top)
        yield from defined_twice(module.source)
        yield from implementations(module)
        for service in module.services:
            yield from check_service(service)
            for method in service.methods:
                yield from check_method(method, self._types)
        yield from check_names(module)
