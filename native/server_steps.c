/* The type that takes plain calls through the steps of rpcgen.protocol.execution.Execution. */
#include "server_calls.h"

/* rpcgen.protocol.statistics.COUNTED_AT_ONCE */
#define COUNTED_AT_ONCE 128

/* Return true if nobody holds the lock of statistics, see `is_free`. */
static int
is_uncontended(ServerCalls *c, PyObject *statistics)
{
    PyObject *lock = field_of(c, FIELD_LOCK, statistics);
    int result = lock == NULL ? -1 : is_free(c, lock);
    Py_XDECREF(lock);
    return result;
}

static PyObject *
statistics_of(ServerCalls *c, PyObject *call)
{
    PyObject *served = slot_of(c, SLOT_SERVED, call), *statistics = NULL;
    if (served != NULL) {
        statistics = field_of(c, FIELD_STATISTICS, served);
        Py_DECREF(served);
    }
    return statistics;
}

static int
count_start(ServerCalls *c, PyObject *statistics)
{
    int free_lock = is_uncontended(c, statistics), result = -1;
    if (free_lock <= 0) {
        PyObject *done = NULL;
        if (free_lock == 0) {
            done = PyObject_CallMethodObjArgs(statistics, c->names[NAME_STARTED], NULL);
        }
        Py_XDECREF(done);
        return done == NULL ? -1 : 0;
    }
    PyObject *count = field_of(c, FIELD_CALLS, statistics), *more = NULL;
    if (count != NULL) {
        more = PyNumber_Add(count, c->one);
        Py_DECREF(count);
    }
    if (more != NULL) {
        result = set_learned(&c->fields[FIELD_CALLS], statistics, more);
        Py_DECREF(more);
    }
    return result;
}

static int
count_end(ServerCalls *c, PyObject *statistics, PyObject *duration)
{
    int free_lock = is_uncontended(c, statistics), result = -1;
    PyObject *uncounted = NULL;
    if (free_lock > 0) {
        uncounted = field_of(c, FIELD_UNCOUNTED, statistics);
        if (uncounted != NULL && PyList_CheckExact(uncounted)
            && PyList_Size(uncounted) + 1 < COUNTED_AT_ONCE) {
            result = PyList_Append(uncounted, duration);
            Py_DECREF(uncounted);
            return result;
        }
        Py_XDECREF(uncounted);
    }
    if (PyErr_Occurred()) {
        return -1;
    }
    PyObject *done = PyObject_CallMethodObjArgs(
        statistics, c->names[NAME_FINISHED], duration, Py_False, NULL);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

int
start_call(ServerSteps *steps, ServerCalls *c, PyObject *call)
{
    if (steps->execution == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "the connection has been cleared");
        return -1;
    }
    if (set_slot(c, SLOT_EXECUTION, call, steps->execution) < 0) {
        return -1;
    }
    PyObject *now = PyObject_CallNoArgs(steps->clock), *statistics, *token = NULL;
    if (now == NULL || set_slot(c, SLOT_BEGAN, call, now) < 0) {
        Py_XDECREF(now);
        return -1;
    }
    Py_DECREF(now);
    statistics = statistics_of(c, call);
    if (statistics != NULL && count_start(c, statistics) == 0) {
        token = PyObject_CallFunctionObjArgs(steps->set_current, call, NULL);
    }
    Py_XDECREF(statistics);
    Py_XDECREF(token);
    return token == NULL ? -1 : 0;
}

static PyObject *
started(PyObject *self, PyObject *call)
{
    ServerSteps *steps = (ServerSteps *)self;
    ServerCalls *c = (ServerCalls *)steps->calls;
    if (!is_plain_call(c, call)) {
        return PyErr_Occurred() ? NULL
                                : PyObject_CallFunctionObjArgs(steps->started_in_python, call, NULL);
    }
    if (start_call(steps, c, call) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

int
end_call(ServerSteps *steps, ServerCalls *c, PyObject *call)
{
    PyObject *ended = PyObject_CallNoArgs(steps->clock), *began, *duration = NULL, *statistics = NULL;
    int result = -1;
    if (ended == NULL) {
        return -1;
    }
    began = slot_of(c, SLOT_BEGAN, call);
    if (began != NULL && set_slot(c, SLOT_ENDED, call, ended) == 0) {
        duration = PyNumber_Subtract(ended, began);
        statistics = duration == NULL ? NULL : statistics_of(c, call);
    }
    if (statistics != NULL) {
        result = count_end(c, statistics, duration);
    }
    Py_DECREF(ended);
    Py_XDECREF(began);
    Py_XDECREF(duration);
    Py_XDECREF(statistics);
    return result;
}

PyObject *
answer_call(ServerSteps *steps, ServerCalls *c, PyObject *call, PyObject *reply)
{
    return (PyObject *)Py_TYPE(reply) == steps->coroutine_type ? NULL : plain_reply(c, call, reply);
}

static PyObject *
succeeded(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    ServerSteps *steps = (ServerSteps *)self;
    ServerCalls *c = (ServerCalls *)steps->calls;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "succeeded takes a call and a reply");
        return NULL;
    }
    PyObject *call = arguments[0], *reply = arguments[1];
    PyObject *data = answer_call(steps, c, call, reply);
    if (data == NULL) {
        if (drop_in_calls(c) < 0) {
            return NULL;
        }
        return PyObject_CallFunctionObjArgs(steps->succeeded_in_python, call, reply, NULL);
    }
    if (end_call(steps, c, call) < 0) {
        Py_DECREF(data);
        return NULL;
    }
    return listed(data);
}

/* --- the type ------------------------------------------------------------------------------- */

static PyObject *
server_steps_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    ModuleState *state = PyType_GetModuleState(type);
    PyObject *given[7];
    if (state == NULL || refuse_keywords(keywords) < 0
        || !PyArg_ParseTuple(arguments, "OOOOOOO", &given[0], &given[1], &given[2], &given[3],
                             &given[4], &given[5], &given[6])
        || check_type(state->calls_type, given[0]) < 0) {
        return NULL;
    }
    ServerSteps *s = (ServerSteps *)PyType_GenericAlloc(type, 0);
    if (s == NULL) {
        return NULL;
    }
    PyObject **const places[] = {
        &s->calls, &s->execution, &s->clock, &s->set_current,
        &s->coroutine_type, &s->started_in_python, &s->succeeded_in_python,
    };
    for (int i = 0; i < 7; i++) {
        Py_INCREF(given[i]);
        *places[i] = given[i];
    }
    return (PyObject *)s;
}

static int
server_steps_traverse(PyObject *self, visitproc visit, void *arg)
{
    ServerSteps *s = (ServerSteps *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(s->calls);
    Py_VISIT(s->execution);
    Py_VISIT(s->clock);
    Py_VISIT(s->set_current);
    Py_VISIT(s->coroutine_type);
    Py_VISIT(s->started_in_python);
    Py_VISIT(s->succeeded_in_python);
    return 0;
}

/* What is called while a circle is taken apart finds the functions in Python gone, not the calls. */
static int
server_steps_clear(PyObject *self)
{
    ServerSteps *s = (ServerSteps *)self;
    Py_CLEAR(s->execution);
    Py_CLEAR(s->started_in_python);
    Py_CLEAR(s->succeeded_in_python);
    return 0;
}

static void
server_steps_dealloc(PyObject *self)
{
    ServerSteps *s = (ServerSteps *)self;
    PyObject_GC_UnTrack(self);
    Py_CLEAR(s->calls);
    Py_CLEAR(s->clock);
    Py_CLEAR(s->set_current);
    Py_CLEAR(s->coroutine_type);
    deallocate(self);
}

static PyMethodDef server_steps_methods[] = {
    {"started", started, METH_O, "See `rpcgen.protocol.execution.Execution.started`."},
    {"succeeded", (PyCFunction)(void (*)(void))succeeded, METH_FASTCALL,
     "See `rpcgen.protocol.execution.Execution.succeeded`."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot server_steps_slots[] = {
    {Py_tp_doc, "Steps of calls that have nothing beyond Go's net/rpc."},
    {Py_tp_new, server_steps_new},
    {Py_tp_traverse, server_steps_traverse},
    {Py_tp_clear, server_steps_clear},
    {Py_tp_dealloc, server_steps_dealloc},
    {Py_tp_methods, server_steps_methods},
    {0, NULL},
};

PyType_Spec server_steps_spec = {
    .name = "rpcgen._accelerator.ServerSteps",
    .basicsize = sizeof(ServerSteps),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = server_steps_slots,
};
