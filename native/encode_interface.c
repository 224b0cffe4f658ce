/* Encoding interface values, which bring the names and numbers of their types along. */
#include "encode.h"

/* Return how values of a class go out, a tuple: the function, and name and number in front of them;
 * or, for values of which each tells its type, what returns that, what returns the value itself,
 * and a dict of the former. A new reference, NULL where the stream has not had one. */
static PyObject *
known_class(Node *node, PyObject *value, Writer *w)
{
    if (w->interfaces == NULL || !PyDict_CheckExact(w->interfaces)) {
        return NULL;
    }
    PyObject *known = PyDict_GetItemWithError(w->interfaces, node->first);
    if (known == NULL || !PyDict_CheckExact(known)) {
        return NULL;
    }
    /* A metaclass may bring code along, to hash a class, that has the stream forget it. */
    Py_INCREF(known);
    PyObject *found = PyDict_GetItemWithError(known, (PyObject *)Py_TYPE(value));
    found = found != NULL && PyTuple_CheckExact(found) ? Py_NewRef(found) : NULL;
    Py_DECREF(known);
    return found;
}

/* Put the number of bytes in front of those that were written last. */
static int
insert_size(Writer *w, size_t start)
{
    size_t size = w->used - start, width = 1;
    if (size > 127) {
        width = 2;
        while (width <= sizeof(size) && size >> (8 * (width - 1))) {
            width++;
        }
    }
    if (reserve(w, width) < 0) {
        return -1;
    }
    memmove(w->data + start + width, w->data + start, size);
    w->used = start;
    if (put_uint(w, size) < 0 || w->used != start + width) {
        return -1;
    }
    w->used += size;
    return 0;
}

/* Write name, number, size and a value that is of the type which these tell. */
static int
put_held(PyObject *found, PyObject *value, Writer *w, int level)
{
    if (PyTuple_Size(found) != 2 || put_encoded(w, PyTuple_GetItem(found, 1)) < 0) {
        return -1;
    }
    size_t start = w->used;
    int pieces = w->pieces;
    int result = put_by(PyTuple_GetItem(found, 0), value, w, level + 1);
    /* What is too large to be copied has no place behind a size that is not known yet. */
    return result < 0 || pieces != w->pieces ? -1 : insert_size(w, start);
}

/* Write a value that tells its type itself. */
static int
put_typed(PyObject *found, PyObject *value, Writer *w, int level)
{
    PyObject *held = NULL, *types = PyTuple_GetItem(found, 2);
    PyObject *type = PyObject_CallFunctionObjArgs(PyTuple_GetItem(found, 0), value, NULL);
    if (type != NULL && PyDict_CheckExact(types)) {
        held = PyDict_GetItemWithError(types, type);
    }
    Py_XDECREF(type);
    if (held == NULL || !PyTuple_CheckExact(held)) {
        return -1;
    }
    Py_INCREF(held);
    int result = -1;
    PyObject *plain = PyObject_CallFunctionObjArgs(PyTuple_GetItem(found, 1), value, NULL);
    if (plain != NULL) {
        result = put_held(held, plain, w, level);
        Py_DECREF(plain);
    }
    Py_DECREF(held);
    return result;
}

int
put_interface(Node *node, PyObject *value, Writer *w, int level)
{
    if (value == Py_None) {
        return node->flags & MAY_BE_NIL ? put_uint(w, 0) : -1;
    }
    PyObject *found = may_nest(level) ? known_class(node, value, w) : NULL;
    if (found == NULL) {
        return -1;
    }
    int result = PyTuple_Size(found) == 3 ? put_typed(found, value, w, level)
                                          : put_held(found, value, w, level);
    Py_DECREF(found);
    return result;
}
