/* Bytes of a server's connection: those that have come, and those that are to be sent. */
#include "server_turn.h"

#include <sys/uio.h>

/* rpcgen.sync.stream.READ_SIZE */
#define READ_SIZE 65536

/* Replies that are sent at once: of a turn there are not more. */
#define MOST_PIECES 64

/* Bytes from which on it takes so long to send that other threads are to run meanwhile. */
#define LONG_SEND READ_SIZE

/* Return the descriptor of the socket: negative where it is closed, or with an exception. */
static int
descriptor_of(ServerTurn *t)
{
    PyObject *number = PyObject_CallNoArgs(t->parts[FILENO]);
    long descriptor = number == NULL ? -1 : PyLong_AsLong(number);
    Py_XDECREF(number);
    return (int)descriptor;
}

static int
is_for_later(int problem)
{
    return problem == EAGAIN || problem == EWOULDBLOCK || problem == EINTR;
}

/* Return what the system says is wrong. */
static PyObject *
error_of(int problem)
{
    errno = problem;
    PyErr_SetFromErrno(PyExc_OSError);
    return take_exception();
}

static int
end_reading(ServerTurn *t, int problem)
{
    PyObject *error = error_of(problem);
    int result = tell(t, CONNECTION, N_ON_READ_ERROR, error, NULL);
    Py_XDECREF(error);
    return result;
}

int
receive_now(ServerTurn *t, int *is_left)
{
    /* One for all: it is emptied before any other thread can run. */
    static unsigned char received[READ_SIZE];
    int descriptor = descriptor_of(t);
    if (descriptor < 0) {
        *is_left = 1;
        return PyErr_Occurred() ? -1 : 0;
    }
    Py_ssize_t count = recv(descriptor, received, READ_SIZE, MSG_DONTWAIT);
    if (count < 0) {
        return is_for_later(errno) ? 0 : end_reading(t, errno) < 0 ? -1 : 1;
    }
    *is_left = count == 0; /* the end, which comes again */
    if (count == 0) {
        return 0;
    }
    PyObject *data = PyBytes_FromStringAndSize((const char *)received, count);
    int result = data == NULL ? -1 : feed_stream(stream_of(t->calls->headers), data);
    Py_XDECREF(data);
    return result < 0 ? -1 : 1;
}

/* --- sending -------------------------------------------------------------------------------- */

int
is_unlocked(ServerTurn *t)
{
    PyObject *locked = PyObject_CallNoArgs(t->parts[IS_LOCKED]);
    Py_XDECREF(locked);
    return locked == NULL ? -1 : locked == Py_False;
}

int
tell_locked(ServerTurn *t, int method, PyObject *argument)
{
    PyObject *acquired = PyObject_CallNoArgs(t->parts[ACQUIRE]);
    if (acquired == NULL) {
        return -1;
    }
    Py_DECREF(acquired);
    int result = tell(t, CONNECTION, method, argument, NULL);
    Aside aside;
    put_aside(&aside);
    return put_back(&aside, PyObject_CallNoArgs(t->parts[RELEASE])) < 0 ? -1 : result;
}

Py_ssize_t
left_to_send(ServerTurn *t)
{
    PyObject *number = attribute_of(&t->buffer[SIZE], t->parts[SEND_BUFFER]);
    Py_ssize_t size = number == NULL ? -1 : PyLong_AsSsize_t(number);
    Py_XDECREF(number);
    return size;
}

/* Send pieces, which are bytes; return as the system does. */
static Py_ssize_t
send_pieces(int descriptor, PyObject *const *pieces, Py_ssize_t count)
{
    if (count == 1) {
        return send(descriptor, PyBytes_AsString(pieces[0]), (size_t)PyBytes_Size(pieces[0]),
                    MSG_DONTWAIT);
    }
    struct iovec vectors[MOST_PIECES];
    for (Py_ssize_t i = 0; i < count; i++) {
        vectors[i].iov_base = PyBytes_AsString(pieces[i]);
        vectors[i].iov_len = (size_t)PyBytes_Size(pieces[i]);
    }
    struct msghdr message = {.msg_iov = vectors, .msg_iovlen = (size_t)count};
    return sendmsg(descriptor, &message, MSG_DONTWAIT);
}

/* Take the pieces that wait: return how many, 0 where one is of another kind, or too many. */
static Py_ssize_t
take_pieces(PyObject *waiting, PyObject **pieces)
{
    Py_ssize_t count = PyObject_Size(waiting), taken = 0;
    int is_usual = count > 0 && count <= MOST_PIECES;
    while (is_usual && taken < count) {
        pieces[taken] = PySequence_GetItem(waiting, taken);
        is_usual = pieces[taken] != NULL && PyBytes_CheckExact(pieces[taken]);
        taken += pieces[taken] != NULL;
    }
    if (is_usual) {
        return count;
    }
    while (taken--) {
        Py_DECREF(pieces[taken]);
    }
    return 0;
}

/* Take note of what was sent: return as `flush_now` does. */
static int
note_sent(ServerTurn *t, Py_ssize_t sent, Py_ssize_t left)
{
    if (sent == left) {
        PyObject *cleared = PyObject_CallNoArgs(t->parts[CLEAR]);
        Py_XDECREF(cleared);
        int result = cleared == NULL
                         ? -1
                         : store(t->parts[SEND_BUFFER], &t->buffer[SIZE], &t->nothing, 1);
        return result < 0 ? -1 : 1;
    }
    PyObject *count = PyLong_FromSsize_t(sent);
    int result = count == NULL ? -1 : tell_locked(t, N_ON_PART_SENT, count);
    Py_XDECREF(count);
    return result;
}

/* Send what waits: return as `flush_now` does. */
static int
send_waiting(ServerTurn *t, Py_ssize_t left)
{
    PyObject *pieces[MOST_PIECES];
    int descriptor = descriptor_of(t);
    Py_ssize_t count = descriptor < 0 ? 0 : take_pieces(t->parts[WAITING], pieces);
    if (count == 0) {
        return PyErr_Occurred() ? -1 : tell_locked(t, N_FLUSH, NULL);
    }
    Py_ssize_t sent = send_pieces(descriptor, pieces, count);
    int problem = errno;
    while (count--) {
        Py_DECREF(pieces[count]);
    }
    if (sent >= 0) {
        return note_sent(t, sent, left);
    }
    if (is_for_later(problem)) {
        return 0;
    }
    PyObject *error = error_of(problem);
    int result = tell_locked(t, N_ON_WRITE_ERROR, error);
    Py_XDECREF(error);
    return result;
}

int
flush_now(ServerTurn *t)
{
    Py_ssize_t left = left_to_send(t);
    if (left <= 0) {
        return left < 0 ? -1 : 1;
    }
    PyObject *broken = attribute_of(&t->buffer[IS_BROKEN], t->parts[SEND_BUFFER]);
    Py_XDECREF(broken);
    if (broken == Py_False && left < LONG_SEND && attribute_in_is(t, STATE, N_ABORTED, Py_False)) {
        return send_waiting(t, left);
    }
    return broken == NULL ? -1 : tell_locked(t, N_FLUSH, NULL);
}
