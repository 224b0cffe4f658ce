/* The type that carries out plain calls of a client with threads: request and response of one call
 * on a connection where nothing else is under way. See exchange.h. */
#include "exchange.h"

#include <time.h>

/* The clock of time.monotonic. */
#ifdef __APPLE__
#define MONOTONIC_CLOCK CLOCK_UPTIME_RAW
#else
#define MONOTONIC_CLOCK CLOCK_MONOTONIC
#endif

static const char *const TEXTS[] = {
    "encode",   "take",      "send",       "name",     "request", "response",
    "_current", "is_silent", "generation", "monotonic", "_last",    "_to_skip", "_skip",
};

/* --- for the parts -------------------------------------------------------------------------- */

PyObject *
ask_with_number(Exchange *x, const char *method, PyObject *first, Py_ssize_t number)
{
    PyObject *second = PyLong_FromSsize_t(number);
    PyObject *result = second == NULL ? NULL : in_python((PyObject *)x, method, first, second, NULL);
    Py_XDECREF(second);
    return result;
}

int
tell_python(Exchange *x, const char *method, PyObject *first)
{
    Aside aside;
    put_aside(&aside);
    return put_back(&aside, in_python((PyObject *)x, method, first, NULL, NULL));
}

int
attribute_is(PyObject *object, PyObject *name, PyObject *wanted)
{
    PyObject *found = PyObject_GetAttr(object, name);
    if (found == NULL) {
        PyErr_Clear(); /* there is none: no attribute of these runs any code */
        return 0;
    }
    Py_DECREF(found); /* its owner keeps it */
    return found == wanted;
}

double
seconds(void)
{
    struct timespec now;
    clock_gettime(MONOTONIC_CLOCK, &now);
    return (double)((int64_t)now.tv_sec * 1000000000 + now.tv_nsec) / 1e9;
}

int
claim(Exchange *x, int name)
{
    unsigned long thread = PyThread_get_thread_ident();
    if (thread != x->thread) {
        PyObject *number = PyLong_FromUnsignedLong(thread);
        if (number == NULL || PyList_SetItem(x->token, 0, number) < 0) {
            return -1;
        }
        x->thread = thread;
    }
    return PyDict_SetItem(x->parts[CLAIMS], x->names[name], x->token);
}

void
give_up(PyObject *claims, PyObject *key, PyObject *token)
{
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    if (PyDict_GetItemWithError(claims, key) == token) {
        PyDict_DelItem(claims, key);
    }
    PyErr_Restore(type, error, traceback);
}

/* --- the whole ------------------------------------------------------------------------------ */

static PyObject *
carry_out(Exchange *x, Trip *t)
{
    Py_ssize_t whole = 0, sent = begin_trip(x, t, &whole);
    if (sent >= 0) {
        PyObject *reply = sent == whole ? receive_reply(x, t) : leave_rest(x, t, sent);
        if (reply == NULL) {
            tell_python(x, "_give_up", t->call); /* if it has not ended */
        }
        return reply;
    }
    if (t->problem != EAGAIN) {
        return ask_with_number(x, "_cannot_send", t->call, t->problem);
    }
    /* Done again, it says what is wrong. */
    return drop_exception(x->parts[RERAISE_INTERRUPT]) < 0
               ? NULL
               : in_python((PyObject *)x, "_call", t->method, t->args, t->settings);
}

static PyObject *
call(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Exchange *x = (Exchange *)self;
    if (count != 3 || x->buffer == NULL) {
        PyErr_SetString(PyExc_TypeError, "call takes a method, its arguments, and settings");
        return NULL;
    }
    Trip t = {
        .method = arguments[0],
        .args = arguments[1],
        .settings = arguments[2],
        .deadline = INFINITY,
        .problem = EAGAIN,
    };
    PyObject *reply = carry_out(x, &t);
    Py_XDECREF(t.request);
    Py_XDECREF(t.head);
    Py_XDECREF(t.tail_bytes);
    Py_XDECREF(t.response);
    Py_XDECREF(t.call);
    Py_XDECREF(t.outcomes);
    Py_XDECREF(t.entry);
    Py_XDECREF(t.seq);
    return reply;
}

/* --- what it works with --------------------------------------------------------------------- */

static int
are_parts(PyObject *parts, ModuleState *state)
{
    if (!PyTuple_Check(parts) || PyTuple_Size(parts) != PARTS_COUNT
        || !PyObject_TypeCheck(PyTuple_GetItem(parts, STREAM), (PyTypeObject *)state->stream_type)
        || !PyObject_TypeCheck(PyTuple_GetItem(parts, ENCODER), (PyTypeObject *)state->encoder_type)
        || !PyType_Check(PyTuple_GetItem(parts, CALL))
        || !PyIter_Check(PyTuple_GetItem(parts, NUMBERS))
        || !PyList_CheckExact(PyTuple_GetItem(parts, RECEIVED))) {
        return 0;
    }
    const int dicts[]
        = {CLAIMS, LEADER, PENDING, FOLLOWERS, HEADS, TIMED_HEADS, KNOWN, FORKS, CLOCK};
    for (size_t i = 0; i < sizeof(dicts) / sizeof(dicts[0]); i++) {
        if (!PyDict_CheckExact(PyTuple_GetItem(parts, dicts[i]))) {
            return 0;
        }
    }
    return 1;
}

static PyObject *
prepare(PyObject *self, PyTypeObject *type, PyObject *const *arguments, Py_ssize_t count,
        PyObject *keywords)
{
    Exchange *x = (Exchange *)self;
    ModuleState *state = PyType_GetModuleState(type);
    if (state == NULL) {
        return NULL;
    }
    int is_new = x->token != NULL && x->parts[0] == NULL;
    if (count != 4 || keywords != NULL || !is_new || !are_parts(arguments[0], state)) {
        PyErr_SetString(PyExc_TypeError, "the parts of a client, a descriptor, and two times");
        return NULL;
    }
    x->descriptor = (int)PyLong_AsLong(arguments[1]);
    x->idle = PyFloat_AsDouble(arguments[2]);
    x->spin = PyFloat_AsDouble(arguments[3]);
    if (PyErr_Occurred()) {
        return NULL;
    }
    for (int i = 0; i < PARTS_COUNT; i++) {
        x->parts[i] = PyTuple_GetItem(arguments[0], i);
        Py_INCREF(x->parts[i]);
    }
    x->create = (newfunc)PyType_GetSlot(&PyBaseObject_Type, Py_tp_new);
    if (slots_set_up(x->slots, x->parts[SLOTS], SLOT_COUNT) < 0
        || slots_set_up(x->options, x->parts[OPTIONS], OPTION_COUNT) < 0) {
        return NULL;
    }
    x->buffer = PyMem_Malloc(READ_SIZE);
    return x->buffer == NULL ? PyErr_NoMemory() : Py_NewRef(Py_None);
}

/* --- the type ------------------------------------------------------------------------------- */

static PyObject *
exchange_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    Exchange *x = (Exchange *)PyType_GenericAlloc(type, 0);
    if (x == NULL) {
        return NULL;
    }
    x->nothing = PyTuple_New(0);
    x->no_bytes = PyBytes_FromStringAndSize(NULL, 0);
    x->zero = PyLong_FromLong(0);
    x->token = Py_BuildValue("[ii]", 0, 1);
    int is_whole = x->nothing != NULL && x->no_bytes != NULL && x->zero != NULL && x->token != NULL;
    if (!is_whole || intern_names(x->names, TEXTS, NAME_COUNT) < 0) {
        Py_CLEAR(x);
    }
    return (PyObject *)x;
}

static int
exchange_traverse(PyObject *self, visitproc visit, void *arg)
{
    Exchange *x = (Exchange *)self;
    Py_VISIT(Py_TYPE(self));
    for (int i = 0; i < PARTS_COUNT; i++) {
        Py_VISIT(x->parts[i]);
    }
    Py_VISIT(x->token);
    Py_VISIT(x->method);
    Py_VISIT(x->name);
    Py_VISIT(x->request);
    Py_VISIT(x->response);
    return 0;
}

static int
exchange_clear(PyObject *self)
{
    Exchange *x = (Exchange *)self;
    PyMem_Free(x->buffer);
    x->buffer = NULL; /* so that nothing is called any more */
    for (int i = 0; i < PARTS_COUNT; i++) {
        Py_CLEAR(x->parts[i]);
    }
    Py_CLEAR(x->token);
    Py_CLEAR(x->method);
    Py_CLEAR(x->name);
    Py_CLEAR(x->request);
    Py_CLEAR(x->response);
    return 0;
}

static void
exchange_dealloc(PyObject *self)
{
    Exchange *x = (Exchange *)self;
    for (int i = 0; i < NAME_COUNT; i++) {
        Py_CLEAR(x->names[i]);
    }
    Py_CLEAR(x->nothing);
    Py_CLEAR(x->no_bytes);
    Py_CLEAR(x->zero);
    free_with(self, exchange_clear);
}

static PyMethodDef exchange_methods[] = {
    {"call", (PyCFunction)(void (*)(void))call, METH_FASTCALL,
     "Call a method with settings, wait for its reply and return it."},
    {"_prepare", (PyCFunction)(void (*)(void))prepare,
     METH_METHOD | METH_FASTCALL | METH_KEYWORDS,
     "Take over the parts of a client, its connection's descriptor, and two times in seconds: after\n"
     "which the connection is looked at before it is used, and of a spin."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot exchange_slots[] = {
    {Py_tp_doc, "Plain calls of a client, where nothing else is under way."},
    {Py_tp_new, exchange_new},
    {Py_tp_traverse, exchange_traverse},
    {Py_tp_clear, exchange_clear},
    {Py_tp_dealloc, exchange_dealloc},
    {Py_tp_methods, exchange_methods},
    {0, NULL},
};

PyType_Spec exchange_spec = {
    .name = "rpcgen._accelerator.Exchange",
    .basicsize = sizeof(Exchange),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = exchange_slots,
};
