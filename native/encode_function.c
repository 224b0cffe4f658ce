/* The type that encodes values of one schema. */
#include "encode.h"

static int encode_function_clear(PyObject *self);

/* Write a value as it stands at the top of a message. */
static int
put_top(EncodeFunction *f, PyObject *value, Writer *w, int level)
{
    Node *root = &f->nodes[f->root];
    if (root->op != OP_STRUCT && root->op != OP_EMPTY && put_uint(w, 0) < 0) {
        return -1; /* what is no struct is sent like a field with the number 0 */
    }
    return put_element(f, root, value, w, level);
}

static int
is_function(PyObject *object)
{
    return is_emptied_by(object, encode_function_clear)
           && ((EncodeFunction *)object)->nodes != NULL;
}

int
put_by(PyObject *function, PyObject *value, Writer *w, int level)
{
    return is_function(function) ? put_top((EncodeFunction *)function, value, w, level) : -1;
}

/* Append the bytes of a value to a list: return -1 to give up. On the stack while it runs: not while
 * Python does the same, which may come back here for a value inside. */
NEVER_INLINED static int
append_encoded(EncodeFunction *f, PyObject *value, PyObject *out, PyObject *stream)
{
    Writer w;
    begin_writing(&w, out);
    if (f->has_interfaces) {
        w.interfaces = PyObject_GetAttr(stream, f->interfaces);
        if (w.interfaces == NULL) {
            return -1;
        }
    }
    int result = put_top(f, value, &w, 0);
    if (result == 0 && (w.used || !w.pieces)) {
        result = flush(&w);
    }
    if (result == 0 && w.holds_large) {
        result = PyObject_SetAttr(stream, f->holds_large, Py_True);
    }
    end_writing(&w);
    Py_CLEAR(w.interfaces);
    return result;
}

static PyObject *
encode(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    EncodeFunction *f = (EncodeFunction *)self;
    if (count != 3 || f->nodes == NULL || !PyList_CheckExact(arguments[1])) {
        PyErr_SetString(PyExc_TypeError, "encode takes a value, a list and a stream");
        return NULL;
    }
    if (enter_from_python() < 0) {
        return NULL;
    }
    Py_ssize_t before = PyList_Size(arguments[1]);
    if (append_encoded(f, arguments[0], arguments[1], arguments[2]) == 0) {
        Py_RETURN_NONE;
    }
    if (drop_exception(f->reraise_interrupt) < 0
        || PyList_SetSlice(arguments[1], before, PY_SSIZE_T_MAX, NULL) < 0) {
        return NULL;
    }
    return PyObject_CallFunctionObjArgs(
        f->fallback, arguments[0], arguments[1], arguments[2], NULL);
}

/* Return what goes ahead of a message, and the message, whose body has `w->used` bytes. */
static PyObject *
with_length(PyObject *ahead, Writer *w)
{
    Writer length;
    begin_writing(&length, NULL);
    if (put_uint(&length, w->used) < 0) {
        return NULL;
    }
    size_t first = (size_t)PyBytes_Size(ahead);
    size_t size = first + length.used + w->used;
    PyObject *result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (result != NULL) {
        char *place = PyBytes_AsString(result);
        memcpy(place, PyBytes_AsString(ahead), first);
        memcpy(place + first, length.data, length.used);
        memcpy(place + first + length.used, w->data, w->used);
    }
    return result;
}

PyObject *
write_message(
    PyObject *function, PyObject *ahead, PyObject *id, PyObject *value, PyObject *interfaces)
{
    EncodeFunction *f = (EncodeFunction *)function;
    if (!is_function(function) || !PyBytes_CheckExact(ahead)) {
        return NULL;
    }
    Writer w;
    begin_writing(&w, NULL);
    w.interfaces = interfaces;
    PyObject *result = NULL;
    if (put_encoded(&w, id) == 0 && put_top(f, value, &w, 0) == 0) {
        result = with_length(ahead, &w);
    }
    end_writing(&w);
    if (result == NULL) {
        drop_exception(f->reraise_interrupt);
    }
    return result;
}

/* --- the plan ------------------------------------------------------------------------------- */

static int
set_up_fields(Node *node, PyObject *fields, Py_ssize_t nodes)
{
    Py_ssize_t count = PyTuple_Size(fields);
    node->fields = zeroed(count, sizeof(Field));
    if (node->fields == NULL) {
        return -1;
    }
    node->count = count;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *name, *descriptor;
        int number;
        PyObject *field = item_of(fields, i);
        if (parse_row(field, "UOi", &name, &descriptor, &number) < 0) {
            return -1;
        }
        if (!is_number_of(number, nodes)) {
            return bad_plan();
        }
        attribute_set_up(&node->fields[i].attribute, name, descriptor);
        node->fields[i].node = number;
    }
    return 0;
}

static int
set_up_extra(Node *node, PyObject *extra, Py_ssize_t nodes)
{
    switch (node->op) {
    case OP_STRUCT:
    case OP_ENUM:
    case OP_DURATION:
    case OP_OPAQUE:
    case OP_INTERFACE:
        if ((node->first = item_of(extra, 0)) == NULL
            || (node->second = item_of(extra, 1)) == NULL) {
            return -1;
        }
        break;
    default:
        return 0;
    }
    if (node->op == OP_STRUCT) {
        PyObject *fields = item_of(extra, 2);
        return fields == NULL ? -1 : set_up_fields(node, fields, nodes);
    }
    return node->op == OP_ENUM && !PyDict_Check(node->second) ? bad_plan() : 0;
}

static int
set_up_node(EncodeFunction *f, Node *node, PyObject *row)
{
    PyObject *lower, *extra;
    if (parse_row(
            row,
            "iiiiiiinOO",
            &node->op,
            &node->flags,
            &node->bits,
            &node->inner,
            &node->plain,
            &node->children[0],
            &node->children[1],
            &node->length,
            &lower,
            &extra)
        < 0) {
        return -1;
    }
    node->lower = lower == Py_None ? NULL : lower;
    int parts = node->op == OP_MAP ? 2 : node->op == OP_LIST || node->op == OP_ARRAY ? 1 : 0;
    if (node->op < 0 || node->op >= OP_VARIED || node->bits < 1
        || node->bits > 128 || !is_number_of(node->inner, f->count)
        || !is_number_of(node->plain, f->count)
        || (parts > 0 && !is_number_of(node->children[0], f->count))
        || (parts > 1 && !is_number_of(node->children[1], f->count))) {
        return bad_plan();
    }
    return set_up_extra(node, extra, f->count);
}

static PyObject *
encode_function_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    PyObject *plan, *fallback, *reraise_interrupt;
    int root;
    if (refuse_keywords(keywords) < 0) {
        return NULL;
    }
    if (!PyArg_ParseTuple(
            arguments, "O!iOO", &PyTuple_Type, &plan, &root, &fallback, &reraise_interrupt)) {
        return NULL;
    }
    EncodeFunction *f = (EncodeFunction *)PyType_GenericAlloc(type, 0);
    if (f == NULL) {
        return NULL;
    }
    Py_INCREF(plan);
    Py_INCREF(fallback);
    Py_INCREF(reraise_interrupt);
    f->plan = plan;
    f->fallback = fallback;
    f->reraise_interrupt = reraise_interrupt;
    f->holds_large = PyUnicode_InternFromString("holds_large");
    f->interfaces = PyUnicode_InternFromString("_interfaces");
    if (f->holds_large == NULL || f->interfaces == NULL) {
        Py_DECREF(f);
        return NULL;
    }
    f->count = PyTuple_Size(plan);
    f->root = root;
    if (!is_number_of(root, f->count)) {
        bad_plan();
        Py_DECREF(f);
        return NULL;
    }
    f->nodes = zeroed(f->count, sizeof(Node));
    if (f->nodes == NULL) {
        Py_DECREF(f);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < f->count; i++) {
        if (set_up_node(f, &f->nodes[i], PyTuple_GetItem(plan, i)) < 0) {
            Py_DECREF(f);
            return NULL;
        }
        f->has_interfaces = f->has_interfaces || f->nodes[i].op == OP_INTERFACE;
    }
    return (PyObject *)f;
}

static int
encode_function_traverse(PyObject *self, visitproc visit, void *arg)
{
    EncodeFunction *f = (EncodeFunction *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(f->plan);
    Py_VISIT(f->fallback);
    Py_VISIT(f->reraise_interrupt);
    return 0;
}

static void
drop_nodes(EncodeFunction *f)
{
    Node *nodes = f->nodes;
    f->nodes = NULL;
    if (nodes != NULL) {
        for (Py_ssize_t i = 0; i < f->count; i++) {
            PyMem_Free(nodes[i].fields);
        }
        PyMem_Free(nodes);
    }
}

static int
encode_function_clear(PyObject *self)
{
    EncodeFunction *f = (EncodeFunction *)self;
    drop_nodes(f);
    Py_CLEAR(f->plan);
    Py_CLEAR(f->fallback);
    Py_CLEAR(f->reraise_interrupt);
    Py_CLEAR(f->holds_large);
    Py_CLEAR(f->interfaces);
    return 0;
}

static PyMethodDef encode_function_methods[] = {
    {"encode", (PyCFunction)(void (*)(void))encode, METH_FASTCALL,
     "Append the bytes of a value, as it stands at the top of a message, to a list."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot encode_function_slots[] = {
    {Py_tp_doc, "Plan of a schema that encodes values."},
    {Py_tp_new, encode_function_new},
    {Py_tp_traverse, encode_function_traverse},
    {Py_tp_clear, encode_function_clear},
    {Py_tp_dealloc, deallocate},
    {Py_tp_methods, encode_function_methods},
    {0, NULL},
};

PyType_Spec encode_function_spec = {
    .name = "rpcgen._accelerator.EncodeFunction",
    .basicsize = sizeof(EncodeFunction),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = encode_function_slots,
};
