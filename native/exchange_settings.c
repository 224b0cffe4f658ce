/* What a plain call says beside its number: nothing, the time that is left, or metadata. */
#include "exchange.h"

/* Seconds of the longest time that a header can say: rpcgen.protocol.request_encoder._MAX_S. */
#define MAX_S 9223372036.0

/* Return the nanoseconds that a header says of a time that is left; 0 if none is. See RequestEncoder
 * there. */
static int64_t
nanoseconds(double left)
{
    if (left <= 0) {
        return 0;
    }
    if (left >= MAX_S) {
        return INT64_MAX;
    }
    if (left > 1) {
        return (int64_t)(left * 1000) * 1000000;
    }
    return (int64_t)(left * 1000 * 1000000);
}

/* Take over when the call is given up, and return the nanoseconds until then; 0 where there is no
 * limit, -1 where that is out of the ordinary. */
static int64_t
learn_deadline(Exchange *x, Trip *t, PyObject *deadline)
{
    if (deadline == Py_None) {
        return 0;
    }
    PyObject *clock = PyDict_GetItemWithError(x->parts[CLOCK], x->names[N_MONOTONIC]);
    if (clock != x->parts[MONOTONIC] || !PyFloat_Check(deadline)) {
        return -1; /* a test has put another clock in its place */
    }
    t->deadline = PyFloat_AsDouble(deadline);
    /* It has begun just now. */
    int64_t left = nanoseconds(t->deadline - x->last_use);
    return left > 0 ? left : -1; /* too late, says Python */
}

/* Take over how the last header with the same time limit and the same metadata has ended. */
static int
learn_metadata(Exchange *x, Trip *t, int64_t timeout, PyObject *metadata)
{
    PyObject *last = PyObject_GetAttr(x->parts[CODEC], x->names[N_LAST]);
    int is_same = last != NULL && PyTuple_Check(last) && PyTuple_Size(last) == 3
                  && PyLong_AsLongLong(PyTuple_GetItem(last, 0)) == timeout
                  && PyTuple_GetItem(last, 1) == metadata
                  && PyBytes_CheckExact(PyTuple_GetItem(last, 2));
    if (is_same) {
        t->tail_bytes = PyTuple_GetItem(last, 2);
        Py_INCREF(t->tail_bytes);
        t->tail = PyBytes_AsString(t->tail_bytes);
        t->tail_size = (size_t)PyBytes_Size(t->tail_bytes);
    }
    Py_XDECREF(last);
    return is_same ? 0 : -1;
}

/* Have the header end with a time limit. */
static void
write_limit(Trip *t, int64_t timeout)
{
    t->limit[0] = 1; /* the next field */
    int size = 1 + write_uint(t->limit + 1, (uint64_t)timeout << 1);
    t->limit[size] = 0;
    t->tail = t->limit;
    t->tail_size = (size_t)size + 1;
}

/* Take over how the header ends. */
static int
learn_tail(Exchange *x, Trip *t, PyObject *const *options)
{
    int64_t timeout = learn_deadline(x, t, options[OPTION_DEADLINE]);
    if (timeout < 0 || PyUnicode_GetLength(options[OPTION_KEY]) != 0) {
        return -1;
    }
    if (options[OPTION_METADATA] != Py_None) {
        return learn_metadata(x, t, timeout, options[OPTION_METADATA]);
    }
    if (timeout) {
        write_limit(t, timeout);
    }
    return 0;
}

int
learn_settings(Exchange *x, Trip *t)
{
    t->tail = "";
    t->tail_size = 1; /* a zero: nothing more */
    if (t->settings == x->parts[NO_OPTIONS]) {
        return 0;
    }
    PyObject *options[OPTION_COUNT] = {NULL};
    int result = 0;
    for (int i = 0; i < OPTION_COUNT && result == 0; i++) {
        options[i] = attribute_of(&x->options[i], t->settings);
        result = options[i] == NULL ? -1 : 0;
    }
    if (result == 0) {
        result = learn_tail(x, t, options);
    }
    for (int i = 0; i < OPTION_COUNT; i++) {
        Py_XDECREF(options[i]);
    }
    return result;
}
