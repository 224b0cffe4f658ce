"""IDL files on disk: the header by which one is known that nobody has edited."""

from __future__ import annotations

import hashlib
import re
import textwrap
from pathlib import Path
from typing import Final

from attrs import frozen

from ...header import content

__all__ = ["Written", "digest_in", "look", "with_header"]

# Width of a line of the header, in columns.
_WIDTH: Final = 96

# The digest is that of what is below the header, as it was written.
_HEADER: Final = re.compile(
    r"\A# Written by `rpcgen from-go [^\n]*\n(?:#[^\n]*\n)*?# digest: ([0-9a-f]{16})\n\n"
)


@frozen
class Written:
    """A file that is there.

    Attributes:
        digest: Digest of what was written, empty for a file that from-go has not written.
        is_edited: True if it is no longer what was written.
    """

    digest: str
    is_edited: bool


def with_header(body: str, sources: str) -> str:
    """Return the text of a file: a header that says where it is from, and the rest.

    Args:
        body: Text of the IDL.
        sources: What it was read from, as a person has named it, and the options.
    """
    written = textwrap.fill(
        f"# Written by `rpcgen from-go {sources}`.",
        _WIDTH,
        subsequent_indent="#     ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return (
        f"{written}\n"
        "# It may be edited: from-go then leaves it alone until it is told --force.\n"
        f"# digest: {_digest_of(body)}\n\n{body}"
    )


def look(path: Path) -> Written | None:
    """Return what is known of a file, None if there is none.

    Args:
        path: Path of the file.
    """
    text = content(path)
    if text is None:
        return None
    found = _HEADER.match(text)
    if found is None:
        return Written("", True)
    return Written(found[1], _digest_of(text[found.end() :]) != found[1])


def digest_in(text: str) -> str:
    """Return the digest that the header of a text says, empty if it has no header.

    Args:
        text: Text of a file.
    """
    found = _HEADER.match(text)
    return found[1] if found else ""


def _digest_of(body: str) -> str:
    """Return the digest of the text below a header.

    Args:
        body: The text.
    """
    return hashlib.sha256(body.encode()).hexdigest()[:16]
