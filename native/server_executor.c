/* The type that carries out plain calls of a connection; see
 * rpcgen.sync.connection.ServerConnection.execute. */
#include "server_calls.h"

/* Methods of locks and queues that are called for each call, bound. */
enum { IS_LOCKED, ACQUIRE, RELEASE, APPEND, METHOD_COUNT };

enum { FIELD_BROKEN, FIELD_SIZE, BUFFER_FIELD_COUNT };

typedef struct {
    PyObject_HEAD
    PyObject *steps; /* ServerSteps */
    PyObject *connection;
    PyObject *send_buffer;
    PyObject *execute_in_python;
    PyObject *methods[METHOD_COUNT];
    LearnedSlot fields[BUFFER_FIELD_COUNT]; /* of the send buffer */
    int is_plain; /* true where what is sent is not encrypted */
} ServerExecutor;

/* Add bytes to those that wait, and to their size. */
static int
add(ServerExecutor *e, PyObject *data)
{
    PyObject *size = get_learned(&e->fields[FIELD_SIZE], e->send_buffer), *appended = NULL;
    PyObject *more = size == NULL ? NULL : PyLong_FromSsize_t(PyBytes_Size(data));
    PyObject *sum = more == NULL ? NULL : PyNumber_Add(size, more);
    if (sum != NULL) {
        appended = PyObject_CallFunctionObjArgs(e->methods[APPEND], data, NULL);
    }
    int result = -1;
    if (appended != NULL) {
        result = set_learned(&e->fields[FIELD_SIZE], e->send_buffer, sum) < 0 ? -1 : 1;
    }
    Py_XDECREF(size);
    Py_XDECREF(more);
    Py_XDECREF(sum);
    Py_XDECREF(appended);
    return result;
}

/* Put a reply into the send buffer, as nobody else is at it: return 0 where Python has to. */
static int
put_now(ServerExecutor *e, PyObject *data)
{
    PyObject *locked = e->is_plain ? PyObject_CallNoArgs(e->methods[IS_LOCKED]) : Py_NewRef(Py_True);
    Py_XDECREF(locked);
    if (locked != Py_False) {
        return locked == NULL ? -1 : 0;
    }
    PyObject *broken = get_learned(&e->fields[FIELD_BROKEN], e->send_buffer);
    Py_XDECREF(broken);
    return broken == NULL ? -1 : broken == Py_False ? add(e, data) : 0;
}

/* Leave a reply to be sent; under the lock of the encoding. */
static int
enqueue(ServerExecutor *e, ServerCalls *c, PyObject *data)
{
    int result = put_now(e, data);
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
    PyObject *acquired = PyObject_CallFunctionObjArgs(e->methods[ACQUIRE], Py_False, NULL);
    Py_XDECREF(acquired);
    if (acquired != Py_True) {
        return acquired == NULL ? -1 : 1;
    }
    PyObject *data = answer_call(steps, c, call, reply);
    int result = data == NULL ? 1 : end_call(steps, c, call) < 0 ? -1 : enqueue(e, c, data);
    Py_XDECREF(data);
    Aside aside;
    put_aside(&aside);
    return put_back(&aside, PyObject_CallNoArgs(e->methods[RELEASE])) < 0 ? -1 : result;
}

/* Return what the handler of a call returns. */
static PyObject *
run(ServerCalls *c, PyObject *call)
{
    PyObject *served = slot_of(c, SLOT_SERVED, call), *args = slot_of(c, SLOT_ARGS, call);
    PyObject *function = NULL, *reply = NULL;
    if (served != NULL && args != NULL) {
        function = field_of(c, FIELD_FUNCTION, served);
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

/* Take over what is asked for each call. */
static int
set_up(ServerExecutor *e, PyObject *encoding, PyObject *lock)
{
    PyObject *waiting = PyObject_GetAttrString(e->send_buffer, "_waiting"), *send = NULL;
    if (waiting != NULL) {
        e->methods[IS_LOCKED] = PyObject_GetAttrString(lock, "locked");
        e->methods[ACQUIRE] = PyObject_GetAttrString(encoding, "acquire");
        e->methods[RELEASE] = PyObject_GetAttrString(encoding, "release");
        e->methods[APPEND] = PyObject_GetAttrString(waiting, "append");
        send = PyObject_GetAttrString(e->send_buffer, "_send");
    }
    e->is_plain = send != Py_None;
    Py_XDECREF(waiting);
    Py_XDECREF(send);
    if (send == NULL || PyErr_Occurred()) {
        return -1;
    }
    const char *const names[] = {"_broken", "size"};
    for (int i = 0; i < BUFFER_FIELD_COUNT; i++) {
        if (intern_names(&e->fields[i].name, &names[i], 1) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
server_executor_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    ModuleState *state = PyType_GetModuleState(type);
    PyObject *steps, *connection, *encoding, *lock, *send_buffer, *execute_in_python;
    if (state == NULL || refuse_keywords(keywords) < 0
        || !PyArg_ParseTuple(arguments, "OOOOOO", &steps, &connection, &encoding, &lock,
                             &send_buffer, &execute_in_python)
        || check_type(state->steps_type, steps) < 0) {
        return NULL;
    }
    ServerExecutor *e = (ServerExecutor *)PyType_GenericAlloc(type, 0);
    if (e == NULL) {
        return NULL;
    }
    e->steps = Py_NewRef(steps);
    e->connection = Py_NewRef(connection);
    e->send_buffer = Py_NewRef(send_buffer);
    e->execute_in_python = Py_NewRef(execute_in_python);
    if (set_up(e, encoding, lock) < 0) {
        Py_CLEAR(e);
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
    Py_VISIT(e->send_buffer);
    Py_VISIT(e->execute_in_python);
    for (int i = 0; i < METHOD_COUNT; i++) {
        Py_VISIT(e->methods[i]);
    }
    for (int i = 0; i < BUFFER_FIELD_COUNT; i++) {
        Py_VISIT(e->fields[i].type);
    }
    return 0;
}

static int
server_executor_clear(PyObject *self)
{
    ServerExecutor *e = (ServerExecutor *)self;
    Py_CLEAR(e->steps);
    Py_CLEAR(e->connection);
    Py_CLEAR(e->send_buffer);
    Py_CLEAR(e->execute_in_python);
    for (int i = 0; i < METHOD_COUNT; i++) {
        Py_CLEAR(e->methods[i]);
    }
    return 0;
}

static void
server_executor_dealloc(PyObject *self)
{
    ServerExecutor *e = (ServerExecutor *)self;
    PyObject_GC_UnTrack(self);
    for (int i = 0; i < BUFFER_FIELD_COUNT; i++) {
        clear_learned(&e->fields[i]);
    }
    deallocate(self);
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
    {Py_tp_dealloc, server_executor_dealloc},
    {Py_tp_methods, server_executor_methods},
    {0, NULL},
};

PyType_Spec server_executor_spec = {
    .name = "rpcgen._accelerator.ServerExecutor",
    .basicsize = sizeof(ServerExecutor),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = server_executor_slots,
};
