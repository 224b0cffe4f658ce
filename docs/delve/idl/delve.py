# Written by `rpcgen from-go delve/service --type rpc2.RPCServer --type rpccommon.RPCServer
#     --reply Restart=RestartOut --reply State=StateOut --reply Command=CommandOut --reply
#     StopRecording=StopRecordingOut --no-docs`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: d37ef6520e5d8d72

"""Services of the Go packages github.com/go-delve/delve/service/rpc2,
github.com/go-delve/delve/service/rpccommon.

It is served as JSON-RPC: dial(address, codec="json").
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, NewType, Protocol

from attrs import define, field
from rpcgen.types import (
    Int64,
    OpenIntEnum,
    Uint,
    Uint8,
    Uint16,
    Uint64,
    embedded,
    json_tag,
    length,
    underlying,
    wire,
)

VariableFlags = NewType("VariableFlags", Uint16)


@underlying(Uint8)
class WatchType(OpenIntEnum):
    READ = 1
    WRITE = 2


@underlying(Uint)
class Kind(OpenIntEnum):
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


@underlying(Uint16)
class StacktraceOptions(OpenIntEnum):
    READ_DEFERS = 1
    SIMPLE = 2
    G = 4


@underlying(Uint8)
class GoroutineField(OpenIntEnum):
    FIELD_NONE = 0
    CURRENT_LOC = 1
    USER_LOC = 2
    GO_LOC = 3
    START_LOC = 4
    LABEL = 5
    RUNNING = 6
    USER = 7


class AssemblyFlavour(OpenIntEnum):
    GNU_FLAVOUR = 0
    INTEL_FLAVOUR = 1
    GO_FLAVOUR = 2


@define
class ProcessPidOut:
    pid: int = 0


@define
class LastModifiedOut:
    time: datetime = datetime(1, 1, 1, tzinfo=UTC)


@define
class DetachIn:
    kill: bool = False


@define
class RestartIn:
    position: str = ""
    reset_args: bool = False
    new_args: list[str] = field(factory=list)
    rerecord: bool = False
    rebuild: bool = False
    new_redirects: Annotated[list[str], length(3)] = field(factory=lambda: [""] * 3)


@define
class RestartOut:
    discarded_breakpoints: list[DiscardedBreakpoint] = field(factory=list)


@define
class DiscardedBreakpoint:
    breakpoint: Breakpoint | None = None
    reason: str = ""


@define
class Breakpoint:
    id: Annotated[int, json_tag("id")] = 0
    name: Annotated[str, json_tag("name")] = ""
    addr: Annotated[Uint64, json_tag("addr")] = 0
    addrs: Annotated[list[Uint64], json_tag("addrs")] = field(factory=list)
    addr_pid: Annotated[list[int], json_tag("addrpid")] = field(factory=list)
    file: Annotated[str, json_tag("file")] = ""
    line: Annotated[int, json_tag("line")] = 0
    function_name: Annotated[str, json_tag("functionName,omitempty")] = ""
    cond: str = ""
    hit_cond: str = ""
    hit_cond_per_g: bool = False
    tracepoint: Annotated[bool, json_tag("continue")] = False
    trace_return: Annotated[bool, json_tag("traceReturn")] = False
    goroutine: Annotated[bool, json_tag("goroutine")] = False
    stacktrace: Annotated[int, json_tag("stacktrace")] = 0
    variables: Annotated[list[str], json_tag("variables,omitempty")] = field(factory=list)
    load_args: LoadConfig | None = None
    load_locals: LoadConfig | None = None
    watch_expr: str = ""
    watch_type: WatchType = WatchType(0)
    verbose_descr: Annotated[list[str], json_tag("VerboseDescr,omitempty")] = field(factory=list)
    hit_count: Annotated[dict[str, Uint64], json_tag("hitCount")] = field(factory=dict)
    total_hit_count: Annotated[Uint64, json_tag("totalHitCount")] = 0
    disabled: Annotated[bool, json_tag("disabled")] = False
    user_data: Annotated[Any, json_tag("-")] = None


@define
class LoadConfig:
    follow_pointers: bool = False
    max_variable_recurse: int = 0
    max_string_len: int = 0
    max_array_values: int = 0
    max_struct_fields: int = 0


@define
class StateIn:
    non_blocking: bool = False


@define
class StateOut:
    state: DebuggerState | None = None


@define
class DebuggerState:
    pid: int = 0
    running: bool = False
    recording: bool = False
    core_dumping: bool = False
    current_thread: Annotated[Thread | None, json_tag("currentThread,omitempty")] = None
    selected_goroutine: Annotated[Goroutine | None, json_tag("currentGoroutine,omitempty")] = None
    threads: list[Thread] = field(factory=list)
    next_in_progress: bool = False
    watch_out_of_scope: list[Breakpoint] = field(factory=list)
    exited: Annotated[bool, json_tag("exited")] = False
    exit_status: Annotated[int, json_tag("exitStatus")] = 0
    when: str = ""
    # An interface: nothing that fits it is handed to gob.Register.
    err: Annotated[Any, json_tag("-")] = None


@define
class Thread:
    id: Annotated[int, json_tag("id")] = 0
    pc: Annotated[Uint64, wire("PC"), json_tag("pc")] = 0
    file: Annotated[str, json_tag("file")] = ""
    line: Annotated[int, json_tag("line")] = 0
    function: Annotated[Function | None, json_tag("function,omitempty")] = None
    goroutine_id: Annotated[Int64, json_tag("goroutineID")] = 0
    breakpoint: Annotated[Breakpoint | None, json_tag("breakPoint,omitempty")] = None
    breakpoint_info: Annotated[BreakpointInfo | None, json_tag("breakPointInfo,omitempty")] = None
    return_values: list[Variable] = field(factory=list)
    call_return: bool = False


@define
class Function:
    name: Annotated[str, wire("Name_"), json_tag("name")] = ""
    value: Annotated[Uint64, json_tag("value")] = 0
    type: Annotated[Uint8, json_tag("type")] = 0
    go_type: Annotated[Uint64, json_tag("goType")] = 0
    optimized: Annotated[bool, json_tag("optimized")] = False


@define
class BreakpointInfo:
    stacktrace: Annotated[list[Stackframe], json_tag("stacktrace,omitempty")] = field(factory=list)
    goroutine: Annotated[Goroutine | None, json_tag("goroutine,omitempty")] = None
    variables: Annotated[list[Variable], json_tag("variables,omitempty")] = field(factory=list)
    arguments: Annotated[list[Variable], json_tag("arguments,omitempty")] = field(factory=list)
    locals: Annotated[list[Variable], json_tag("locals,omitempty")] = field(factory=list)


@define
class Location:
    pc: Annotated[Uint64, wire("PC"), json_tag("pc")] = 0
    file: Annotated[str, json_tag("file")] = ""
    line: Annotated[int, json_tag("line")] = 0
    function: Annotated[Function | None, json_tag("function,omitempty")] = None
    pcs: Annotated[list[Uint64], wire("PCs"), json_tag("pcs,omitempty")] = field(factory=list)
    pc_pids: Annotated[list[int], wire("PCPids"), json_tag("pcpids,omitempty")] = field(
        factory=list
    )


@define
class Stackframe:
    location: Annotated[Location, embedded] = field(factory=Location)
    locals: list[Variable] = field(factory=list)
    arguments: list[Variable] = field(factory=list)
    frame_offset: Int64 = 0
    frame_pointer_offset: Int64 = 0
    defers: list[Defer] = field(factory=list)
    bottom: Annotated[bool, json_tag("Bottom,omitempty")] = False
    err: str = ""


@define
class Variable:
    name: Annotated[str, json_tag("name")] = ""
    addr: Annotated[Uint64, json_tag("addr")] = 0
    only_addr: Annotated[bool, json_tag("onlyAddr")] = False
    type: Annotated[str, json_tag("type")] = ""
    real_type: Annotated[str, json_tag("realType")] = ""
    flags: Annotated[VariableFlags, json_tag("flags")] = VariableFlags(0)
    kind: Annotated[Kind, json_tag("kind")] = Kind.INVALID
    value: Annotated[str, json_tag("value")] = ""
    len: Annotated[Int64, json_tag("len")] = 0
    cap: Annotated[Int64, json_tag("cap")] = 0
    children: Annotated[list[Variable], json_tag("children")] = field(factory=list)
    base: Annotated[Uint64, json_tag("base")] = 0
    unreadable: Annotated[str, json_tag("unreadable")] = ""
    location_expr: str = ""
    decl_line: Int64 = 0


@define
class Defer:
    deferred_loc: Location = field(factory=Location)
    defer_loc: Location = field(factory=Location)
    sp: Annotated[Uint64, wire("SP")] = 0
    unreadable: str = ""


@define
class Goroutine:
    id: Annotated[Int64, json_tag("id")] = 0
    current_loc: Annotated[Location, json_tag("currentLoc")] = field(factory=Location)
    user_current_loc: Annotated[Location, json_tag("userCurrentLoc")] = field(factory=Location)
    go_statement_loc: Annotated[Location, json_tag("goStatementLoc")] = field(factory=Location)
    start_loc: Annotated[Location, json_tag("startLoc")] = field(factory=Location)
    thread_id: Annotated[int, json_tag("threadID")] = 0
    status: Annotated[Uint64, json_tag("status")] = 0
    wait_since: Annotated[Int64, json_tag("waitSince")] = 0
    wait_reason: Annotated[Int64, json_tag("waitReason")] = 0
    unreadable: Annotated[str, json_tag("unreadable")] = ""
    labels: Annotated[dict[str, str], json_tag("labels,omitempty")] = field(factory=dict)


@define
class DebuggerCommand:
    name: Annotated[str, json_tag("name")] = ""
    thread_id: Annotated[int, json_tag("threadID,omitempty")] = 0
    goroutine_id: Annotated[Int64, json_tag("goroutineID,omitempty")] = 0
    return_info_load_config: LoadConfig | None = None
    expr: Annotated[str, json_tag("expr,omitempty")] = ""
    unsafe_call: Annotated[bool, json_tag("unsafeCall,omitempty")] = False


@define
class CommandOut:
    state: DebuggerState = field(factory=DebuggerState)


@define
class GetBufferedTracepointsOut:
    tracepoint_results: list[TracepointResult] = field(factory=list)


@define
class TracepointResult:
    addr: Annotated[Uint64, json_tag("addr")] = 0
    file: Annotated[str, json_tag("file")] = ""
    line: Annotated[int, json_tag("line")] = 0
    is_ret: Annotated[bool, json_tag("is_ret")] = False
    function_name: Annotated[str, json_tag("functionName,omitempty")] = ""
    goroutine_id: Annotated[int, json_tag("goroutineID")] = 0
    input_params: Annotated[list[Variable], json_tag("inputParams,omitempty")] = field(factory=list)
    return_params: Annotated[list[Variable], json_tag("returnParams,omitempty")] = field(
        factory=list
    )


@define
class GetBreakpointIn:
    id: Annotated[int, wire("Id")] = 0
    name: str = ""


@define
class GetBreakpointOut:
    breakpoint: Breakpoint = field(factory=Breakpoint)


@define
class StacktraceIn:
    id: Annotated[Int64, wire("Id")] = 0
    depth: int = 0
    full: bool = False
    defers: bool = False
    opts: StacktraceOptions = StacktraceOptions(0)
    cfg: LoadConfig | None = None


@define
class StacktraceOut:
    locations: list[Stackframe] = field(factory=list)


@define
class AncestorsIn:
    goroutine_id: Int64 = 0
    num_ancestors: int = 0
    depth: int = 0


@define
class AncestorsOut:
    ancestors: list[Ancestor] = field(factory=list)


@define
class Ancestor:
    id: Int64 = 0
    stack: list[Stackframe] = field(factory=list)
    unreadable: str = ""


@define
class ListBreakpointsIn:
    all: bool = False


@define
class ListBreakpointsOut:
    breakpoints: list[Breakpoint] = field(factory=list)


@define
class CreateBreakpointIn:
    breakpoint: Breakpoint = field(factory=Breakpoint)
    loc_expr: str = ""
    substitute_path_rules: list[Annotated[list[str], length(2)]] = field(factory=list)
    suspended: bool = False


@define
class CreateBreakpointOut:
    breakpoint: Breakpoint = field(factory=Breakpoint)


@define
class CreateEBPFTracepointIn:
    function_name: str = ""


@define
class CreateEBPFTracepointOut:
    breakpoint: Breakpoint = field(factory=Breakpoint)


@define
class ClearBreakpointIn:
    id: Annotated[int, wire("Id")] = 0
    name: str = ""


@define
class ClearBreakpointOut:
    breakpoint: Breakpoint | None = None


@define
class ToggleBreakpointIn:
    id: Annotated[int, wire("Id")] = 0
    name: str = ""


@define
class ToggleBreakpointOut:
    breakpoint: Breakpoint | None = None


@define
class AmendBreakpointIn:
    breakpoint: Breakpoint = field(factory=Breakpoint)


@define
class ListThreadsOut:
    threads: list[Thread] = field(factory=list)


@define
class GetThreadIn:
    id: Annotated[int, wire("Id")] = 0


@define
class GetThreadOut:
    thread: Thread | None = None


@define
class ListPackageVarsIn:
    filter: str = ""
    cfg: LoadConfig = field(factory=LoadConfig)


@define
class ListPackageVarsOut:
    variables: list[Variable] = field(factory=list)


@define
class ListRegistersIn:
    thread_id: int = 0
    include_fp: bool = False
    scope: EvalScope | None = None


@define
class EvalScope:
    goroutine_id: Int64 = 0
    frame: int = 0
    deferred_call: int = 0


@define
class ListRegistersOut:
    registers: str = ""
    regs: list[Register] = field(factory=list)


@define
class Register:
    name: str = ""
    value: str = ""
    dwarf_number: int = 0


@define
class ListLocalVarsIn:
    scope: EvalScope = field(factory=EvalScope)
    cfg: LoadConfig = field(factory=LoadConfig)


@define
class ListLocalVarsOut:
    variables: list[Variable] = field(factory=list)


@define
class ListFunctionArgsIn:
    scope: EvalScope = field(factory=EvalScope)
    cfg: LoadConfig = field(factory=LoadConfig)


@define
class ListFunctionArgsOut:
    args: list[Variable] = field(factory=list)


@define
class EvalIn:
    scope: EvalScope = field(factory=EvalScope)
    expr: str = ""
    cfg: LoadConfig | None = None


@define
class EvalOut:
    variable: Variable | None = None


@define
class SetIn:
    scope: EvalScope = field(factory=EvalScope)
    symbol: str = ""
    value: str = ""


@define
class ListSourcesIn:
    filter: str = ""


@define
class ListSourcesOut:
    sources: list[str] = field(factory=list)


@define
class ListFunctionsIn:
    filter: str = ""


@define
class ListFunctionsOut:
    funcs: list[str] = field(factory=list)


@define
class ListTypesIn:
    filter: str = ""


@define
class ListTypesOut:
    types: list[str] = field(factory=list)


@define
class GoroutineGroupingOptions:
    group_by: GoroutineField = GoroutineField.FIELD_NONE
    group_by_key: str = ""
    max_group_members: int = 0
    max_groups: int = 0


@define
class ListGoroutinesIn:
    start: int = 0
    count: int = 0
    filters: list[ListGoroutinesFilter] = field(factory=list)
    goroutine_grouping_options: Annotated[GoroutineGroupingOptions, embedded] = field(
        factory=GoroutineGroupingOptions
    )


@define
class ListGoroutinesFilter:
    kind: GoroutineField = GoroutineField.FIELD_NONE
    negated: bool = False
    arg: str = ""


@define
class ListGoroutinesOut:
    goroutines: list[Goroutine] = field(factory=list)
    nextg: int = 0
    groups: list[GoroutineGroup] = field(factory=list)
    too_many_groups: bool = False


@define
class GoroutineGroup:
    name: str = ""
    offset: int = 0
    count: int = 0
    total: int = 0


@define
class AttachedToExistingProcessOut:
    answer: bool = False


@define
class FindLocationIn:
    scope: EvalScope = field(factory=EvalScope)
    loc: str = ""
    include_non_executable_lines: bool = False
    substitute_path_rules: list[Annotated[list[str], length(2)]] = field(factory=list)


@define
class FindLocationOut:
    locations: list[Location] = field(factory=list)


@define
class DisassembleIn:
    scope: EvalScope = field(factory=EvalScope)
    start_pc: Annotated[Uint64, wire("StartPC")] = 0
    end_pc: Annotated[Uint64, wire("EndPC")] = 0
    flavour: AssemblyFlavour = AssemblyFlavour.GNU_FLAVOUR


@define
class DisassembleOut:
    disassemble: list[AsmInstruction] = field(factory=list)


@define
class AsmInstruction:
    loc: Location = field(factory=Location)
    dest_loc: Location | None = None
    text: str = ""
    bytes_: bytes = b""
    breakpoint: bool = False
    at_pc: Annotated[bool, wire("AtPC")] = False


@define
class RecordedOut:
    recorded: bool = False
    trace_directory: str = ""


@define
class CheckpointIn:
    where: str = ""


@define
class CheckpointOut:
    id: int = 0


@define
class ListCheckpointsOut:
    checkpoints: list[Checkpoint] = field(factory=list)


@define
class Checkpoint:
    id: int = 0
    when: str = ""
    where: str = ""


@define
class ClearCheckpointIn:
    id: int = 0


@define
class IsMulticlientOut:
    is_multiclient: bool = False


@define
class FunctionReturnLocationsIn:
    fn_name: str = ""


@define
class FunctionReturnLocationsOut:
    addrs: list[Uint64] = field(factory=list)


@define
class ListDynamicLibrariesOut:
    list_: list[Image] = field(factory=list)


@define
class Image:
    path: str = ""
    address: Uint64 = 0


@define
class ListPackagesBuildInfoIn:
    include_files: bool = False


@define
class ListPackagesBuildInfoOut:
    list_: list[PackageBuildInfo] = field(factory=list)


@define
class PackageBuildInfo:
    import_path: str = ""
    directory_path: str = ""
    files: list[str] = field(factory=list)


@define
class ExamineMemoryIn:
    address: Uint64 = 0
    length_: int = 0


@define
class ExaminedMemoryOut:
    mem: bytes = b""
    is_little_endian: bool = False


@define
class DumpStartIn:
    destination: str = ""


@define
class DumpState:
    dumping: bool = False
    all_done: bool = False
    threads_done: int = 0
    threads_total: int = 0
    mem_done: Uint64 = 0
    mem_total: Uint64 = 0
    err: str = ""


@define
class DumpStartOut:
    state: DumpState = field(factory=DumpState)


@define
class DumpWaitIn:
    wait: int = 0


@define
class DumpWaitOut:
    state: DumpState = field(factory=DumpState)


@define
class CreateWatchpointIn:
    scope: EvalScope = field(factory=EvalScope)
    expr: str = ""
    type: WatchType = WatchType(0)


@define
class CreateWatchpointOut:
    breakpoint: Annotated[Breakpoint | None, embedded] = None


@define
class BuildIDOut:
    build_id: str = ""


@define
class GetVersionOut:
    delve_version: str = ""
    api_version: int = 0
    backend: str = ""
    target_go_version: str = ""
    min_supported_version_of_go: str = ""
    max_supported_version_of_go: str = ""


@define
class SetAPIVersionIn:
    api_version: int = 0


class RPCServer(Protocol):
    def process_pid(self) -> ProcessPidOut: ...

    def last_modified(self) -> LastModifiedOut: ...

    def detach(self, arg: DetachIn) -> None: ...

    def restart(self, arg: RestartIn) -> RestartOut: ...

    def state(self, arg: StateIn) -> StateOut: ...

    def command(self, command: DebuggerCommand) -> CommandOut: ...

    def get_buffered_tracepoints(self) -> GetBufferedTracepointsOut: ...

    def get_breakpoint(self, arg: GetBreakpointIn) -> GetBreakpointOut: ...

    def stacktrace(self, arg: StacktraceIn) -> StacktraceOut: ...

    def ancestors(self, arg: AncestorsIn) -> AncestorsOut: ...

    def list_breakpoints(self, arg: ListBreakpointsIn) -> ListBreakpointsOut: ...

    def create_breakpoint(self, arg: CreateBreakpointIn) -> CreateBreakpointOut: ...

    @wire("CreateEBPFTracepoint")
    def create_ebpf_tracepoint(self, arg: CreateEBPFTracepointIn) -> CreateEBPFTracepointOut: ...

    def clear_breakpoint(self, arg: ClearBreakpointIn) -> ClearBreakpointOut: ...

    def toggle_breakpoint(self, arg: ToggleBreakpointIn) -> ToggleBreakpointOut: ...

    def amend_breakpoint(self, arg: AmendBreakpointIn) -> None: ...

    def cancel_next(self) -> None: ...

    def list_threads(self) -> ListThreadsOut: ...

    def get_thread(self, arg: GetThreadIn) -> GetThreadOut: ...

    def list_package_vars(self, arg: ListPackageVarsIn) -> ListPackageVarsOut: ...

    def list_registers(self, arg: ListRegistersIn) -> ListRegistersOut: ...

    def list_local_vars(self, arg: ListLocalVarsIn) -> ListLocalVarsOut: ...

    def list_function_args(self, arg: ListFunctionArgsIn) -> ListFunctionArgsOut: ...

    def eval(self, arg: EvalIn) -> EvalOut: ...

    def set(self, arg: SetIn) -> None: ...

    def list_sources(self, arg: ListSourcesIn) -> ListSourcesOut: ...

    def list_functions(self, arg: ListFunctionsIn) -> ListFunctionsOut: ...

    def list_types(self, arg: ListTypesIn) -> ListTypesOut: ...

    def list_goroutines(self, arg: ListGoroutinesIn) -> ListGoroutinesOut: ...

    def attached_to_existing_process(self) -> AttachedToExistingProcessOut: ...

    def find_location(self, arg: FindLocationIn) -> FindLocationOut: ...

    def disassemble(self, arg: DisassembleIn) -> DisassembleOut: ...

    def recorded(self) -> RecordedOut: ...

    def checkpoint(self, arg: CheckpointIn) -> CheckpointOut: ...

    def list_checkpoints(self) -> ListCheckpointsOut: ...

    def clear_checkpoint(self, arg: ClearCheckpointIn) -> None: ...

    def is_multiclient(self) -> IsMulticlientOut: ...

    def function_return_locations(
        self, in_: FunctionReturnLocationsIn
    ) -> FunctionReturnLocationsOut: ...

    def list_dynamic_libraries(self) -> ListDynamicLibrariesOut: ...

    def list_packages_build_info(
        self, in_: ListPackagesBuildInfoIn
    ) -> ListPackagesBuildInfoOut: ...

    def examine_memory(self, arg: ExamineMemoryIn) -> ExaminedMemoryOut: ...

    def stop_recording(self) -> None: ...

    def dump_start(self, arg: DumpStartIn) -> DumpStartOut: ...

    def dump_wait(self, arg: DumpWaitIn) -> DumpWaitOut: ...

    def dump_cancel(self) -> None: ...

    def create_watchpoint(self, arg: CreateWatchpointIn) -> CreateWatchpointOut: ...

    def build_id(self) -> BuildIDOut: ...


class RpccommonRPCServer(Protocol):
    """It is served as "RPCServer", like another one here: dial(address, service="RPCServer")
    calls it.
    """

    def get_version(self) -> GetVersionOut: ...

    @wire("SetApiVersion")
    def set_api_version(self, args: SetAPIVersionIn) -> None: ...
