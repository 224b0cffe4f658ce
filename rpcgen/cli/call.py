"""``rpcgen call ADDRESS SERVICE.METHOD ARGUMENTS``: one call, whose reply is printed as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from ..errors import GenerateError, RemoteError, RpcError, ServerError
from ..method import Method
from ..schema import schema_of
from .console import json_text, say, say_json, tell
from .failures import FAILED, USAGE, Failure, failure_of, message_of
from .options import ROOT_OPTION
from .remote.json_writer import jsonable
from .remote.methods import MISSING, RemoteMethod, TypeSource, find_method
from .remote.target import Target, target_options

__all__ = ["bind", "command", "method_options", "read_arguments"]

F = TypeVar("F", bound=Callable[..., Any])

_METHOD_OPTIONS: Final = (
    click.argument("method", metavar="SERVICE.METHOD"),
    click.argument("arguments", required=False),
    click.option("--idl", multiple=True, metavar="FILE", help="IDL that says the types."),
    ROOT_OPTION,
    click.option(
        "--types",
        type=click.Choice(["auto", "reflection", "page", "none"]),
        default="auto",
        metavar="WHO",
        help="Ask but reflection, page or none for types [auto].",
    ),
)


def method_options(command: F) -> F:
    """Add the arguments and options that say what is called, and who knows its types.

    Args:
        command: Function of the command.
    """
    for option in reversed(_METHOD_OPTIONS):
        command = option(command)
    return command


@click.command("call", short_help="Call a method of a server and print the reply.")
@target_options
@method_options
@click.option("--json", "as_json", is_flag=True, help="Print one object: reply or error, metadata.")
def command(
    target: Target,
    method: str,
    arguments: str | None,
    idl: tuple[str, ...],
    root: Path | None,
    types: TypeSource,
    as_json: bool,
) -> int:
    """Call a method of a server and print the reply as JSON.

    \b
    ARGUMENTS are JSON, @FILE with JSON, or - for standard input:
      rpcgen call localhost:1234 Arith.Multiply '{"A": 7, "B": 8}'
    Where nobody knows the types: 7 is an int, 7.0 a float64, an object a struct;
    {"@uint": 7}, {"@hex": "ff"}, {"@map": {}} say what JSON cannot.
    """  # noqa: D301 - to click, a backspace says: leave the lines as they are
    given = MISSING if arguments is None else read_arguments(arguments)
    with ExitStack() as stack:
        try:
            client = stack.enter_context(target.dial())
            found = find_method(method, target, client, stack, idl=idl, root=root, types=types)
            bound, value = bind(found, given)
            call = client.go(bound, value)
            reply = found.shown(call.result())
        except GenerateError as error:
            tell(f"{error}")
            return FAILED
        except RpcError as error:
            return _fail(error, target, as_json)
        if as_json:
            say(json_text({"reply": reply, "metadata": dict(call.metadata)}))
        else:
            say_json(reply)
    return 0


def bind(found: RemoteMethod, given: object) -> tuple[Method[Any, Any], Any]:
    """Return the method and the value for the arguments that a user has written.

    Args:
        found: The method.
        given: What `read_arguments` returns, or `MISSING`.

    Raises:
        EncodeError: The arguments do not fit.
        Failure: There must be some, or they are nested too deeply.
    """
    try:
        return found.bind(given)
    except RecursionError:
        raise Failure("the arguments are nested too deeply", status=USAGE) from None


def read_arguments(text: str) -> object:
    """Return the JSON that a user has written, or has named the place of.

    Args:
        text: JSON; ``@FILE`` for what is in a file, ``-`` for standard input.

    Raises:
        Failure: There is no such file, or it is no JSON.
    """
    where = "the arguments"
    if text == "-":
        where, text = "standard input", _standard_input()
    elif text.startswith("@"):
        where = text[1:]
        try:
            text = Path(where).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise Failure(f"cannot read the arguments: {error}", status=USAGE) from error
    try:
        return json.loads(text)
    except ValueError as error:
        bare = text.strip() and text.lstrip()[0] not in '{["'
        hint = f"a text has quotes of its own: '{json.dumps(text.strip())}'" if bare else ""
        raise Failure(f"{where}: no JSON: {error}", hint, USAGE) from error
    except RecursionError:
        raise Failure(f"{where}: nested too deeply", status=USAGE) from None


def _standard_input() -> str:
    if sys.stdin is None:
        raise Failure("standard input is closed", status=USAGE)
    return sys.stdin.read()


def _fail(error: RpcError, target: Target, as_json: bool) -> int:
    failure = failure_of(error, target.address)
    if not as_json:
        raise failure
    said: dict[str, Any] = {"code": error.code.name, "message": message_of(error)}
    if isinstance(error, RemoteError):
        schema = schema_of(type(error))
        said |= {"type": schema.go, "details": jsonable(error, schema)}
    metadata = dict(error.metadata) if isinstance(error, ServerError) else {}
    say(json_text({"error": said, "metadata": metadata}))
    return failure.status
