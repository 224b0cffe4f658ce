/* The request of a plain call: what it needs is made, numbered, registered and sent. */
#include "exchange.h"

/* Size of a request from which on it is not copied behind its header. */
#define COPIED 2048

/* --- whether nothing else is under way ------------------------------------------------------ */

/* Return true where nothing else is under way, and the connection belongs to this process. */
static int
is_quiet(Exchange *x)
{
    for (int i = 0; i < EMPTY_COUNT; i++) {
        if (size_of(x->parts[i]) != 0) {
            return 0;
        }
    }
    Stream *s = (Stream *)x->parts[STREAM];
    if (holds_something(s) || s->broken != Py_None) {
        return 0;
    }
    PyObject *generation = PyDict_GetItemWithError(x->parts[FORKS], x->names[N_GENERATION]);
    return generation == x->parts[GENERATION];
}

/* Return true where a call has begun a moment ago, and note that one begins now. */
static int
is_in_use(Exchange *x)
{
    double now = seconds(), before = x->last_use;
    x->last_use = now;
    return now - before <= x->idle;
}

/* --- what is sent --------------------------------------------------------------------------- */

/* Make what the pending map has of a call, as `Call.__init__` does. */
static int
make_call(Exchange *x, Trip *t, PyObject *name)
{
    PyObject *waiters = PyList_New(0);
    t->outcomes = PyList_New(0);
    t->entry = PyTuple_New(4);
    t->call = x->create((PyTypeObject *)x->parts[CALL], x->nothing, NULL);
    PyObject *values[SLOT_COUNT] = {
        [CALL_SERVICE_METHOD] = name,
        [CALL_ARGS] = t->args,
        [CALL_REPLY] = Py_None,
        [CALL_ERROR] = Py_None,
        [CALL_IS_DONE] = Py_False,
        [CALL_DRIVER] = x->parts[CLIENT],
        [CALL_SETTINGS] = t->settings,
        [CALL_SEQ] = x->zero,
        [CALL_WAITERS] = waiters,
        [CALL_OUTCOMES] = t->outcomes,
    };
    int is_whole
        = waiters != NULL && t->outcomes != NULL && t->entry != NULL && t->call != NULL;
    int result = is_whole ? store(t->call, x->slots, values, SLOT_COUNT) : -1;
    Py_XDECREF(waiters);
    return result;
}

/* Look up what a method has, which is that of the last call as a rule. */
static int
learn_method(Exchange *x, PyObject *method)
{
    if (method == x->method) {
        return 0;
    }
    const int asked[] = {N_NAME, N_REQUEST, N_RESPONSE};
    PyObject *found[4] = {NULL}, **places[] = {&x->name, &x->request, &x->response, &x->method};
    int result = 0;
    for (int i = 0; i < 3 && result == 0; i++) {
        found[i] = PyObject_GetAttr(method, x->names[asked[i]]);
        result = found[i] == NULL ? -1 : 0;
    }
    found[3] = Py_NewRef(method);
    for (int i = 0; i < 4; i++) {
        PyObject *old = found[i];
        if (result == 0) {
            old = *places[i];
            *places[i] = found[i];
        }
        Py_XDECREF(old);
    }
    return result;
}

/* Make all that a call needs, while the encoder is claimed: values may be encoded by Python code. */
static int
prepare_trip(Exchange *x, Trip *t)
{
    if (learn_method(x, t->method) < 0) {
        return -1;
    }
    int has_more = t->tail_size > 1;
    PyObject *heads = PyDict_GetItemWithError(x->parts[has_more ? TIMED_HEADS : HEADS], x->name);
    PyObject *head = heads == NULL ? NULL : head_before(heads, 0);
    if (head == NULL || PyBytes_Size(head) < 1) {
        return -1;
    }
    Py_INCREF(head);
    t->head = head;
    Py_INCREF(x->response);
    t->response = x->response;
    if (make_call(x, t, x->name) == 0) {
        t->request = encode_short(x->parts[ENCODER], x->no_bytes, t->args, x->request);
    }
    return t->request == NULL ? -1 : 0;
}

/* Number the call and register it; -1 where the number has no header. */
static int
register_trip(Exchange *x, Trip *t)
{
    t->seq = PyIter_Next(x->parts[NUMBERS]);
    if (t->seq == NULL) {
        return -1;
    }
    uint64_t seq = PyLong_AsUnsignedLongLong(t->seq);
    if (seq == (uint64_t)-1 && PyErr_Occurred()) {
        return -1;
    }
    t->end_size = write_header_end(t->end, seq);
    /* Headers leave a zero out. */
    if (seq == 0 || store(t->call, &x->slots[CALL_SEQ], &t->seq, 1) < 0) {
        return -1;
    }
    PyObject *values[] = {t->seq, t->call, t->method, t->settings};
    for (int i = 0; i < 4; i++) {
        Py_INCREF(values[i]);
        if (PyTuple_SetItem(t->entry, i, values[i]) < 0) {
            return -1;
        }
    }
    return PyDict_SetItem(x->parts[PENDING], t->seq, t->entry);
}

/* The bytes of a request as they go on the wire, none of which are copied. */
#define PIECES 5

typedef struct {
    struct iovec pieces[PIECES];
    size_t size;
} Wire;

/* Lay out a request: how long the header is, what stands in front of the number, the number, what
 * follows it, and the body. The first is written to `length`. */
static Wire
wire_of(Trip *t, unsigned char *length)
{
    size_t ahead = (size_t)PyBytes_Size(t->head) - 1, number = (size_t)t->end_size - 1;
    int size = write_uint(length, ahead + number + t->tail_size);
    Wire wire = {{
        {length, (size_t)size},
        {PyBytes_AsString(t->head) + 1, ahead},
        {t->end, number},
        {(void *)(uintptr_t)t->tail, t->tail_size},
        {PyBytes_AsString(t->request), (size_t)PyBytes_Size(t->request)},
    }};
    for (int i = 0; i < PIECES; i++) {
        wire.size += wire.pieces[i].iov_len;
    }
    return wire;
}

static void
copy_to(char *to, const Wire *wire)
{
    for (int i = 0; i < PIECES; i++) {
        memcpy(to, wire->pieces[i].iov_base, wire->pieces[i].iov_len);
        to += wire->pieces[i].iov_len;
    }
}

/* Send what the connection takes at once; return as the system does. `whole` is the size. */
static Py_ssize_t
send_trip(Exchange *x, Trip *t, Py_ssize_t *whole)
{
    unsigned char length[NUMBER_SIZE];
    Wire wire = wire_of(t, length);
    *whole = (Py_ssize_t)wire.size;
    if (wire.size <= COPIED) {
        char bytes[COPIED];
        copy_to(bytes, &wire);
        return send(x->descriptor, bytes, wire.size, MSG_DONTWAIT);
    }
    struct msghdr message = {.msg_iov = wire.pieces, .msg_iovlen = PIECES};
    return sendmsg(x->descriptor, &message, MSG_DONTWAIT);
}

/* --- sending -------------------------------------------------------------------------------- */

Py_ssize_t
begin_trip(Exchange *x, Trip *t, Py_ssize_t *whole)
{
    if (!is_quiet(x) || !is_in_use(x) || learn_settings(x, t) < 0 || claim(x, N_ENCODE) < 0) {
        return -1;
    }
    int result = prepare_trip(x, t);
    give_up(x->parts[CLAIMS], x->names[N_ENCODE], x->token);
    /* From here to the end of sending, it is one step. */
    if (result < 0 || !is_quiet(x)
        || !attribute_is(x->parts[PROTOCOL], x->names[N_CURRENT], Py_None)
        || register_trip(x, t) < 0) {
        return -1;
    }
    Py_ssize_t sent = send_trip(x, t, whole);
    if (sent >= 0) {
        return sent;
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        t->problem = errno;
    }
    else if (PyDict_DelItem(x->parts[PENDING], t->seq) < 0) {
        PyErr_Clear();
    }
    return -1;
}

/* Return the whole request as it goes on the wire. */
static PyObject *
joined(Trip *t)
{
    unsigned char length[NUMBER_SIZE];
    Wire wire = wire_of(t, length);
    PyObject *data = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)wire.size);
    if (data != NULL) {
        copy_to(PyBytes_AsString(data), &wire);
    }
    return data;
}

PyObject *
leave_rest(Exchange *x, Trip *t, Py_ssize_t sent)
{
    PyObject *data = joined(t), *done = NULL;
    /* Nobody else may send in between. */
    if (data != NULL && claim(x, N_SEND) == 0) {
        PyObject *count = PyLong_FromSsize_t(sent);
        done = count == NULL ? NULL : in_python((PyObject *)x, "_enqueue_rest", t->call, data, count);
        Py_XDECREF(count);
    }
    if (done == NULL) {
        shutdown(x->descriptor, SHUT_RDWR); /* or other requests would come after half of one */
    }
    give_up(x->parts[CLAIMS], x->names[N_SEND], x->token);
    Py_XDECREF(data);
    Py_XDECREF(done);
    return done == NULL ? NULL : in_python((PyObject *)x, "_wait_blocked", t->call, NULL, NULL);
}
