/* Objects of what JSON has for their members. */
#include "json.h"

/* Put zeros where nothing has come and the class has no default: return 1 where all is there. */
static int
add_zeros(JsonPair *pair, PyObject **values)
{
    int is_whole = 1;
    for (Py_ssize_t i = 0; i < pair->count; i++) {
        if (values[i] == NULL && pair->members[i].zero != Py_None) {
            values[i] = PyObject_CallFunctionObjArgs(pair->members[i].zero, NULL);
            if (values[i] == NULL) {
                return -1;
            }
        }
        is_whole = is_whole && values[i] != NULL;
    }
    return is_whole;
}

static PyObject *
call_by_place(JsonPair *pair, PyObject **values)
{
    PyObject *arguments = PyTuple_New(pair->count);
    for (Py_ssize_t i = 0; arguments != NULL && i < pair->count; i++) {
        Py_INCREF(values[i]);
        if (PyTuple_SetItem(arguments, i, values[i]) < 0) {
            Py_CLEAR(arguments);
        }
    }
    PyObject *object = arguments == NULL ? NULL : PyObject_Call(pair->make, arguments, NULL);
    Py_XDECREF(arguments);
    return object;
}

static PyObject *
call_by_name(JsonPair *pair, PyObject **values)
{
    PyObject *arguments = PyTuple_New(0), *keywords = PyDict_New(), *object = NULL;
    int result = arguments == NULL || keywords == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; result == 0 && i < pair->count; i++) {
        if (values[i] != NULL) {
            result = PyDict_SetItem(keywords, pair->members[i].keyword, values[i]);
        }
    }
    if (result == 0) {
        object = PyObject_Call(pair->make, arguments, keywords);
    }
    Py_XDECREF(arguments);
    Py_XDECREF(keywords);
    return object;
}

PyObject *
made_of(JsonPair *pair, PyObject **values)
{
    int is_whole = add_zeros(pair, values);
    if (is_whole < 0) {
        return NULL;
    }
    return is_whole && pair->is_positional ? call_by_place(pair, values)
                                           : call_by_name(pair, values);
}
