/* Encoding values that have no others inside. */
#include "encode.h"

static int
as_int64(PyObject *value, int64_t *result)
{
    int overflow;
    if (!PyLong_CheckExact(value) && !PyBool_Check(value)) {
        return -1;
    }
    *result = PyLong_AsLongLongAndOverflow(value, &overflow);
    return overflow ? -1 : 0;
}

static int
as_uint64(PyObject *value, uint64_t *result)
{
    int overflow;
    if (!PyLong_CheckExact(value) && !PyBool_Check(value)) {
        return -1;
    }
    long long small = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (!overflow) {
        *result = (uint64_t)small;
        return small < 0 ? -1 : 0;
    }
    if (overflow < 0) {
        return -1;
    }
    *result = PyLong_AsUnsignedLongLong(value);
    if (*result == (uint64_t)-1 && PyErr_Occurred()) {
        PyErr_Clear();
        return -1;
    }
    return 0;
}

int
as_double(PyObject *value, double *result)
{
    if (!PyFloat_CheckExact(value) && !PyLong_CheckExact(value)) {
        return -1;
    }
    *result = PyFloat_AsDouble(value);
    if (*result == -1.0 && PyErr_Occurred()) {
        PyErr_Clear(); /* an int beyond the floats */
        return -1;
    }
    return 0;
}

/* Round to a float32; gives up where that overflows, and for NaN, whose bits are Python's. */
static int
narrowed(double *value)
{
    float narrow = (float)*value;
    if (isnan(*value) || (isinf(narrow) && !isinf(*value))) {
        return -1;
    }
    *value = narrow;
    return 0;
}

static int
put_number(Node *node, PyObject *value, Writer *w)
{
    if (node->op == OP_INT) {
        int64_t number;
        if (as_int64(value, &number) < 0) {
            return -1;
        }
        if (node->bits < 64) {
            int64_t top = (int64_t)1 << (node->bits - 1);
            if (number < -top || number >= top) {
                return -1;
            }
        }
        return put_int(w, number);
    }
    uint64_t number;
    if (as_uint64(value, &number) < 0 || (node->bits < 64 && number >> node->bits)) {
        return -1;
    }
    return put_uint(w, number);
}

static int
put_complex(Node *node, PyObject *value, Writer *w)
{
    if (!PyComplex_CheckExact(value)) {
        return -1;
    }
    double real = PyComplex_RealAsDouble(value), imaginary = PyComplex_ImagAsDouble(value);
    if (node->bits == 64 && (narrowed(&real) < 0 || narrowed(&imaginary) < 0)) {
        return -1;
    }
    return put_float(w, real) < 0 ? -1 : put_float(w, imaginary);
}

const char *
utf8_of(PyObject *text, Py_ssize_t *size, PyObject **owner)
{
    *owner = NULL;
    if (PyUnicode_GetLength(text) < LARGE / 4) {
        return PyUnicode_AsUTF8AndSize(text, size);
    }
    /* The bytes do not stay with the text, as those of the other function may. */
    *owner = PyUnicode_AsUTF8String(text);
    if (*owner == NULL) {
        return NULL;
    }
    *size = PyBytes_Size(*owner);
    return PyBytes_AsString(*owner);
}

static int
put_text(PyObject *value, Writer *w)
{
    Py_ssize_t size;
    PyObject *owner;
    if (!PyUnicode_CheckExact(value)) {
        return -1;
    }
    const char *raw = utf8_of(value, &size, &owner);
    if (raw == NULL) {
        PyErr_Clear(); /* lone surrogates */
        return -1;
    }
    int result = owner == NULL ? put_raw(w, raw, (size_t)size) : put_bytes(w, owner);
    Py_XDECREF(owner);
    return result;
}

PyObject *
element_of(PyObject *sequence, Py_ssize_t index)
{
    PyObject *item = PyList_CheckExact(sequence) ? PyList_GetItem(sequence, index)
                                                 : PyTuple_GetItem(sequence, index);
    Py_XINCREF(item);
    return item;
}

Py_ssize_t
length_of(PyObject *sequence)
{
    if (PyList_CheckExact(sequence)) {
        return PyList_Size(sequence);
    }
    return PyTuple_CheckExact(sequence) ? PyTuple_Size(sequence) : -1;
}

/* Write the bytes that a list or tuple of numbers holds: each as one byte, or as Go's uint. */
int
put_byte_elements(PyObject *value, Py_ssize_t size, int is_array, Writer *w)
{
    if (put_uint(w, (uint64_t)size) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        uint64_t byte;
        PyObject *item = element_of(value, i);
        int result = item == NULL ? -1 : as_uint64(item, &byte);
        Py_XDECREF(item);
        if (result < 0 || byte > 255 || reserve(w, 2) < 0) {
            return -1;
        }
        if (is_array && byte > 127) {
            w->data[w->used++] = 255;
        }
        w->data[w->used++] = (unsigned char)byte;
    }
    return 0;
}

int
put_byte_array(Node *node, PyObject *value, Writer *w)
{
    if (!PyBytes_CheckExact(value)) {
        Py_ssize_t size = length_of(value);
        return size < 0 || size != node->length ? -1 : put_byte_elements(value, size, 1, w);
    }
    Py_ssize_t size = PyBytes_Size(value);
    const unsigned char *raw = (const unsigned char *)PyBytes_AsString(value);
    if (size != node->length || put_uint(w, (uint64_t)size) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        if (put_uint(w, raw[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
put_enum(Node *node, PyObject *value, Writer *w)
{
    if ((PyObject *)Py_TYPE(value) != node->first) {
        return -1;
    }
    PyObject *raw = PyDict_GetItemWithError(node->second, value);
    if (raw != NULL) {
        Py_INCREF(raw);
    }
    else if (PyErr_Occurred() || (raw = PyObject_GetItem(node->second, value)) == NULL) {
        return -1; /* a combination of flags is none of the members */
    }
    int result = put_encoded(w, raw);
    Py_DECREF(raw);
    return result;
}

static int
put_duration(Node *node, PyObject *value, Writer *w)
{
    int64_t number;
    PyObject *nanoseconds = PyObject_CallFunctionObjArgs(node->first, value, NULL);
    if (nanoseconds == NULL) {
        return -1;
    }
    int result = as_int64(nanoseconds, &number);
    Py_DECREF(nanoseconds);
    return result < 0 ? -1 : put_int(w, number);
}

PyObject *
marshalled(Node *node, PyObject *value)
{
    PyObject *raw = PyObject_CallFunctionObjArgs(node->first, value, NULL);
    if (raw != NULL && !PyBytes_CheckExact(raw)) {
        Py_DECREF(raw);
        return NULL;
    }
    return raw;
}

int
put_leaf(Node *node, PyObject *value, Writer *w)
{
    switch (node->op) {
    case OP_BOOL:
        return value == Py_True ? put_uint(w, 1) : value == Py_False ? put_uint(w, 0) : -1;
    case OP_INT:
    case OP_UINT:
        return put_number(node, value, w);
    case OP_FLOAT: {
        double number;
        if (as_double(value, &number) < 0 || (node->bits == 32 && narrowed(&number) < 0)) {
            return -1;
        }
        return put_float(w, number);
    }
    case OP_COMPLEX:
        return put_complex(node, value, w);
    case OP_STRING:
        return put_text(value, w);
    case OP_BYTES:
        if (node->flags & IS_OF_BYTES) {
            Py_ssize_t size = length_of(value);
            return size < 0 ? -1 : put_byte_elements(value, size, 0, w);
        }
        return PyBytes_CheckExact(value) ? put_bytes(w, value) : -1;
    case OP_EMPTY:
        return put_uint(w, 0);
    case OP_ENUM:
        return put_enum(node, value, w);
    case OP_DURATION:
        return put_duration(node, value, w);
    case OP_OPAQUE: {
        PyObject *raw = marshalled(node, value);
        if (raw == NULL) {
            return -1;
        }
        int result = put_raw(w, PyBytes_AsString(raw), (size_t)PyBytes_Size(raw));
        Py_DECREF(raw);
        return result;
    }
    }
    return -1;
}
