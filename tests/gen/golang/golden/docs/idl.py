# Written by `rpcgen from-go docs`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: d7746c0664fffcfc

r"""Package docs is documented in every way.

It has a paragraph, and "quotes" and \backslashes\ in it.

It is served over HTTP: dial("http://host:port/rpc").
"""

from __future__ import annotations

from typing import Protocol

from attrs import define


@define
class Args:
    """Args are documented.

        code(in, a, block)

    And a line that is much longer than any that a person would write, and that goes on and
    on until it is over.
    """

    # A is documented above.
    a: int = 0
    # B is documented beside.
    b: int = 0
    # C as well.
    c: int = 0
    d: int = 0


class Service(Protocol):
    """Service ends with a "quote" """

    def get(self, args: Args) -> int:
        """Get says 'this' and \"\"\"that\"\"\".

        Deprecated: use Put.
        """
        ...

    def put(self, args: Args) -> int: ...
