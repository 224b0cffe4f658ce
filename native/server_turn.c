/* The type that gives a connection its turns: see `on_ready` and `flush_turn` of
 * rpcgen.sync.connection.ServerConnection. */
#include "server_turn.h"

/* rpcgen.sync.poller.READ and WRITE */
#define READ 1
#define WRITE 4

static const char *const TEXTS[] = {
    "_aborted", "_begin_call", "_close_if_over", "_decoder", "draining", "end_late", "_end_turn",
    "_events", "_flush", "_flush_gathered", "hand_back", "_has_buffered_requests", "is_cut",
    "_is_draining", "kick", "_must_drain", "_on_broken_end", "_on_broken_turn", "_on_part_sent",
    "_on_read_error", "_on_write_error", "_process_requests", "release", "_update_interest",
    "_was_active",
};

/* --- for the parts -------------------------------------------------------------------------- */

PyObject *
ask(ServerTurn *t, int part, int method, PyObject *first, PyObject *second, PyObject *third)
{
    return PyObject_CallMethodObjArgs(
        t->parts[part], t->names[method], first, second, third, NULL);
}

int
tell(ServerTurn *t, int part, int method, PyObject *first, PyObject *second)
{
    PyObject *done = ask(t, part, method, first, second, NULL);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

int
tell_exception(ServerTurn *t, int method)
{
    PyObject *error = take_exception();
    int result = tell(t, CONNECTION, method, error, NULL);
    Py_XDECREF(error);
    return result;
}

/* --- a turn --------------------------------------------------------------------------------- */

/* Look at the term of a leader: return 0 where it is left to Python, as the watchdog must be kicked
 * or it is another term. What is found is given back by `forget_lead`. */
static int
look_at_lead(ServerTurn *t, PyObject *term, Lead *lead)
{
    if ((PyObject *)Py_TYPE(term) != t->parts[TERM]) {
        return 0;
    }
    lead->term = term;
    lead->current = attribute_of(&t->term[CURRENT], term);
    lead->watchdog = attribute_of(&t->term[WATCHDOG], term);
    if (lead->current == NULL || lead->watchdog == NULL) {
        return -1;
    }
    int seen = is_seen(t, lead);
    return seen < 0 ? -1 : !seen && PyList_CheckExact(lead->current);
}

static void
forget_lead(Lead *lead)
{
    Py_XDECREF(lead->current);
    Py_XDECREF(lead->watchdog);
}

/* Put the connection into the slot of the watchdog. */
static int
begin_turn(ServerTurn *t, Lead *lead)
{
    if (store(lead->term, &t->term[SERVED_CONNECTION], &t->parts[CONNECTION], 1) < 0) {
        return -1;
    }
    return PyList_Append(lead->current, t->parts[CONNECTION]);
}

/* Take the connection out of the slot: return 0 if that is another leader's affair now. */
static int
leave_slot(ServerTurn *t, Lead *lead)
{
    Py_ssize_t size = PyList_Size(lead->current);
    if (size <= 0) {
        return tell(t, CONNECTION, N_HAND_BACK, lead->term, NULL) < 0 ? -1 : 0;
    }
    return PyList_SetSlice(lead->current, size - 1, size, NULL) < 0 ? -1 : 1;
}

/* Return 1 where there is nothing to do but to read and to begin requests. */
static int
is_plain_turn(ServerTurn *t, PyObject *events)
{
    long ready = PyLong_AsLong(events);
    if (ready == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (!(ready & ~WRITE) || !attribute_in_is(t, STATE, N_DECODER, Py_None)
        || !attribute_in_is(t, STATE, N_MUST_DRAIN, Py_False)
        || !attribute_in_is(t, STATE, N_HAS_BUFFERED, Py_False)
        || !attribute_in_is(t, STATE, N_ABORTED, Py_False)
        || !attribute_in_is(t, SESSION, N_IS_CUT, Py_False)
        || !attribute_in_is(t, SESSION, N_DRAINING, Py_False)
        || PySet_Size(t->parts[RUNNING]) != 0 || PySet_Size(t->parts[IN_FLIGHT]) != 0) {
        return 0;
    }
    Py_ssize_t left = left_to_send(t);
    return left < 0 ? -1 : left == 0;
}

/* Return the events that the connection waits for. */
static long
awaited_events(ServerTurn *t)
{
    PyObject *events = attribute_in(t, STATE, N_EVENTS);
    return events == NULL ? 0 : PyLong_AsLong(events);
}

/* Return true where the connection waits for requests, and that is all it has to do. */
static int
waits_for_requests(ServerTurn *t)
{
    return awaited_events(t) == READ
           && attribute_in_is(t, STATE, N_HAS_BUFFERED, Py_False)
           && left_to_send(t) == 0 && PySet_Size(t->parts[RUNNING]) == 0
           && attribute_in_is(t, STATE, N_ABORTED, Py_False)
           && attribute_in_is(t, STATE, N_DECODER, Py_None)
           && attribute_in_is(t, SESSION, N_DRAINING, Py_False)
           && attribute_in_is(t, STATE, N_IS_DRAINING, Py_False);
}

/* Send what goes, and say what the connection waits for next, as if the lock were held. */
static int
flush_and_wait(ServerTurn *t)
{
    if (flush_now(t) < 0) {
        return -1;
    }
    return waits_for_requests(t) ? 0 : tell_locked(t, N_UPDATE_INTEREST, NULL);
}

/* Send what there is to send; return 1 if this thread still leads. */
static int
end_turn(ServerTurn *t, Lead *lead)
{
    int is_free = is_unlocked(t);
    if (is_free <= 0) {
        PyObject *leads
            = is_free < 0 ? NULL : ask(t, CONNECTION, N_END_TURN, lead->term, NULL, NULL);
        Py_XDECREF(leads);
        return leads == NULL ? -1 : leads == Py_True;
    }
    if (flush_and_wait(t) < 0 && tell_exception(t, N_ON_BROKEN_END) < 0) {
        return -1;
    }
    int leads = leave_slot(t, lead);
    if (leads > 0 && awaited_events(t) & WRITE
        && tell(t, CONNECTION, N_CLOSE_IF_OVER, NULL, NULL) < 0) {
        return -1;
    }
    return leads;
}

/* Leave it to `flush_turn` to send what there is to send. */
static int
leave_unflushed(ServerTurn *t, Lead *lead)
{
    PyObject *unflushed = attribute_of(&t->term[UNFLUSHED], lead->term);
    int result = unflushed == NULL ? -1 : PyList_Append(unflushed, t->parts[CONNECTION]);
    Py_XDECREF(unflushed);
    return result < 0 ? -1 : leave_slot(t, lead);
}

/* Give the connection its turn; return 1 if this thread still leads. */
static int
take_turn(ServerTurn *t, Lead *lead, PyObject *events, PyObject *is_alone)
{
    if (begin_turn(t, lead) < 0) {
        return -1;
    }
    int leads = carry_out_requests(t, lead, events);
    if (leads < 0 && tell_exception(t, N_ON_BROKEN_TURN) < 0) {
        return -1;
    }
    if (leads == 0) {
        return 0;
    }
    return is_alone == Py_True ? end_turn(t, lead) : leave_unflushed(t, lead);
}

/* Return true with an exception where a circle of garbage that the connection was in is taken
 * apart. */
static int
is_cleared(ServerTurn *t)
{
    if (t->parts[CONNECTION] != NULL && t->calls->headers != NULL) {
        return 0;
    }
    PyErr_SetString(PyExc_RuntimeError, "the connection has been cleared");
    return 1;
}

static PyObject *
on_ready(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    static const char *const names[] = {"term", "events", "is_alone", NULL};
    PyObject *given[] = {NULL, NULL, Py_False};
    ServerTurn *t = (ServerTurn *)self;
    if (take_arguments(arguments, count, keywords, names, 2, given) < 0) {
        return NULL;
    }
    if (is_cleared(t)) {
        return NULL;
    }
    Lead lead = {NULL};
    int leads = 0, is_plain = look_at_lead(t, given[0], &lead);
    is_plain = is_plain > 0 ? is_plain_turn(t, given[1]) : is_plain;
    if (is_plain > 0) {
        leads = take_turn(t, &lead, given[1], given[2]);
    }
    forget_lead(&lead);
    if (is_plain < 0 || leads < 0) {
        return NULL;
    }
    if (is_plain == 0) {
        return PyObject_CallFunctionObjArgs(
            t->parts[ON_READY], given[0], given[1], given[2], NULL);
    }
    return PyBool_FromLong(leads);
}

static PyObject *
flush_turn(PyObject *self, PyObject *term)
{
    ServerTurn *t = (ServerTurn *)self;
    if (is_cleared(t)) {
        return NULL;
    }
    Lead lead = {NULL};
    int leads = 0, is_plain = look_at_lead(t, term, &lead);
    if (is_plain > 0) {
        leads = begin_turn(t, &lead) < 0 ? -1 : end_turn(t, &lead);
    }
    forget_lead(&lead);
    if (is_plain < 0 || leads < 0) {
        return NULL;
    }
    return is_plain == 0 ? PyObject_CallFunctionObjArgs(t->parts[FLUSH_TURN], term, NULL)
                         : PyBool_FromLong(leads);
}

/* --- the type ------------------------------------------------------------------------------- */

static int
are_parts(PyObject *const *parts)
{
    const int dicts[] = {STATE, SESSION, SLOW_METHODS, JOBS};
    for (size_t i = 0; i < sizeof(dicts) / sizeof(dicts[0]); i++) {
        if (!PyDict_CheckExact(parts[dicts[i]])) {
            return 0;
        }
    }
    return PyAnySet_CheckExact(parts[RUNNING]) && PyAnySet_CheckExact(parts[IN_FLIGHT])
           && PyType_Check(parts[TERM]);
}

/* Take over the parts. */
static int
set_up(ServerTurn *t, PyObject *parts, PyObject *executor_type)
{
    if (!PyTuple_Check(parts) || PyTuple_Size(parts) != PARTS_COUNT) {
        return bad_plan();
    }
    for (int i = 0; i < PARTS_COUNT; i++) {
        t->parts[i] = Py_NewRef(PyTuple_GetItem(parts, i));
    }
    if (!are_parts(t->parts)) {
        return bad_plan();
    }
    if (check_type(executor_type, t->parts[EXECUTOR]) < 0
        || slots_set_up(t->term, t->parts[TERM_SLOTS], TERM_SLOT_COUNT) < 0
        || slots_set_up(t->buffer, t->parts[BUFFER_SLOTS], BUFFER_SLOT_COUNT) < 0
        || slots_set_up(t->queue, t->parts[QUEUE_SLOTS], QUEUE_SLOT_COUNT) < 0
        || slots_set_up(t->watchdog, t->parts[WATCHDOG_SLOTS], WATCHDOG_SLOT_COUNT) < 0) {
        return -1;
    }
    t->calls = (ServerCalls *)Py_NewRef((PyObject *)calls_of(t->parts[EXECUTOR]));
    set_attributes(t->calls, t->parts[SESSION]);
    t->nothing = PyLong_FromLong(0);
    return t->nothing == NULL ? -1 : intern_names(t->names, TEXTS, TURN_NAME_COUNT);
}

static PyObject *
server_turn_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    ModuleState *state = PyType_GetModuleState(type);
    PyObject *parts;
    long many;
    if (state == NULL || refuse_keywords(keywords) < 0
        || !PyArg_ParseTuple(arguments, "Ol", &parts, &many)) {
        return NULL;
    }
    ServerTurn *t = (ServerTurn *)PyType_GenericAlloc(type, 0);
    if (t == NULL) {
        return NULL;
    }
    t->many = many;
    if (set_up(t, parts, state->executor_type) < 0) {
        Py_CLEAR(t);
    }
    return (PyObject *)t;
}

static int
server_turn_traverse(PyObject *self, visitproc visit, void *arg)
{
    ServerTurn *t = (ServerTurn *)self;
    Py_VISIT(Py_TYPE(self));
    for (int i = 0; i < PARTS_COUNT; i++) {
        Py_VISIT(t->parts[i]);
    }
    Py_VISIT(t->calls);
    return 0;
}

static int
server_turn_clear(PyObject *self)
{
    ServerTurn *t = (ServerTurn *)self;
    for (int i = 0; i < PARTS_COUNT; i++) {
        Py_CLEAR(t->parts[i]);
    }
    return 0;
}

static void
server_turn_dealloc(PyObject *self)
{
    ServerTurn *t = (ServerTurn *)self;
    PyObject_GC_UnTrack(self);
    for (int i = 0; i < TURN_NAME_COUNT; i++) {
        Py_CLEAR(t->names[i]);
    }
    Py_CLEAR(t->nothing);
    Py_CLEAR(t->calls);
    deallocate(self);
}

static PyMethodDef server_turn_methods[] = {
    {"on_ready", (PyCFunction)(void (*)(void))on_ready, METH_FASTCALL | METH_KEYWORDS,
     "See `rpcgen.sync.connection.ServerConnection.on_ready`."},
    {"flush_turn", flush_turn, METH_O,
     "See `rpcgen.sync.connection.ServerConnection.flush_turn`."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot server_turn_slots[] = {
    {Py_tp_doc, "Turns of a connection whose requests have nothing beyond Go's net/rpc."},
    {Py_tp_new, server_turn_new},
    {Py_tp_traverse, server_turn_traverse},
    {Py_tp_clear, server_turn_clear},
    {Py_tp_dealloc, server_turn_dealloc},
    {Py_tp_methods, server_turn_methods},
    {0, NULL},
};

PyType_Spec server_turn_spec = {
    .name = "rpcgen._accelerator.ServerTurn",
    .basicsize = sizeof(ServerTurn),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = server_turn_slots,
};
