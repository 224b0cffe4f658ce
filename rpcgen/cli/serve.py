"""``rpcgen serve MODULE:OBJECT``: a server, or an implementation, served until a signal comes."""

from __future__ import annotations

import asyncio
import logging
import sys
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from itertools import zip_longest
from pathlib import Path
from types import ModuleType
from typing import Final

import click

from .. import aio
from .._interrupts import reraise_interrupt
from ..aio.interrupts import Terminations
from ..errors import DialError, GenerateError, RpcError
from ..protocol import CodecName
from ..sync import Server
from ..sync.terminations import on_sigterm
from .console import tell
from .failures import FAILED, USAGE, Failure
from .implementations import AnyServer, ServerOptions, load_object, server_of
from .options import ROOT_OPTION
from .places import Place, inherited_sockets, listen_failure, tls_context
from .reloading import run_reloading
from .remote.target import positive

__all__ = ["command"]

_log: Final = logging.getLogger("rpcgen.cli")

_File: Final = click.Path(exists=True, dir_okay=False)


@click.command("serve", short_help="Serve a server object, or an implementation of a service.")
@click.argument("place", metavar="MODULE:OBJECT")
@click.option("--listen", multiple=True, metavar="ADDRESS", help="Where; may be said again.")
@click.option("--idl", multiple=True, metavar="FILE", help="IDL of what OBJECT implements.")
@ROOT_OPTION
@click.option("--codec", type=click.Choice(["gob", "json"]), default="gob", help="[gob]")
@click.option("--debug-page", is_flag=True, help="Have /debug/rpc at http:// addresses.")
@click.option("--reflection", is_flag=True, help="Tell everybody what is served.")
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
@click.option("--descriptor", type=int, multiple=True, hidden=True)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    metavar="LEVEL",
    help="Log debug, info, warning or error [info].",
)
@click.pass_obj
def command(
    arguments: tuple[str, ...],
    place: str,
    listen: tuple[str, ...],
    idl: tuple[str, ...],
    root: Path | None,
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
    descriptor: tuple[int, ...],
    log_level: str,
) -> int:
    """Serve until SIGTERM or Ctrl-C, which let calls under way end.

    OBJECT is a Server, an implementation of a service or its class, or a function that returns
    one of these. Without --listen, systemd's sockets are served (LISTEN_FDS).
    """
    logging.basicConfig(
        level=log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    tls = tls_context(cert, key, ca)
    places = [
        Place(address, codec, tls, number)
        for address, number in zip_longest(listen or inherited_sockets(), descriptor)
    ]
    if reload:
        return _serve_reloading(arguments, listen, places, grace)
    with ExitStack() as stack:
        try:
            options = ServerOptions(reflection, health)
            generated: Sequence[ModuleType] = ()
            if idl:  # first, so that the implementation has the same classes from the IDL
                # Lazy: what makes modules of an IDL takes a while to import.
                from .remote.idl_modules import generated_modules

                generated = stack.enter_context(generated_modules(idl, root))
            module, found = load_object(place)
            server = server_of(found, place, module, options, generated)
        except GenerateError as error:
            tell(f"{error}")
            return FAILED
        except RpcError as error:
            raise Failure(f"{place}: {error}") from error
        except click.ClickException:
            raise
        except Exception as error:  # of the user's own code
            reraise_interrupt(error)
            raise _failure_in(place, error) from error
        if debug_page:
            _check_has_http(places)
            server.handle_http()
        _serve(server, places, grace, processes)
    return 0


def _failure_in(place: str, error: Exception) -> Failure:
    """Return how the command ends with an exception of the module that it imports."""
    _log.debug("%s", place, exc_info=error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    # The text of a syntax error says its own place, which is that of no frame.
    where = "" if isinstance(error, SyntaxError) else f"{last.filename}, line {last.lineno}; "
    hint = f"{where}--log-level debug shows the traceback"
    return Failure(f"{place}: {type(error).__name__}: {error}", hint)


def _check_has_http(places: Sequence[Place]) -> None:
    if not any(each.address.startswith("http") for each in places):
        raise Failure(
            "--debug-page has no address to be at", "--listen http://127.0.0.1:8080", USAGE
        )


def _serve_reloading(
    arguments: Sequence[str], listen: Sequence[str], places: Sequence[Place], grace: float
) -> int:
    """Serve from another process, which is begun anew, on sockets that stay open meanwhile."""
    command = [sys.executable, "-m", "rpcgen", "serve"]
    command += [each for each in arguments if each != "--reload"]
    with ExitStack() as stack:
        descriptors = []
        for place in places:
            try:
                listening = place.open()
            except DialError as error:
                raise listen_failure(error) from error
            stack.callback(listening.close)
            descriptors.append(listening.sock.fileno())
            command += [] if listen else ["--listen", place.address]
            command += ["--descriptor", str(descriptors[-1])]
        return run_reloading(command, Path.cwd(), grace, descriptors)


def _serve(server: AnyServer, places: Sequence[Place], grace: float, processes: int | None) -> None:
    if not places and not server._listeners:
        raise Failure("there is nothing to listen on", "--listen 127.0.0.1:1234", USAGE)
    try:
        if isinstance(server, Server):
            # Before it is said that there is a server: a signal that comes just then is for it.
            with on_sigterm(partial(server._begin_shutdown, grace), True):
                for place in places:
                    listener = server.listen(place.where, place.codec, tls=place.context)
                    _log.info("listening on %s", listener.address)
                _log.info("serving %s", _names(server))
                server.serve(grace=grace, processes=processes)
        else:
            asyncio.run(_serve_async(server, places, grace, processes))
    except DialError as error:
        raise listen_failure(error) from error
    _log.info("ended")


async def _serve_async(
    server: aio.Server, places: Sequence[Place], grace: float, processes: int | None
) -> None:
    with Terminations(partial(server._begin_shutdown, grace), True):
        for place in places:
            listener = await server.listen(place.where, place.codec, tls=place.context)
            _log.info("listening on %s", listener.address)
        _log.info("serving %s", _names(server))
        await server.serve(grace=grace, processes=processes)


def _names(server: AnyServer) -> str:
    return ", ".join(each.name for each in server.services) or "nothing"
