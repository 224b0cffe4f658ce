# Written by `rpcgen from-go several_names`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: bf142d1dfa4bf194

"""Services of the Go package golden/several_names."""

from __future__ import annotations

from typing import Protocol


class StoreV1(Protocol):
    """Store is served by two names.

    It is served as "StoreV2" as well. dial(address, service="StoreV2") calls it so.
    """

    def get(self, args: str) -> str: ...


class Admin(Protocol):
    """Admin is called like another.

    It is served as "StoreV1", like another one here: dial(address, service="StoreV1") calls
    it.
    """

    def reset(self, args: bool) -> bool: ...
