"""The debug page: what a server serves, and how it fares. Mirrors ``debug.go`` of ``net/rpc``.

Go's page has the services, their methods with their signatures, and the number
of calls. This one adds errors, calls in flight, latencies, connections and
docstrings, and on request a form to try each method.
"""

from .data import DebugData, MethodData, ServiceData, debug_data
from .page import debug_answer, render_debug_page

__all__ = [
    "DebugData",
    "MethodData",
    "ServiceData",
    "debug_answer",
    "debug_data",
    "render_debug_page",
]
