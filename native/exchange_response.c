/* The response to a plain call: it is waited for, and taken off the connection. */
#include "exchange.h"

#include <poll.h>
#include <sched.h>

/* Milliseconds that a thread sleeps at most: rpcgen.sync.leader_follower._MAX_SLEEP_S. */
#define MAX_SLEEP_MS 500

/* Return the reply in what has come, if that is the response to the call and nothing else; NULL
 * where it is anything else. */
static PyObject *
reply_in(Exchange *x, Trip *t, PyObject *data)
{
    Py_ssize_t size = PyBytes_Size(data), end, after = t->end_size;
    const char *bytes = PyBytes_AsString(data);
    /* The length, two bytes of id, 1, the length of the name, the name, 1, the number, 0. */
    Py_ssize_t front = size < 5 ? size : 5 + (unsigned char)bytes[4];
    if (front + 1 + after >= size || bytes[front] != 1
        || memcmp(bytes + front + 1, t->end, (size_t)after) != 0) {
        return NULL;
    }
    PyObject *key = PyBytes_FromStringAndSize(bytes, front);
    if (key == NULL) {
        return NULL;
    }
    PyObject *known = PyDict_GetItemWithError(x->parts[KNOWN], key);
    Py_DECREF(key);
    if (known == NULL || !PyTuple_Check(known) || PyTuple_Size(known) != 2
        || PyLong_AsLong(PyTuple_GetItem(known, 1)) != t->end_size - 1) {
        return NULL;
    }
    Stream *s = (Stream *)x->parts[STREAM];
    PyObject *reply = decode_at(s, data, front + 1 + after, t->response, &end);
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

/* Receive what comes within the time of a spin, and before the call is given up; return as the
 * system does. Other threads run. */
static Py_ssize_t
receive_soon(Exchange *x, double deadline)
{
    double end = 0;
    for (;;) {
        Py_ssize_t count = recv(x->descriptor, x->buffer, READ_SIZE, MSG_DONTWAIT);
        if (count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
            return count;
        }
        double now = seconds();
        if (end == 0) {
            end = fmin(now + x->spin, deadline);
        }
        else if (now > end) {
            errno = EAGAIN;
            return -1;
        }
        sched_yield();
    }
}

/* Return true where experience says that waiting a moment pays, -1 with an exception; counts it. */
static int
spins(Exchange *x)
{
    if (attribute_is(x->parts[SPIN], x->names[N_TO_SKIP], x->zero)) {
        return 1;
    }
    PyObject *left = PyObject_GetAttr(x->parts[SPIN], x->names[N_TO_SKIP]);
    PyObject *fewer = left == NULL ? NULL : PyLong_FromLong(PyLong_AsLong(left) - 1);
    int result = fewer == NULL ? -1 : PyObject_SetAttr(x->parts[SPIN], x->names[N_TO_SKIP], fewer);
    Py_XDECREF(left);
    Py_XDECREF(fewer);
    return result;
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
step_down(Exchange *x, PyObject *token)
{
    give_up(x->parts[LEADER], Py_None, token);
    if (PyDict_Size(x->parts[FOLLOWERS]) == 0 || PyDict_Size(x->parts[LEADER]) != 0) {
        return 0;
    }
    return tell_python(x, "_notify_follower", NULL);
}

/* Leave what has come to whoever looks next, whatever exception is set. */
static void
leave_received(Exchange *x, PyObject *data)
{
    Aside aside;
    put_aside(&aside);
    int result = PyList_Append(x->parts[RECEIVED], data);
    put_back(&aside, result < 0 ? NULL : Py_NewRef(Py_None));
    if (result < 0) {
        shutdown(x->descriptor, SHUT_RDWR); /* or the stream would go on without these bytes */
    }
}

/* Deal with what has come; NULL where that is left in `received`, or with an interrupt. */
static PyObject *
take(Exchange *x, Trip *t, Py_ssize_t count)
{
    PyObject *data = PyBytes_FromStringAndSize((const char *)x->buffer, count);
    if (data == NULL) {
        shutdown(x->descriptor, SHUT_RDWR); /* as in `leave_received` */
        return NULL;
    }
    PyObject *reply = count == 0 ? NULL : reply_in(x, t, data);
    if (reply != NULL && !settle(x, t, data)) {
        Py_CLEAR(reply);
    }
    if (reply == NULL) {
        drop_exception(x->parts[RERAISE_INTERRUPT]);
        leave_received(x, data);
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
        count = receive_soon(x, t->deadline);
        t->problem = errno;
        Py_END_ALLOW_THREADS
        *reply = count < 0 ? NULL : take(x, t, count);
        give_up(x->parts[CLAIMS], x->names[N_TAKE], x->token);
    }
    if (step_down(x, x->token) < 0) {
        Py_CLEAR(*reply);
    }
    return count;
}

/* Return the milliseconds that a call may sleep: not below 1 until it is given up. */
static int
sleep_ms(double deadline)
{
    double left = (deadline - seconds()) * 1000;
    return left > MAX_SLEEP_MS ? MAX_SLEEP_MS : left > 0 ? (int)ceil(left) : 0;
}

/* Sleep as the leader until something comes, and return whether it has; -1 with an interrupt. */
static int
sleep_as_leader(Exchange *x, Trip *t, PyObject *token)
{
    struct pollfd readable = {.fd = x->descriptor, .events = POLLIN};
    int ready, problem, most = isinf(t->deadline) ? MAX_SLEEP_MS : sleep_ms(t->deadline);
    if (most == 0) {
        return 0; /* it is too late, says Python */
    }
    if (PyDict_SetItem(x->parts[LEADER], Py_None, token) < 0) {
        return -1;
    }
    Py_BEGIN_ALLOW_THREADS
    ready = poll(&readable, 1, most);
    problem = errno;
    Py_END_ALLOW_THREADS
    if (ready < 0 && problem == EINTR) {
        /* A handler may use the client: nothing is claimed then. */
        return step_down(x, token) < 0 ? -1 : PyErr_CheckSignals();
    }
    return ready > 0;
}

/* Return true where the call is not over and nobody is at the connection: others may have used it
 * since this thread was. */
static int
is_free_to_take(Exchange *x, Trip *t)
{
    return PyDict_Size(x->parts[CLAIMS]) == 0 && size_of(x->parts[RECEIVED]) == 0
           && PyList_Size(t->outcomes) == 0;
}

/* Return the reply that has come; NULL where there is none, or it is left in `received`. */
static PyObject *
take_now(Exchange *x, Trip *t, PyObject *token)
{
    if (!is_free_to_take(x, t) || holds_something((Stream *)x->parts[STREAM])
        || !attribute_is(x->parts[PROTOCOL], x->names[N_CURRENT], Py_None)
        || PyDict_SetItem(x->parts[CLAIMS], x->names[N_TAKE], token) < 0) {
        return NULL;
    }
    PyObject *reply = NULL;
    Py_ssize_t count = recv(x->descriptor, x->buffer, READ_SIZE, MSG_DONTWAIT);
    if (count >= 0) {
        reply = take(x, t, count);
    }
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        t->problem = errno;
    }
    give_up(x->parts[CLAIMS], x->names[N_TAKE], token);
    return reply;
}

/* Return the reply where it comes while a thread may sleep, and nothing else; else have Python wait
 * for it. The token is one of its own: the call may be over before this thread is. */
static PyObject *
receive_later(Exchange *x, Trip *t)
{
    PyObject *token = Py_BuildValue("[ki]", PyThread_get_thread_ident(), 1), *reply = NULL;
    /* Looked at last: a finalizer that runs while the token is made may have taken the reply. */
    if (token != NULL && (PyDict_Size(x->parts[LEADER]) != 0 || !is_free_to_take(x, t))) {
        Py_DECREF(token);
        return in_python((PyObject *)x, "_wait", t->call, NULL, NULL);
    }
    if (token == NULL) {
        return NULL;
    }
    t->problem = 0;
    int ready = sleep_as_leader(x, t, token);
    if (ready > 0) {
        reply = take_now(x, t, token);
    }
    if (step_down(x, token) < 0) {
        Py_CLEAR(reply);
    }
    Py_DECREF(token);
    if (reply != NULL || PyErr_Occurred()) {
        return reply;
    }
    return t->problem == 0 ? in_python((PyObject *)x, "_wait", t->call, NULL, NULL)
                           : ask_with_number(x, "_cannot_read", t->call, t->problem);
}

/* Return the reply where it comes soon, or else later. */
static PyObject *
receive_any(Exchange *x, Trip *t)
{
    int is_soon = spins(x);
    if (is_soon == 0) {
        return receive_later(x, t);
    }
    PyObject *reply = NULL;
    Py_ssize_t count = is_soon < 0 ? 0 : lead(x, t, &reply);
    if (reply != NULL && note_hit(x) < 0) {
        Py_CLEAR(reply);
    }
    if (reply != NULL || PyErr_Occurred()) {
        return reply;
    }
    if (count >= 0) {
        return in_python((PyObject *)x, "_wait", t->call, NULL, NULL);
    }
    if (t->problem != EAGAIN) {
        return ask_with_number(x, "_cannot_read", t->call, t->problem);
    }
    return tell_python(x, "_record_miss", NULL) < 0 ? NULL : receive_later(x, t);
}

PyObject *
receive_reply(Exchange *x, Trip *t)
{
    PyObject *reply = receive_any(x, t);
    if (reply != NULL
        && (note_life(x) < 0
            || (size_of(x->parts[REFUSALS]) != 0 && tell_python(x, "_end_if_closing", NULL) < 0))) {
        Py_CLEAR(reply);
    }
    return reply;
}
