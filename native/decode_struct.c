/* Decoding structs: which fields have come, and the object that they make. */
#include "decode.h"

/* The steps between so many fields are one byte each. */
#define MOST_SMALL 126

/* Values of up to so many members are on the stack. */
#define FEW_MEMBERS 12

static int
read_fields(Reader *r, Pair *pair, PyObject **values, long depth)
{
    Py_ssize_t index = -1;
    for (;;) {
        uint64_t step;
        if ((pair->sent_count > MOST_SMALL ? read_uint(r, &step) : read_small(r, &step)) < 0) {
            return -1;
        }
        if (step == 0) {
            return 0;
        }
        if (step > (uint64_t)(pair->sent_count - 1 - index)) {
            return -1;
        }
        index += (Py_ssize_t)step;
        SentField *field = &pair->sent[index];
        if (field->member < 0) {
            if (skip(r, field->skip, field->id, depth) < 0) {
                return -1;
            }
            continue;
        }
        PyObject *value = read_value(r, &r->program->pairs[field->pair], depth);
        if (value == NULL) {
            return -1;
        }
        values[field->member] = value; /* no two fields are the same member */
    }
}

/* Put zeros where fields were left out. */
static int
add_zeros(Pair *pair, PyObject **values)
{
    for (Py_ssize_t i = 0; i < pair->member_count; i++) {
        Member *member = &pair->members[i];
        if (values[i] != NULL) {
            continue;
        }
        switch (member->zero_kind) {
        case ZERO_CONSTANT:
            Py_INCREF(member->zero);
            values[i] = member->zero;
            break;
        case ZERO_LIST:
            values[i] = PyList_New(0);
            break;
        case ZERO_DICT:
            values[i] = PyDict_New();
            break;
        case ZERO_CALL:
            values[i] = PyObject_CallFunctionObjArgs(member->zero, NULL);
            break;
        default:
            continue;
        }
        if (values[i] == NULL) {
            return -1;
        }
    }
    return 0;
}

/* Make an object by storing what it holds, as its `__init__` would. */
static PyObject *
store_all(Reader *r, Pair *pair, PyObject **values)
{
    PyObject *object = pair->create((PyTypeObject *)pair->make, r->program->nothing, NULL);
    if (object == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < pair->member_count; i++) {
        Attribute *attribute = &pair->members[i].attribute;
        int result;
        if (attribute->set != NULL) {
            result = attribute->set(attribute->descriptor, object, values[i]);
        }
        else {
            result = PyObject_GenericSetAttr(object, attribute->name, values[i]);
        }
        if (result < 0) {
            Py_DECREF(object);
            return NULL;
        }
    }
    return object;
}

static PyObject *
call_class(Pair *pair, PyObject **values)
{
    Py_ssize_t count = 0;
    while (count < pair->member_count && values[count] != NULL
           && pair->members[count].keyword == NULL) {
        count++;
    }
    PyObject *object = NULL, *keywords = NULL, *arguments = PyTuple_New(count);
    if (arguments == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_INCREF(values[i]);
        if (PyTuple_SetItem(arguments, i, values[i]) < 0) {
            goto done;
        }
    }
    if (count < pair->member_count && (keywords = PyDict_New()) == NULL) {
        goto done;
    }
    for (Py_ssize_t i = count; i < pair->member_count; i++) {
        PyObject *keyword = pair->members[i].keyword;
        if (values[i] != NULL
            && (keyword == NULL || PyDict_SetItem(keywords, keyword, values[i]) < 0)) {
            goto done;
        }
    }
    object = PyObject_Call(pair->make, arguments, keywords);
done:
    Py_DECREF(arguments);
    Py_XDECREF(keywords);
    return object;
}

PyObject *
read_struct(Reader *r, Pair *pair, long depth)
{
    PyObject *few[FEW_MEMBERS] = {NULL}, **values = few, *object = NULL;
    if (pair->member_count > FEW_MEMBERS) {
        values = zeroed(pair->member_count, sizeof(PyObject *));
        if (values == NULL) {
            return NULL;
        }
    }
    if (read_fields(r, pair, values, depth) == 0 && add_zeros(pair, values) == 0) {
        object = pair->stores ? store_all(r, pair, values) : call_class(pair, values);
    }
    for (Py_ssize_t i = 0; i < pair->member_count; i++) {
        Py_XDECREF(values[i]);
    }
    if (values != few) {
        PyMem_Free(values);
    }
    return object;
}
