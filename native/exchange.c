/* The type that carries out plain calls of a client with threads: request and response of one call
 * on a connection where nothing else is under way. See rpcgen.sync.exchange.
 *
 * What is done here between two looks at the connection is one step for Python: the lock of the
 * interpreter is held, and no object is made that could have the garbage collector run. So no
 * signal handler, finalizer or other thread comes in between, and most of what is claimed in Python
 * need not be. While values are encoded and decoded, and while other threads run, it is claimed as
 * there. */
#include "encode.h"
#include "stream.h"

#include <errno.h>
#include <sched.h>
#include <sys/socket.h>
#include <time.h>

/* Bytes that are received at once: rpcgen.sync.stream._READ_SIZE. */
#define READ_SIZE 65536

/* Size of a request from which on it is not copied behind its header. */
#define COPIED 2048

/* A number takes at most so many bytes, the zero that ends a header one more. */
#define WIDEST 10

/* What it works with, in the order of rpcgen.sync.exchange.Exchange; those in `empty` have nothing
 * in them while nothing is under way. */
enum {
    PENDING,
    CLAIMS,
    LEADER,
    GIVEN_UP,
    RECEIVED,
    QUEUE,
    CANCELS,
    REFUSALS,
    EMPTY_COUNT,
    FOLLOWERS = EMPTY_COUNT,
    NUMBERS,
    HEADS,
    WHOLE,
    INTERFACES,
    KNOWN,
    STREAM,
    CLIENT,
    PROTOCOL,
    SPIN,
    FORKS,
    GENERATION,
    SETTINGS,
    RERAISE_INTERRUPT,
    CALL,
    SLOTS,
    PARTS_COUNT
};

/* Slots of a call, in the order of rpcgen.sync.exchange. */
enum {
    CALL_SERVICE_METHOD,
    CALL_ARGS,
    CALL_REPLY,
    CALL_ERROR,
    CALL_IS_DONE,
    CALL_DRIVER,
    CALL_SETTINGS,
    CALL_SEQ,
    CALL_WAITERS,
    CALL_OUTCOMES,
    SLOT_COUNT
};

/* Names of keys and attributes. */
enum {
    N_ENCODE,
    N_TAKE,
    N_SEND,
    N_NAME,
    N_REQUEST,
    N_RESPONSE,
    N_CURRENT,
    N_IS_SILENT,
    N_GENERATION,
    N_TO_SKIP,
    N_SKIP,
    NAME_COUNT
};

static const char *const TEXTS[] = {
    "encode",   "take",      "send",       "name",     "request", "response",
    "_current", "is_silent", "generation", "_to_skip", "_skip",
};

typedef struct {
    PyObject_HEAD
    PyObject *parts[PARTS_COUNT];
    PyObject *names[NAME_COUNT];
    PyObject *token;   /* a claim, see rpcgen.sync.sections: of whichever thread is in here */
    PyObject *nothing; /* the empty tuple */
    PyObject *no_bytes;
    PyObject *zero;
    descrsetfunc set; /* of all slots */
    newfunc create;
    unsigned char *buffer;
    unsigned long thread; /* whose number the token has */
    double last_use;      /* time in seconds at which the last call has begun */
    double idle;          /* seconds after which a connection is looked at before it is used */
    double spin;          /* seconds */
    /* The last method, and what it is asked for. */
    PyObject *method;
    PyObject *name;
    PyObject *request;
    PyObject *response;
    int descriptor;
} Exchange;

/* One call. */
typedef struct {
    PyObject *method;
    PyObject *args;
    PyObject *request; /* bytes behind the header */
    PyObject *heads;   /* what goes in front of a number, by the bytes that follow */
    PyObject *response; /* schema */
    PyObject *call;
    PyObject *outcomes; /* list, of the call */
    PyObject *entry; /* of the pending map */
    PyObject *seq;
    unsigned char number[WIDEST];
    int width;   /* of the number */
    int problem; /* of the system; EAGAIN where nothing has happened */
} Trip;

static PyObject *
ask_python(Exchange *x, const char *method, PyObject *first, PyObject *second, PyObject *third)
{
    PyObject *name = PyUnicode_InternFromString(method);
    if (name == NULL) {
        return NULL;
    }
    PyObject *result
        = PyObject_CallMethodObjArgs((PyObject *)x, name, first, second, third, NULL);
    Py_DECREF(name);
    return result;
}

static PyObject *
ask_with_number(Exchange *x, const char *method, PyObject *first, Py_ssize_t number)
{
    PyObject *second = PyLong_FromSsize_t(number);
    PyObject *result = second == NULL ? NULL : ask_python(x, method, first, second, NULL);
    Py_XDECREF(second);
    return result;
}

/* Have Python do something, also while an exception is set, which stays if all goes well. */
static int
tell_python(Exchange *x, const char *method, PyObject *first)
{
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    PyObject *result = ask_python(x, method, first, NULL, NULL);
    if (result == NULL) {
        Py_XDECREF(type);
        Py_XDECREF(error);
        Py_XDECREF(traceback);
        return -1;
    }
    Py_DECREF(result);
    PyErr_Restore(type, error, traceback);
    return 0;
}

/* Return true for an attribute that is this very object. */
static int
attribute_is(PyObject *object, PyObject *name, PyObject *wanted)
{
    PyObject *found = PyObject_GetAttr(object, name);
    if (found == NULL) {
        PyErr_Clear(); /* there is none: no attribute of these runs any code */
        return 0;
    }
    Py_DECREF(found); /* its owner keeps it */
    return found == wanted;
}

/* --- whether nothing else is under way ------------------------------------------------------ */

static Py_ssize_t
size_of(PyObject *container)
{
    return PyDict_CheckExact(container) ? PyDict_Size(container) : PyObject_Size(container);
}

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

static double
seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Return true where a call has begun a moment ago, and note that one begins now. */
static int
is_in_use(Exchange *x)
{
    double now = seconds(), before = x->last_use;
    x->last_use = now;
    return now - before <= x->idle;
}

/* --- claims --------------------------------------------------------------------------------- */

/* Claim a part of the state for this thread, where nobody has claimed anything. */
static int
claim(Exchange *x, int name)
{
    unsigned long thread = PyThread_get_thread_ident();
    if (thread != x->thread) {
        PyObject *number = PyLong_FromUnsignedLong(thread);
        if (number == NULL || PyList_SetItem(x->token, 0, number) < 0) {
            return -1;
        }
        x->thread = thread;
    }
    return PyDict_SetItem(x->parts[CLAIMS], x->names[name], x->token);
}

/* Give up what was claimed under a key, unless somebody else has taken it over. */
static void
give_up(Exchange *x, PyObject *claims, PyObject *key)
{
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    if (PyDict_GetItemWithError(claims, key) == x->token) {
        PyDict_DelItem(claims, key);
    }
    PyErr_Restore(type, error, traceback);
}

/* --- the request ---------------------------------------------------------------------------- */

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
        [CALL_SETTINGS] = x->parts[SETTINGS],
        [CALL_SEQ] = x->zero,
        [CALL_WAITERS] = waiters,
        [CALL_OUTCOMES] = t->outcomes,
    };
    int result = t->call == NULL || t->entry == NULL ? -1 : 0;
    for (int i = 0; i < SLOT_COUNT && result == 0; i++) {
        PyObject *slot = PyTuple_GetItem(x->parts[SLOTS], i);
        result = values[i] == NULL ? -1 : x->set(slot, t->call, values[i]);
    }
    Py_XDECREF(waiters);
    return result;
}

/* Return the message of the arguments, without what goes in front; NULL where it is to be made in
 * Python. */
static PyObject *
encoded(Exchange *x, Trip *t, PyObject *schema)
{
    PyObject *known = PyDict_GetItemWithError(x->parts[WHOLE], schema);
    if (known == NULL || !PyTuple_Check(known) || PyTuple_Size(known) != 2) {
        return NULL;
    }
    Py_INCREF(known);
    PyObject *data = write_message(PyTuple_GetItem(known, 0), x->no_bytes,
                                   PyTuple_GetItem(known, 1), t->args, x->parts[INTERFACES]);
    Py_DECREF(known);
    return data;
}

/* Look up what a method has, which is that of the last call as a rule. */
static int
learn_method(Exchange *x, PyObject *method)
{
    if (method == x->method) {
        return 0;
    }
    PyObject *found[] = {
        PyObject_GetAttr(method, x->names[N_NAME]),
        PyObject_GetAttr(method, x->names[N_REQUEST]),
        PyObject_GetAttr(method, x->names[N_RESPONSE]),
        method,
    };
    Py_INCREF(method);
    PyObject **places[] = {&x->name, &x->request, &x->response, &x->method};
    int result = found[0] == NULL || found[1] == NULL || found[2] == NULL ? -1 : 0;
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
    PyObject *heads = PyDict_GetItemWithError(x->parts[HEADS], x->name);
    if (heads == NULL || !PyList_CheckExact(heads)) {
        return -1;
    }
    Py_INCREF(heads);
    t->heads = heads;
    Py_INCREF(x->response);
    t->response = x->response;
    if (make_call(x, t, x->name) == 0) {
        t->request = encoded(x, t, x->request);
    }
    return t->request == NULL ? -1 : 0;
}

/* Write a number as gob has it, and the zero that ends the header; return the bytes of the number,
 * 0 where it cannot be. */
static int
write_number(uint64_t value, unsigned char *to)
{
    int count = 0;
    if (value < 128) {
        to[0] = (unsigned char)value;
    }
    else {
        while (count < 8 && value >> (8 * count)) {
            count++;
        }
        to[0] = (unsigned char)(256 - count);
        for (int i = 0; i < count; i++) {
            to[count - i] = (unsigned char)(value >> (8 * i));
        }
    }
    to[count + 1] = 0;
    return value == 0 ? 0 : count + 1; /* a zero is left out */
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
    t->width = write_number(seq, t->number);
    if (t->width == 0 || t->width + 1 >= PyList_Size(t->heads)
        || x->set(PyTuple_GetItem(x->parts[SLOTS], CALL_SEQ), t->call, t->seq) < 0) {
        return -1;
    }
    PyObject *values[] = {t->seq, t->call, t->method, x->parts[SETTINGS]};
    for (int i = 0; i < 4; i++) {
        Py_INCREF(values[i]);
        if (PyTuple_SetItem(t->entry, i, values[i]) < 0) {
            return -1;
        }
    }
    return PyDict_SetItem(x->parts[PENDING], t->seq, t->entry);
}

/* Send what the connection takes at once; return as the system does. `whole` is the size. */
static Py_ssize_t
send_trip(Exchange *x, Trip *t, Py_ssize_t *whole)
{
    PyObject *head = PyList_GetItem(t->heads, t->width + 1);
    if (head == NULL || !PyBytes_CheckExact(head)) {
        errno = EAGAIN;
        return -1;
    }
    size_t front = (size_t)PyBytes_Size(head), size = (size_t)PyBytes_Size(t->request);
    size_t number = (size_t)t->width + 1;
    char *request = PyBytes_AsString(t->request);
    *whole = (Py_ssize_t)(front + number + size);
    if (*whole <= COPIED) {
        unsigned char bytes[COPIED];
        memcpy(bytes, PyBytes_AsString(head), front);
        memcpy(bytes + front, t->number, number);
        memcpy(bytes + front + number, request, size);
        return send(x->descriptor, bytes, (size_t)*whole, MSG_DONTWAIT);
    }
    struct iovec pieces[] = {
        {PyBytes_AsString(head), front},
        {t->number, number},
        {request, size},
    };
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 3};
    return sendmsg(x->descriptor, &message, MSG_DONTWAIT);
}

/* --- the response --------------------------------------------------------------------------- */

/* Return the reply in what has come, if that is the response to the call and nothing else; NULL
 * where it is anything else. */
static PyObject *
reply_in(Exchange *x, Trip *t, PyObject *data)
{
    Py_ssize_t size = PyBytes_Size(data), end, number = t->width + 1;
    const char *bytes = PyBytes_AsString(data);
    /* The length, two bytes of id, 1, the length of the name, the name, 1, the number, 0. */
    Py_ssize_t front = size < 5 ? size : 5 + (unsigned char)bytes[4];
    if (front + 1 + number >= size || bytes[front] != 1
        || memcmp(bytes + front + 1, t->number, (size_t)number) != 0) {
        return NULL;
    }
    PyObject *key = PyBytes_FromStringAndSize(bytes, front);
    if (key == NULL) {
        return NULL;
    }
    PyObject *known = PyDict_GetItemWithError(x->parts[KNOWN], key);
    Py_DECREF(key);
    if (known == NULL || !PyTuple_Check(known) || PyTuple_Size(known) != 2
        || PyLong_AsLong(PyTuple_GetItem(known, 1)) != t->width) {
        return NULL;
    }
    Stream *s = (Stream *)x->parts[STREAM];
    PyObject *reply = decode_at(s, data, front + 1 + number, t->response, &end);
    if (reply != NULL && end != size) {
        Py_CLEAR(reply);
    }
    return reply;
}

/* Take the reply over, if nobody has ended the call meanwhile: return true if so. */
static int
settle(Exchange *x, Trip *t, PyObject *data)
{
    if (PyList_Size(t->outcomes) != 0 || PyDict_DelItem(x->parts[PENDING], t->seq) < 0) {
        return 0;
    }
    /* As if it had been fed. */
    ((Stream *)x->parts[STREAM])->base += PyBytes_Size(data);
    return 1;
}

/* Receive what comes within the time of a spin; return as the system does. Other threads run. */
static Py_ssize_t
receive_soon(Exchange *x)
{
    double end = 0;
    for (;;) {
        Py_ssize_t count = recv(x->descriptor, x->buffer, READ_SIZE, MSG_DONTWAIT);
        if (count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
            return count;
        }
        double now = seconds();
        if (end == 0) {
            end = now + x->spin;
        }
        else if (now > end) {
            errno = EAGAIN;
            return -1;
        }
        sched_yield();
    }
}

/* Return true where experience says that waiting a moment pays. */
static int
spins(Exchange *x)
{
    return attribute_is(x->parts[SPIN], x->names[N_TO_SKIP], x->zero);
}

static int
note_hit(Exchange *x)
{
    if (attribute_is(x->parts[SPIN], x->names[N_SKIP], x->zero)) {
        return 0;
    }
    return PyObject_SetAttr(x->parts[SPIN], x->names[N_SKIP], x->zero);
}

/* Note that something has come. */
static int
note_life(Exchange *x)
{
    if (!attribute_is(x->parts[PROTOCOL], x->names[N_IS_SILENT], Py_True)) {
        return 0;
    }
    return PyObject_SetAttr(x->parts[PROTOCOL], x->names[N_IS_SILENT], Py_False);
}

/* Give up leading, and wake a thread that follows. */
static int
step_down(Exchange *x)
{
    give_up(x, x->parts[LEADER], Py_None);
    if (PyDict_Size(x->parts[FOLLOWERS]) == 0 || PyDict_Size(x->parts[LEADER]) != 0) {
        return 0;
    }
    return tell_python(x, "_notify_follower", NULL);
}

/* Deal with what has come; NULL where that is left in `received`, or with an interrupt. */
static PyObject *
take(Exchange *x, Trip *t, Py_ssize_t count)
{
    PyObject *data = PyBytes_FromStringAndSize((const char *)x->buffer, count);
    if (data == NULL) {
        return NULL;
    }
    PyObject *reply = count == 0 ? NULL : reply_in(x, t, data);
    if (reply != NULL && !settle(x, t, data)) {
        Py_CLEAR(reply);
    }
    if (reply == NULL) {
        if (PyErr_Occurred()) {
            drop_exception(x->parts[RERAISE_INTERRUPT]);
        }
        PyObject *type, *error, *traceback;
        PyErr_Fetch(&type, &error, &traceback);
        if (PyList_Append(x->parts[RECEIVED], data) < 0) {
            PyErr_Clear(); /* no memory: there is none for anything else */
        }
        PyErr_Restore(type, error, traceback);
    }
    Py_DECREF(data);
    return reply;
}

/* Lead, and receive what comes soon; return as the system does. Other threads run
 * meanwhile. */
static Py_ssize_t
lead(Exchange *x, Trip *t, PyObject **reply)
{
    Py_ssize_t count;
    if (PyDict_SetItem(x->parts[LEADER], Py_None, x->token) < 0 || claim(x, N_TAKE) < 0) {
        count = -1;
    }
    else {
        Py_BEGIN_ALLOW_THREADS
        count = receive_soon(x);
        t->problem = errno;
        Py_END_ALLOW_THREADS
        *reply = count < 0 ? NULL : take(x, t, count);
        give_up(x, x->parts[CLAIMS], x->names[N_TAKE]);
    }
    if (PyErr_Occurred()) {
        tell_python(x, "_give_up", t->call);
    }
    if (step_down(x) < 0) {
        Py_CLEAR(*reply);
    }
    return count;
}

/* Return the reply where it comes soon, else have Python wait for it. */
static PyObject *
receive(Exchange *x, Trip *t)
{
    if (!spins(x)) {
        return ask_python(x, "_wait", t->call, NULL, NULL);
    }
    PyObject *reply = NULL;
    Py_ssize_t count = lead(x, t, &reply);
    if (reply != NULL) {
        if (note_hit(x) < 0 || note_life(x) < 0
            || (size_of(x->parts[REFUSALS]) != 0 && tell_python(x, "_end_if_closing", NULL) < 0)) {
            Py_CLEAR(reply);
        }
        return reply;
    }
    if (PyErr_Occurred()) {
        return NULL;
    }
    if (count >= 0) {
        return ask_python(x, "_wait", t->call, NULL, NULL);
    }
    return t->problem == EAGAIN ? ask_python(x, "_wait_long", t->call, NULL, NULL)
                                : ask_with_number(x, "_cannot_read", t->call, t->problem);
}

/* Return the whole request as it goes on the wire. */
static PyObject *
joined(Trip *t)
{
    PyObject *head = PyList_GetItem(t->heads, t->width + 1);
    Py_ssize_t front = PyBytes_Size(head), number = t->width + 1, size = PyBytes_Size(t->request);
    PyObject *data = PyBytes_FromStringAndSize(NULL, front + number + size);
    if (data == NULL) {
        return NULL;
    }
    char *to = PyBytes_AsString(data);
    memcpy(to, PyBytes_AsString(head), (size_t)front);
    memcpy(to + front, t->number, (size_t)number);
    memcpy(to + front + number, PyBytes_AsString(t->request), (size_t)size);
    return data;
}

/* Leave what the connection did not take of a request to Python, in front of all others. */
static PyObject *
leave_rest(Exchange *x, Trip *t, Py_ssize_t sent)
{
    PyObject *data = joined(t), *done = NULL;
    /* Nobody else may send in between. */
    if (data != NULL && claim(x, N_SEND) == 0) {
        PyObject *count = PyLong_FromSsize_t(sent);
        done = count == NULL ? NULL : ask_python(x, "_enqueue_rest", t->call, data, count);
        Py_XDECREF(count);
    }
    if (done == NULL) {
        shutdown(x->descriptor, SHUT_RDWR); /* or other requests would come after half of one */
    }
    give_up(x, x->parts[CLAIMS], x->names[N_SEND]);
    Py_XDECREF(data);
    Py_XDECREF(done);
    return done == NULL ? NULL : ask_python(x, "_wait_blocked", t->call, NULL, NULL);
}

/* --- the whole ------------------------------------------------------------------------------ */

/* Register a call and send its request as far as it goes; return as the system does. */
static Py_ssize_t
begin(Exchange *x, Trip *t, Py_ssize_t *whole)
{
    if (!is_quiet(x) || !is_in_use(x) || claim(x, N_ENCODE) < 0) {
        return -1;
    }
    int result = prepare_trip(x, t);
    give_up(x, x->parts[CLAIMS], x->names[N_ENCODE]);
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

static PyObject *
carry_out(Exchange *x, Trip *t)
{
    Py_ssize_t whole = 0, sent = begin(x, t, &whole);
    if (sent >= 0) {
        return sent == whole ? receive(x, t) : leave_rest(x, t, sent);
    }
    if (t->problem != EAGAIN) {
        return ask_with_number(x, "_cannot_send", t->call, t->problem);
    }
    /* Done again, it says what is wrong. */
    return drop_exception(x->parts[RERAISE_INTERRUPT]) < 0
               ? NULL
               : ask_python(x, "_call", t->method, t->args, NULL);
}

static PyObject *
call(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Exchange *x = (Exchange *)self;
    if (count != 2 || x->buffer == NULL) {
        PyErr_SetString(PyExc_TypeError, "call takes a method and its arguments");
        return NULL;
    }
    Trip t = {.method = arguments[0], .args = arguments[1], .problem = EAGAIN};
    PyObject *reply = carry_out(x, &t);
    Py_XDECREF(t.request);
    Py_XDECREF(t.heads);
    Py_XDECREF(t.response);
    Py_XDECREF(t.call);
    Py_XDECREF(t.outcomes);
    Py_XDECREF(t.entry);
    Py_XDECREF(t.seq);
    return reply;
}

/* --- what it works with --------------------------------------------------------------------- */

/* Take over how to store into slots: all are stored into by one function. */
static int
set_up_slots(Exchange *x)
{
    PyObject *slots = x->parts[SLOTS];
    if (!PyType_Check(x->parts[CALL]) || !PyTuple_Check(slots)
        || PyTuple_Size(slots) != SLOT_COUNT) {
        return bad_plan();
    }
    for (int i = 0; i < SLOT_COUNT; i++) {
        PyTypeObject *type = Py_TYPE(PyTuple_GetItem(slots, i));
        descrsetfunc set = (descrsetfunc)PyType_GetSlot(type, Py_tp_descr_set);
        if (set == NULL || (x->set != NULL && set != x->set)) {
            return bad_plan();
        }
        x->set = set;
    }
    x->create = (newfunc)PyType_GetSlot(&PyBaseObject_Type, Py_tp_new);
    return 0;
}

static int
are_parts(PyObject *parts, ModuleState *state)
{
    if (!PyTuple_Check(parts) || PyTuple_Size(parts) != PARTS_COUNT
        || !PyObject_TypeCheck(PyTuple_GetItem(parts, STREAM), (PyTypeObject *)state->stream_type)
        || !PyIter_Check(PyTuple_GetItem(parts, NUMBERS))
        || !PyList_CheckExact(PyTuple_GetItem(parts, RECEIVED))) {
        return 0;
    }
    const int dicts[]
        = {CLAIMS, LEADER, PENDING, FOLLOWERS, HEADS, WHOLE, INTERFACES, KNOWN, FORKS};
    for (size_t i = 0; i < sizeof(dicts) / sizeof(dicts[0]); i++) {
        if (!PyDict_CheckExact(PyTuple_GetItem(parts, dicts[i]))) {
            return 0;
        }
    }
    return 1;
}

static PyObject *
prepare(PyObject *self, PyTypeObject *type, PyObject *const *arguments, Py_ssize_t count,
        PyObject *keywords)
{
    Exchange *x = (Exchange *)self;
    ModuleState *state = PyType_GetModuleState(type);
    if (state == NULL) {
        return NULL;
    }
    if (count != 4 || keywords != NULL || x->buffer != NULL || !are_parts(arguments[0], state)) {
        PyErr_SetString(PyExc_TypeError, "the parts of a client, a descriptor, and two times");
        return NULL;
    }
    x->descriptor = (int)PyLong_AsLong(arguments[1]);
    x->idle = PyFloat_AsDouble(arguments[2]);
    x->spin = PyFloat_AsDouble(arguments[3]);
    if (PyErr_Occurred()) {
        return NULL;
    }
    for (int i = 0; i < PARTS_COUNT; i++) {
        x->parts[i] = PyTuple_GetItem(arguments[0], i);
        Py_INCREF(x->parts[i]);
    }
    if (set_up_slots(x) < 0) {
        return NULL;
    }
    x->buffer = PyMem_Malloc(READ_SIZE);
    return x->buffer == NULL ? PyErr_NoMemory() : Py_NewRef(Py_None);
}

/* --- the type ------------------------------------------------------------------------------- */

static PyObject *
exchange_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    Exchange *x = (Exchange *)PyType_GenericAlloc(type, 0);
    if (x == NULL) {
        return NULL;
    }
    x->nothing = PyTuple_New(0);
    x->no_bytes = PyBytes_FromStringAndSize(NULL, 0);
    x->zero = PyLong_FromLong(0);
    x->token = Py_BuildValue("[ii]", 0, 1);
    int is_whole = x->nothing != NULL && x->no_bytes != NULL && x->zero != NULL && x->token != NULL;
    for (int i = 0; i < NAME_COUNT && is_whole; i++) {
        x->names[i] = PyUnicode_InternFromString(TEXTS[i]);
        is_whole = x->names[i] != NULL;
    }
    if (!is_whole) {
        Py_CLEAR(x);
    }
    return (PyObject *)x;
}

static int
exchange_traverse(PyObject *self, visitproc visit, void *arg)
{
    Exchange *x = (Exchange *)self;
    Py_VISIT(Py_TYPE(self));
    for (int i = 0; i < PARTS_COUNT; i++) {
        Py_VISIT(x->parts[i]);
    }
    Py_VISIT(x->token);
    Py_VISIT(x->method);
    Py_VISIT(x->request);
    Py_VISIT(x->response);
    return 0;
}

static int
exchange_clear(PyObject *self)
{
    Exchange *x = (Exchange *)self;
    PyMem_Free(x->buffer);
    x->buffer = NULL; /* so that nothing is called any more */
    for (int i = 0; i < PARTS_COUNT; i++) {
        Py_CLEAR(x->parts[i]);
    }
    Py_CLEAR(x->token);
    Py_CLEAR(x->method);
    Py_CLEAR(x->name);
    Py_CLEAR(x->request);
    Py_CLEAR(x->response);
    return 0;
}

static void
exchange_dealloc(PyObject *self)
{
    Exchange *x = (Exchange *)self;
    for (int i = 0; i < NAME_COUNT; i++) {
        Py_CLEAR(x->names[i]);
    }
    Py_CLEAR(x->nothing);
    Py_CLEAR(x->no_bytes);
    Py_CLEAR(x->zero);
    free_with(self, exchange_clear);
}

static PyMethodDef exchange_methods[] = {
    {"call", (PyCFunction)(void (*)(void))call, METH_FASTCALL,
     "Call a method, wait for its reply and return it."},
    {"_prepare", (PyCFunction)(void (*)(void))prepare,
     METH_METHOD | METH_FASTCALL | METH_KEYWORDS,
     "Take over the parts of a client, its connection's descriptor, and two times in seconds: after\n"
     "which the connection is looked at before it is used, and of a spin."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot exchange_slots[] = {
    {Py_tp_doc, "Plain calls of a client, where nothing else is under way."},
    {Py_tp_new, exchange_new},
    {Py_tp_traverse, exchange_traverse},
    {Py_tp_clear, exchange_clear},
    {Py_tp_dealloc, exchange_dealloc},
    {Py_tp_methods, exchange_methods},
    {0, NULL},
};

PyType_Spec exchange_spec = {
    .name = "rpcgen._accelerator.Exchange",
    .basicsize = sizeof(Exchange),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = exchange_slots,
};
