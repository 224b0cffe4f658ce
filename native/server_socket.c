/* Bytes of a server's connection: those that have come, and those that are to be sent. */
#include "server_turn.h"

#include <sys/uio.h>

/* rpcgen.sync.stream.READ_SIZE */
#define READ_SIZE 65536

/* Replies that are sent at once: of a turn there are not more. */
#define MOST_PIECES 64

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
        return is_for_later(errno) ? 0 : tell_problem(t, N_ON_READ_ERROR, errno) < 0 ? -1 : 1;
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
lock_now(ServerTurn *t)
{
    PyObject *acquired = ask(t, LOCK, N_ACQUIRE, Py_False, NULL);
    Py_XDECREF(acquired);
    return acquired == NULL ? -1 : acquired == Py_True;
}

int
unlock(ServerTurn *t, int result)
{
    Aside aside;
    put_aside(&aside);
    return put_back(&aside, ask(t, LOCK, N_RELEASE, NULL, NULL)) < 0 ? -1 : result;
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

/* Take note of what was sent. */
static int
note_sent(ServerTurn *t, PyObject *waiting, Py_ssize_t sent)
{
    if (sent == left_to_send(t)) {
        PyObject *cleared = PyObject_CallMethodObjArgs(waiting, t->names[N_CLEAR], NULL);
        Py_XDECREF(cleared);
        return cleared == NULL ? -1
                               : store(t->parts[SEND_BUFFER], &t->buffer[SIZE], &t->nothing, 1);
    }
    PyObject *count = PyLong_FromSsize_t(sent);
    int result = count == NULL ? -1 : tell(t, SEND_BUFFER, N_DROP, count, NULL);
    Py_XDECREF(count);
    return result < 0 ? -1 : tell(t, CONNECTION, N_FLUSH, NULL, NULL);
}

/* Send what waits: return 1 where Python has to, which nothing was done of. */
static int
send_waiting(ServerTurn *t, PyObject *waiting)
{
    PyObject *pieces[MOST_PIECES];
    int descriptor = descriptor_of(t);
    Py_ssize_t count = descriptor < 0 ? 0 : take_pieces(waiting, pieces);
    if (count == 0) {
        return PyErr_Occurred() ? -1 : 1;
    }
    Py_ssize_t sent = send_pieces(descriptor, pieces, count);
    int problem = errno;
    while (count--) {
        Py_DECREF(pieces[count]);
    }
    if (sent >= 0) {
        return note_sent(t, waiting, sent);
    }
    return is_for_later(problem) ? 0 : tell_problem(t, N_ON_WRITE_ERROR, problem);
}

int
flush_now(ServerTurn *t)
{
    Py_ssize_t left = left_to_send(t);
    if (left <= 0) {
        return (int)left;
    }
    PyObject *buffer = t->parts[SEND_BUFFER], *waiting = NULL;
    PyObject *broken = attribute_of(&t->buffer[IS_BROKEN], buffer);
    Py_XDECREF(broken);
    int result = broken == NULL ? -1 : 1;
    if (broken == Py_False && attribute_in_is(t, STATE, N_ABORTED, Py_False)) {
        waiting = attribute_of(&t->buffer[PIECES], buffer);
        result = waiting == NULL ? -1 : send_waiting(t, waiting);
        Py_XDECREF(waiting);
    }
    return result > 0 ? tell(t, CONNECTION, N_FLUSH, NULL, NULL) : result;
}
