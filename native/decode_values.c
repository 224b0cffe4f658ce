/* Decoding values: numbers, text, sequences, and what they are converted to. */
#include "decode.h"

PyObject *
call_with(PyObject *function, PyObject *value)
{
    if (value == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_CallFunctionObjArgs(function, value, NULL);
    Py_DECREF(value);
    return result;
}

static PyObject *
read_number(Reader *r, Pair *pair)
{
    if (pair->op == OP_INT) {
        int64_t value;
        if (read_int(r, &value) < 0) {
            return NULL;
        }
        if (pair->bits < 64) {
            int64_t top = (int64_t)1 << (pair->bits - 1);
            if (value < -top || value >= top) {
                return NULL;
            }
        }
        return PyLong_FromLongLong(value);
    }
    uint64_t value;
    if (read_uint(r, &value) < 0 || (pair->bits < 64 && value >> pair->bits)) {
        return NULL;
    }
    return PyLong_FromUnsignedLongLong(value);
}

static PyObject *
read_text(Reader *r)
{
    Py_ssize_t size;
    const char *raw = read_raw(r, &size);
    if (raw == NULL) {
        return NULL;
    }
    PyObject *text = PyUnicode_DecodeUTF8(raw, size, "strict");
    if (text == NULL) {
        if (PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
            PyErr_Clear();
        }
        return NULL;
    }
    Py_ssize_t length = PyUnicode_GetLength(text);
    if (length != size && charge(r, length, 4) < 0) {
        Py_DECREF(text);
        return NULL;
    }
    return text;
}

static PyObject *
read_bytes(Reader *r, Pair *pair)
{
    Py_ssize_t size;
    const char *raw = read_raw(r, &size);
    if (raw == NULL) {
        return NULL;
    }
    PyObject *value = PyBytes_FromStringAndSize(raw, size);
    if (value != NULL && pair->flags & IS_SHORT) {
        PyObject *checked = PyObject_CallMethodObjArgs(
            r->stream, r->program->names[NAME_SHORT], value, NULL);
        Py_DECREF(value);
        value = checked;
    }
    return pair->make == NULL ? value : call_with(pair->make, value);
}

static PyObject *
read_enum(Reader *r, Pair *pair, long depth)
{
    PyObject *value = read_value(r, &r->program->pairs[pair->parts[0]], depth);
    if (value == NULL) {
        return NULL;
    }
    PyObject *member = PyDict_GetItemWithError(pair->extra, value);
    if (member != NULL) {
        Py_INCREF(member);
        Py_DECREF(value);
        return member;
    }
    if (PyErr_Occurred() || charge(r, 1, pair->charge) < 0) {
        Py_DECREF(value);
        return NULL;
    }
    return call_with(pair->make, value);
}

/* Return true for values in the making of which no code in Python can run. */
static int
is_plain(int op)
{
    return op <= OP_STRING;
}

/* Read numbers of Go's int without asking each for its type. */
static PyObject *
read_ints(Reader *r, Py_ssize_t count)
{
    PyObject *list = PyList_New(count);
    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
        int64_t number;
        PyObject *item = NULL;
        if (read_int(r, &number) == 0) {
            /* Where a long is as wide, the function for it is the faster one. */
            item = sizeof(long) < sizeof(number) ? PyLong_FromLongLong(number)
                                                 : PyLong_FromLong((long)number);
        }
        if (item == NULL || PyList_SetItem(list, i, item) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

static PyObject *
read_elements(Reader *r, Pair *pair, long depth)
{
    uint64_t count;
    Pair *element = &r->program->pairs[pair->parts[0]];
    if (read_uint(r, &count) < 0 || count > (uint64_t)(r->end - r->pos)) {
        return NULL;
    }
    if (pair->op == OP_ARRAY && count != (uint64_t)pair->length) {
        return NULL;
    }
    if (charge(r, (long long)count, pair->charge) < 0) {
        return NULL;
    }
    if (element->op == OP_INT && element->bits == 64 && pair->make == NULL) {
        return read_ints(r, (Py_ssize_t)count);
    }
    int at_once = is_plain(element->op);
    PyObject *list = PyList_New(at_once ? (Py_ssize_t)count : 0);
    if (list == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < (Py_ssize_t)count; i++) {
        PyObject *item = read_value(r, element, depth);
        if (item == NULL) {
            Py_DECREF(list);
            return NULL;
        }
        int result;
        if (at_once) {
            result = PyList_SetItem(list, i, item);
        }
        else {
            result = PyList_Append(list, item);
            Py_DECREF(item);
        }
        if (result < 0) {
            Py_DECREF(list);
            return NULL;
        }
    }
    return pair->make == NULL ? list : call_with(pair->make, list);
}

/* Read a value with parts, which takes one of the levels that there may be. */
static PyObject *
read_parts(Reader *r, Pair *pair, long depth)
{
    if (depth < 1 || !may_nest(r->level + 1)) {
        return NULL;
    }
    PyObject *value;
    r->level++;
    switch (pair->op) {
    case OP_STRUCT:
        value = read_struct(r, pair, depth - 1);
        break;
    case OP_MAP:
        value = read_map(r, pair, depth - 1);
        break;
    default:
        value = read_elements(r, pair, depth - 1);
    }
    r->level--;
    return value;
}

PyObject *
read_value(Reader *r, Pair *pair, long depth)
{
    uint64_t number;
    int64_t signed_number;
    double real, imaginary;
    switch (pair->op) {
    case OP_BOOL:
        return read_small(r, &number) < 0 ? NULL : PyBool_FromLong(number != 0);
    case OP_INT:
    case OP_UINT:
        return read_number(r, pair);
    case OP_FLOAT:
        return read_float(r, pair->bits, &real) < 0 ? NULL : PyFloat_FromDouble(real);
    case OP_COMPLEX:
        if (read_float(r, pair->bits / 2, &real) < 0
            || read_float(r, pair->bits / 2, &imaginary) < 0) {
            return NULL;
        }
        return PyComplex_FromDoubles(real, imaginary);
    case OP_STRING:
        return read_text(r);
    case OP_BYTES:
    case OP_OPAQUE:
        return read_bytes(r, pair);
    case OP_LIST:
    case OP_ARRAY:
    case OP_MAP:
    case OP_STRUCT:
        return read_parts(r, pair, depth);
    case OP_EMPTY:
        if (skip(r, pair->bits, (long)pair->length, depth) < 0) {
            return NULL;
        }
        Py_RETURN_NONE;
    case OP_ENUM:
        return read_enum(r, pair, depth);
    case OP_INTERFACE:
        return read_interface(r, pair, depth);
    case OP_DURATION:
        if (read_int(r, &signed_number) < 0) {
            return NULL;
        }
        return call_with(pair->make, PyLong_FromLongLong(signed_number));
    case OP_VARIED:
        if (charge(r, 1, pair->charge) < 0) {
            return NULL;
        }
        PyObject *value = read_value(r, &r->program->pairs[pair->parts[0]], depth);
        return pair->make == NULL ? value : call_with(pair->make, value);
    }
    return NULL;
}
