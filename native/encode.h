/* Encoding: a schema's plan in C, and the bytes that are being written. */
#ifndef RPCGEN_ENCODE_H
#define RPCGEN_ENCODE_H

#include "accelerator.h"

#define IS_NULLABLE 1
#define IS_OF_BYTES 2 /* a list or an array of uint8 */
#define MAY_BE_NIL 4  /* an interface that may hold nothing */

/* rpcgen.gob.numbers.MIN_ZERO_COPY_BYTES: bytes from this size on are not copied. */
#define LARGE 32768

typedef struct {
    Attribute attribute;
    int node;
} Field;

typedef struct {
    int op;
    int flags;
    int bits;
    int inner; /* the node without its conversion */
    int plain; /* the node without conversion and pointer */
    int children[2];
    Py_ssize_t length;
    PyObject *lower;
    PyObject *first; /* of a struct and an enum the class, of an interface its schema, else the
                      * function that converts */
    PyObject *second; /* check of a struct, table of an enum, zero of the others */
    Py_ssize_t count; /* of fields */
    Field *fields;
} Node;

typedef struct {
    PyObject_HEAD
    PyObject *plan; /* owns all that the nodes refer to */
    PyObject *fallback;
    PyObject *reraise_interrupt;
    PyObject *holds_large; /* the names of attributes */
    PyObject *interfaces;
    int has_interfaces;
    Py_ssize_t count;
    Node *nodes;
    int root;
} EncodeFunction;

typedef struct {
    unsigned char *data;
    size_t used;
    size_t size;
    PyObject *out; /* list of pieces; NULL where all is to be one */
    int pieces; /* how often something was moved to `out` */
    int holds_large;
    PyObject *interfaces; /* dict of the stream, or NULL; see `put_interface` */
    unsigned char first[1024];
} Writer;

/* Functions return -1 where they give up, with an exception set or without. */

int grow(Writer *w, size_t more);
int put_int(Writer *w, int64_t value);
int put_float(Writer *w, double value);
int put_raw(Writer *w, const char *raw, size_t size);

/* Write bytes that are a part of the message as they are, without their size. */
int put_copy(Writer *w, const char *raw, size_t size);
int put_encoded(Writer *w, PyObject *encoded);

int put_bytes(Writer *w, PyObject *raw);

/* Return the bytes of a string, NULL with an exception where it has no UTF-8. They stay with the
 * string, or, where they are many, with `*owner`, a new reference to bytes. */
const char *utf8_of(PyObject *text, Py_ssize_t *size, PyObject **owner);

int put_byte_elements(PyObject *value, Py_ssize_t size, int is_array, Writer *w);
int put_byte_array(Node *node, PyObject *value, Writer *w);

/* Move what was written to the list of pieces. */
int flush(Writer *w);

/* Write a value that its own number, text or function tells, with no others inside. */
int put_leaf(Node *node, PyObject *value, Writer *w);

/* Return the bytes of a value that encodes itself; NULL to give up. */
PyObject *marshalled(Node *node, PyObject *value);

int as_double(PyObject *value, double *result);

/* Return an item of a list or tuple, NULL where it is gone. */
PyObject *element_of(PyObject *sequence, Py_ssize_t index);

/* Return the length of a list or tuple, -1 for anything else. */
Py_ssize_t length_of(PyObject *sequence);

/* Write a value with the name and number of its type, if the stream has described that. */
int put_interface(Node *node, PyObject *value, Writer *w, int level);

/* Write a value as it stands at the top of a message, by an EncodeFunction. */
int put_by(PyObject *function, PyObject *value, Writer *w, int level);

/* Return what goes ahead of a message, and the whole message, which begins with the bytes of an id;
 * NULL where the value must be encoded otherwise, or `function` is no EncodeFunction. */
PyObject *write_message(
    PyObject *function, PyObject *ahead, PyObject *id, PyObject *value, PyObject *interfaces);

/* Return what a dict has for what was asked for, a tuple of two: a new reference; NULL where there
 * is none, or that is not hashable. */
PyObject *known_under(PyObject *known, PyObject *asked);

/* Return the message of a value behind other bytes, by a MessageEncoder that has described what was
 * asked for; NULL where it is out of the ordinary. */
PyObject *encode_short(PyObject *encoder, PyObject *ahead, PyObject *value, PyObject *asked);

/* Write a value that is sent whatever it is. */
int put_element(EncodeFunction *f, Node *node, PyObject *value, Writer *w, int level);

/* Set up a writer but for the bytes inside, which are not read before they are written. */
static inline void
begin_writing(Writer *w, PyObject *out)
{
    w->data = w->first;
    w->size = sizeof(w->first);
    w->used = 0;
    w->out = out;
    w->pieces = w->holds_large = 0;
    w->interfaces = NULL;
}

static inline void
end_writing(Writer *w)
{
    if (w->data != w->first) {
        PyMem_Free(w->data);
    }
}

static inline int
reserve(Writer *w, size_t more)
{
    return w->size - w->used >= more ? 0 : grow(w, more);
}

static inline int
put_uint(Writer *w, uint64_t value)
{
    if (reserve(w, 9) < 0) {
        return -1;
    }
    w->used += (size_t)write_uint(w->data + w->used, value);
    return 0;
}

#endif
