"""``rpcgen serve MODULE:OBJECT``: a server, or an implementation, served until a signal comes."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Final

import click
from attrs import frozen

from ..errors import DialError, GenerateError, RpcError
from ..protocol import CodecName
from ..sync import Server
from .console import tell
from .failures import FAILED, UNREACHABLE, USAGE, Failure
from .implementations import AnyServer, ServerOptions, load_object, server_of
from .reloading import run_reloading
from .remote.target import positive

__all__ = ["command", "inherited_sockets"]

_log: Final = logging.getLogger("rpcgen.cli")

# The first descriptor that systemd hands over.
_FIRST_FD: Final = 3

_File: Final = click.Path(exists=True, dir_okay=False)


@click.command("serve", short_help="Serve a server object, or an implementation of a service.")
@click.argument("place", metavar="MODULE:OBJECT")
@click.option("--listen", multiple=True, metavar="ADDRESS", help="Where; may be said again.")
@click.option("--idl", multiple=True, metavar="FILE", help="IDL of what OBJECT implements.")
@click.option("--root", metavar="DIR", help="Folder that the IDL's imports count from.")
@click.option("--codec", type=click.Choice(["gob", "json"]), default="gob", help="[gob]")
@click.option(
    "--debug-page", is_flag=True, help="Have /debug/rpc at http:// and https:// addresses."
)
@click.option(
    "--reflection", is_flag=True, help="Tell everybody what is served, for call and list."
)
@click.option("--health", is_flag=True, help="Serve rpcgen.Health.")
@click.option("--cert", type=_File, metavar="FILE", help="Certificate, for tls:// and https://.")
@click.option("--key", type=_File, metavar="FILE", help="Its key, if not in the same file.")
@click.option("--ca", type=_File, metavar="FILE", help="Authority that clients must come from.")
@click.option(
    "--grace", default=10.0, metavar="SECONDS", help="Time that calls have at the end [10]."
)
@click.option(
    "--processes", type=int, callback=positive, metavar="N", help="Serve from N processes."
)
@click.option("--reload", is_flag=True, help="Start anew when a Python file changes.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    help="What is logged to standard error [info].",
)
@click.pass_obj
def command(
    arguments: tuple[str, ...],
    place: str,
    listen: tuple[str, ...],
    idl: tuple[str, ...],
    root: str | None,
    codec: CodecName,
    debug_page: bool,
    reflection: bool,
    health: bool,
    cert: str | None,
    key: str | None,
    ca: str | None,
    grace: float,
    processes: int | None,
    reload: bool,
    log_level: str,
) -> int:
    """Serve until SIGTERM or Ctrl-C, which let calls under way end.

    OBJECT is a Server, of either API; an implementation of a service, or its class, whose
    generated module its own imports or whose IDL is named; or a function that returns one of these.

    Without --listen, sockets are taken that systemd has opened (LISTEN_FDS); fd://3 names one.
    """
    logging.basicConfig(
        level=log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    if reload:
        again = [each for each in arguments if each != "--reload"]
        return run_reloading([sys.executable, "-m", "rpcgen", "serve", *again], Path.cwd(), grace)
    addresses = [*(listen or inherited_sockets())]
    tls = _context(cert, key, ca)
    with ExitStack() as stack:
        try:
            options = ServerOptions(reflection, health)
            base = Path(root).absolute() if root else None
            generated: Sequence[ModuleType] = ()
            if idl:  # first, so that the implementation has the same classes from the IDL
                # Lazy: what makes modules of an IDL takes a while to import.
                from .remote.idl_modules import generated_modules

                generated = stack.enter_context(generated_modules(idl, base))
            module, found = load_object(place)
            server = server_of(found, place, module, options, generated)
        except GenerateError as error:
            tell(f"{error}")
            return FAILED
        except RpcError as error:
            raise Failure(f"{place}: {error}") from error
        if debug_page:
            _check_has_http(addresses)
            server.handle_http()
        _serve(server, [_Place(each, codec, tls) for each in addresses], grace, processes)
    return 0


def inherited_sockets() -> Sequence[str]:
    """Return the addresses of the sockets that systemd has opened for this process."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(os.environ.get("LISTEN_FDS", "0"))
    return [f"fd://{number}" for number in range(_FIRST_FD, _FIRST_FD + count)]


def _check_has_http(addresses: Sequence[str]) -> None:
    if not any(each.startswith("http") for each in addresses):
        raise Failure(
            "--debug-page has no address to be at", "--listen http://127.0.0.1:8080", USAGE
        )


def _context(cert: str | None, key: str | None, ca: str | None) -> ssl.SSLContext | None:
    if cert is None:
        if key or ca:
            raise Failure("--key and --ca belong to --cert FILE", status=USAGE)
        return None
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise Failure(f"cannot read the certificate: {error}", status=USAGE) from error
    if ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@frozen
class _Place:
    """An address to listen on."""

    address: str
    codec: CodecName
    tls: ssl.SSLContext | None

    @property
    def context(self) -> ssl.SSLContext | None:
        scheme = self.address.partition("://")[0]
        return self.tls if scheme in ("tls", "https", "fd") else None


def _serve(
    server: AnyServer, places: Sequence[_Place], grace: float, processes: int | None
) -> None:
    if not places and not server._listeners:
        raise Failure("there is nothing to listen on", "--listen 127.0.0.1:1234", USAGE)
    try:
        if isinstance(server, Server):
            for place in places:
                listener = server.listen(place.address, place.codec, tls=place.context)
                _log.info("listening on %s", listener.address)
            _log.info("serving %s", _names(server))
            server.serve(grace=grace, processes=processes)
        else:
            asyncio.run(_serve_async(server, places, grace, processes))
    except DialError as error:
        hint = "another process has it" if "in use" in str(error) else ""
        if "needs tls=" in str(error):
            hint = "say which certificate: --cert FILE"
        raise Failure(f"{error}", hint, UNREACHABLE) from error
    _log.info("ended")


async def _serve_async(
    server: AnyServer, places: Sequence[_Place], grace: float, processes: int | None
) -> None:
    assert not isinstance(server, Server)
    for place in places:
        listener = await server.listen(place.address, place.codec, tls=place.context)
        _log.info("listening on %s", listener.address)
    _log.info("serving %s", _names(server))
    await server.serve(grace=grace, processes=processes)


def _names(server: AnyServer) -> str:
    return ", ".join(each.name for each in server.services) or "nothing"
