/* The type that a stream which is read stands on: its bytes, and whole messages in them. */
#include "decode.h"
#include "stream.h"

static Py_ssize_t
held_in_chunks(Stream *s)
{
    return s->chunks == NULL || !PyList_CheckExact(s->chunks) ? 0 : PyList_Size(s->chunks);
}

/* --- feeding -------------------------------------------------------------------------------- */

static int
add_chunk(Stream *s, PyObject *chunk, PyObject *data)
{
    Py_ssize_t size = PyObject_Size(data);
    if (size < 0) {
        return -1;
    }
    if (s->chunks == NULL || !PyList_CheckExact(s->chunks)) {
        PyErr_SetString(PyExc_AttributeError, "the stream has no list of chunks");
        return -1;
    }
    if (PyList_Append(s->chunks, chunk) < 0) {
        return -1;
    }
    s->size += size;
    return 0;
}

int
feed_stream(Stream *s, PyObject *data)
{
    PyObject *chunk;
    if (PyBytes_CheckExact(data)) {
        Py_INCREF(data);
        chunk = data;
    }
    else {
        chunk = PyObject_CallFunctionObjArgs((PyObject *)&PyBytes_Type, data, NULL);
        if (chunk == NULL) {
            return -1;
        }
    }
    if (is_used_up(s) && held_in_chunks(s) == 0) {
        PyObject *used = s->data;
        s->base += s->pos;
        s->data = chunk;
        s->pos = 0;
        Py_XDECREF(used);
        return 0;
    }
    int result = add_chunk(s, chunk, data);
    Py_DECREF(chunk);
    return result;
}

static PyObject *
feed(PyObject *self, PyObject *data)
{
    if (feed_stream((Stream *)self, data) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
pending_of(PyObject *self, void *closure)
{
    Stream *s = (Stream *)self;
    Py_ssize_t held = size_of_data(s) - s->pos + s->size;
    return PyLong_FromSsize_t(held ? held : s->owed != 0);
}

/* --- messages ------------------------------------------------------------------------------- */

int
consume(Stream *s, Py_ssize_t pos)
{
    PyObject *needed = s->needed, *one = PyLong_FromLong(1);
    if (one == NULL) {
        return -1;
    }
    s->needed = one;
    Py_XDECREF(needed);
    s->pos = pos;
    s->owed = 0;
    return 0;
}

PyObject *
decode_at(Stream *s, PyObject *data, Py_ssize_t pos, PyObject *asked, Py_ssize_t *end)
{
    if (s->whole == NULL || data == NULL || !PyBytes_CheckExact(data)) {
        return NULL;
    }
    PyObject *message = PyDict_GetItemWithError(s->whole, asked);
    if (message == NULL) {
        return NULL;
    }
    Py_INCREF(message);
    Py_INCREF(data);
    PyObject *value = read_message(message, data, (PyObject *)s, pos, end);
    Py_DECREF(message);
    Py_DECREF(data);
    return value;
}

int
drop_in_stream(PyObject *self)
{
    Aside aside;
    put_aside(&aside); /* attributes are not found while one is set */
    PyObject *reraise_interrupt = PyObject_GetAttrString(self, "_reraise_interrupt");
    Py_XINCREF(reraise_interrupt);
    if (put_back(&aside, reraise_interrupt) < 0) {
        return -1;
    }
    int result = drop_exception(reraise_interrupt);
    Py_DECREF(reraise_interrupt);
    return result;
}

static PyObject *
decode(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    static const char *const names[] = {"schema", NULL};
    PyObject *asked = Py_None;
    if (take_arguments(arguments, count, keywords, names, 0, &asked) < 0) {
        return NULL;
    }
    Stream *s = (Stream *)self;
    Py_ssize_t end;
    PyObject *value = is_used_up(s) ? NULL : decode_at(s, s->data, s->pos, asked, &end);
    if (value != NULL && consume(s, end) < 0) {
        Py_CLEAR(value);
    }
    if (value != NULL) {
        return value;
    }
    if (PyErr_Occurred() && drop_in_stream(self) < 0) {
        return NULL;
    }
    /* Decoded again, it says what is wrong. */
    return in_python(self, "_decode_in_python", asked, NULL, NULL);
}

static PyObject *
decode_after(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Stream *s = (Stream *)self;
    if (count != 3 || !PyLong_Check(arguments[1])) {
        PyErr_SetString(PyExc_TypeError, "decode_after takes data, a position and a schema");
        return NULL;
    }
    Py_ssize_t end, pos = PyLong_AsSsize_t(arguments[1]);
    if (pos == -1 && PyErr_Occurred()) {
        return NULL;
    }
    PyObject *value = is_used_up(s) && held_in_chunks(s) == 0
                          ? decode_at(s, arguments[0], pos, arguments[2], &end)
                          : NULL;
    if (value != NULL && end == PyBytes_Size(arguments[0])) {
        return value;
    }
    Py_XDECREF(value);
    if (PyErr_Occurred() && drop_in_stream(self) < 0) {
        return NULL;
    }
    return in_python(
        self, "_decode_after_in_python", arguments[0], arguments[1], arguments[2]);
}

/* --- the type ------------------------------------------------------------------------------- */

static PyObject *
stream_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    Stream *s = (Stream *)PyType_GenericAlloc(type, 0);
    if (s == NULL) {
        return NULL;
    }
    s->whole = PyDict_New();
    s->interfaces = PyDict_New();
    if (s->whole == NULL || s->interfaces == NULL) {
        Py_DECREF(s);
        return NULL;
    }
    return (PyObject *)s;
}

static int
stream_traverse(PyObject *self, visitproc visit, void *arg)
{
    Stream *s = (Stream *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(s->data);
    Py_VISIT(s->chunks);
    Py_VISIT(s->needed);
    Py_VISIT(s->broken);
    Py_VISIT(s->whole);
    Py_VISIT(s->interfaces);
    return 0;
}

static int
stream_clear(PyObject *self)
{
    Stream *s = (Stream *)self;
    Py_CLEAR(s->data);
    Py_CLEAR(s->chunks);
    Py_CLEAR(s->needed);
    Py_CLEAR(s->broken);
    Py_CLEAR(s->whole);
    Py_CLEAR(s->interfaces);
    return 0;
}

static void
stream_dealloc(PyObject *self)
{
    free_with(self, stream_clear);
}

static PyMemberDef stream_members[] = {
    {"_data", T_OBJECT_EX, offsetof(Stream, data), 0, NULL},
    {"_pos", T_PYSSIZET, offsetof(Stream, pos), 0, NULL},
    {"_base", T_PYSSIZET, offsetof(Stream, base), 0, NULL},
    {"_chunks", T_OBJECT_EX, offsetof(Stream, chunks), 0, NULL},
    {"_size", T_PYSSIZET, offsetof(Stream, size), 0, NULL},
    {"_needed", T_OBJECT_EX, offsetof(Stream, needed), 0, NULL},
    {"_owed", T_BOOL, offsetof(Stream, owed), 0, NULL},
    {"_broken", T_OBJECT_EX, offsetof(Stream, broken), 0, NULL},
    {"_whole", T_OBJECT_EX, offsetof(Stream, whole), READONLY, NULL},
    {"_interfaces", T_OBJECT_EX, offsetof(Stream, interfaces), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef stream_getset[] = {
    {"pending", pending_of, NULL,
     "How many bytes were fed that belong to no value yet: 0 at a clean end.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef stream_methods[] = {
    {"feed", feed, METH_O, "Add bytes to the end of the stream."},
    {"decode", (PyCFunction)(void (*)(void))decode, METH_FASTCALL | METH_KEYWORDS,
     "Return the next value; see `rpcgen.gob.decoder.Decoder.decode`."},
    {"decode_after", (PyCFunction)(void (*)(void))decode_after, METH_FASTCALL,
     "Return the value at a position of other data, which must end with it."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot stream_slots[] = {
    {Py_tp_doc, "Bytes of a stream, and the messages in them that are as usual."},
    {Py_tp_new, stream_new},
    {Py_tp_traverse, stream_traverse},
    {Py_tp_clear, stream_clear},
    {Py_tp_dealloc, stream_dealloc},
    {Py_tp_members, stream_members},
    {Py_tp_getset, stream_getset},
    {Py_tp_methods, stream_methods},
    {0, NULL},
};

PyType_Spec stream_spec = {
    .name = "rpcgen._accelerator.Stream",
    .basicsize = sizeof(Stream),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = stream_slots,
};
