/* The type that carries out plain calls of a connection; see
 * rpcgen.sync.connection.ServerConnection.execute. */
#include "server_calls.h"

typedef struct {
    PyObject_HEAD
    PyObject *steps; /* ServerSteps */
    PyObject *connection;
    PyObject *encoding; /* the locks of the connection */
    PyObject *lock;
    PyObject *send_buffer;
    PyObject *execute_in_python;
} ServerExecutor;

/* Add bytes to those that wait, and to their size. */
static int
add(ServerExecutor *e, ServerCalls *c, PyObject *data, PyObject *waiting, PyObject *size)
{
    PyObject *more = PyLong_FromSsize_t(PyBytes_Size(data)), *appended = NULL;
    PyObject *sum = more == NULL ? NULL : PyNumber_Add(size, more);
    if (sum != NULL) {
        appended = PyObject_CallMethodObjArgs(waiting, c->names[NAME_APPEND], data, NULL);
    }
    int result = -1;
    if (appended != NULL) {
        result = PyObject_SetAttr(e->send_buffer, c->names[NAME_SIZE], sum) < 0 ? -1 : 1;
    }
    Py_XDECREF(more);
    Py_XDECREF(sum);
    Py_XDECREF(appended);
    return result;
}

/* Put a reply into the send buffer, as nobody else is at it: return 0 where Python has to. */
static int
put_now(ServerExecutor *e, ServerCalls *c, PyObject *data)
{
    const int names[] = {NAME_BROKEN, NAME_SEND, NAME_WAITING, NAME_SIZE};
    PyObject *found[4] = {NULL}; /* in that order */
    int result = is_free(c, e->lock), count = 0;
    while (result > 0 && count < 4) {
        found[count] = PyObject_GetAttr(e->send_buffer, c->names[names[count]]);
        result = found[count++] == NULL ? -1 : 1;
    }
    if (result > 0) {
        result = found[0] != Py_False || found[1] == Py_None
                     ? 0
                     : add(e, c, data, found[2], found[3]);
    }
    while (count--) {
        Py_XDECREF(found[count]);
    }
    return result;
}

/* Leave a reply to be sent; under the lock of the encoding. */
static int
enqueue(ServerExecutor *e, ServerCalls *c, PyObject *data)
{
    int result = put_now(e, c, data);
    if (result != 0) {
        return result < 0 ? -1 : 0;
    }
    Py_INCREF(data);
    PyObject *parts = listed(data), *done = NULL;
    if (parts != NULL) {
        done = PyObject_CallMethodObjArgs(e->connection, c->names[NAME_ENQUEUE], parts, NULL);
        Py_DECREF(parts);
    }
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* Encode a reply and leave it to be sent: return 1 where Python has to, which nothing was done of;
 * -1 with an exception if it cannot be sent. */
static int
answer(ServerExecutor *e, ServerSteps *steps, ServerCalls *c, PyObject *call, PyObject *reply)
{
    PyObject *acquired
        = PyObject_CallMethodObjArgs(e->encoding, c->names[NAME_ACQUIRE], Py_False, NULL);
    Py_XDECREF(acquired);
    if (acquired != Py_True) {
        return acquired == NULL ? -1 : 1;
    }
    PyObject *data = answer_call(steps, c, call, reply);
    int result = data == NULL ? 1 : end_call(steps, c, call) < 0 ? -1 : enqueue(e, c, data);
    Py_XDECREF(data);
    Aside aside;
    put_aside(&aside);
    PyObject *released = PyObject_CallMethodObjArgs(e->encoding, c->names[NAME_RELEASE], NULL);
    return put_back(&aside, released) < 0 ? -1 : result;
}

/* Return what the handler of a call returns. */
static PyObject *
run(ServerCalls *c, PyObject *call)
{
    PyObject *served = slot_of(c, SLOT_SERVED, call), *args = slot_of(c, SLOT_ARGS, call);
    PyObject *function = NULL, *reply = NULL;
    if (served != NULL && args != NULL) {
        function = PyObject_GetAttr(served, c->names[NAME_FUNCTION]);
    }
    if (function != NULL) {
        reply = PyObject_CallFunctionObjArgs(function, args, NULL);
        Py_DECREF(function);
    }
    Py_XDECREF(served);
    Py_XDECREF(args);
    return reply;
}

/* Have a method of the connection take the exception that is set, and the call if there is one. */
static int
hand_over(ServerExecutor *e, ServerCalls *c, int method, PyObject *call)
{
    PyObject *error = take_exception();
    PyObject *done = PyObject_CallMethodObjArgs(
        e->connection, c->names[method], call == NULL ? error : call, call == NULL ? NULL : error,
        NULL);
    Py_XDECREF(error);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* Answer a call with what its handler has returned. */
static int
settle(ServerExecutor *e, ServerSteps *steps, ServerCalls *c, PyObject *call, PyObject *reply)
{
    int result = answer(e, steps, c, call, reply);
    if (result < 0) {
        return hand_over(e, c, NAME_ABORT_BROKEN, NULL);
    }
    if (result == 0) {
        return 0;
    }
    if (drop_in_calls(c) < 0) {
        return hand_over(e, c, NAME_ANSWER_FAILURE, call); /* an interrupt: as in Python */
    }
    /* Done again, it says what is wrong. */
    PyObject *done = PyObject_CallMethodObjArgs(
        e->connection, c->names[NAME_ANSWER], call, reply, NULL);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* Take note that no call runs in this thread any more, whatever exception is set. */
static int
forget_current(ServerSteps *steps)
{
    Aside aside;
    put_aside(&aside);
    return put_back(&aside, PyObject_CallFunctionObjArgs(steps->set_current, Py_None, NULL));
}

PyObject *
execute_call(PyObject *self, PyObject *call)
{
    ServerExecutor *e = (ServerExecutor *)self;
    ServerSteps *steps = (ServerSteps *)e->steps;
    if (steps == NULL || !is_plain_call((ServerCalls *)steps->calls, call)) {
        return PyErr_Occurred() ? NULL
                                : PyObject_CallFunctionObjArgs(e->execute_in_python, call, NULL);
    }
    ServerCalls *c = (ServerCalls *)steps->calls;
    PyObject *reply = start_call(steps, c, call) < 0 ? NULL : run(c, call);
    int result = reply == NULL ? hand_over(e, c, NAME_ANSWER_FAILURE, call) : 0;
    if (forget_current(steps) < 0 || result < 0) {
        Py_XDECREF(reply);
        return NULL;
    }
    if (reply != NULL) {
        result = settle(e, steps, c, call, reply);
        Py_DECREF(reply);
    }
    return result < 0 ? NULL : slot_of(c, SLOT_ENDED, call);
}

ServerCalls *
calls_of(PyObject *executor)
{
    return (ServerCalls *)((ServerSteps *)((ServerExecutor *)executor)->steps)->calls;
}

/* --- the type ------------------------------------------------------------------------------- */

static PyObject *
server_executor_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    ModuleState *state = PyType_GetModuleState(type);
    PyObject *given[6];
    if (state == NULL || refuse_keywords(keywords) < 0
        || !PyArg_ParseTuple(arguments, "OOOOOO", &given[0], &given[1], &given[2], &given[3],
                             &given[4], &given[5])
        || check_type(state->steps_type, given[0]) < 0) {
        return NULL;
    }
    ServerExecutor *e = (ServerExecutor *)PyType_GenericAlloc(type, 0);
    if (e == NULL) {
        return NULL;
    }
    PyObject **const places[] = {
        &e->steps, &e->connection, &e->encoding, &e->lock, &e->send_buffer, &e->execute_in_python,
    };
    for (int i = 0; i < 6; i++) {
        Py_INCREF(given[i]);
        *places[i] = given[i];
    }
    return (PyObject *)e;
}

static int
server_executor_traverse(PyObject *self, visitproc visit, void *arg)
{
    ServerExecutor *e = (ServerExecutor *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(e->steps);
    Py_VISIT(e->connection);
    Py_VISIT(e->encoding);
    Py_VISIT(e->lock);
    Py_VISIT(e->send_buffer);
    Py_VISIT(e->execute_in_python);
    return 0;
}

static int
server_executor_clear(PyObject *self)
{
    ServerExecutor *e = (ServerExecutor *)self;
    Py_CLEAR(e->steps);
    Py_CLEAR(e->connection);
    Py_CLEAR(e->encoding);
    Py_CLEAR(e->lock);
    Py_CLEAR(e->send_buffer);
    Py_CLEAR(e->execute_in_python);
    return 0;
}

static PyMethodDef server_executor_methods[] = {
    {"execute", execute_call, METH_O,
     "Carry out a call; see `rpcgen.sync.connection.ServerConnection.execute`."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot server_executor_slots[] = {
    {Py_tp_doc, "What carries out calls that have nothing beyond Go's net/rpc."},
    {Py_tp_new, server_executor_new},
    {Py_tp_traverse, server_executor_traverse},
    {Py_tp_clear, server_executor_clear},
    {Py_tp_dealloc, deallocate},
    {Py_tp_methods, server_executor_methods},
    {0, NULL},
};

PyType_Spec server_executor_spec = {
    .name = "rpcgen._accelerator.ServerExecutor",
    .basicsize = sizeof(ServerExecutor),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = server_executor_slots,
};
