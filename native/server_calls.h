/* Calls of a server's connection: what the steps of carrying one out share. */
#ifndef RPCGEN_SERVER_CALLS_H
#define RPCGEN_SERVER_CALLS_H

#include "encode.h"
#include "stream.h"

/* Slots of a call, those first that are stored when it is made. */
enum {
    SLOT_REQUEST,
    SLOT_SERVED,
    SLOT_CONTEXT,
    SLOT_ARGS,
    SLOT_IS_HANDLED,
    SLOT_EXECUTION,
    SLOT_BEGAN,
    SLOT_ENDED,
    SLOT_COUNT
};

/* Attributes of the session, and methods of connections, locks and statistics. */
enum {
    NAME_ABORT_BROKEN,
    NAME_ANSWER,
    NAME_ANSWER_FAILURE,
    NAME_CURRENT,
    NAME_DRAINING,
    NAME_ENQUEUE,
    NAME_EOF,
    NAME_FINISHED,
    NAME_LOCKED,
    NAME_PARTIAL,
    NAME_SERVED,
    NAME_STARTED,
    NAME_COUNT
};

/* Attributes of headers, methods and statistics. */
enum {
    FIELD_CALLS,
    FIELD_FUNCTION,
    FIELD_LOCK,
    FIELD_REQUEST,
    FIELD_RESPONSE,
    FIELD_SEQ,
    FIELD_SERVICE_METHOD,
    FIELD_STATISTICS,
    FIELD_UNCOUNTED,
    FIELD_COUNT
};

typedef struct {
    PyObject_HEAD
    PyObject *session;
    PyObject *attributes; /* dict: those of the session; NULL unless a ServerTurn has made it */
    PyObject *headers; /* HeaderReader */
    PyObject *encoder; /* MessageEncoder */
    PyObject *heads; /* dict: method -> list of bytes in front of its number, by the size of that */
    PyObject *call_type;
    PyObject *slots; /* owns the descriptors */
    PyObject *next_in_python;
    PyObject *reply_in_python;
    PyObject *names[NAME_COUNT];
    LearnedSlot fields[FIELD_COUNT];
    PyObject *nothing; /* the empty tuple */
    PyObject *eof;
    PyObject *one;
    newfunc create;
    Attribute slot[SLOT_COUNT];
} ServerCalls;

/* Return a slot of a call, NULL with an exception if it holds nothing. */
static inline PyObject *
slot_of(ServerCalls *c, int slot, PyObject *call)
{
    return attribute_of(&c->slot[slot], call);
}

static inline int
set_slot(ServerCalls *c, int slot, PyObject *call, PyObject *value)
{
    return c->slot[slot].set(c->slot[slot].descriptor, call, value);
}

/* Return an attribute of a header, a method or statistics. */
static inline PyObject *
field_of(ServerCalls *c, int field, PyObject *object)
{
    return get_learned(&c->fields[field], object);
}

/* Return true for a call that has nothing beyond Go's net/rpc. */
int is_plain_call(ServerCalls *c, PyObject *call);

/* Return the reply to a plain call as one piece of bytes; NULL where it is out of the ordinary. */
PyObject *plain_reply(ServerCalls *c, PyObject *call, PyObject *value);

/* Take the next call off the stream: return 1 if there is one, 0 if nothing of one has come, -1 with
 * nothing consumed where Python has to look, or with an exception. */
int next_plain(ServerCalls *c, PyObject **call);

/* Have the attributes of the session looked up in its dict, which costs less. */
void set_attributes(ServerCalls *c, PyObject *attributes);

/* Drop the exception that is set, if there is one: return -1 if it is an interrupt. */
int drop_in_calls(ServerCalls *c);

/* Return true if nobody holds a lock: what is done then until code in Python runs is done as if it
 * were held. -1 with an exception. */
int is_free(ServerCalls *c, PyObject *lock);

typedef struct {
    PyObject_HEAD
    PyObject *calls; /* ServerCalls */
    PyObject *execution;
    PyObject *clock;
    PyObject *set_current;
    PyObject *coroutine_type;
    PyObject *started_in_python;
    PyObject *succeeded_in_python;
} ServerSteps;

/* Begin a call that is plain. */
int start_call(ServerSteps *steps, ServerCalls *c, PyObject *call);

/* Take note of the time at which a call has ended, and count it. */
int end_call(ServerSteps *steps, ServerCalls *c, PyObject *call);

/* Return the reply as one piece of bytes; NULL where it is out of the ordinary. */
PyObject *answer_call(ServerSteps *steps, ServerCalls *c, PyObject *call, PyObject *reply);

/* Return the calls of a ServerExecutor, borrowed. */
ServerCalls *calls_of(PyObject *executor);

/* Carry out a call with a ServerExecutor, and return the time at which it has ended. */
PyObject *execute_call(PyObject *executor, PyObject *call);

#endif
