/* Requests of one turn of a server's connection: see `_process_requests` of
 * rpcgen.sync.connection.ServerConnection and `dispatch` of rpcgen.sync.scheduler.Scheduler. */
#include "server_turn.h"

/* rpcgen.sync.connection.MAX_REQUESTS_PER_TURN and WRITE_HIGH_WATER */
#define MAX_REQUESTS_PER_TURN 64
#define WRITE_HIGH_WATER (1 << 20)

/* rpcgen.sync.scheduler.COALESCE_WINDOW_S */
#define COALESCE_WINDOW_S 0.0005

/* Have the function in Python go on with the turn, with nothing more consumed, after so many
 * requests. */
static int
go_on_in_python(ServerTurn *t, Lead *lead, PyObject *events, int begun)
{
    PyObject *most = PyLong_FromLong(MAX_REQUESTS_PER_TURN - begun), *leads = NULL;
    if (most != NULL) {
        leads = ask(t, CONNECTION, N_PROCESS_REQUESTS, lead->term, events, most);
        Py_DECREF(most);
    }
    int result = leads == NULL ? -1 : PyObject_IsTrue(leads);
    Py_XDECREF(leads);
    return result;
}

/* Kick a watchdog that has seen what the leader worked on. */
static int
kick_if_seen(ServerTurn *t, Lead *lead)
{
    int seen = is_seen(t, lead);
    if (seen <= 0) {
        return seen;
    }
    PyObject *kicked = PyObject_CallMethodObjArgs(lead->watchdog, t->names[N_KICK], NULL);
    Py_XDECREF(kicked);
    return kicked == NULL ? -1 : 0;
}

/* Put something into the slot of the watchdog in the place of what is there. */
static int
show(ServerTurn *t, Lead *lead, PyObject *work)
{
    Py_INCREF(work);
    return PyList_SetItem(lead->current, 0, work) < 0 ? -1 : kick_if_seen(t, lead);
}

/* Return 1 if another request may be begun. */
static int
may_begin(ServerTurn *t)
{
    Py_ssize_t left = left_to_send(t);
    if (left < 0) {
        return -1;
    }
    return left <= WRITE_HIGH_WATER && attribute_in_is(t, STATE, N_ABORTED, Py_False)
           && PySet_Size(t->parts[RUNNING]) == 0 && PySet_Size(t->parts[IN_FLIGHT]) == 0;
}

static int
set_executing(ServerTurn *t, Lead *lead, PyObject *value)
{
    return store(lead->term, &t->term[IS_EXECUTING], &value, 1);
}

/* Return 1 if the leader may carry out a call, whatever its method is, and take its place: see
 * `try_acquire` of rpcgen.sync.worker_pool.WorkerPool. */
static int
may_execute(ServerTurn *t, Lead *lead)
{
    if (PyDict_Size(t->parts[SLOW_METHODS]) != 0) {
        return 0;
    }
    if (set_executing(t, lead, Py_True) < 0) {
        return -1;
    }
    PyObject *running = attribute_of(&t->queue[JOBS_RUNNING], t->parts[QUEUE]);
    long count = running == NULL ? -1 : PyLong_AsLong(running);
    Py_XDECREF(running);
    if (count == -1 && PyErr_Occurred()) {
        return -1;
    }
    return count < t->many && PyDict_Size(t->parts[JOBS]) == 0;
}

/* Leave a call to Python, which none of its steps was taken of. */
static int
begin_in_python(ServerTurn *t, Lead *lead, PyObject *call, double *ended)
{
    PyObject *time = ask(t, CONNECTION, N_BEGIN_CALL, lead->term, call, NULL);
    int result = time == NULL ? -1 : time != Py_None;
    if (result > 0) {
        *ended = PyFloat_AsDouble(time);
        result = PyErr_Occurred() ? -1 : 1;
    }
    Py_XDECREF(time);
    return result;
}

/* End a call that was carried out, while this thread was leading or has lost that. */
static int
end_call_of(ServerTurn *t, Lead *lead, PyObject *call)
{
    if (!is_leading(lead)) {
        return tell(t, SCHEDULER, N_END_LATE, lead->term, call) < 0 ? -1 : 0;
    }
    if (show(t, lead, t->parts[CONNECTION]) < 0 || set_executing(t, lead, Py_False) < 0) {
        return -1;
    }
    return PyDict_Size(t->parts[JOBS]) && tell(t, POOL, N_RELEASE, lead->term, NULL) < 0 ? -1 : 1;
}

/* Carry out a call, or leave it to another thread: return as `carry_out_requests` does. */
static int
dispatch(ServerTurn *t, Lead *lead, PyObject *call, double *ended)
{
    int may = may_execute(t, lead);
    if (may <= 0 || !is_leading(lead)) {
        return may < 0 ? -1 : begin_in_python(t, lead, call, ended);
    }
    PyObject *time = show(t, lead, call) < 0 ? NULL : execute_call(t->parts[EXECUTOR], call);
    if (time == NULL) {
        return -1;
    }
    *ended = PyFloat_AsDouble(time);
    Py_DECREF(time);
    return end_call_of(t, lead, call);
}

/* Send the replies that were gathered so far. */
static int
flush_gathered(ServerTurn *t)
{
    int is_free = is_unlocked(t);
    if (is_free < 0) {
        return -1;
    }
    return is_free ? flush_now(t) : tell(t, CONNECTION, N_FLUSH_GATHERED, NULL, NULL);
}

/* Take note of the time at which a call has ended: send what has waited for long enough. */
static int
note_end(ServerTurn *t, double ended, double *gathered_since)
{
    if (ended - *gathered_since <= COALESCE_WINDOW_S) {
        return 0;
    }
    int result = *gathered_since > 0 ? flush_gathered(t) : 0;
    *gathered_since = ended;
    return result;
}

/* Begin requests until there are none; return as `carry_out_requests` does. The first one may be. */
static int
begin_requests(ServerTurn *t, Lead *lead)
{
    Stream *stream = stream_of(t->calls->headers);
    double gathered_since = 0.0, ended = 0.0;
    int may = 1;
    for (int i = 0; i < MAX_REQUESTS_PER_TURN; i++) {
        PyObject *call = NULL;
        int found = may > 0 ? next_plain(t->calls, &call) : -1;
        if (found < 0) {
            return PyErr_Occurred() ? -1 : go_on_in_python(t, lead, t->nothing, i);
        }
        if (found > 0) {
            int leads = dispatch(t, lead, call, &ended);
            Py_DECREF(call);
            if (leads <= 0) {
                return leads;
            }
            if (note_end(t, ended, &gathered_since) < 0) {
                return -1;
            }
        }
        if (!holds_something(stream)) {
            return set_attribute_in(t, STATE, N_HAS_BUFFERED, Py_False) < 0 ? -1 : 1;
        }
        may = may_begin(t);
    }
    return 1;
}

int
carry_out_requests(ServerTurn *t, Lead *lead, PyObject *events)
{
    int is_left = 0;
    if (set_attribute_in(t, STATE, N_WAS_ACTIVE, Py_True) < 0) {
        return -1;
    }
    int received = receive_now(t, &is_left);
    if (received < 0 || is_left) {
        return received < 0 ? -1 : go_on_in_python(t, lead, events, 0);
    }
    if (received == 0) {
        return 1;
    }
    return set_attribute_in(t, STATE, N_HAS_BUFFERED, Py_True) < 0 ? -1 : begin_requests(t, lead);
}
