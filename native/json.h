/* JSON: text that is written, and values that the parser of Python's has made. */
#ifndef RPCGEN_JSON_H
#define RPCGEN_JSON_H

#include "encode.h"

#define NULL_IS_NONE 1 /* the flag of a pointer */

/* Functions return -1 where they give up, with an exception set or without. */

/* Write text as it is, or quoted; gives up for what has no UTF-8. */
int put_str(Writer *w, PyObject *text, int is_quoted);

/* Write a number: return 1, or 0 where it is none that is written here. */
int put_integer(PyObject *value, int is_unsigned, int bits, Writer *w);
int put_real(PyObject *value, Writer *w);

/* What both types have: rows of a plan, each of which begins with memory of its own, or NULL. */
typedef struct {
    PyObject_HEAD
    PyObject *plan; /* owns all that the rows refer to */
    PyObject *fallback;
    PyObject *reraise_interrupt;
    Py_ssize_t count;
    Py_ssize_t row_size;
    char *rows;
    int root;
} JsonPlan;

/* Make an object of a type; `set_up` sets up a row. */
PyObject *json_plan_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords,
                        Py_ssize_t row_size, int (*set_up)(JsonPlan *, void *, PyObject *));
int json_plan_traverse(PyObject *self, visitproc visit, void *arg);
int json_plan_clear(PyObject *self);

/* Return true where what the rows of both types begin with is of a plan that can be run. */
int can_be_run(JsonPlan *plan, int op, int flags, int bits, const int *children);

/* Return what the function in Python makes of all of a value, which was given up. */
PyObject *json_plan_fallback(JsonPlan *plan, PyObject *value);

/* Return true for an integer that has room in so many bits. */
int is_in_range(PyObject *value, int is_unsigned, int bits, long long *number);

/* --- structs that are read ------------------------------------------------------------------ */

typedef struct {
    int node;
    PyObject *keyword;
    PyObject *zero; /* function, or None where the class has a default */
} JsonMember;

typedef struct {
    JsonMember *members;
    int op; /* OP_VARIED for what a function alone reads */
    int flags;
    int bits;
    int children[2];
    PyObject *function; /* which reads the same, and all that is out of the ordinary */
    PyObject *make;     /* class of a struct; of a list what makes another sequence of it, or None */
    PyObject *numbers;  /* dict: key of a struct -> number of its member */
    PyObject *find;     /* function: key in any case -> number, or -1 for a key of nothing */
    int is_positional;
    Py_ssize_t count;
} JsonPair;

/* Return the object that values of members make, NULL where nothing has come for one. */
PyObject *made_of(JsonPair *pair, PyObject **values);

#endif
