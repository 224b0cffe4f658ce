/* The type that decodes whole messages of one type, which a stream has met before. */
#include "decode.h"

/* rpcgen.gob.framing.LARGE_MESSAGE_BYTES: what ends beyond it is not kept by the stream. */
#define LARGE_MESSAGE 65536

/* How many bytes of a message tell its type: an id of two, or one and the 0 before no struct. */
#define HEAD 2

typedef struct {
    PyObject_HEAD
    PyObject *program;
    unsigned char head[HEAD];
    int width; /* of the id */
    Py_ssize_t most;
    long depth;
} DecodeMessage;

/* Find the message at a position: return where it begins, with its end in the reader; -1 where it
 * is not there as a whole, is large, or is one of another type. */
static Py_ssize_t
find_message(DecodeMessage *m, Reader *r)
{
    uint64_t size;
    Py_ssize_t held = r->end;
    if (r->pos < 0 || held > m->most || read_uint(r, &size) < 0) {
        return -1;
    }
    if (size < HEAD || size > (uint64_t)(held - r->pos)) {
        return -1;
    }
    r->end = r->pos + (Py_ssize_t)size;
    if (r->end > LARGE_MESSAGE || memcmp(r->data + r->pos, m->head, HEAD) != 0) {
        return -1;
    }
    return r->pos;
}

static PyObject *
decode_message_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    PyObject *program;
    const char *head;
    Py_ssize_t size, most;
    int width;
    long depth;
    if (refuse_keywords(keywords) < 0) {
        return NULL;
    }
    if (!PyArg_ParseTuple(
            arguments, "Oy#inl", &program, &head, &size, &width, &most, &depth)) {
        return NULL;
    }
    if (!is_program(program)) {
        PyErr_SetString(PyExc_TypeError, "a DecodeProgram is wanted");
        return NULL;
    }
    if (size != HEAD || width < 1 || width > HEAD || !((DecodeProgram *)program)->is_alone) {
        PyErr_SetString(PyExc_ValueError, "messages of this type are not decoded by themselves");
        return NULL;
    }
    DecodeMessage *m = (DecodeMessage *)PyType_GenericAlloc(type, 0);
    if (m == NULL) {
        return NULL;
    }
    Py_INCREF(program);
    m->program = program;
    memcpy(m->head, head, HEAD);
    m->width = width;
    m->most = most;
    m->depth = depth;
    return (PyObject *)m;
}

static int
decode_message_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((DecodeMessage *)self)->program);
    return 0;
}

static int
decode_message_clear(PyObject *self)
{
    Py_CLEAR(((DecodeMessage *)self)->program);
    return 0;
}

PyObject *
read_message(
    PyObject *message, PyObject *bytes, PyObject *stream, Py_ssize_t pos, Py_ssize_t *end)
{
    DecodeMessage *m = (DecodeMessage *)message;
    if (!is_emptied_by(message, decode_message_clear) || m->program == NULL
        || ((DecodeProgram *)m->program)->pairs == NULL) {
        return NULL;
    }
    Reader r;
    begin_reading(&r, m->program, bytes, stream, pos);
    Py_ssize_t start = find_message(m, &r);
    if (start < 0) {
        return NULL;
    }
    *end = r.end;
    r.pos = start + m->width;
    return decode_top(&r, m->depth);
}

static PyType_Slot decode_message_slots[] = {
    {Py_tp_doc, "Program that decodes whole messages."},
    {Py_tp_new, decode_message_new},
    {Py_tp_traverse, decode_message_traverse},
    {Py_tp_clear, decode_message_clear},
    {Py_tp_dealloc, deallocate},
    {0, NULL},
};

PyType_Spec decode_message_spec = {
    .name = "rpcgen._accelerator.DecodeMessage",
    .basicsize = sizeof(DecodeMessage),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = decode_message_slots,
};
