"""Delve's API, version 2: what a debugging session needs of it.

The messages are the structs of Delve's packages ``service/api`` and
``service/rpc2``, whose documentation says what every field means; what is not
used here can be left out, since JSON skips it. Where a struct tag gives a field
another name in JSON, ``json_tag`` repeats it; elsewhere the name follows Go's.
"""

from enum import IntEnum, IntFlag
from typing import Annotated, Protocol

from attrs import define, field

from rpcgen.types import Uint8, Uint64, embedded, json_tag, wire


class Kind(IntEnum):
    """The kind of a variable's type: ``reflect.Kind``."""

    INVALID = 0
    BOOL = 1
    INT = 2
    INT8 = 3
    INT16 = 4
    INT32 = 5
    INT64 = 6
    UINT = 7
    UINT8 = 8
    UINT16 = 9
    UINT32 = 10
    UINT64 = 11
    UINTPTR = 12
    FLOAT32 = 13
    FLOAT64 = 14
    COMPLEX64 = 15
    COMPLEX128 = 16
    ARRAY = 17
    CHAN = 18
    FUNC = 19
    INTERFACE = 20
    MAP = 21
    POINTER = 22
    SLICE = 23
    STRING = 24
    STRUCT = 25
    UNSAFE_POINTER = 26


class VariableFlags(IntFlag):
    """What is special about a variable: ``api.VariableFlags``."""

    ESCAPED = 1
    SHADOWED = 2
    CONSTANT = 4
    ARGUMENT = 8
    RETURN_ARGUMENT = 16
    FAKE_ADDRESS = 32
    C_POINTER = 64
    CPU_REGISTER = 128


class GoroutineField(IntEnum):
    """What goroutines are filtered and grouped by: ``api.GoroutineField``."""

    NONE = 0
    CURRENT_LOCATION = 1
    USER_LOCATION = 2
    GO_LOCATION = 3
    START_LOCATION = 4
    LABEL = 5
    RUNNING = 6
    USER = 7


@define
class LoadConfig:
    """How much of a variable to read from the program's memory.

    ``max_struct_fields`` of -1 is all fields.
    """

    follow_pointers: bool = True
    max_variable_recurse: int = 1
    max_string_len: int = 64
    max_array_values: int = 64
    max_struct_fields: int = -1


@define
class EvalScope:
    """Where an expression is evaluated; goroutine -1 is the selected one, frame 0 the innermost."""

    goroutine_id: int = -1
    frame: int = 0
    deferred_call: int = 0


@define
class Function:
    """A function of the program."""

    name: Annotated[str, json_tag("name")]
    value: Annotated[Uint64, json_tag("value")]
    type: Annotated[Uint8, json_tag("type")]
    go_type: Annotated[Uint64, json_tag("goType")]
    optimized: Annotated[bool, json_tag("optimized")]


@define
class Location:
    """A place in the program; several addresses where the compiler has inlined it."""

    pc: Annotated[Uint64, json_tag("pc")] = 0
    file: Annotated[str, json_tag("file")] = ""
    line: Annotated[int, json_tag("line")] = 0
    function: Annotated[Function | None, json_tag("function,omitempty")] = None
    pcs: Annotated[list[Uint64], json_tag("pcs,omitempty")] = field(factory=list)


@define
class Variable:
    """A variable, or a part of one.

    ``children`` are the elements of an array or slice, the fields of a struct,
    or the keys and values of a map in turn. They are fewer than ``length`` where
    the `LoadConfig` set a limit.
    """

    name: Annotated[str, json_tag("name")]
    address: Annotated[Uint64, json_tag("addr")]
    only_address: Annotated[bool, json_tag("onlyAddr")]
    type: Annotated[str, json_tag("type")]
    real_type: Annotated[str, json_tag("realType")]
    flags: Annotated[VariableFlags, json_tag("flags")]
    kind: Annotated[Kind, json_tag("kind")]
    value: Annotated[str, json_tag("value")]
    length: Annotated[int, json_tag("len")]
    capacity: Annotated[int, json_tag("cap")]
    children: Annotated["list[Variable]", json_tag("children")]
    base: Annotated[Uint64, json_tag("base")]
    unreadable: Annotated[str, json_tag("unreadable")]
    location_expr: str
    decl_line: int


@define
class Stackframe:
    """One frame of a stack: a location, and its variables if they were asked for."""

    location: Annotated[Location, embedded]
    locals: list[Variable]
    arguments: list[Variable]
    frame_offset: int
    frame_pointer_offset: int
    bottom: bool
    err: str


@define
class Goroutine:
    """A goroutine and where it is."""

    ident: Annotated[int, json_tag("id")]
    current_location: Annotated[Location, json_tag("currentLoc")]
    user_current_location: Annotated[Location, json_tag("userCurrentLoc")]
    go_statement_location: Annotated[Location, json_tag("goStatementLoc")]
    start_location: Annotated[Location, json_tag("startLoc")]
    thread_id: Annotated[int, json_tag("threadID")]
    status: Annotated[Uint64, json_tag("status")]
    wait_since: Annotated[int, json_tag("waitSince")]
    wait_reason: Annotated[int, json_tag("waitReason")]
    unreadable: Annotated[str, json_tag("unreadable")]
    labels: Annotated[dict[str, str], json_tag("labels,omitempty")]


@define
class Breakpoint:
    """A place at which the program stops, or that of a tracepoint: at which it is only noted.

    To create one, say ``file`` and ``line``, or ``function_name``, or the
    addresses; ``condition`` is a Go expression that must hold.
    """

    ident: Annotated[int, json_tag("id")] = 0
    name: Annotated[str, json_tag("name")] = ""
    address: Annotated[Uint64, json_tag("addr")] = 0
    addresses: Annotated[list[Uint64], json_tag("addrs")] = field(factory=list)
    file: Annotated[str, json_tag("file")] = ""
    line: Annotated[int, json_tag("line")] = 0
    function_name: Annotated[str, json_tag("functionName,omitempty")] = ""
    condition: Annotated[str, wire("Cond")] = ""
    hit_condition: Annotated[str, wire("HitCond")] = ""
    tracepoint: Annotated[bool, json_tag("continue")] = False
    trace_return: Annotated[bool, json_tag("traceReturn")] = False
    goroutine: Annotated[bool, json_tag("goroutine")] = False
    stacktrace: Annotated[int, json_tag("stacktrace")] = 0
    variables: Annotated[list[str], json_tag("variables,omitempty")] = field(factory=list)
    load_args: LoadConfig | None = None
    load_locals: LoadConfig | None = None
    hit_count: Annotated[dict[str, Uint64], json_tag("hitCount")] = field(factory=dict)
    total_hit_count: Annotated[Uint64, json_tag("totalHitCount")] = 0
    disabled: Annotated[bool, json_tag("disabled")] = False


@define
class BreakpointInfo:
    """What a breakpoint was told to collect when it is hit."""

    stacktrace: Annotated[list[Stackframe], json_tag("stacktrace,omitempty")]
    goroutine: Annotated[Goroutine | None, json_tag("goroutine,omitempty")]
    variables: Annotated[list[Variable], json_tag("variables,omitempty")]
    arguments: Annotated[list[Variable], json_tag("arguments,omitempty")]
    locals: Annotated[list[Variable], json_tag("locals,omitempty")]


@define
class Thread:
    """A thread of the program."""

    ident: Annotated[int, json_tag("id")]
    pc: Annotated[Uint64, json_tag("pc")]
    file: Annotated[str, json_tag("file")]
    line: Annotated[int, json_tag("line")]
    function: Annotated[Function | None, json_tag("function,omitempty")]
    goroutine_id: Annotated[int, json_tag("goroutineID")]
    breakpoint: Annotated[Breakpoint | None, json_tag("breakPoint,omitempty")]
    breakpoint_info: Annotated[BreakpointInfo | None, json_tag("breakPointInfo,omitempty")]
    return_values: list[Variable]


@define
class DebuggerState:
    """What the program is doing; while ``running`` is true, nothing else is known."""

    pid: int
    running: bool
    current_thread: Annotated[Thread | None, json_tag("currentThread,omitempty")]
    selected_goroutine: Annotated[Goroutine | None, json_tag("currentGoroutine,omitempty")]
    threads: list[Thread]
    next_in_progress: bool
    exited: Annotated[bool, json_tag("exited")]
    exit_status: Annotated[int, json_tag("exitStatus")]


@define
class SetAPIVersionIn:
    """The argument of `Delve.set_api_version`."""

    api_version: int = 2


@define
class GetVersionOut:
    """The versions of Delve, of its API and of the Go that built the program."""

    delve_version: str
    api_version: int
    backend: str
    target_go_version: str


@define
class StateIn:
    """The argument of `Delve.state`: whether to answer at once, though the program is running."""

    non_blocking: bool = False


@define
class StateOut:
    """The reply of `Delve.state`."""

    state: DebuggerState


@define
class CommandOut:
    """The reply of `Delve.command`."""

    state: DebuggerState


@define
class CreateBreakpointOut:
    """The reply of `Delve.create_breakpoint`."""

    breakpoint: Breakpoint


@define
class ListBreakpointsIn:
    """The argument of `Delve.list_breakpoints`: whether to list Delve's own as well."""

    all: bool = False


@define
class ListBreakpointsOut:
    """The reply of `Delve.list_breakpoints`."""

    breakpoints: list[Breakpoint]


@define
class ClearBreakpointOut:
    """The reply of `Delve.clear_breakpoint`."""

    breakpoint: Breakpoint | None


@define
class ListGoroutinesFilter:
    """Which goroutines to list: those whose ``kind`` fits ``argument``."""

    kind: GoroutineField
    argument: Annotated[str, wire("Arg")] = ""
    negated: bool = False


@define
class ListGoroutinesOut:
    """Some of the goroutines; ``next_start`` is where to go on, or -1."""

    goroutines: list[Goroutine]
    next_start: Annotated[int, wire("Nextg")]


@define
class StacktraceOut:
    """The reply of `Delve.stacktrace`, the innermost frame first."""

    frames: Annotated[list[Stackframe], wire("Locations")]


@define
class ListLocalVarsOut:
    """The reply of `Delve.list_local_vars`."""

    variables: list[Variable]


@define
class ListFunctionArgsOut:
    """The reply of `Delve.list_function_args`."""

    arguments: Annotated[list[Variable], wire("Args")]


@define
class EvalOut:
    """The reply of `Delve.eval`."""

    variable: Variable | None


@define
class ListSourcesIn:
    """The argument of `Delve.list_sources`: a regular expression for the paths."""

    filter: str = ""


@define
class ListSourcesOut:
    """The reply of `Delve.list_sources`."""

    sources: list[str]


@define
class FindLocationOut:
    """The reply of `Delve.find_location`."""

    locations: list[Location]


@define
class DetachIn:
    """The argument of `Delve.detach`: whether the program ends with the session."""

    kill: bool


@wire("RPCServer")
class Delve(Protocol):
    """A debugger that has loaded a program, as ``dlv --headless`` serves it.

    Each of Delve's methods takes a struct. Where that has several fields, they
    are parameters here; a struct of one field is a message, since one parameter
    by itself would travel as it is.
    """

    def get_version(self) -> GetVersionOut:
        """Return the version of Delve and that of its API which it speaks."""
        ...

    @wire("SetApiVersion")
    def set_api_version(self, version: SetAPIVersionIn) -> None:
        """Choose the version of the API; this file describes version 2."""
        ...

    def state(self, how: StateIn) -> StateOut:
        """Return what the program is doing, as soon as it has stopped or at once."""
        ...

    def command(
        self,
        name: Annotated[str, json_tag("name")],
        *,
        thread_id: Annotated[int, json_tag("threadID,omitempty")] = 0,
        goroutine_id: Annotated[int, json_tag("goroutineID,omitempty")] = 0,
        return_info_load_config: LoadConfig | None = None,
        expr: Annotated[str, json_tag("expr,omitempty")] = "",
    ) -> CommandOut:
        """Let the program go on, or stop it; return its state when it has stopped.

        ``name`` is ``continue``, ``next``, ``step``, ``stepOut``, ``halt``,
        ``switchGoroutine`` (to ``goroutine_id``), ``call`` (the function call
        ``expr``), ...
        """
        ...

    def create_breakpoint(
        self, breakpoint: Breakpoint, *, location: Annotated[str, wire("LocExpr")] = ""
    ) -> CreateBreakpointOut:
        """Set a breakpoint and return it with its number and addresses.

        ``location`` is what the user typed, for breakpoints that are to be set
        again when the program is built anew.
        """
        ...

    def list_breakpoints(self, which: ListBreakpointsIn) -> ListBreakpointsOut:
        """Return the breakpoints."""
        ...

    def clear_breakpoint(
        self, *, ident: Annotated[int, wire("Id")] = 0, name: str = ""
    ) -> ClearBreakpointOut:
        """Remove the breakpoint of that name or number and return it."""
        ...

    def list_goroutines(
        self,
        *,
        start: int = 0,
        count: int = 0,
        filters: list[ListGoroutinesFilter] | None = None,
    ) -> ListGoroutinesOut:
        """Return up to ``count`` goroutines (0: all) from ``start`` on."""
        ...

    def stacktrace(
        self,
        *,
        goroutine_id: Annotated[int, wire("Id")] = -1,
        depth: int = 50,
        full: bool = False,
        config: Annotated[LoadConfig | None, wire("Cfg")] = None,
    ) -> StacktraceOut:
        """Return a goroutine's stack; with ``full`` or ``config``, the variables of its frames."""
        ...

    def list_local_vars(
        self, *, scope: EvalScope, config: Annotated[LoadConfig, wire("Cfg")]
    ) -> ListLocalVarsOut:
        """Return the local variables of a frame."""
        ...

    def list_function_args(
        self, *, scope: EvalScope, config: Annotated[LoadConfig, wire("Cfg")]
    ) -> ListFunctionArgsOut:
        """Return the arguments and results of the function of a frame."""
        ...

    def eval(
        self,
        expr: str,
        *,
        scope: EvalScope,
        config: Annotated[LoadConfig | None, wire("Cfg")] = None,
    ) -> EvalOut:
        """Evaluate a Go expression in a frame.

        What is wrong with it is the error: "could not find symbol value for x".
        """
        ...

    def set(self, symbol: str, value: str, *, scope: EvalScope) -> None:
        """Change the value of a variable to that of another one or of a literal."""
        ...

    def list_sources(self, which: ListSourcesIn) -> ListSourcesOut:
        """Return the paths of the program's source files, as the compiler saw them."""
        ...

    def find_location(
        self, *, scope: EvalScope, location: Annotated[str, wire("Loc")]
    ) -> FindLocationOut:
        """Return the places that a text such as ``main.go:12`` or ``main.total`` stands for."""
        ...

    def detach(self, how: DetachIn) -> None:
        """End the session, and Delve with it; the program goes on by itself, or is killed."""
        ...
