/* The type of a plan of decoding, which all streams share. */
#include "decode.h"

static const char *const NAMES[NAME_COUNT] = {
    "collisions", "_data",  "decoded",   "depth", "end",
    "_interfaces", "limits", "room_left", "short", "skip_value",
};

/* Return true if a program looks at nothing of the stream. */
static int
is_alone(DecodeProgram *program)
{
    for (Py_ssize_t i = 0; i < program->count; i++) {
        Pair *pair = &program->pairs[i];
        if ((pair->op == OP_EMPTY && pair->bits == SKIP_VALUE) || pair->flags & IS_SHORT
            || pair->op == OP_INTERFACE) {
            return 0;
        }
        for (Py_ssize_t field = 0; field < pair->sent_count; field++) {
            if (pair->sent[field].skip == SKIP_VALUE) {
                return 0;
            }
        }
    }
    return !program->is_counted;
}

static int
has_quiet_members(Pair *pair)
{
    for (Py_ssize_t i = 0; i < pair->member_count; i++) {
        if (pair->members[i].zero_kind == ZERO_CALL) {
            return 0;
        }
    }
    return pair->stores;
}

static int
is_quiet_pair(DecodeProgram *program, Pair *pair)
{
    switch (pair->op) {
    case OP_BOOL:
    case OP_INT:
    case OP_UINT:
    case OP_FLOAT:
    case OP_COMPLEX:
    case OP_STRING:
        return 1;
    case OP_BYTES:
    case OP_LIST:
    case OP_ARRAY:
    case OP_VARIED:
        return pair->make == NULL;
    case OP_MAP:
        return program->pairs[pair->parts[0]].op <= OP_STRING; /* whose hashes are Python's own */
    case OP_STRUCT:
        return has_quiet_members(pair);
    }
    return 0;
}

/* Return true if a program runs no code in Python, and no other thread can. */
static int
is_quiet(DecodeProgram *program)
{
    for (Py_ssize_t i = 0; i < program->count; i++) {
        if (!is_quiet_pair(program, &program->pairs[i])) {
            return 0;
        }
    }
    return is_alone(program);
}

/* Return true if no value is another one that is read in its place, and so on without a level. */
static int
leads_to_values(DecodeProgram *program)
{
    for (Py_ssize_t i = 0; i < program->count; i++) {
        int op = program->pairs[i].op;
        if (op != OP_VARIED && op != OP_ENUM) {
            continue;
        }
        int inner = program->pairs[program->pairs[i].parts[0]].op;
        if (inner == OP_VARIED || (inner == OP_ENUM && op == OP_ENUM)) {
            return 0;
        }
    }
    return 1;
}

static PyObject *
decode_program_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    PyObject *plan;
    int root, has_number, is_counted;
    if (refuse_keywords(keywords) < 0) {
        return NULL;
    }
    if (!PyArg_ParseTuple(
            arguments, "O!ipp", &PyTuple_Type, &plan, &root, &has_number, &is_counted)) {
        return NULL;
    }
    DecodeProgram *program = (DecodeProgram *)PyType_GenericAlloc(type, 0);
    if (program == NULL) {
        return NULL;
    }
    Py_INCREF(plan);
    program->plan = plan;
    if ((program->nothing = PyTuple_New(0)) == NULL) {
        Py_DECREF(program);
        return NULL;
    }
    if (intern_names(program->names, NAMES, NAME_COUNT) < 0) {
        Py_DECREF(program);
        return NULL;
    }
    program->root = root;
    program->has_number = has_number;
    program->is_counted = is_counted;
    program->count = PyTuple_Size(plan);
    if (!is_number_of(root, program->count)) {
        bad_plan();
        Py_DECREF(program);
        return NULL;
    }
    program->pairs = zeroed(program->count, sizeof(Pair));
    if (program->pairs == NULL) {
        Py_DECREF(program);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < program->count; i++) {
        if (set_up_pair(program, &program->pairs[i], PyTuple_GetItem(plan, i)) < 0) {
            Py_DECREF(program);
            return NULL;
        }
    }
    if (!leads_to_values(program)) {
        bad_plan();
        Py_DECREF(program);
        return NULL;
    }
    program->is_alone = is_alone(program);
    program->is_quiet = is_quiet(program);
    return (PyObject *)program;
}

static int
decode_program_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((DecodeProgram *)self)->plan);
    return 0;
}

static int
decode_program_clear(PyObject *self)
{
    DecodeProgram *program = (DecodeProgram *)self;
    Pair *pairs = program->pairs;
    program->pairs = NULL;
    if (pairs != NULL) {
        for (Py_ssize_t i = 0; i < program->count; i++) {
            drop_pair(&pairs[i]);
        }
        PyMem_Free(pairs);
    }
    for (int i = 0; i < NAME_COUNT; i++) {
        Py_CLEAR(program->names[i]);
    }
    Py_CLEAR(program->plan);
    Py_CLEAR(program->nothing);
    return 0;
}

int
is_program(PyObject *object)
{
    return is_emptied_by(object, decode_program_clear);
}

static PyObject *
alone_of(PyObject *self, void *closure)
{
    return PyBool_FromLong(((DecodeProgram *)self)->is_alone);
}

static PyGetSetDef decode_program_getset[] = {
    {"is_alone", alone_of, NULL, "True where nothing but a message is looked at.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot decode_program_slots[] = {
    {Py_tp_doc, "Plan of how values of a sender's type become ours."},
    {Py_tp_new, decode_program_new},
    {Py_tp_traverse, decode_program_traverse},
    {Py_tp_clear, decode_program_clear},
    {Py_tp_dealloc, deallocate},
    {Py_tp_getset, decode_program_getset},
    {0, NULL},
};

PyType_Spec decode_program_spec = {
    .name = "rpcgen._accelerator.DecodeProgram",
    .basicsize = sizeof(DecodeProgram),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = decode_program_slots,
};
