/* The type that looks up headers by the bytes in front of their numbers; see
 * rpcgen.gob.header_cache. */
#include "decode.h"
#include "stream.h"

/* Members that headers may have for them to be made without calling a class. */
#define MOST_MEMBERS 16

/* How headers are made: by storing what they hold, where slots are known. */
typedef struct {
    PyObject *make;
    PyObject *slots; /* owns all that is below; NULL where `make` is called */
    newfunc create;
    Py_ssize_t count;
    Attribute members[MOST_MEMBERS];
    PyObject *values[MOST_MEMBERS]; /* of those that are alike in all headers */
} Recipe;

typedef struct {
    PyObject_HEAD
    PyObject *stream;
    PyObject *known;    /* dict: bytes -> (name, width) */
    PyObject *nothing;  /* the empty tuple */
    Recipe plain;
    Recipe timed;
} HeaderReader;

static PyObject *
made(HeaderReader *h, Recipe *recipe, PyObject *name, uint64_t seq, PyObject *timeout)
{
    PyObject *number = PyLong_FromUnsignedLongLong(seq);
    if (number == NULL) {
        return NULL;
    }
    PyObject *given[] = {name, number, timeout}, *header;
    if (recipe->slots == NULL) {
        header = PyObject_CallFunctionObjArgs(recipe->make, name, number, timeout, NULL);
        Py_DECREF(number);
        return header;
    }
    header = recipe->create((PyTypeObject *)recipe->make, h->nothing, NULL);
    Py_ssize_t count = timeout == NULL ? 2 : 3;
    if (header != NULL
        && (store(header, recipe->members, given, count) < 0
            || store(header, recipe->members + count, recipe->values + count,
                     recipe->count - count) < 0)) {
        Py_CLEAR(header);
    }
    Py_DECREF(number);
    return header;
}

/* Read what follows the number where that is a time limit: 1, the time, 0. Return 0 where it is
 * anything else. */
static int64_t
read_timeout(Reader *r)
{
    int64_t timeout;
    if (r->end - r->pos < 3 || r->data[r->pos++] != 1 || read_int(r, &timeout) < 0) {
        return 0;
    }
    return r->pos == r->end - 1 && timeout > 0 ? timeout : 0;
}

/* Read what follows the name: 1, the number, 0; or 1, the number, and a time limit. */
static PyObject *
read_rest(HeaderReader *h, Reader *r, PyObject *name, int is_timed)
{
    uint64_t seq;
    if (r->end - r->pos < 3 || r->data[r->pos++] != 1 || r->data[r->end - 1] != 0
        || read_uint(r, &seq) < 0) {
        return NULL;
    }
    if (!is_timed) {
        return r->pos == r->end - 1 ? made(h, &h->plain, name, seq, NULL) : NULL;
    }
    int64_t nanoseconds = h->timed.make == NULL ? 0 : read_timeout(r);
    PyObject *timeout = nanoseconds == 0 ? NULL : PyLong_FromLongLong(nanoseconds);
    if (timeout == NULL) {
        return NULL;
    }
    PyObject *header = made(h, &h->timed, name, seq, timeout);
    Py_DECREF(timeout);
    return header;
}

/* Return the header that is next; NULL where it is not known, or is none of `is_plain`. */
static PyObject *
read_known(HeaderReader *h, int is_plain)
{
    Stream *s = (Stream *)h->stream;
    if (s == NULL || h->known == NULL || h->plain.make == NULL
        || !PyDict_CheckExact(h->known) || s->broken != Py_None || s->data == NULL
        || !PyBytes_CheckExact(s->data)) {
        return NULL;
    }
    Reader r;
    begin_reading(&r, NULL, s->data, h->stream, s->pos);
    /* The length, two bytes of id, 1, the length of the name, the name. */
    if (r.pos < 0 || r.end - r.pos < 5) {
        return NULL;
    }
    const unsigned char *begin = r.data + r.pos;
    Py_ssize_t size = 5 + begin[4];
    /* What is known has a length of one byte. */
    Py_ssize_t end = r.pos + 1 + begin[0];
    if (r.end - r.pos < size || end > r.end) {
        return NULL;
    }
    PyObject *key = PyBytes_FromStringAndSize((const char *)begin, size);
    if (key == NULL) {
        return NULL;
    }
    PyObject *entry = PyDict_GetItemWithError(h->known, key);
    Py_DECREF(key);
    if (entry == NULL || !PyTuple_Check(entry) || PyTuple_Size(entry) != 2) {
        return NULL;
    }
    PyObject *data = s->data;
    Py_INCREF(data);
    Py_INCREF(entry);
    long width = PyLong_AsLong(PyTuple_GetItem(entry, 1));
    PyObject *header = NULL;
    if (width > 0 || (width == 0 && !is_plain)) {
        r.pos += size;
        r.end = end;
        header = read_rest(h, &r, PyTuple_GetItem(entry, 0), width == 0);
    }
    if (header != NULL && consume(s, end) < 0) {
        Py_CLEAR(header);
    }
    Py_DECREF(entry);
    Py_DECREF(data);
    return header;
}

Stream *
stream_of(PyObject *headers)
{
    return (Stream *)((HeaderReader *)headers)->stream;
}

PyObject *
read_plain_header(PyObject *headers)
{
    return read_known((HeaderReader *)headers, 1);
}

static PyObject *
decode(PyObject *self, PyObject *ignored)
{
    PyObject *header = read_known((HeaderReader *)self, 0);
    if (header != NULL || PyErr_Occurred()) {
        return header;
    }
    return in_python(self, "_decode_in_python", NULL, NULL, NULL);
}

static PyObject *
next(PyObject *self, PyObject *ignored)
{
    Stream *s = (Stream *)((HeaderReader *)self)->stream;
    if (s != NULL && s->broken == Py_None && !holds_something(s)) {
        Py_RETURN_NONE;
    }
    return decode(self, NULL);
}

/* --- what it works with --------------------------------------------------------------------- */

static void
drop_recipe(Recipe *recipe)
{
    Py_CLEAR(recipe->make);
    Py_CLEAR(recipe->slots);
}

/* Take over how headers are made: a callable, and None or a tuple of slots with their values, of
 * which so many are given for each header. */
static int
set_up_recipe(Recipe *recipe, PyObject *make, PyObject *slots, Py_ssize_t given)
{
    drop_recipe(recipe);
    if (make == Py_None) {
        return 0;
    }
    if (slots != Py_None) {
        Py_ssize_t count = PyTuple_Check(slots) ? PyTuple_Size(slots) : -1;
        if (!PyType_Check(make) || count < given || count > MOST_MEMBERS) {
            return bad_plan();
        }
        for (Py_ssize_t i = 0; i < count; i++) {
            PyObject *descriptor;
            if (parse_row(PyTuple_GetItem(slots, i), "OO", &descriptor, &recipe->values[i]) < 0) {
                return -1;
            }
            attribute_set_up(&recipe->members[i], NULL, descriptor);
            if (recipe->members[i].set == NULL) {
                return bad_plan();
            }
        }
        Py_INCREF(slots);
        recipe->slots = slots;
        recipe->count = count;
        recipe->create = (newfunc)PyType_GetSlot(&PyBaseObject_Type, Py_tp_new);
    }
    Py_INCREF(make);
    recipe->make = make;
    return 0;
}

static PyObject *
prepare(PyObject *self, PyTypeObject *type, PyObject *const *arguments, Py_ssize_t count,
        PyObject *keywords)
{
    HeaderReader *h = (HeaderReader *)self;
    ModuleState *state = PyType_GetModuleState(type);
    if (state == NULL) {
        return NULL;
    }
    if (count != 6 || keywords != NULL || !PyDict_CheckExact(arguments[1])
        || !PyObject_TypeCheck(arguments[0], (PyTypeObject *)state->stream_type)) {
        PyErr_SetString(PyExc_TypeError, "a Stream, a dict, and two ways to make headers");
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        PyObject **place = i == 0 ? &h->stream : &h->known;
        PyObject *old = *place;
        Py_INCREF(arguments[i]);
        *place = arguments[i];
        Py_XDECREF(old);
    }
    if (set_up_recipe(&h->plain, arguments[2], arguments[3], 2) < 0
        || set_up_recipe(&h->timed, arguments[4], arguments[5], 3) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
header_reader_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    HeaderReader *h = (HeaderReader *)PyType_GenericAlloc(type, 0);
    if (h != NULL && (h->nothing = PyTuple_New(0)) == NULL) {
        Py_CLEAR(h);
    }
    return (PyObject *)h;
}

static int
header_reader_traverse(PyObject *self, visitproc visit, void *arg)
{
    HeaderReader *h = (HeaderReader *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(h->stream);
    Py_VISIT(h->known);
    Py_VISIT(h->nothing);
    Py_VISIT(h->plain.make);
    Py_VISIT(h->plain.slots);
    Py_VISIT(h->timed.make);
    Py_VISIT(h->timed.slots);
    return 0;
}

static int
header_reader_clear(PyObject *self)
{
    HeaderReader *h = (HeaderReader *)self;
    Py_CLEAR(h->stream);
    Py_CLEAR(h->known);
    Py_CLEAR(h->nothing);
    drop_recipe(&h->plain);
    drop_recipe(&h->timed);
    return 0;
}

static void
header_reader_dealloc(PyObject *self)
{
    free_with(self, header_reader_clear);
}

static PyMethodDef header_reader_methods[] = {
    {"decode", decode, METH_NOARGS,
     "Return the next header; see `rpcgen.gob.header_cache.HeaderDecoder.decode`."},
    {"next", next, METH_NOARGS,
     "Return the next header, None where nothing of it has come; see `HeaderDecoder.next`."},
    {"_prepare", (PyCFunction)(void (*)(void))prepare,
     METH_METHOD | METH_FASTCALL | METH_KEYWORDS,
     "Take over the stream, what is known, and how headers are made."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot header_reader_slots[] = {
    {Py_tp_doc, "Headers that are known by their bytes."},
    {Py_tp_new, header_reader_new},
    {Py_tp_traverse, header_reader_traverse},
    {Py_tp_clear, header_reader_clear},
    {Py_tp_dealloc, header_reader_dealloc},
    {Py_tp_methods, header_reader_methods},
    {0, NULL},
};

PyType_Spec header_reader_spec = {
    .name = "rpcgen._accelerator.HeaderReader",
    .basicsize = sizeof(HeaderReader),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = header_reader_slots,
};
