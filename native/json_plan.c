/* What the types that write and read JSON have in common: a plan, and the function behind it. */
#include "json.h"

static int
set_up_rows(JsonPlan *p, int (*set_up)(JsonPlan *, void *, PyObject *))
{
    p->count = PyTuple_Size(p->plan);
    p->rows = zeroed(p->count, (size_t)p->row_size);
    if (p->rows == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < p->count; i++) {
        if (set_up(p, p->rows + i * p->row_size, PyTuple_GetItem(p->plan, i)) < 0) {
            return -1;
        }
    }
    return is_number_of(p->root, p->count) ? 0 : bad_plan();
}

PyObject *
json_plan_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords, Py_ssize_t row_size,
              int (*set_up)(JsonPlan *, void *, PyObject *))
{
    PyObject *plan, *fallback, *reraise_interrupt;
    int root;
    if (refuse_keywords(keywords) < 0
        || !PyArg_ParseTuple(
            arguments, "O!iOO", &PyTuple_Type, &plan, &root, &fallback, &reraise_interrupt)) {
        return NULL;
    }
    JsonPlan *p = (JsonPlan *)PyType_GenericAlloc(type, 0);
    if (p == NULL) {
        return NULL;
    }
    Py_INCREF(plan);
    p->plan = plan;
    Py_INCREF(fallback);
    p->fallback = fallback;
    Py_INCREF(reraise_interrupt);
    p->reraise_interrupt = reraise_interrupt;
    p->row_size = row_size;
    p->root = root;
    if (set_up_rows(p, set_up) < 0) {
        Py_CLEAR(p);
    }
    return (PyObject *)p;
}

int
can_be_run(JsonPlan *p, int op, int flags, int bits, const int *children)
{
    int has_first = op == OP_LIST || op == OP_MAP || flags & NULL_IS_NONE;
    return op >= 0 && op <= OP_VARIED && bits >= 1 && bits <= 64
           && (!has_first || is_number_of(children[0], p->count))
           && (op != OP_MAP || is_number_of(children[1], p->count));
}

int
json_plan_traverse(PyObject *self, visitproc visit, void *arg)
{
    JsonPlan *p = (JsonPlan *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(p->plan);
    Py_VISIT(p->fallback);
    Py_VISIT(p->reraise_interrupt);
    return 0;
}

int
json_plan_clear(PyObject *self)
{
    JsonPlan *p = (JsonPlan *)self;
    char *rows = p->rows;
    p->rows = NULL;
    for (Py_ssize_t i = 0; rows != NULL && i < p->count; i++) {
        void *memory;
        memcpy(&memory, rows + i * p->row_size, sizeof(memory));
        PyMem_Free(memory);
    }
    PyMem_Free(rows);
    Py_CLEAR(p->plan);
    Py_CLEAR(p->fallback);
    Py_CLEAR(p->reraise_interrupt);
    return 0;
}

PyObject *
json_plan_fallback(JsonPlan *p, PyObject *value)
{
    if (drop_exception(p->reraise_interrupt) < 0) {
        return NULL;
    }
    return PyObject_CallFunctionObjArgs(p->fallback, value, NULL);
}

int
is_in_range(PyObject *value, int is_unsigned, int bits, long long *number)
{
    int overflow;
    if (!PyLong_CheckExact(value)) {
        return 0;
    }
    *number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow || (is_unsigned && *number < 0)) {
        return 0;
    }
    bits -= !is_unsigned;
    return bits >= 63 || (*number < (1LL << bits) && *number >= -(1LL << bits));
}
