"""Debug a small Go program through a typed client of Delve.

Run ``python -m docs.delve.debug`` at the root of the repository; ``go`` and
``dlv`` must be on the path. One Delve serves two clients in turn: a plain one
stops the program at a breakpoint and looks around; one on asyncio lets it run,
asks how it is doing meanwhile, and halts it.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docs.delve.generated.delve import (
    AsyncRPCServerClient,
    Breakpoint,
    ClearBreakpointIn,
    CommandOut,
    CreateBreakpointIn,
    DebuggerCommand,
    DebuggerState,
    DetachIn,
    EvalIn,
    EvalScope,
    Function,
    GoroutineField,
    Kind,
    ListBreakpointsIn,
    ListFunctionArgsIn,
    ListGoroutinesFilter,
    ListGoroutinesIn,
    ListLocalVarsIn,
    ListSourcesIn,
    LoadConfig,
    Location,
    RpccommonRPCServerClient,
    RPCServerClient,
    SetAPIVersionIn,
    SetIn,
    StacktraceIn,
    StateIn,
    StateOut,
    Variable,
)
from rpcgen import ServerError

PROGRAM = Path(__file__).parent / "program"

# Maximum wait for the end of Delve, in seconds.
EXIT_TIMEOUT_S = 10.0

# The innermost frame of the goroutine that has stopped.
HERE = EvalScope(goroutine_id=-1)

# How much of a variable to read: all fields of a struct, but not all that it may lead to.
SHALLOW = LoadConfig(
    follow_pointers=True,
    max_variable_recurse=1,
    max_string_len=64,
    max_array_values=64,
    max_struct_fields=-1,
)


def main() -> None:
    """Build the program, debug it, and print what happens."""
    with tempfile.TemporaryDirectory() as folder:
        executable = Path(folder) / "shop"
        build(executable)
        with delve(executable) as address:
            greet(address)
            with RPCServerClient.dial(address, codec="json") as client:
                look_around(client)
            asyncio.run(run_and_halt(address))


def build(executable: Path) -> None:
    """Build the program for debugging: without optimizations and inlining.

    Go 1.25 and later write DWARF 5, which a Delve older than 1.25 reads only in
    part (no arguments, no local variables): every Delve reads DWARF 4.
    """
    subprocess.run(
        ["go", "build", "-gcflags=all=-N -l", "-o", executable, "main.go"],
        cwd=PROGRAM,
        env={**os.environ, "GOEXPERIMENT": "nodwarf5"},
        check=True,
    )


@contextmanager
def delve(executable: Path) -> Iterator[str]:
    """Run Delve on the program and yield the address that it listens on.

    Delve ends when a client detaches, or else, with the program, when the
    context does.
    """
    command = ["dlv", "exec", str(executable), "--headless", "--api-version=2"]
    # Delve refuses what a newer Go has built, unless told not to.
    options = ["--accept-multiclient", "--check-go-version=false", "--listen=127.0.0.1:0"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            greeting = process.stdout.readline()
            if not greeting.startswith("API server listening at: "):
                raise RuntimeError("Delve has not started: see what it has said above")
            yield f"tcp://{greeting.split()[-1]}"
        finally:
            process.terminate()  # takes the program along
            try:
                process.wait(EXIT_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def greet(address: str) -> None:
    """Ask for the version: a method of another Go type, which is served by the same name."""
    with RpccommonRPCServerClient.dial(address, service="RPCServer", codec="json") as client:
        client.set_api_version(SetAPIVersionIn(2))
        print(f"Delve's API, version {client.get_version().api_version}")


def look_around(client: RPCServerClient) -> None:
    """Stop where order 7 is priced, and see what is there."""
    (source,) = client.list_sources(ListSourcesIn(r"/program/main\.go$")).sources
    line = line_of("return total")
    wanted = Breakpoint(file=source, line=line, cond="order.Number == 7")
    breakpoint = client.create_breakpoint(CreateBreakpointIn(wanted)).breakpoint
    print(f"breakpoint {breakpoint.id} in {breakpoint.function_name}, line {breakpoint.line}")

    state = state_in(client.command(DebuggerCommand("continue")))
    goroutine = state.selected_goroutine
    assert goroutine is not None
    print(f"stopped at {place(goroutine.user_current_loc)}")

    print("stack:")
    for frame in client.stacktrace(StacktraceIn(id=-1, depth=10)).locations:
        print(f"  {place(frame.location)}")

    print("cashiers:")
    cashiers = ListGoroutinesFilter(GoroutineField.START_LOC, arg="main.cashier")
    for goroutine in client.list_goroutines(ListGoroutinesIn(filters=[cashiers])).goroutines:
        print(f"  {place(goroutine.user_current_loc)}")

    print("arguments:")
    for variable in client.list_function_args(ListFunctionArgsIn(HERE, SHALLOW)).args:
        print(f"  {described(variable)}")
    print("local variables:")
    for variable in client.list_local_vars(ListLocalVarsIn(HERE, SHALLOW)).variables:
        print(f"  {described(variable)}")

    print("expressions:")
    for expression in ("sum * 2", "order.Prices[0]", "len(orders)"):
        print(f"  {expression}: {evaluated(client, expression)}")

    client.set(SetIn(HERE, "total", "100"))
    print(f"total is now {evaluated(client, 'total')}")

    client.clear_breakpoint(ClearBreakpointIn(breakpoint.id))
    left = client.list_breakpoints(ListBreakpointsIn()).breakpoints
    print(f"breakpoints left: {sum(each.id > 0 for each in left)}")


async def run_and_halt(address: str) -> None:
    """Let the program run, look at it without stopping it, halt it and end it."""
    async with AsyncRPCServerClient.dial(address, codec="json") as client:
        # It is answered when the program stops.
        running = client.go.command(DebuggerCommand("continue"))
        while not state_in(await client.state(StateIn(non_blocking=True))).running:
            await asyncio.sleep(0.01)
        print("running")

        await client.command(DebuggerCommand("halt"))
        print(f"halted, exited: {state_in(await running).exited}")

        await client.detach(DetachIn(kill=True))
        print("detached")


def state_in(reply: CommandOut | StateOut) -> DebuggerState:
    """Return the state of a reply, a pointer in Go which Delve always sets."""
    assert reply.state is not None
    return reply.state


def evaluated(client: RPCServerClient, expression: str) -> str:
    """Return what an expression is in the innermost frame, or Delve's objection to it."""
    try:
        variable = client.eval(EvalIn(HERE, expression)).variable
    except ServerError as error:
        return f"error: {error}"
    assert variable is not None
    return shown(variable)


def line_of(text: str) -> int:
    """Return the number of the program's line that holds ``text``."""
    lines = (PROGRAM / "main.go").read_text().splitlines()
    return 1 + next(number for number, line in enumerate(lines) if text in line)


def place(location: Location) -> str:
    """Return a location as ``main.price, main.go:20``."""
    return f"{name_of(location.function)}, {Path(location.file).name}:{location.line}"


def name_of(function: Function | None) -> str:
    return "unknown" if function is None else function.name


def described(variable: Variable) -> str:
    return f"{variable.name} {variable.type} = {shown(variable)}"


def shown(variable: Variable) -> str:
    """Return a variable's value much as Go writes it."""
    if variable.unreadable:
        return f"(unreadable: {variable.unreadable})"
    match variable.kind:
        case Kind.STRING:
            return f'"{variable.value}"'
        case Kind.STRUCT:
            fields = (f"{each.name}: {shown(each)}" for each in variable.children)
            return f"{{{', '.join(fields)}}}"
        case Kind.SLICE | Kind.ARRAY:
            return f"[{' '.join(map(shown, variable.children))}]"
    return variable.value


if __name__ == "__main__":
    main()
