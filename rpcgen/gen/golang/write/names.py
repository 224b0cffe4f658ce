"""Names in a generated Go package, none of which is given twice."""

from __future__ import annotations

import re
import unicodedata

from ...._names import is_exported
from ...names import joined_words

__all__ = ["KEYWORDS", "GoNames", "exported", "package_name", "unexported", "words_of"]

# Names of a package's codec, and those that its templates refer to.
_RESERVED = frozenset(
    """
    Accept AcceptJSON CancelArgs Client Code CodeAborted CodeAlreadyExists CodeCancelled
    CodeDataLoss CodeDeadlineExceeded CodeFailedPrecondition CodeInternal CodeInvalidArgument
    CodeNotFound CodeOK CodeOutOfRange CodePermissionDenied CodeResourceExhausted
    CodeUnauthenticated CodeUnavailable CodeUnimplemented CodeUnknown Dial DialJSON Error Metadata
    NewClient NewJSONClient NewJSONServerCodec NewServerCodec SetReplyMetadata WithMetadata
    WithReplyMetadata
    """.split()
)

KEYWORDS = frozenset(
    """
    break case chan const continue default defer else fallthrough for func go goto if import
    interface map package range return select struct switch type var
    """.split()
)


class GoNames:
    """Gives out names of a package."""

    def __init__(self) -> None:
        self._taken = set(_RESERVED)

    def is_free(self, *names: str) -> bool:
        """Return True if nothing has one of these names."""
        return self._taken.isdisjoint(names)

    def take(self, *names: str) -> None:
        """Keep names for what is called so."""
        self._taken.update(names)

    def free(self, *wished: str) -> str:
        """Return the first name that nothing has, and keep it.

        Args:
            *wished: Names in the order of preference; the last gets underscores where it is taken.
        """
        name = next((each for each in wished if each not in self._taken), wished[-1])
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


def exported(text: str) -> str:
    """Return a name that Go exports, made of the words of any text.

    Args:
        text: A name of Python or Go, perhaps with a package, or with types in brackets.
    """
    name = words_of(re.sub(r"[\w/]*\.(?=\w)", "", text))
    return name if is_exported(name) else f"X{name}"


def words_of(text: str) -> str:
    """Return the words of a text, each with a capital; those in capitals alone lose them.

    Args:
        text: Any text, such as the name of a member of an enum.
    """
    words = re.findall(r"[^\W_]+", text)
    if text.isupper() and len(text) > 1:
        words = [word.lower() for word in words]
    return joined_words(words)


def unexported(name: str) -> str:
    """Return a name that Go does not export: ``httpServer`` of ``HTTPServer``."""
    match = re.match(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]+", name)
    head = match.group() if match else name[:1]
    return head.lower() + name[len(head) :]


def package_name(module: str) -> str:
    """Return the name of a package for an IDL module; empty if there is none.

    Args:
        module: Dotted name of the module.
    """
    name = module.rpartition(".")[2].strip("_").lower()
    letters = all(c == "_" or unicodedata.category(c)[0] in "LN" for c in name)
    return name if letters and name.isidentifier() and name not in KEYWORDS else ""
