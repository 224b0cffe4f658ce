/* Plain calls of a client with threads: what the parts of carrying one out share. See
 * rpcgen.sync.exchange.
 *
 * What is done between two looks at the connection is one step for Python: the lock of the
 * interpreter is held, and no object is made that could have the garbage collector run. So no
 * signal handler, finalizer or other thread comes in between, and most of what is claimed in Python
 * need not be. While values are encoded and decoded, and while other threads run, it is claimed as
 * there. */
#ifndef RPCGEN_EXCHANGE_H
#define RPCGEN_EXCHANGE_H

#include "encode.h"
#include "stream.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Bytes that are received at once: rpcgen.sync.stream._READ_SIZE. */
#define READ_SIZE 65536

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
    TIMED_HEADS,
    ENCODER,
    KNOWN,
    STREAM,
    CODEC,
    CLIENT,
    PROTOCOL,
    SPIN,
    FORKS,
    GENERATION,
    NO_OPTIONS,
    CLOCK,
    MONOTONIC,
    RERAISE_INTERRUPT,
    CALL,
    SLOTS,
    OPTIONS,
    PARTS_COUNT
};

/* Maximum size of a number in bytes. */
#define NUMBER_SIZE 9

/* A time limit and a zero take at most so many bytes at the end of a header. */
#define LIMIT_END (NUMBER_SIZE + 2)

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

/* Slots of settings, in the order of rpcgen.sync.exchange. */
enum { OPTION_DEADLINE, OPTION_METADATA, OPTION_KEY, OPTION_COUNT };

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
    N_MONOTONIC,
    N_LAST,
    N_TO_SKIP,
    N_SKIP,
    NAME_COUNT
};

typedef struct {
    PyObject_HEAD
    PyObject *parts[PARTS_COUNT];
    PyObject *names[NAME_COUNT];
    PyObject *token;   /* a claim, see rpcgen.sync.sections: of whichever thread is in here */
    PyObject *nothing; /* the empty tuple */
    PyObject *no_bytes;
    PyObject *zero;
    newfunc create;
    Attribute slots[SLOT_COUNT]; /* of a call */
    Attribute options[OPTION_COUNT];
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
    PyObject *settings;
    PyObject *request; /* bytes behind the header */
    PyObject *head;    /* bytes: a length, and what goes in front of a number */
    PyObject *response; /* schema */
    PyObject *call;
    PyObject *outcomes; /* list, of the call */
    PyObject *entry; /* of the pending map */
    PyObject *seq;
    double deadline; /* time in seconds; infinite where there is none */
    unsigned char end[HEADER_END]; /* number and zero, as a header without more ends */
    int end_size;
    /* What follows the number, and where that is: here, or in bytes of its own. */
    const void *tail;
    size_t tail_size;
    unsigned char limit[LIMIT_END];
    PyObject *tail_bytes;
    int problem; /* of the system; EAGAIN where nothing has happened */
} Trip;

/* Return the result of a method of the subclass in Python. */
PyObject *ask_with_number(Exchange *x, const char *method, PyObject *first, Py_ssize_t number);

/* Have Python do something, also while an exception is set, which stays if all goes well. */
int tell_python(Exchange *x, const char *method, PyObject *first);

/* Return true for an attribute that is this very object. */
int attribute_is(PyObject *object, PyObject *name, PyObject *wanted);

/* Return the size of a container, -1 with an exception. */
static inline Py_ssize_t
size_of(PyObject *container)
{
    return PyDict_CheckExact(container) ? PyDict_Size(container) : PyObject_Size(container);
}

/* Claim a part of the state for this thread, where nobody has claimed anything. */
int claim(Exchange *x, int name);

/* Give up what was claimed under a key, unless somebody else has taken it over. */
void give_up(PyObject *claims, PyObject *key, PyObject *token);

/* Return the time in seconds. */
double seconds(void);

/* Learn when a call is given up, and what its header says beside the number: return -1 where that is
 * out of the ordinary. */
int learn_settings(Exchange *x, Trip *t);

/* Register a call and send its request as far as it goes; return as the system does. `whole` is the
 * size of the request. */
Py_ssize_t begin_trip(Exchange *x, Trip *t, Py_ssize_t *whole);

/* Leave what the connection did not take of a request to Python, in front of all others, and return
 * the reply. */
PyObject *leave_rest(Exchange *x, Trip *t, Py_ssize_t sent);

/* Return the reply to a request that was sent. */
PyObject *receive_reply(Exchange *x, Trip *t);

#endif
