/* Decoding interface values, which bring the names and numbers of their types along. */
#include "decode.h"

/* rpcgen.gob.interface_values: the longest name of a type, and the depth below which the careful
 * function in Python decodes. */
#define LONGEST_NAME 1024
#define SHALLOW 8

/* Return what the stream has met in interfaces; NULL where it looks at other bytes. */
static PyObject *
interfaces_of(Reader *r)
{
    if (r->interfaces != NULL) {
        return r->interfaces;
    }
    PyObject *data = PyObject_GetAttr(r->stream, r->program->names[NAME_DATA]);
    if (data == NULL) {
        return NULL;
    }
    Py_DECREF(data);
    if (data != r->bytes) {
        return NULL; /* bytes in chunks, which types are not read from */
    }
    r->interfaces = PyObject_GetAttr(r->stream, r->program->names[NAME_INTERFACES]);
    if (r->interfaces != NULL && !PyDict_CheckExact(r->interfaces)) {
        Py_CLEAR(r->interfaces);
    }
    return r->interfaces;
}

/* Return how values of a name and a type are decoded, and what they count; and what makes them keep
 * the name, or None, and what that counts: a tuple, borrowed. */
static PyObject *
known_type(Reader *r, Pair *pair, Py_ssize_t begin)
{
    PyObject *known = interfaces_of(r);
    if (known == NULL) {
        return NULL;
    }
    known = PyDict_GetItemWithError(known, pair->make);
    if (known == NULL || !PyDict_CheckExact(known)) {
        return NULL;
    }
    PyObject *key = PyBytes_FromStringAndSize((const char *)r->data + begin, r->pos - begin);
    if (key == NULL) {
        return NULL;
    }
    PyObject *found = PyDict_GetItemWithError(known, key);
    Py_DECREF(key);
    return found != NULL && PyTuple_CheckExact(found) && PyTuple_Size(found) == 4 ? found : NULL;
}

/* Charge what a value counts, as Python has written it. */
static int
charge_counted(Reader *r, PyObject *counted)
{
    int overflow;
    if (!PyLong_Check(counted)) {
        return -1;
    }
    long long size = PyLong_AsLongLongAndOverflow(counted, &overflow);
    return overflow || size < 0 ? -1 : charge(r, 1, size);
}

/* Read what follows name and type: its size, and the value as it stands at the top of a message. */
static PyObject *
read_held(Reader *r, PyObject *program, PyObject *counted, long depth)
{
    uint64_t ignored;
    if (!is_program(program) || read_uint(r, &ignored) < 0 || charge_counted(r, counted) < 0) {
        return NULL;
    }
    DecodeProgram *outer = r->program, *inner = (DecodeProgram *)program;
    if (!inner->is_counted || inner->pairs == NULL) {
        return NULL;
    }
    r->program = inner;
    PyObject *value = read_top(r, depth - 1);
    r->program = outer;
    return value;
}

/* Return a value as one that keeps the type it came as, where there is a class for that. The value
 * is given away. */
static PyObject *
keep(Reader *r, PyObject *value, PyObject *make, PyObject *counted)
{
    if (value == NULL || make == Py_None) {
        return value;
    }
    PyObject *kept = PyObject_CallFunctionObjArgs(make, value, NULL);
    if (kept != NULL && kept != value && charge_counted(r, counted) < 0) {
        Py_CLEAR(kept);
    }
    Py_DECREF(value);
    return kept;
}

PyObject *
read_interface(Reader *r, Pair *pair, long depth)
{
    uint64_t size;
    int64_t id;
    Py_ssize_t begin = r->pos;
    if (depth < SHALLOW || !may_nest(r->level + 1) || !r->program->is_counted
        || read_uint(r, &size) < 0 || size > LONGEST_NAME
        || size > (uint64_t)(r->end - r->pos)) {
        return NULL;
    }
    if (size == 0) {
        if (!(pair->flags & MAY_BE_NIL)) {
            return NULL;
        }
        Py_RETURN_NONE;
    }
    r->pos += (Py_ssize_t)size;
    if (read_int(r, &id) < 0 || id < 0) {
        return NULL; /* a definition, which changes the stream */
    }
    PyObject *found = known_type(r, pair, begin);
    if (found == NULL) {
        return NULL;
    }
    Py_INCREF(found);
    r->level++;
    PyObject *value = read_held(r, PyTuple_GetItem(found, 0), PyTuple_GetItem(found, 1), depth);
    r->level--;
    value = keep(r, value, PyTuple_GetItem(found, 2), PyTuple_GetItem(found, 3));
    Py_DECREF(found);
    return value;
}
