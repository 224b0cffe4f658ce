/* A stream that is read: the members that it has in C, which are those of MessageBuffer. */
#ifndef RPCGEN_STREAM_H
#define RPCGEN_STREAM_H

#include "accelerator.h"
#include <structmember.h>

typedef struct {
    PyObject_HEAD
    PyObject *data;   /* bytes */
    PyObject *chunks; /* list */
    PyObject *needed; /* int, which a peer may have made larger than any of C */
    PyObject *broken; /* an exception or None */
    PyObject *whole;  /* dict: what was asked for -> DecodeMessage */
    PyObject *interfaces; /* dict: Interface -> dict: name and id -> (DecodeProgram, size) */
    Py_ssize_t pos;
    Py_ssize_t base;
    Py_ssize_t size; /* of the chunks */
    char owed;
} Stream;

static inline Py_ssize_t
size_of_data(Stream *s)
{
    return s->data == NULL || !PyBytes_Check(s->data) ? 0 : PyBytes_Size(s->data);
}

/* Return true where all bytes at hand belong to messages that were decoded. */
static inline int
is_used_up(Stream *s)
{
    return s->pos == size_of_data(s);
}

/* Return true where something was fed that belongs to no value yet. */
static inline int
holds_something(Stream *s)
{
    return !is_used_up(s) || s->size || s->owed;
}

/* Add bytes to the end of the stream. */
int feed_stream(Stream *s, PyObject *data);

/* Return the value of a message and where that ends; NULL where it is out of the ordinary. */
PyObject *decode_at(Stream *s, PyObject *data, Py_ssize_t pos, PyObject *asked, Py_ssize_t *end);

/* Go on after a message. */
int consume(Stream *s, Py_ssize_t pos);

/* Drop the exception that is set: return -1 if it is an interrupt, or cannot be looked at. */
int drop_in_stream(PyObject *stream);

/* A header ends with a number and a zero, which take at most so many bytes. */
#define HEADER_END 10

/* Write the end of a header, and return its size. */
static inline int
write_header_end(unsigned char *to, uint64_t number)
{
    int size = write_uint(to, number);
    to[size] = 0;
    return size + 1;
}

/* Return what stands in front of an end of so many bytes, borrowed, from a list by that size; NULL
 * where it is not known. */
static inline PyObject *
head_before(PyObject *heads, int size)
{
    PyObject *head = PyList_CheckExact(heads) && size < PyList_Size(heads)
                         ? PyList_GetItem(heads, size)
                         : NULL;
    return head != NULL && PyBytes_CheckExact(head) ? head : NULL;
}

/* Return the stream of a HeaderReader, borrowed; NULL if it has none. */
Stream *stream_of(PyObject *headers);

/* Read a header that is known to a HeaderReader and has nothing but a method and a number; NULL
 * where it is another one. */
PyObject *read_plain_header(PyObject *headers);

#endif
