/* What the parts of the accelerator share: see docs/accelerator.md.
 *
 * The accelerator words no error. Whatever is out of the ordinary, a value or bytes, makes a
 * function give up: nothing is consumed, no state has changed, and the function in Python that
 * stands behind it does the work, or says what is wrong.
 */
#ifndef RPCGEN_ACCELERATOR_H
#define RPCGEN_ACCELERATOR_H

#define PY_SSIZE_T_CLEAN
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* Operations, with the numbers of rpcgen.schema.plan.Op. */
enum {
    OP_BOOL,
    OP_INT,
    OP_UINT,
    OP_FLOAT,
    OP_COMPLEX,
    OP_STRING,
    OP_BYTES,
    OP_LIST,
    OP_ARRAY,
    OP_MAP,
    OP_STRUCT,
    OP_INTERFACE,
    OP_OPAQUE,
    OP_EMPTY,
    OP_ENUM,
    OP_DURATION,
    OP_VARIED, /* a pointer or a conversion; of decoding alone */
    OP_COUNT
};

/* A function whose memory on the C stack is given back before its caller goes on. */
#define NEVER_INLINED __attribute__((noinline))

/* Levels that values may nest before the accelerator gives up, for the sake of the C stack. */
#define MOST_LEVELS 200

/* Levels between two looks at what is left of it, of less than 512 bytes each. */
#define LEVELS_AT_ONCE 16

/* Bytes of the C stack that the accelerator leaves to the functions in Python, and those without
 * which it does not begin: a value of interfaces may lead from it to Python and back, again and
 * again. */
#define STACK_FOR_PYTHON 32768
#define STACK_TO_ENTER 12288

/* Return true where so much is left of the C stack of this thread. */
int has_stack(size_t bytes);

/* Return -1 with a RecursionError where little is left. */
int enter_from_python(void);

/* Return true where a value may have parts at a level. */
static inline int
may_nest(int level)
{
    return level <= MOST_LEVELS
           && (level % LEVELS_AT_ONCE != LEVELS_AT_ONCE - 1 || has_stack(STACK_FOR_PYTHON));
}

/* How an attribute is read or stored: through the descriptor of a slot where there is one. */
typedef struct {
    PyObject *name;
    PyObject *descriptor;
    descrgetfunc get;
    descrsetfunc set;
} Attribute;

/* Takes the name of an attribute and the descriptor of its slot, or None. */
void attribute_set_up(Attribute *attribute, PyObject *name, PyObject *descriptor);

/* Return an attribute of an object of the class that it was set up for. */
static inline PyObject *
attribute_of(const Attribute *attribute, PyObject *object)
{
    return attribute->get == NULL
               ? PyObject_GetAttr(object, attribute->name)
               : attribute->get(attribute->descriptor, object, (PyObject *)Py_TYPE(object));
}

/* Take the descriptors of slots from a tuple, which owns them: return -1 with an exception if there
 * are not so many. */
int slots_set_up(Attribute *slots, PyObject *descriptors, Py_ssize_t count);

/* Store values into slots of an object, in the same order. */
static inline int
store(PyObject *object, const Attribute *slots, PyObject *const *values, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        if (slots[i].set(slots[i].descriptor, object, values[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

/* An attribute of objects that are of one class as a rule, whose slot is found once. */
typedef struct {
    PyObject *name;
    PyObject *type;
    PyObject *descriptor; /* of the slot; None where there is none */
    Attribute slot;
} LearnedSlot;

/* Look for the slot in the class of an object: return -1 with an exception. */
int learn_slot(LearnedSlot *learned, PyObject *object);

void clear_learned(LearnedSlot *learned);

/* Return an attribute. */
static inline PyObject *
get_learned(LearnedSlot *learned, PyObject *object)
{
    if ((PyObject *)Py_TYPE(object) != learned->type && learn_slot(learned, object) < 0) {
        return NULL;
    }
    return attribute_of(&learned->slot, object);
}

static inline int
set_learned(LearnedSlot *learned, PyObject *object, PyObject *value)
{
    if ((PyObject *)Py_TYPE(object) != learned->type && learn_slot(learned, object) < 0) {
        return -1;
    }
    return learned->slot.set == NULL ? PyObject_SetAttr(object, learned->name, value)
                                   : learned->slot.set(learned->slot.descriptor, object, value);
}

/* Write a number as gob has it, 9 bytes at most: return how many. */
static inline int
write_uint(unsigned char *to, uint64_t value)
{
    if (value < 128) {
        to[0] = (unsigned char)value;
        return 1;
    }
    int count = 1, size = 1;
    while (count < 8 && value >> (8 * count)) {
        count++;
    }
    to[0] = (unsigned char)(256 - count);
    while (count--) {
        to[size++] = (unsigned char)(value >> (8 * count));
    }
    return size;
}

/* Return an item of a tuple, borrowed; NULL with an exception where it is none or too short. */
PyObject *item_of(PyObject *tuple, Py_ssize_t index);

/* Take a row of a plan apart, as PyArg_ParseTuple does: return -1 with an exception where it is
 * no tuple or has something else; or was not there, and whoever looked for it has set one. */
int parse_row(PyObject *row, const char *format, ...);

/* Return memory for the rows of a tuple whose size Python has told; NULL with an exception where
 * there is none, or that was no tuple. */
void *zeroed(Py_ssize_t count, size_t size);

/* Refuse a plan: set an exception and return -1. */
int bad_plan(void);

/* Return true for the number of one of so many. */
static inline int
is_number_of(int number, Py_ssize_t count)
{
    return number >= 0 && number < count;
}

/* Return -1 with an exception if there are arguments with names: none of the types has any. */
int refuse_keywords(PyObject *keywords);

/* Drop the exception that is set, if there is one: return -1 if it is an interrupt, which stays.
 * `reraise_interrupt` is that of rpcgen._interrupts. */
int drop_exception(PyObject *reraise_interrupt);

/* Return the result of a method of the subclass in Python, which does the same with care. It has as
 * many arguments as there are before a NULL. */
PyObject *in_python(
    PyObject *self, const char *method, PyObject *first, PyObject *second, PyObject *third);

/* Make the names of attributes and keys, so many; return -1 with an exception if there is no
 * memory. */
int intern_names(PyObject **names, const char *const *texts, int count);

/* Return a list of an object that is given away; NULL for NULL. */
PyObject *listed(PyObject *object);

/* Return the exception that is set, with its traceback; none is set any more. */
PyObject *take_exception(void);

/* The exception that is set, or none, while something else is done. */
typedef struct {
    PyObject *type;
    PyObject *error;
    PyObject *traceback;
} Aside;

static inline void
put_aside(Aside *aside)
{
    PyErr_Fetch(&aside->type, &aside->error, &aside->traceback);
}

/* Set the exception again once something else was done, whose result is given away: if that is
 * NULL, its own exception stays instead, and -1 is returned. */
int put_back(Aside *aside, PyObject *result);

/* Take over the arguments of a method by place or name; those that are not given stay as they are.
 * Return -1 with an exception if one of the first is lacking, or there is one too many. */
int take_arguments(PyObject *const *arguments, Py_ssize_t count, PyObject *keywords,
                   const char *const *names, int required, PyObject **results);

/* Return true for an object of a type that has no subclasses: the function that empties one tells. */
static inline int
is_emptied_by(PyObject *object, inquiry clear)
{
    return (inquiry)PyType_GetSlot(Py_TYPE(object), Py_tp_clear) == clear;
}

/* Free an object of any of the types, once its `tp_clear` has given back what it refers to. */
void deallocate(PyObject *self);

/* Free an object of a subclass in Python, too, whose `tp_clear` is another. */
void free_with(PyObject *self, inquiry clear);

/* The types that others are given objects of. */
typedef struct {
    PyObject *stream_type;
    PyObject *encoder_type;
    PyObject *headers_type;
    PyObject *calls_type;
    PyObject *steps_type;
    PyObject *executor_type;
} ModuleState;

/* Return -1 with an exception if an object is none of such a type, whatever it says of its class. */
int check_type(PyObject *type, PyObject *object);

extern PyType_Spec encode_function_spec;
extern PyType_Spec decode_program_spec;
extern PyType_Spec decode_function_spec;
extern PyType_Spec decode_message_spec;
extern PyType_Spec stream_spec;
extern PyType_Spec header_reader_spec;
extern PyType_Spec message_encoder_spec;
extern PyType_Spec single_encoder_spec;
extern PyType_Spec single_decoder_spec;
extern PyType_Spec json_encoder_spec;
extern PyType_Spec json_decoder_spec;
extern PyType_Spec exchange_spec;
extern PyType_Spec server_calls_spec;
extern PyType_Spec server_steps_spec;
extern PyType_Spec server_executor_spec;
extern PyType_Spec server_turn_spec;

#endif
