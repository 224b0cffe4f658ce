/* Bytes of a message: numbers as gob writes them, bytes, pieces that are not copied. */
#include "encode.h"

int
grow(Writer *w, size_t more)
{
    size_t size = w->size * 2;
    if (size < w->used + more) {
        size = w->used + more;
    }
    unsigned char *data = PyMem_Malloc(size);
    if (data == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(data, w->data, w->used);
    if (w->data != w->first) {
        PyMem_Free(w->data);
    }
    w->data = data;
    w->size = size;
    return 0;
}

int
put_int(Writer *w, int64_t value)
{
    uint64_t shifted = (uint64_t)value << 1;
    return put_uint(w, value < 0 ? ~shifted : shifted);
}

int
put_float(Writer *w, double value)
{
    uint64_t bits, reversed = 0;
    memcpy(&bits, &value, 8);
    for (int i = 0; i < 8; i++) {
        reversed = reversed << 8 | (bits >> (8 * i) & 255);
    }
    return put_uint(w, reversed);
}

int
put_copy(Writer *w, const char *raw, size_t size)
{
    if (reserve(w, size) < 0) {
        return -1;
    }
    memcpy(w->data + w->used, raw, size);
    w->used += size;
    return 0;
}

int
put_raw(Writer *w, const char *raw, size_t size)
{
    return put_uint(w, size) < 0 ? -1 : put_copy(w, raw, size);
}

int
put_encoded(Writer *w, PyObject *encoded)
{
    if (!PyBytes_CheckExact(encoded)) {
        return -1;
    }
    return put_copy(w, PyBytes_AsString(encoded), (size_t)PyBytes_Size(encoded));
}

int
flush(Writer *w)
{
    PyObject *piece = PyBytes_FromStringAndSize((const char *)w->data, (Py_ssize_t)w->used);
    if (piece == NULL) {
        return -1;
    }
    int result = PyList_Append(w->out, piece);
    Py_DECREF(piece);
    w->used = 0;
    w->pieces++;
    return result;
}

int
put_bytes(Writer *w, PyObject *raw)
{
    Py_ssize_t size = PyBytes_Size(raw);
    if (size < LARGE) {
        return put_raw(w, PyBytes_AsString(raw), (size_t)size);
    }
    if (w->out == NULL) {
        return -1;
    }
    w->holds_large = 1;
    if (put_uint(w, (uint64_t)size) < 0 || flush(w) < 0) {
        return -1;
    }
    w->pieces++;
    return PyList_Append(w->out, raw);
}
