/* The type that decodes values of one type of a stream. */
#include "decode.h"

/* Take over how much memory there is for the value: all of it, unless it is inside another. */
static int
load_room(Reader *r, long depth)
{
    long long deepest;
    if (!r->program->is_counted) {
        return 0;
    }
    PyObject *limits = PyObject_GetAttr(r->stream, r->program->names[NAME_LIMITS]);
    if (limits == NULL) {
        return -1;
    }
    int result = number_of(r, limits, NAME_DEPTH, &deepest);
    if (result == 0) {
        result = depth == deepest ? number_of(r, limits, NAME_DECODED, &r->room)
                                  : number_of(r, r->stream, NAME_ROOM_LEFT, &r->room);
    }
    Py_DECREF(limits);
    return result;
}

/* Messages of so many bytes may be of more objects than Python makes between two collections. */
#define MANY 8192

PyObject *
read_top(Reader *r, long depth)
{
    DecodeProgram *program = r->program;
    uint64_t number = 0;
    if (program->has_number && (read_uint(r, &number) < 0 || number)) {
        return NULL; /* what is no struct comes like a field with the number 0 */
    }
    return read_value(r, &program->pairs[program->root], depth);
}

PyObject *
decode_top(Reader *r, long depth)
{
    if (load_room(r, depth) < 0 || load_end(r) < 0 || r->pos < 0 || r->pos > r->end) {
        return NULL;
    }
    /* What comes of a message has no circles: the collector, which would go through it again and
     * again while it grows, waits until it is there. */
    int paused = r->program->is_quiet && r->end - r->pos > MANY && PyGC_Disable();
    PyObject *value = read_top(r, depth);
    if (paused) {
        PyGC_Enable();
    }
    Py_CLEAR(r->interfaces);
    if (value != NULL && store_room(r) < 0) {
        Py_CLEAR(value);
    }
    return value;
}

static PyObject *
decode(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    DecodeFunction *f = (DecodeFunction *)self;
    DecodeProgram *program = (DecodeProgram *)f->program;
    if (count != 4 || program == NULL || program->pairs == NULL) {
        PyErr_SetString(PyExc_TypeError, "decode takes data, a position, a stream and a depth");
        return NULL;
    }
    if (enter_from_python() < 0) {
        return NULL;
    }
    if (PyBytes_CheckExact(arguments[0]) && PyLong_Check(arguments[1])
        && PyLong_Check(arguments[3])) {
        int overflow;
        Reader r;
        Py_ssize_t pos = PyLong_AsSsize_t(arguments[1]);
        begin_reading(&r, f->program, arguments[0], arguments[2], pos);
        long depth = PyLong_AsLongAndOverflow(arguments[3], &overflow);
        if (PyErr_Occurred()) {
            PyErr_Clear();
        }
        else if (!overflow) {
            PyObject *value = decode_top(&r, depth);
            if (value != NULL) {
                return Py_BuildValue("Nn", value, r.pos);
            }
            if (PyErr_Occurred()) {
                return NULL;
            }
        }
    }
    return PyObject_CallFunctionObjArgs(
        f->fallback, arguments[0], arguments[1], arguments[2], arguments[3], NULL);
}

static PyObject *
decode_function_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    PyObject *program, *fallback;
    if (refuse_keywords(keywords) < 0) {
        return NULL;
    }
    if (!PyArg_ParseTuple(arguments, "OO", &program, &fallback)) {
        return NULL;
    }
    if (!is_program(program)) {
        PyErr_SetString(PyExc_TypeError, "a DecodeProgram is wanted");
        return NULL;
    }
    DecodeFunction *f = (DecodeFunction *)PyType_GenericAlloc(type, 0);
    if (f == NULL) {
        return NULL;
    }
    Py_INCREF(program);
    Py_INCREF(fallback);
    f->program = program;
    f->fallback = fallback;
    return (PyObject *)f;
}

static int
decode_function_traverse(PyObject *self, visitproc visit, void *arg)
{
    DecodeFunction *f = (DecodeFunction *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(f->program);
    Py_VISIT(f->fallback);
    return 0;
}

static int
decode_function_clear(PyObject *self)
{
    DecodeFunction *f = (DecodeFunction *)self;
    Py_CLEAR(f->program);
    Py_CLEAR(f->fallback);
    return 0;
}

static PyObject *
fallback_of(PyObject *self, void *closure)
{
    DecodeFunction *f = (DecodeFunction *)self;
    PyObject *fallback = f->fallback == NULL ? Py_None : f->fallback;
    Py_INCREF(fallback);
    return fallback;
}

static PyObject *
program_of(PyObject *self, void *closure)
{
    DecodeFunction *f = (DecodeFunction *)self;
    PyObject *program = f->program == NULL ? Py_None : f->program;
    Py_INCREF(program);
    return program;
}

static PyGetSetDef decode_function_getset[] = {
    {"program", program_of, NULL, "The program.", NULL},
    {"fallback", fallback_of, NULL, "The function that decodes what is out of the ordinary.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef decode_function_methods[] = {
    {"decode", (PyCFunction)(void (*)(void))decode, METH_FASTCALL,
     "Return a value, as it stands at the top of a message, and the position after it."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot decode_function_slots[] = {
    {Py_tp_doc, "Program that decodes values, and the function for what it gives up."},
    {Py_tp_new, decode_function_new},
    {Py_tp_traverse, decode_function_traverse},
    {Py_tp_clear, decode_function_clear},
    {Py_tp_dealloc, deallocate},
    {Py_tp_methods, decode_function_methods},
    {Py_tp_getset, decode_function_getset},
    {0, NULL},
};

PyType_Spec decode_function_spec = {
    .name = "rpcgen._accelerator.DecodeFunction",
    .basicsize = sizeof(DecodeFunction),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = decode_function_slots,
};
