/* Numbers and bytes of a message, the memory that values take, and what is passed over. */
#include "decode.h"

int
read_int(Reader *r, int64_t *result)
{
    uint64_t value;
    if (read_uint(r, &value) < 0) {
        return -1;
    }
    *result = value & 1 ? (int64_t)~(value >> 1) : (int64_t)(value >> 1);
    return 0;
}

int
read_float(Reader *r, int bits, double *result)
{
    uint64_t reversed, value = 0;
    if (read_uint(r, &reversed) < 0) {
        return -1;
    }
    for (int i = 0; i < 8; i++) {
        value = value << 8 | (reversed >> (8 * i) & 255);
    }
    memcpy(result, &value, 8);
    if (bits == 32) {
        /* Above the largest float32 nothing is rounded; the bits of NaN are Python's. */
        double size = fabs(*result);
        if (isnan(size) || (size > 0x1.fffffep+127 && !isinf(size))) {
            return -1;
        }
        *result = (float)*result;
    }
    return 0;
}

const char *
read_raw(Reader *r, Py_ssize_t *size)
{
    uint64_t count;
    if (read_uint(r, &count) < 0 || count > (uint64_t)(r->end - r->pos)) {
        return NULL;
    }
    const char *raw = (const char *)r->data + r->pos;
    r->pos += (Py_ssize_t)count;
    *size = (Py_ssize_t)count;
    return raw;
}

int
number_of(Reader *r, PyObject *object, int name, long long *result)
{
    int overflow = 0;
    PyObject *value = PyObject_GetAttr(object, r->program->names[name]);
    if (value == NULL) {
        return -1;
    }
    if (!PyLong_Check(value)) {
        Py_DECREF(value);
        return -1;
    }
    *result = PyLong_AsLongLongAndOverflow(value, &overflow);
    Py_DECREF(value);
    return overflow ? -1 : 0;
}

int
store_room(Reader *r)
{
    if (!r->program->is_counted) {
        return 0;
    }
    PyObject *room = PyLong_FromLongLong(r->room);
    if (room == NULL) {
        return -1;
    }
    int result = PyObject_SetAttr(r->stream, r->program->names[NAME_ROOM_LEFT], room);
    Py_DECREF(room);
    return result;
}

int
load_end(Reader *r)
{
    long long end;
    if (!r->program->is_counted) {
        return 0;
    }
    if (number_of(r, r->stream, NAME_END, &end) < 0) {
        return -1;
    }
    if (end < r->end) {
        r->end = (Py_ssize_t)end;
    }
    return 0;
}

/* Pass over a value without interfaces: nothing of the stream changes but the position. */
static int
skip_in_python(Reader *r, long id, long depth)
{
    PyObject *after = NULL, *pos = PyLong_FromSsize_t(r->pos), *number = PyLong_FromLong(id);
    PyObject *left = PyLong_FromLong(depth);
    if (pos != NULL && number != NULL && left != NULL) {
        after = PyObject_CallMethodObjArgs(
            r->stream, r->program->names[NAME_SKIP_VALUE], r->bytes, pos, number, left, NULL);
    }
    Py_XDECREF(pos);
    Py_XDECREF(number);
    Py_XDECREF(left);
    if (after == NULL) {
        return -1;
    }
    Py_ssize_t place = PyLong_Check(after) ? PyLong_AsSsize_t(after) : -1;
    Py_DECREF(after);
    if (place < r->pos || place > r->end) {
        return -1;
    }
    r->pos = place;
    return 0;
}

int
skip(Reader *r, int kind, long id, long depth)
{
    uint64_t ignored;
    Py_ssize_t size;
    switch (kind) {
    case SKIP_COMPLEX:
        if (read_uint(r, &ignored) < 0) {
            return -1;
        }
        return read_uint(r, &ignored);
    case SKIP_UINT:
        return read_uint(r, &ignored);
    case SKIP_BYTES:
        return read_raw(r, &size) == NULL ? -1 : 0;
    case SKIP_END:
        return read_small(r, &ignored) < 0 || ignored ? -1 : 0;
    }
    return skip_in_python(r, id, depth);
}
