/* The type that takes plain requests off a stream and makes plain replies; see
 * rpcgen.protocol.server.ServerProtocol, whose methods do the rest. */
#include "server_calls.h"

static const char *const NAMES[NAME_COUNT] = {
    "_abort_broken", "_answer", "_answer_failure", "_current", "draining", "_enqueue",
    "_eof",          "finished", "locked",         "_partial", "_served",  "started",
};

static const char *const FIELDS[FIELD_COUNT] = {
    "calls", "function",       "lock",       "request",   "response",
    "seq",   "service_method", "statistics", "uncounted",
};

/* Return an attribute of the session, borrowed; NULL where there is none. */
static PyObject *
in_session(ServerCalls *c, int name)
{
    if (c->attributes != NULL) {
        return PyDict_GetItemWithError(c->attributes, c->names[name]);
    }
    PyObject *found = PyObject_GetAttr(c->session, c->names[name]);
    Py_XDECREF(found); /* the session keeps it */
    return found;
}

static int
set_in_session(ServerCalls *c, int name, PyObject *value)
{
    return c->attributes != NULL ? PyDict_SetItem(c->attributes, c->names[name], value)
                                 : PyObject_SetAttr(c->session, c->names[name], value);
}

void
set_attributes(ServerCalls *c, PyObject *attributes)
{
    PyObject *old = c->attributes;
    c->attributes = Py_NewRef(attributes);
    Py_XDECREF(old);
}

/* Return true if the next thing on the stream is a header, whose method may be served. */
static int
stands_at_header(ServerCalls *c)
{
    return in_session(c, NAME_DRAINING) == Py_False && in_session(c, NAME_CURRENT) == Py_None
           && in_session(c, NAME_PARTIAL) == Py_None;
}

/* Return the method that is served under the name in a header, a new reference; NULL for none. */
static PyObject *
find_served(ServerCalls *c, PyObject *header)
{
    PyObject *name = field_of(c, FIELD_SERVICE_METHOD, header), *served = NULL;
    PyObject *methods = name == NULL ? NULL : in_session(c, NAME_SERVED);
    if (methods != NULL && PyDict_CheckExact(methods)) {
        served = PyDict_GetItemWithError(methods, name);
        Py_XINCREF(served);
    }
    Py_XDECREF(name);
    return served;
}

static PyObject *
made_call(ServerCalls *c, PyObject *header, PyObject *served, PyObject *args)
{
    PyObject *call = c->create((PyTypeObject *)c->call_type, c->nothing, NULL);
    PyObject *held[] = {header, served, Py_None, args, Py_False};
    if (call != NULL && store(call, c->slot, held, SLOT_IS_HANDLED + 1) < 0) {
        Py_CLEAR(call);
    }
    return call;
}

/* Return the call whose header was just read; NULL where its arguments are not as usual. */
static PyObject *
read_call(ServerCalls *c, Stream *s, PyObject *header)
{
    PyObject *served = find_served(c, header), *schema, *args = NULL, *call = NULL;
    if (served == NULL) {
        return NULL;
    }
    schema = field_of(c, FIELD_REQUEST, served);
    Py_ssize_t end;
    if (schema != NULL && !is_used_up(s)) {
        args = decode_at(s, s->data, s->pos, schema, &end);
    }
    if (args != NULL) {
        call = made_call(c, header, served, args);
    }
    if (call != NULL && consume(s, end) < 0) {
        Py_CLEAR(call);
    }
    Py_XDECREF(args);
    Py_XDECREF(schema);
    Py_DECREF(served);
    return call;
}

/* Return the next call, all there; NULL with nothing consumed where it is out of the ordinary. */
static PyObject *
next_call(ServerCalls *c, Stream *s)
{
    Py_ssize_t pos = s->pos;
    char owed = s->owed;
    PyObject *data = s->data, *needed = s->needed;
    Py_XINCREF(data);
    Py_XINCREF(needed);
    PyObject *header = read_plain_header(c->headers), *call = NULL;
    if (header != NULL) {
        call = read_call(c, s, header);
        Py_DECREF(header);
        if (call == NULL && s->data == data) {
            PyObject *other = s->needed;
            s->pos = pos;
            s->owed = owed;
            s->needed = needed;
            needed = other;
        }
    }
    Py_XDECREF(data);
    Py_XDECREF(needed);
    return call;
}

int
next_plain(ServerCalls *c, PyObject **call)
{
    Stream *s = c->headers == NULL ? NULL : stream_of(c->headers);
    if (s == NULL || c->session == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "the connection has been cleared");
        return -1;
    }
    int is_usual = stands_at_header(c);
    if (is_usual && s->broken == Py_None && !holds_something(s)) {
        return set_in_session(c, NAME_EOF, c->eof);
    }
    *call = is_usual ? next_call(c, s) : NULL;
    if (*call != NULL) {
        return 1;
    }
    drop_in_calls(c);
    return -1;
}

static PyObject *
next(PyObject *self, PyObject *ignored)
{
    ServerCalls *c = (ServerCalls *)self;
    PyObject *call = NULL;
    int found = next_plain(c, &call);
    if (found == 0) {
        Py_RETURN_NONE;
    }
    return found > 0 || PyErr_Occurred() ? call : PyObject_CallNoArgs(c->next_in_python);
}

/* --- replies -------------------------------------------------------------------------------- */

/* Return the header of a reply to a request; NULL where it is not known, or its number is odd. */
static PyObject *
reply_header(ServerCalls *c, PyObject *request)
{
    PyObject *method = field_of(c, FIELD_SERVICE_METHOD, request);
    PyObject *seq = method == NULL ? NULL : field_of(c, FIELD_SEQ, request);
    PyObject *heads = NULL;
    uint64_t number = 0;
    if (seq != NULL && PyLong_CheckExact(seq)) {
        number = PyLong_AsUnsignedLongLong(seq);
        if (number != 0 && !PyErr_Occurred()) {
            heads = PyDict_GetItemWithError(c->heads, method);
        }
    }
    Py_XDECREF(method);
    Py_XDECREF(seq);
    unsigned char end[HEADER_END];
    int width = write_header_end(end, number);
    PyObject *head = heads == NULL ? NULL : head_before(heads, width);
    if (head == NULL) {
        return NULL;
    }
    Py_ssize_t size = PyBytes_Size(head);
    PyObject *made = PyBytes_FromStringAndSize(NULL, size + width);
    if (made != NULL) {
        char *data = PyBytes_AsString(made);
        memcpy(data, PyBytes_AsString(head), (size_t)size);
        memcpy(data + size, end, (size_t)width);
    }
    return made;
}

int
is_plain_call(ServerCalls *c, PyObject *call)
{
    if (Py_TYPE(call) != (PyTypeObject *)c->call_type) {
        return 0;
    }
    PyObject *context = slot_of(c, SLOT_CONTEXT, call);
    Py_XDECREF(context);
    return context == Py_None;
}

PyObject *
plain_reply(ServerCalls *c, PyObject *call, PyObject *value)
{
    if (!is_plain_call(c, call)) {
        return NULL;
    }
    PyObject *request, *served, *schema = NULL;
    PyObject *ahead = NULL, *data = NULL;
    request = slot_of(c, SLOT_REQUEST, call);
    if (request != NULL) {
        ahead = reply_header(c, request);
        Py_DECREF(request);
    }
    if (ahead != NULL && (served = slot_of(c, SLOT_SERVED, call)) != NULL) {
        schema = field_of(c, FIELD_RESPONSE, served);
        Py_DECREF(served);
    }
    if (schema != NULL) {
        data = encode_short(c->encoder, ahead, value, schema);
        Py_DECREF(schema);
    }
    Py_XDECREF(ahead);
    return data;
}

int
is_free(ServerCalls *c, PyObject *lock)
{
    PyObject *is_locked = PyObject_CallMethodObjArgs(lock, c->names[NAME_LOCKED], NULL);
    Py_XDECREF(is_locked);
    return is_locked == NULL ? -1 : is_locked == Py_False;
}

int
drop_in_calls(ServerCalls *c)
{
    if (!PyErr_Occurred()) {
        return 0;
    }
    Stream *s = c->headers == NULL ? NULL : stream_of(c->headers);
    return s == NULL ? -1 : drop_in_stream((PyObject *)s);
}

static PyObject *
reply_parts(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    ServerCalls *c = (ServerCalls *)self;
    if (count != 2 || c->session == NULL) {
        PyErr_SetString(PyExc_TypeError, "reply_parts takes a call and a value");
        return NULL;
    }
    PyObject *data = plain_reply(c, arguments[0], arguments[1]);
    if (data != NULL) {
        return listed(data);
    }
    if (drop_in_calls(c) < 0) {
        return NULL;
    }
    return PyObject_CallFunctionObjArgs(c->reply_in_python, arguments[0], arguments[1], NULL);
}

/* --- the type ------------------------------------------------------------------------------- */

/* Make what is alike in all of them. */
static int
set_up(ServerCalls *c)
{
    if (intern_names(c->names, NAMES, NAME_COUNT) < 0) {
        return -1;
    }
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (intern_names(&c->fields[i].name, &FIELDS[i], 1) < 0) {
            return -1;
        }
    }
    c->create = (newfunc)PyType_GetSlot(&PyBaseObject_Type, Py_tp_new);
    c->nothing = PyTuple_New(0);
    c->eof = PyUnicode_InternFromString("EOF");
    c->one = PyLong_FromLong(1);
    return c->nothing == NULL || c->eof == NULL || c->one == NULL ? -1 : 0;
}

static PyObject *
server_calls_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    PyObject *session, *headers, *encoder, *heads, *call_type, *slots, *next, *reply;
    ModuleState *state = PyType_GetModuleState(type);
    if (state == NULL || refuse_keywords(keywords) < 0
        || !PyArg_ParseTuple(arguments, "OOOO!O!OOO", &session, &headers, &encoder,
                             &PyDict_Type, &heads, &PyType_Type, &call_type, &slots, &next, &reply)
        || check_type(state->headers_type, headers) < 0
        || check_type(state->encoder_type, encoder) < 0) {
        return NULL;
    }
    if (stream_of(headers) == NULL) {
        PyErr_SetString(PyExc_ValueError, "the headers have no stream yet");
        return NULL;
    }
    ServerCalls *c = (ServerCalls *)PyType_GenericAlloc(type, 0);
    if (c == NULL) {
        return NULL;
    }
    PyObject **const places[] = {
        &c->session, &c->headers, &c->encoder, &c->heads,
        &c->call_type, &c->slots, &c->next_in_python, &c->reply_in_python,
    };
    PyObject *const given[] = {session, headers, encoder, heads, call_type, slots, next, reply};
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        Py_INCREF(given[i]);
        *places[i] = given[i];
    }
    if (slots_set_up(c->slot, slots, SLOT_COUNT) < 0 || set_up(c) < 0) {
        Py_CLEAR(c);
    }
    return (PyObject *)c;
}

static int
server_calls_traverse(PyObject *self, visitproc visit, void *arg)
{
    ServerCalls *c = (ServerCalls *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(c->session);
    Py_VISIT(c->attributes);
    Py_VISIT(c->headers);
    Py_VISIT(c->encoder);
    Py_VISIT(c->heads);
    Py_VISIT(c->call_type);
    Py_VISIT(c->slots);
    Py_VISIT(c->next_in_python);
    Py_VISIT(c->reply_in_python);
    for (int i = 0; i < FIELD_COUNT; i++) {
        Py_VISIT(c->fields[i].type);
    }
    return 0;
}

static int
server_calls_clear(PyObject *self)
{
    ServerCalls *c = (ServerCalls *)self;
    Py_CLEAR(c->session);
    Py_CLEAR(c->attributes);
    Py_CLEAR(c->headers);
    Py_CLEAR(c->encoder);
    Py_CLEAR(c->heads);
    Py_CLEAR(c->call_type);
    Py_CLEAR(c->slots);
    Py_CLEAR(c->next_in_python);
    Py_CLEAR(c->reply_in_python);
    return 0;
}

static void
server_calls_dealloc(PyObject *self)
{
    ServerCalls *c = (ServerCalls *)self;
    for (int i = 0; i < NAME_COUNT; i++) {
        Py_CLEAR(c->names[i]);
    }
    for (int i = 0; i < FIELD_COUNT; i++) {
        clear_learned(&c->fields[i]);
    }
    Py_CLEAR(c->nothing);
    Py_CLEAR(c->eof);
    Py_CLEAR(c->one);
    deallocate(self);
}

static PyMethodDef server_calls_methods[] = {
    {"next", next, METH_NOARGS,
     "Return the next event; see `rpcgen.protocol.server.ServerProtocol.next_event`."},
    {"reply_parts", (PyCFunction)(void (*)(void))reply_parts, METH_FASTCALL,
     "Return the bytes of a response; see `ServerProtocol.reply_parts`."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot server_calls_slots[] = {
    {Py_tp_doc, "Calls of a connection that have nothing beyond Go's net/rpc."},
    {Py_tp_new, server_calls_new},
    {Py_tp_traverse, server_calls_traverse},
    {Py_tp_clear, server_calls_clear},
    {Py_tp_dealloc, server_calls_dealloc},
    {Py_tp_methods, server_calls_methods},
    {0, NULL},
};

PyType_Spec server_calls_spec = {
    .name = "rpcgen._accelerator.ServerCalls",
    .basicsize = sizeof(ServerCalls),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = server_calls_slots,
};
