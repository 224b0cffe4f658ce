# Written by `rpcgen from-go callbacks --type Server --name RPCServer --reply State=StateOut`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: d1128cb0e8a5307b

"""Package callbacks is of a server whose methods may answer later."""

from __future__ import annotations

from typing import Protocol

from attrs import define


@define
class StateIn:
    non_blocking: bool = False


@define
class StateOut:
    """StateOut is the reply of State."""

    running: bool = False


class RPCServer(Protocol):
    def state(self, arg: StateIn) -> StateOut:
        """State returns the state."""
        ...

    # Events is left out: its reply goes to a callback; say its type with --reply
    # Events=EventsOut.
    def now(self, arg: StateIn) -> int: ...
