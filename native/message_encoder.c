/* The type that a stream which is written stands on: whole messages of types that it has described. */
#include "encode.h"
#include <structmember.h>

typedef struct {
    PyObject_HEAD
    PyObject *whole; /* dict: what was asked for -> (EncodeFunction, bytes of the id) */
    PyObject *interfaces; /* dict: Interface -> dict: class -> (EncodeFunction, bytes in front) */
    PyObject *empty; /* bytes */
} MessageEncoder;

static const char *const NAMES[] = {"ahead", "value", "schema", NULL};

PyObject *
known_under(PyObject *known, PyObject *asked)
{
    PyObject *found = known == NULL ? NULL : PyDict_GetItemWithError(known, asked);
    if (found == NULL) {
        if (PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear(); /* not hashable, so nothing that has come before */
        }
        return NULL;
    }
    if (!PyTuple_Check(found) || PyTuple_Size(found) != 2) {
        return NULL;
    }
    Py_INCREF(found);
    return found;
}

PyObject *
encode_short(PyObject *encoder, PyObject *ahead, PyObject *value, PyObject *asked)
{
    MessageEncoder *e = (MessageEncoder *)encoder;
    PyObject *known = known_under(e->whole, asked);
    if (known == NULL) {
        return NULL;
    }
    PyObject *data = write_message(
        PyTuple_GetItem(known, 0), ahead, PyTuple_GetItem(known, 1), value, e->interfaces);
    Py_DECREF(known);
    return data;
}

static PyObject *
joined(MessageEncoder *e, PyObject *parts)
{
    if (parts == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if (PyList_CheckExact(parts) && PyList_Size(parts) == 1) {
        result = PyList_GetItem(parts, 0);
        Py_INCREF(result);
    }
    else {
        result = PyObject_CallMethod(e->empty, "join", "O", parts);
    }
    Py_DECREF(parts);
    return result;
}

static PyObject *
encoded(PyObject *self, PyObject *ahead, PyObject *value, PyObject *asked)
{
    PyObject *data = encode_short(self, ahead, value, asked);
    if (data != NULL || PyErr_Occurred()) {
        return data;
    }
    PyObject *parts = in_python(self, "_encode_in_python", ahead, value, asked);
    return joined((MessageEncoder *)self, parts);
}

static PyObject *
encode(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    PyObject *given[] = {NULL, Py_None};
    if (take_arguments(arguments, count, keywords, NAMES + 1, 1, given) < 0) {
        return NULL;
    }
    return encoded(self, ((MessageEncoder *)self)->empty, given[0], given[1]);
}

static PyObject *
encode_after(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    PyObject *given[] = {NULL, NULL, Py_None};
    if (take_arguments(arguments, count, keywords, NAMES, 2, given) < 0) {
        return NULL;
    }
    return encoded(self, given[0], given[1], given[2]);
}

static PyObject *
encode_parts_after(
    PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    PyObject *given[] = {NULL, NULL, Py_None};
    if (take_arguments(arguments, count, keywords, NAMES, 2, given) < 0) {
        return NULL;
    }
    PyObject *data = encode_short(self, given[0], given[1], given[2]);
    if (data != NULL || PyErr_Occurred()) {
        return listed(data);
    }
    return in_python(self, "_encode_in_python", given[0], given[1], given[2]);
}

/* --- the type ------------------------------------------------------------------------------- */

static PyObject *
message_encoder_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    MessageEncoder *e = (MessageEncoder *)PyType_GenericAlloc(type, 0);
    if (e == NULL) {
        return NULL;
    }
    e->whole = PyDict_New();
    e->interfaces = PyDict_New();
    e->empty = PyBytes_FromStringAndSize(NULL, 0);
    if (e->whole == NULL || e->interfaces == NULL || e->empty == NULL) {
        Py_CLEAR(e);
    }
    return (PyObject *)e;
}

static int
message_encoder_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((MessageEncoder *)self)->whole);
    Py_VISIT(((MessageEncoder *)self)->interfaces);
    return 0;
}

static int
message_encoder_clear(PyObject *self)
{
    Py_CLEAR(((MessageEncoder *)self)->whole);
    Py_CLEAR(((MessageEncoder *)self)->interfaces);
    return 0;
}

static void
message_encoder_dealloc(PyObject *self)
{
    Py_CLEAR(((MessageEncoder *)self)->empty);
    free_with(self, message_encoder_clear);
}

static PyMemberDef message_encoder_members[] = {
    {"_whole", T_OBJECT_EX, offsetof(MessageEncoder, whole), READONLY, NULL},
    {"_interfaces", T_OBJECT_EX, offsetof(MessageEncoder, interfaces), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef message_encoder_methods[] = {
    {"encode", (PyCFunction)(void (*)(void))encode, METH_FASTCALL | METH_KEYWORDS,
     "Return a value as whole messages; see `rpcgen.gob.encoder.Encoder.encode`."},
    {"encode_after", (PyCFunction)(void (*)(void))encode_after, METH_FASTCALL | METH_KEYWORDS,
     "Return other messages, and then a value like `encode`."},
    {"encode_parts_after", (PyCFunction)(void (*)(void))encode_parts_after,
     METH_FASTCALL | METH_KEYWORDS,
     "Return what `encode_after` does in pieces: large strings and bytes are not copied."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot message_encoder_slots[] = {
    {Py_tp_doc, "Messages of types that a stream has described."},
    {Py_tp_new, message_encoder_new},
    {Py_tp_traverse, message_encoder_traverse},
    {Py_tp_clear, message_encoder_clear},
    {Py_tp_dealloc, message_encoder_dealloc},
    {Py_tp_members, message_encoder_members},
    {Py_tp_methods, message_encoder_methods},
    {0, NULL},
};

PyType_Spec message_encoder_spec = {
    .name = "rpcgen._accelerator.MessageEncoder",
    .basicsize = sizeof(MessageEncoder),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = message_encoder_slots,
};
