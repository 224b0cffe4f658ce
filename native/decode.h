/* Decoding: a plan in C of a sender's type and ours, and the bytes that are being read. */
#ifndef RPCGEN_DECODE_H
#define RPCGEN_DECODE_H

#include "accelerator.h"

#define IS_STEERABLE 1 /* keys of a map whose hashes a peer can choose */
#define MAY_PROBE 2    /* keys of a map whose places in the table a peer can choose */
#define MAY_MERGE 4    /* keys of a map that Python may take for equal where Go does not */
#define IS_SHORT 8     /* bytes that `short` of the stream looks at */
#define MAY_BE_NIL 16  /* interfaces that may hold nothing */

/* How a value that nobody has asked for is passed over. */
enum { SKIP_UINT, SKIP_BYTES, SKIP_COMPLEX, SKIP_VALUE, SKIP_END, SKIP_COUNT };

/* What takes the place of a field that was left out. */
enum { ZERO_CONSTANT, ZERO_LIST, ZERO_DICT, ZERO_CALL, ZERO_OMITTED, ZERO_COUNT };

typedef struct {
    int pair;
    int member; /* -1 for a field that is skipped */
    int skip;
    long id;
} SentField;

typedef struct {
    Attribute attribute;
    int zero_kind;
    PyObject *zero;
    PyObject *keyword; /* NULL for an argument by its place */
} Member;

typedef struct {
    int op;
    int flags;
    int bits;
    int parts[2];
    Py_ssize_t length;
    long long charge;
    PyObject *make;  /* of a pointer or conversion, or NULL; else the container, class, function */
    PyObject *extra; /* table of an enum, plan of a struct */
    int stores;      /* true if an object is made by storing what it holds */
    newfunc create;  /* object.__new__ */
    Py_ssize_t sent_count;
    SentField *sent;
    Py_ssize_t member_count;
    Member *members;
} Pair;

/* Names of attributes, each the one object that Python has of it: others would fill its caches. */
enum {
    NAME_COLLISIONS,
    NAME_DATA,
    NAME_DECODED,
    NAME_DEPTH,
    NAME_END,
    NAME_INTERFACES,
    NAME_LIMITS,
    NAME_ROOM_LEFT,
    NAME_SHORT,
    NAME_SKIP_VALUE,
    NAME_COUNT
};

typedef struct {
    PyObject_HEAD
    PyObject *names[NAME_COUNT];
    PyObject *plan; /* owns all that the pairs refer to */
    PyObject *nothing; /* the empty tuple */
    Py_ssize_t count;
    Pair *pairs;
    int root;
    int has_number; /* true where the value comes like a field with the number 0 */
    int is_counted;
    int is_alone; /* true where nothing but the message is looked at */
    int is_quiet; /* true where no code in Python can run */
} DecodeProgram;

typedef struct {
    PyObject_HEAD
    PyObject *program;
    PyObject *fallback;
} DecodeFunction;

typedef struct {
    DecodeProgram *program;
    PyObject *bytes;
    PyObject *stream;
    const unsigned char *data;
    Py_ssize_t pos;
    Py_ssize_t end;
    long long room;
    int level;
    PyObject *interfaces; /* of the stream, once a value of one has come; see `read_interface` */
} Reader;

/* Functions that return a pointer or -1 for failure either set an exception, which came out of
 * code in Python and goes on to the caller, or give up without one. */

int read_int(Reader *r, int64_t *result);
int read_float(Reader *r, int bits, double *result);

/* Read a size and so many bytes: return where they begin, NULL to give up. */
const char *read_raw(Reader *r, Py_ssize_t *size);

/* Return an attribute that is a number. */
int number_of(Reader *r, PyObject *object, int name, long long *result);

/* Tell the stream how much memory is left. */
int store_room(Reader *r);

/* Take over the end of the message, which what is counted does not look beyond. */
int load_end(Reader *r);

/* Pass over a value that nobody has asked for. */
int skip(Reader *r, int kind, long id, long depth);

/* Call a function with a value, which is given away; NULL for NULL. */
PyObject *call_with(PyObject *function, PyObject *value);

PyObject *read_value(Reader *r, Pair *pair, long depth);

/* Read a value that brings its type along, if the stream has met that. */
PyObject *read_interface(Reader *r, Pair *pair, long depth);

PyObject *read_map(Reader *r, Pair *pair, long depth);

PyObject *read_struct(Reader *r, Pair *pair, long depth);

/* Set up a pair of a program from its row, and give back what that has taken. */
int set_up_pair(DecodeProgram *program, Pair *pair, PyObject *row);
void drop_pair(Pair *pair);

/* Return true for a program. */
int is_program(PyObject *object);

/* Return the value of the message at a position, and where that ends; NULL where it is out of the
 * ordinary, or `message` is no DecodeMessage. */
PyObject *read_message(
    PyObject *message, PyObject *bytes, PyObject *stream, Py_ssize_t pos, Py_ssize_t *end);

/* Read a value as it stands at the top of a message, or behind the type of an interface value. */
PyObject *read_top(Reader *r, long depth);

/* The same of a message, for which memory is counted. */
PyObject *decode_top(Reader *r, long depth);

static inline void
begin_reading(Reader *r, PyObject *program, PyObject *bytes, PyObject *stream, Py_ssize_t pos)
{
    r->program = (DecodeProgram *)program;
    r->bytes = bytes;
    r->stream = stream;
    r->data = (const unsigned char *)PyBytes_AsString(bytes);
    r->end = PyBytes_Size(bytes);
    r->pos = pos;
    r->room = 0;
    r->level = 0;
    r->interfaces = NULL;
}

static inline int
read_uint(Reader *r, uint64_t *result)
{
    if (r->pos >= r->end) {
        return -1;
    }
    unsigned char first = r->data[r->pos];
    if (first < 128) {
        r->pos++;
        *result = first;
        return 0;
    }
    int count = 256 - first;
    if (count > 8 || r->end - r->pos <= count) {
        return -1;
    }
    uint64_t value = 0;
    for (int i = 1; i <= count; i++) {
        value = value << 8 | r->data[r->pos + i];
    }
    r->pos += count + 1;
    *result = value;
    return 0;
}

/* Read a number that is one byte, as Go writes those below 128. */
static inline int
read_small(Reader *r, uint64_t *result)
{
    if (r->pos >= r->end || r->data[r->pos] > 127) {
        return -1;
    }
    *result = r->data[r->pos++];
    return 0;
}

static inline int
charge(Reader *r, long long count, long long size)
{
    if (!r->program->is_counted || size == 0) {
        return 0;
    }
    if (count > r->room / size) {
        return -1;
    }
    r->room -= count * size;
    return 0;
}

#endif
