/* Encoding values with others inside: structs, sequences, maps, pointers, conversions. */
#include "encode.h"

static int
put_sequence(EncodeFunction *f, Node *node, PyObject *value, Writer *w, int level)
{
    Py_ssize_t size = length_of(value);
    if (size < 0 || (node->op == OP_ARRAY && size != node->length)) {
        return -1;
    }
    if (put_uint(w, (uint64_t)size) < 0) {
        return -1;
    }
    Node *element = &f->nodes[node->children[0]];
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *item = element_of(value, i);
        if (item == NULL) {
            return -1;
        }
        int result = put_element(f, element, item, w, level);
        Py_DECREF(item);
        if (result < 0) {
            return -1;
        }
    }
    /* Code of the user's may have run, and changed the list. */
    return length_of(value) == size ? 0 : -1;
}

static int
put_map(EncodeFunction *f, Node *node, PyObject *value, Writer *w, int level)
{
    if (!PyDict_CheckExact(value)) {
        return -1;
    }
    PyObject *key, *item;
    Py_ssize_t size = PyDict_Size(value), place = 0, seen = 0;
    if (put_uint(w, (uint64_t)size) < 0) {
        return -1;
    }
    while (PyDict_Next(value, &place, &key, &item)) {
        Py_INCREF(key);
        Py_INCREF(item);
        int result = put_element(f, &f->nodes[node->children[0]], key, w, level);
        if (result == 0) {
            result = put_element(f, &f->nodes[node->children[1]], item, w, level);
        }
        Py_DECREF(key);
        Py_DECREF(item);
        if (result < 0 || ++seen > size || PyDict_Size(value) != size) {
            return -1;
        }
    }
    return seen == size ? 0 : -1;
}

static int put_struct(EncodeFunction *f, Node *node, PyObject *value, Writer *w, int level);

/* Write a value with parts, which takes one of the levels that there may be. */
static int
put_parts(EncodeFunction *f, Node *node, PyObject *value, Writer *w, int level)
{
    if (!may_nest(level)) {
        return -1;
    }
    switch (node->op) {
    case OP_STRUCT:
        return put_struct(f, node, value, w, level + 1);
    case OP_MAP:
        return put_map(f, node, value, w, level + 1);
    }
    return put_sequence(f, node, value, w, level + 1);
}

/* Write a value of a node without pointer and conversion. */
static int
put_plain(EncodeFunction *f, Node *node, PyObject *value, Writer *w, int level)
{
    switch (node->op) {
    case OP_ARRAY:
        if (node->flags & IS_OF_BYTES) {
            return put_byte_array(node, value, w);
        }
        return put_parts(f, node, value, w, level);
    case OP_LIST:
    case OP_MAP:
    case OP_STRUCT:
        return put_parts(f, node, value, w, level);
    case OP_INTERFACE:
        return put_interface(node, value, w, level);
    }
    return put_leaf(node, value, w);
}

/* Convert a value where its type is one that is: return the node of the new reference. */
static Node *
lowered(EncodeFunction *f, Node *node, PyObject *value, PyObject **result)
{
    if (node->lower == NULL) {
        Py_INCREF(value);
        *result = value;
        return node;
    }
    if (value == Py_None && node->flags & IS_NULLABLE) {
        Py_INCREF(value);
        *result = value;
    }
    else {
        *result = PyObject_CallFunctionObjArgs(node->lower, value, NULL);
    }
    return &f->nodes[node->inner];
}

int
put_element(EncodeFunction *f, Node *node, PyObject *value, Writer *w, int level)
{
    PyObject *held;
    if (node->lower == NULL && !(node->flags & IS_NULLABLE)) {
        return put_plain(f, node, value, w, level);
    }
    node = lowered(f, node, value, &held);
    if (held == NULL) {
        return -1;
    }
    int result;
    if (node->flags & IS_NULLABLE && held == Py_None) {
        result = node->op == OP_MAP ? put_uint(w, 0) : -1;
    }
    else {
        result = put_plain(f, &f->nodes[node->plain], held, w, level);
    }
    Py_DECREF(held);
    return result;
}

/* Return 1 where a value is sent as a field, 0 where Go leaves it out, -1 to give up; or 2 where
 * it is left out if all that would be written is a single zero. */
static int
is_sent(Node *node, PyObject *value)
{
    double number;
    switch (node->op) {
    case OP_ARRAY:
    case OP_MAP:
    case OP_STRUCT:
    case OP_EMPTY:
        return 1;
    case OP_FLOAT:
        return as_double(value, &number) < 0 ? -1 : number != 0.0;
    case OP_COMPLEX:
        if (!PyComplex_CheckExact(value)) {
            return -1;
        }
        return PyComplex_RealAsDouble(value) != 0.0 || PyComplex_ImagAsDouble(value) != 0.0;
    case OP_DURATION:
        return PyObject_RichCompareBool(value, node->second, Py_NE);
    }
    return 2;
}

static int
put_opaque_field(Node *node, PyObject *value, uint64_t step, Writer *w)
{
    PyObject *raw = marshalled(node, value);
    if (raw == NULL) {
        return -1;
    }
    int result = 1;
    if (node->second != Py_None) {
        result = PyObject_RichCompareBool(raw, node->second, Py_NE);
    }
    if (result > 0) {
        size_t size = (size_t)PyBytes_Size(raw);
        result = put_uint(w, step) < 0 || put_raw(w, PyBytes_AsString(raw), size) < 0 ? -1 : 1;
    }
    Py_DECREF(raw);
    return result;
}

/* Write a field after the steps from the one before: return 1 if it is sent, 0 if not. */
static int
put_field(EncodeFunction *f, Node *node, PyObject *value, uint64_t step, Writer *w, int level)
{
    if (node->flags & IS_NULLABLE) {
        if (value == Py_None) {
            return 0;
        }
        Node *plain = &f->nodes[node->plain];
        if (plain->op == OP_OPAQUE) {
            return put_uint(w, step) < 0 || put_plain(f, plain, value, w, level) < 0 ? -1 : 1;
        }
        node = plain;
    }
    if (node->op == OP_OPAQUE) {
        return put_opaque_field(node, value, step, w);
    }
    int sent = is_sent(node, value);
    if (sent <= 0) {
        return sent;
    }
    size_t before = w->used;
    if (put_uint(w, step) < 0) {
        return -1;
    }
    size_t start = w->used;
    int pieces = w->pieces;
    if (put_plain(f, node, value, w, level) < 0) {
        return -1;
    }
    if (sent == 2 && pieces == w->pieces && w->used == start + 1 && w->data[start] == 0) {
        w->used = before;
        return 0;
    }
    return 1;
}

static int
put_struct(EncodeFunction *f, Node *node, PyObject *value, Writer *w, int level)
{
    int is_exact = (PyObject *)Py_TYPE(value) == node->first;
    if (!is_exact) {
        PyObject *checked = PyObject_CallFunctionObjArgs(node->second, value, NULL);
        if (checked == NULL) {
            return -1;
        }
        Py_DECREF(checked);
    }
    uint64_t step = 1;
    for (Py_ssize_t i = 0; i < node->count; i++) {
        Field *field = &node->fields[i];
        PyObject *held, *item = is_exact ? attribute_of(&field->attribute, value)
                                         : PyObject_GetAttr(value, field->attribute.name);
        if (item == NULL) {
            return -1;
        }
        Node *member = lowered(f, &f->nodes[field->node], item, &held);
        Py_DECREF(item);
        if (held == NULL) {
            return -1;
        }
        int sent = put_field(f, member, held, step, w, level);
        Py_DECREF(held);
        if (sent < 0) {
            return -1;
        }
        step = sent ? 1 : step + 1;
    }
    return put_uint(w, 0);
}
