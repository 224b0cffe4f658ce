/* Turns of a server's connection: what the parts of one share. See rpcgen.sync.turn.
 *
 * The lock of the interpreter is held throughout, the system's calls included, which never wait.
 * What is looked at before a step still holds for that step: no code in Python runs in between. */
#ifndef RPCGEN_SERVER_TURN_H
#define RPCGEN_SERVER_TURN_H

#include "server_calls.h"

#include <errno.h>
#include <sys/socket.h>

/* What it works with, in the order of rpcgen.sync.turn. */
enum {
    EXECUTOR,
    CONNECTION,
    STATE,   /* dict: the attributes of the connection */
    SESSION, /* dict: those of its session */
    RUNNING,
    IN_FLIGHT,
    IS_LOCKED, /* methods, bound: of the lock, of the pieces that wait, and of the socket */
    ACQUIRE,
    RELEASE,
    CLEAR,
    FILENO,
    WAITING, /* deque */
    SEND_BUFFER,
    SCHEDULER,
    SLOW_METHODS,
    POOL,
    QUEUE,
    JOBS,
    ON_READY, /* methods of the connection in Python */
    FLUSH_TURN,
    TERM, /* class */
    TERM_SLOTS,
    BUFFER_SLOTS,
    QUEUE_SLOTS,
    WATCHDOG_SLOTS,
    PARTS_COUNT
};

/* Slots of a term, in the order of rpcgen.sync.turn; of the send buffer, the queue, the watchdog. */
enum { WATCHDOG, CURRENT, SERVED_CONNECTION, UNFLUSHED, IS_EXECUTING, TERM_SLOT_COUNT };
enum { IS_BROKEN, SIZE, BUFFER_SLOT_COUNT };
enum { JOBS_RUNNING, QUEUE_SLOT_COUNT };
enum { SEEN, WATCHDOG_SLOT_COUNT };

/* Names of attributes and methods. */
enum {
    N_ABORTED,
    N_BEGIN_CALL,
    N_CLOSE_IF_OVER,
    N_DECODER,
    N_DRAINING,
    N_END_LATE,
    N_END_TURN,
    N_EVENTS,
    N_FLUSH,
    N_FLUSH_GATHERED,
    N_HAND_BACK,
    N_HAS_BUFFERED,
    N_IS_CUT,
    N_IS_DRAINING,
    N_KICK,
    N_MUST_DRAIN,
    N_ON_BROKEN_END,
    N_ON_BROKEN_TURN,
    N_ON_PART_SENT,
    N_ON_READ_ERROR,
    N_ON_WRITE_ERROR,
    N_PROCESS_REQUESTS,
    N_RELEASE,
    N_UPDATE_INTEREST,
    N_WAS_ACTIVE,
    TURN_NAME_COUNT
};

typedef struct {
    PyObject_HEAD
    PyObject *parts[PARTS_COUNT];
    PyObject *names[TURN_NAME_COUNT];
    PyObject *nothing; /* the number 0 */
    ServerCalls *calls; /* of the executor */
    Attribute term[TERM_SLOT_COUNT];
    Attribute buffer[BUFFER_SLOT_COUNT];
    Attribute queue[QUEUE_SLOT_COUNT];
    Attribute watchdog[WATCHDOG_SLOT_COUNT];
    long many; /* number of running jobs from which on Python says who comes next */
} ServerTurn;

/* The leader whose turn it is. */
typedef struct {
    PyObject *term;
    PyObject *watchdog;
    PyObject *current; /* list: the slot of the watchdog */
} Lead;

/* Return an attribute from those of a connection or session, borrowed; NULL where there is none. */
static inline PyObject *
attribute_in(ServerTurn *t, int attributes, int name)
{
    return PyDict_GetItemWithError(t->parts[attributes], t->names[name]);
}

static inline int
attribute_in_is(ServerTurn *t, int attributes, int name, PyObject *wanted)
{
    return attribute_in(t, attributes, name) == wanted;
}

static inline int
set_attribute_in(ServerTurn *t, int attributes, int name, PyObject *value)
{
    return PyDict_SetItem(t->parts[attributes], t->names[name], value);
}

/* Return true if nobody has taken the lead, as the slot of the watchdog tells. */
static inline int
is_leading(Lead *lead)
{
    return PyList_Size(lead->current) > 0;
}

/* Call a method of one of the parts with as many arguments as there are before a NULL. */
PyObject *ask(
    ServerTurn *t, int part, int method, PyObject *first, PyObject *second, PyObject *third);

/* The same where nothing is returned. */
int tell(ServerTurn *t, int part, int method, PyObject *first, PyObject *second);

/* Have a method of the connection take the exception that is set. */
int tell_exception(ServerTurn *t, int method);

/* Return 1 if the watchdog has seen what the leader works on. */
static inline int
is_seen(ServerTurn *t, Lead *lead)
{
    PyObject *seen = attribute_of(&t->watchdog[SEEN], lead->watchdog);
    Py_XDECREF(seen);
    return seen == NULL ? -1 : seen != Py_False;
}

/* Return the number of bytes that are left to send, -1 with an exception. */
Py_ssize_t left_to_send(ServerTurn *t);

/* Return 1 if bytes have come and were fed to the stream, 0 if none have, -1 with an exception.
 * `is_left`: true where it is left to Python, with nothing received. */
int receive_now(ServerTurn *t, int *is_left);

/* Return 1 if nobody holds the lock of what is to be sent, as if it were held from here on until
 * code in Python runs. */
int is_unlocked(ServerTurn *t);

/* Have a method of the connection do something under that lock, which is free. */
int tell_locked(ServerTurn *t, int method, PyObject *argument);

/* Send what goes, as if the lock were held: return 1 if nothing is left, 0 if something is. */
int flush_now(ServerTurn *t);

/* Begin the requests of what has come: return 1 if this thread still leads, 0 if it does not and
 * all is done, -1 with an exception. */
int carry_out_requests(ServerTurn *t, Lead *lead, PyObject *events);

#endif
