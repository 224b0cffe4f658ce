/* Types for single values as streams of their own, whose definitions are known; see
 * rpcgen.gob.single. */
#include "encode.h"
#include "stream.h"

typedef struct {
    PyObject_HEAD
    PyObject *stream_type; /* of what writes or reads the streams */
    PyObject *by_schema;   /* dict: what was asked for -> (definitions, encoder or decoders) */
    PyObject *by_class;    /* dict: class of a value without a schema -> (definitions, encoder) */
    PyObject *limits;      /* those that decoders have */
    PyObject *fallback;
    PyObject *reraise_interrupt;
    PyObject *strict; /* what `strings` must be */
    PyObject *class_name;
} Single;

/* Return the entry of what was asked for, a tuple of two: a new reference, or NULL. */
static PyObject *
entry_of(PyObject *known, PyObject *asked)
{
    PyObject *entry = known_under(known, asked);
    if (entry != NULL && !PyBytes_CheckExact(PyTuple_GetItem(entry, 0))) {
        Py_CLEAR(entry);
    }
    return entry;
}

static int
is_stream(Single *s, PyObject *object)
{
    return s->stream_type != NULL
           && PyObject_TypeCheck(object, (PyTypeObject *)s->stream_type);
}

/* --- encoding ------------------------------------------------------------------------------- */

/* Return definitions and value; NULL where those are not known, or it is out of the ordinary. */
static PyObject *
encode_known(Single *s, PyObject *value, PyObject *schema)
{
    PyObject *asked = schema, *data = NULL;
    if (schema == Py_None) {
        asked = PyObject_GetAttr(value, s->class_name);
        if (asked == NULL) {
            return NULL;
        }
    }
    else {
        Py_INCREF(asked);
    }
    PyObject *entry = entry_of(schema == Py_None ? s->by_class : s->by_schema, asked);
    if (entry != NULL && is_stream(s, PyTuple_GetItem(entry, 1))) {
        data = encode_short(
            PyTuple_GetItem(entry, 1), PyTuple_GetItem(entry, 0), value, asked);
    }
    Py_XDECREF(entry);
    Py_DECREF(asked);
    return data;
}

static PyObject *
encode(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Single *s = (Single *)self;
    if (count != 3 || s->fallback == NULL) {
        PyErr_SetString(PyExc_TypeError, "encode takes a value, a schema and what strings may be");
        return NULL;
    }
    if (arguments[2] == s->strict) {
        PyObject *data = encode_known(s, arguments[0], arguments[1]);
        if (data != NULL || PyErr_Occurred()) {
            return data;
        }
    }
    return PyObject_CallFunctionObjArgs(
        s->fallback, arguments[0], arguments[1], arguments[2], NULL);
}

/* --- decoding ------------------------------------------------------------------------------- */

/* Return a decoder that knows the definitions which data begins with: borrowed, NULL for none. */
static PyObject *
decoder_of(Single *s, PyObject *entry, PyObject *data)
{
    PyObject *definitions = PyTuple_GetItem(entry, 0), *idle = PyTuple_GetItem(entry, 1);
    Py_ssize_t size = PyBytes_Size(definitions);
    if (!PyList_CheckExact(idle) || PyList_Size(idle) < 1 || PyBytes_Size(data) < size
        || memcmp(PyBytes_AsString(data), PyBytes_AsString(definitions), (size_t)size) != 0) {
        return NULL;
    }
    PyObject *decoder = PyList_GetItem(idle, 0);
    return decoder != NULL && is_stream(s, decoder) ? decoder : NULL;
}

/* Return the value that follows known definitions; NULL where it is out of the ordinary. Nothing of
 * the decoder changes, so that others may use it meanwhile. */
static PyObject *
decode_known(Single *s, PyObject *data, PyObject *schema)
{
    PyObject *value = NULL, *entry = entry_of(s->by_schema, schema);
    if (entry == NULL) {
        return NULL;
    }
    PyObject *decoder = decoder_of(s, entry, data);
    if (decoder != NULL) {
        Py_ssize_t end = 0;
        Py_INCREF(decoder);
        value = decode_at((Stream *)decoder, data, PyBytes_Size(PyTuple_GetItem(entry, 0)),
                          schema, &end);
        Py_DECREF(decoder);
        if (value != NULL && end != PyBytes_Size(data)) {
            Py_CLEAR(value); /* there is more */
        }
    }
    Py_DECREF(entry);
    return value;
}

static PyObject *
decode(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Single *s = (Single *)self;
    if (count != 5 || s->fallback == NULL) {
        PyErr_SetString(
            PyExc_TypeError,
            "decode takes data, a schema, what strings and names may be, and limits");
        return NULL;
    }
    PyObject *data = arguments[0], *schema = arguments[1];
    if (PyBytes_CheckExact(data) && schema != Py_None && arguments[2] == s->strict
        && arguments[3] == Py_False && arguments[4] == s->limits) {
        PyObject *value = decode_known(s, data, schema);
        if (value != NULL) {
            return value;
        }
        if (drop_exception(s->reraise_interrupt) < 0) {
            return NULL;
        }
    }
    return PyObject_CallFunctionObjArgs(
        s->fallback, data, schema, arguments[2], arguments[3], arguments[4], NULL);
}

/* --- the types ------------------------------------------------------------------------------ */

static Single *
single_new(PyTypeObject *type, PyObject *fallback, PyObject *by_schema)
{
    Single *s = (Single *)PyType_GenericAlloc(type, 0);
    if (s == NULL) {
        return NULL;
    }
    Py_INCREF(fallback);
    s->fallback = fallback;
    Py_INCREF(by_schema);
    s->by_schema = by_schema;
    s->strict = PyUnicode_InternFromString("strict");
    s->class_name = PyUnicode_InternFromString("__class__");
    if (s->strict == NULL || s->class_name == NULL) {
        Py_CLEAR(s);
    }
    return s;
}

static PyObject *
single_encoder_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    PyObject *by_schema, *by_class, *fallback;
    ModuleState *state = PyType_GetModuleState(type);
    if (state == NULL || refuse_keywords(keywords) < 0
        || !PyArg_ParseTuple(arguments, "O!O!O", &PyDict_Type, &by_schema, &PyDict_Type,
                             &by_class, &fallback)) {
        return NULL;
    }
    Single *s = single_new(type, fallback, by_schema);
    if (s == NULL) {
        return NULL;
    }
    Py_INCREF(by_class);
    s->by_class = by_class;
    Py_INCREF(state->encoder_type);
    s->stream_type = state->encoder_type;
    return (PyObject *)s;
}

static PyObject *
single_decoder_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    PyObject *by_schema, *limits, *fallback, *reraise_interrupt;
    ModuleState *state = PyType_GetModuleState(type);
    if (state == NULL || refuse_keywords(keywords) < 0
        || !PyArg_ParseTuple(arguments, "O!OOO", &PyDict_Type, &by_schema, &limits, &fallback,
                             &reraise_interrupt)) {
        return NULL;
    }
    Single *s = single_new(type, fallback, by_schema);
    if (s == NULL) {
        return NULL;
    }
    Py_INCREF(limits);
    s->limits = limits;
    Py_INCREF(reraise_interrupt);
    s->reraise_interrupt = reraise_interrupt;
    Py_INCREF(state->stream_type);
    s->stream_type = state->stream_type;
    return (PyObject *)s;
}

static int
single_traverse(PyObject *self, visitproc visit, void *arg)
{
    Single *s = (Single *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(s->stream_type);
    Py_VISIT(s->by_schema);
    Py_VISIT(s->by_class);
    Py_VISIT(s->limits);
    Py_VISIT(s->fallback);
    Py_VISIT(s->reraise_interrupt);
    return 0;
}

static int
single_clear(PyObject *self)
{
    Single *s = (Single *)self;
    Py_CLEAR(s->stream_type);
    Py_CLEAR(s->by_schema);
    Py_CLEAR(s->by_class);
    Py_CLEAR(s->limits);
    Py_CLEAR(s->fallback);
    Py_CLEAR(s->reraise_interrupt);
    return 0;
}

static void
single_dealloc(PyObject *self)
{
    Single *s = (Single *)self;
    Py_CLEAR(s->strict);
    Py_CLEAR(s->class_name);
    free_with(self, single_clear);
}

static PyMethodDef single_encoder_methods[] = {
    {"encode", (PyCFunction)(void (*)(void))encode, METH_FASTCALL,
     "Return definitions and the value; see `rpcgen.gob.single.SingleEncoder.encode`."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef single_decoder_methods[] = {
    {"decode", (PyCFunction)(void (*)(void))decode, METH_FASTCALL,
     "Return the only value of a stream; see `rpcgen.gob.single.SingleDecoder.decode`."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot single_encoder_slots[] = {
    {Py_tp_doc, "Values as streams of their own, of which others have come before."},
    {Py_tp_new, single_encoder_new},
    {Py_tp_traverse, single_traverse},
    {Py_tp_clear, single_clear},
    {Py_tp_dealloc, single_dealloc},
    {Py_tp_methods, single_encoder_methods},
    {0, NULL},
};

PyType_Spec single_encoder_spec = {
    .name = "rpcgen._accelerator.SingleEncoder",
    .basicsize = sizeof(Single),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = single_encoder_slots,
};

static PyType_Slot single_decoder_slots[] = {
    {Py_tp_doc, "Values from streams of their own, of which others have come before."},
    {Py_tp_new, single_decoder_new},
    {Py_tp_traverse, single_traverse},
    {Py_tp_clear, single_clear},
    {Py_tp_dealloc, single_dealloc},
    {Py_tp_methods, single_decoder_methods},
    {0, NULL},
};

PyType_Spec single_decoder_spec = {
    .name = "rpcgen._accelerator.SingleDecoder",
    .basicsize = sizeof(Single),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = single_decoder_slots,
};
