"""`Brokers`: where NATS brokers are, how to encrypt to them, and who one is there."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import unquote

from attrs import field, frozen

from rpcgen.channel.resolver import without_password
from rpcgen.errors import DialError
from rpcgen.net.sockets import check_context

from .nats_micro import split_url

if TYPE_CHECKING:
    import ssl

__all__ = ["BrokerTarget", "Brokers", "PathName", "split_urls"]

PathName: TypeAlias = "str | os.PathLike[str]"
"""Path of a file."""

BrokerTarget: TypeAlias = "str | Sequence[str] | Brokers"
"""Address of a broker, or those of several, of which any one does."""

# First bytes of the lines that tell the two kinds of credentials.
_JWT: Final = b"-----BEGIN NATS USER JWT-----"
_USER_SEED: Final = b"SU"

_ENCRYPTED: Final = "tls"

_PORT: Final = re.compile(r":\d+$")


@frozen
class Brokers:
    """Brokers, of which any one does: others are tried when one cannot be reached, or has ended.

    Attributes:
        urls: ``nats://host:port`` or ``tls://host:port`` of each, all of one scheme.
        service: Service that the addresses name; empty: none.
        user: Name and password, or a token alone; empty: none.
        tls: How to encrypt to them, and whom to trust; None: whom the system trusts.
        credentials: Path of a file with an NKEY's seed, or with that and a JWT; empty: none.
    """

    urls: tuple[str, ...]
    service: str = ""
    user: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None
    credentials: str = ""

    @classmethod
    def of(
        cls,
        target: BrokerTarget,
        tls: ssl.SSLContext | None = None,
        credentials: PathName | None = None,
    ) -> Brokers:
        """Return what the arguments of `dial`, `announce` and `work` say.

        Args:
            target: Where the brokers are; if it is known already, the rest does not count.
            tls: How to encrypt to them, and whom to trust.
            credentials: Path of a file that says who one is.

        Raises:
            DialError: An address is no broker's, or the file cannot be read.
            ImportError: The package that signs is missing.
            TypeError: A value is of the wrong type.
            ValueError: The addresses do not go together, there are none, or the file holds
                something else.
        """
        if isinstance(target, Brokers):
            return target
        check_context(tls)
        parts = split_urls(target)
        urls = [without_password(url) for url, _ in parts]
        if len({url.partition("://")[0] for url in urls}) > 1:
            raise ValueError("a list mixes brokers with TLS and without: write tls:// for all")
        return cls(
            tuple(urls),
            _only_one("services", [service for _, service in parts]),
            _only_one("users", [_user(url) for url, _ in parts]),
            tls,
            _checked_file(credentials),
        )

    def __str__(self) -> str:
        """Return the addresses as they may be shown: without a user."""
        return ", ".join(self.urls)

    @property
    def is_encrypted(self) -> bool:
        """True if connections to them are encrypted."""
        return self.urls[0].startswith(_ENCRYPTED)

    def encrypted(self) -> Brokers:
        """Return them, once it is clear that ``tls`` is of use.

        Raises:
            ValueError: There is a ``tls`` for connections that are not encrypted.
        """
        if self.tls is not None and not self.is_encrypted:
            raise ValueError(
                f"{self.urls[0]} is not encrypted: write tls://host:4222, or leave out tls="
            )
        return self

    def connect_options(self) -> dict[str, Any]:
        """Return the arguments for `nats.aio.client.Client.connect`.

        Raises:
            OSError: The credentials cannot be read any more.
            ValueError: They are none any more.
        """
        # Not all versions of the library know the usual port in a list.
        servers = [url if _PORT.search(url) else f"{url}:4222" for url in self.urls]
        options: dict[str, Any] = {"servers": servers, "tls": self.tls}
        # Said beside the addresses, a user is one also at the other brokers of a cluster, whose
        # addresses the first one tells.
        user, colon, password = self.user.partition(":")
        if colon:
            options |= {"user": unquote(user), "password": unquote(password)}
        elif user:
            options["token"] = unquote(user)
        if self.credentials:
            seed = _seed_in(self.credentials)
            if seed is None:
                options["user_credentials"] = self.credentials
            else:
                options["nkeys_seed_str"] = seed
        return options


def split_urls(target: object) -> list[tuple[str, str]]:
    """Return what `split_url` does for an address, or for each one of a list.

    Raises:
        DialError: An address is no broker's.
        TypeError: The target is no address.
        ValueError: The list of addresses is empty.
    """
    addresses = [target] if isinstance(target, str) else target
    if not isinstance(addresses, Sequence) or not all(isinstance(each, str) for each in addresses):
        raise TypeError(f"{target!r} is no broker: write nats://host:4222, or a list of such")
    if not addresses:
        raise ValueError("there is no broker in the list: write at least one")
    return [split_url(each) for each in addresses]


def _user(url: str) -> str:
    return url.partition("://")[2].rpartition("@")[0]


def _only_one(what: str, said: Sequence[str]) -> str:
    """Return what the addresses say that say anything."""
    different = sorted({each for each in said if each})
    if len(different) > 1:
        # Not which: there may be passwords among them.
        raise ValueError(f"a list names different {what}: write the same for all brokers")
    return different[0] if different else ""


def _checked_file(credentials: PathName | None) -> str:
    if credentials is None:
        return ""
    try:
        path = os.fspath(credentials)
    except TypeError as error:
        raise TypeError(f"credentials={credentials!r}: write the path of a file") from error
    try:
        _seed_in(path)
    except OSError as error:
        raise DialError(f"credentials cannot be read: {error}") from error
    if importlib.util.find_spec("nkeys") is None:
        raise ImportError("credentials= needs nkeys, which signs: pip install nkeys")
    return path


def _seed_in(path: str) -> str | None:
    """Return the seed of an NKEY that a file holds, None if it holds credentials with a JWT.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is neither.
    """
    with open(path, "rb") as file:
        data = file.read().strip()
    if _JWT in data:
        return None
    if data.startswith(_USER_SEED) and data.isalnum():
        return data.decode()
    raise ValueError(
        f"credentials={path!r}: the file holds neither credentials of a user (.creds) nor the seed"
        " of an NKEY of a user (SU...)"
    )
