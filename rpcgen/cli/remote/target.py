"""`Target`: the server that a command talks to, from the options that such commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from urllib.parse import urlsplit

import click
from attrs import frozen

from ...channel.schemes import broker_of, is_resolved
from ...protocol import CodecName, parse_address
from ...protocol.metadata import checked_metadata
from ...sync import Client, dial
from ..failures import USAGE, Failure

if TYPE_CHECKING:
    import ssl

    from ...channel.target import ChannelOptions

__all__ = ["Target", "positive", "seconds", "target_options"]

F = TypeVar("F", bound=Callable[..., Any])

_CONNECT_S: Final = 10.0

# Maximum time in seconds that an option takes: to twice as much no system call waits.
_MOST_S: Final = 1_000_000

_TLS_SCHEMES: Final = ("tls", "https")


@frozen
class Target:
    """A server, and how to talk to it.

    Attributes:
        address: Address of the server.
        codec: Codec of the connection.
        timeout: Maximum time in seconds for connecting, and for a call; None: ten seconds for
            the one, and no limit for the other.
        metadata: Texts that travel with calls.
        page: Address of the debug page, if it is somewhere else.
        tls: Context for addresses that are encrypted.
        credentials: File that says who one is to a NATS broker; None: none.
    """

    address: str
    codec: CodecName = "gob"
    timeout: float | None = None
    metadata: Mapping[str, str] = {}
    page: str = ""
    tls: ssl.SSLContext | None = None
    credentials: str | None = None

    @property
    def connect_timeout(self) -> float:
        """Maximum time in seconds for connecting."""
        return _CONNECT_S if self.timeout is None else self.timeout

    @property
    def page_address(self) -> str:
        """Address of the debug page, empty where the server is known to have none."""
        if self.page:
            return self.page
        scheme = self.address.partition("://")[0]
        if scheme == "http+unix":
            return self.address
        return f"{scheme}://{urlsplit(self.address).netloc}" if scheme.startswith("http") else ""

    def dial(self) -> Client:
        """Connect.

        Raises:
            DialError: There is no connection to be had.
        """
        options: ChannelOptions = {"codec": self.codec, "timeout": self.connect_timeout}
        if is_resolved(self.address) or parse_address(self.address).tls:
            options["tls"] = self.tls
        if self.credentials is not None:
            options["credentials"] = self.credentials
        if self.timeout is not None:
            options["call_timeout"] = self.timeout
        if self.metadata:
            options["metadata"] = self.metadata
        # A channel, where a resolver stands behind the address, is called in the same way.
        return cast("Client", dial(self.address, **options))


def target_options(command: F) -> F:
    """Add the options of a connection to a command, which gets the `Target` as ``target``.

    Args:
        command: Function of the command; its first parameter is the target.
    """

    def run(
        address: str,
        codec: CodecName,
        timeout: float | None,
        metadata: dict[str, str],
        page: str,
        ca: str | None,
        cert: str | None,
        key: str | None,
        insecure: bool,
        credentials: str | None,
        **rest: Any,
    ) -> Any:
        tls = _context(address, ca, cert, key, insecure)
        if credentials and not broker_of(address):
            raise Failure(f"{address} is no NATS broker, which --credentials are for", status=USAGE)
        target = Target(address, codec, timeout, metadata, page, tls, credentials)
        return command(target, **rest)

    run.__doc__ = command.__doc__
    run.__name__ = command.__name__
    # The parameters of a command are kept from the last to the first.
    own: list[click.Parameter] = getattr(command, "__click_params__", [])
    for option in reversed(_OPTIONS):
        run = option(run)
    run.__click_params__ += own  # type: ignore[attr-defined]
    return cast(F, click.argument("address")(run))


def positive(context: click.Context, option: click.Parameter, value: float | None) -> float | None:
    """Refuse a number that is not greater than 0; the callback of an option."""
    if value is not None and not value > 0:
        raise click.BadParameter(f"{value:g} is not greater than 0")
    return value


def seconds(context: click.Context, option: click.Parameter, value: float | None) -> float | None:
    """Refuse a time that is not greater than 0, or that the system cannot wait for, likewise."""
    if value is not None and value > _MOST_S:
        raise click.BadParameter(f"{value:g} is more than {_MOST_S:,} seconds")
    return positive(context, option, value)


def _pairs(
    context: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    pairs = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{value!r} is not name=value")
        pairs[name] = text
    try:
        return {**checked_metadata(pairs)}
    except ValueError as error:
        raise click.BadParameter(f"{error}") from error


_File: Final = click.Path(exists=True, dir_okay=False)
_OPTIONS: Final = (
    click.option("--codec", type=click.Choice(["gob", "json"]), default="gob", help="[gob]"),
    click.option(
        "--timeout",
        type=float,
        callback=seconds,
        metavar="SECONDS",
        help="Limit of connecting [10], and of a call [none].",
    ),
    click.option(
        "--metadata",
        callback=_pairs,
        multiple=True,
        metavar="K=V",
        help="Sent beside the arguments.",
    ),
    click.option("--page", metavar="URL", default="", help="Debug page, if it is elsewhere."),
    click.option("--ca", type=_File, metavar="FILE", help="Authority that a server is trusted by."),
    click.option("--cert", type=_File, metavar="FILE", help="Certificate of this client."),
    click.option("--key", type=_File, metavar="FILE", help="Its key, if not in the same file."),
    click.option("--insecure", is_flag=True, help="Trust any server."),
    click.option("--credentials", type=_File, metavar="FILE", help="Who one is to a NATS broker."),
)


def _context(
    address: str, ca: str | None, cert: str | None, key: str | None, insecure: bool
) -> ssl.SSLContext | None:
    if not (ca or cert or key or insecure):
        return None
    # Behind a resolver may be encrypted addresses too.
    if address.partition("://")[0] not in _TLS_SCHEMES and not is_resolved(address):
        raise Failure(
            f"{address} is not encrypted: --ca, --cert, --key and --insecure need tls:// or https://",
            status=USAGE,
        )
    if key and not cert:
        raise Failure("--key is the key of a certificate: say --cert FILE too", status=USAGE)
    import ssl  # which takes a while, and most do without

    try:
        context = ssl.create_default_context(cafile=ca)
        if cert:
            context.load_cert_chain(cert, key)
    except (OSError, ValueError) as error:
        raise Failure(f"cannot read the certificates: {error}", status=USAGE) from error
    if insecure:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
