/* The type that makes values of parsed JSON, by a plan of rpcgen.gojson.accelerated: of lists,
 * tuples of pairs for objects, and scalars. */
#include "json.h"

/* Values of up to so many members are on the stack. */
#define FEW_MEMBERS 12

static JsonPair *
pairs_of(JsonPlan *f)
{
    return (JsonPair *)f->rows;
}

/* Functions that return NULL either give up, with an exception set or without, or, with `*is_other`
 * set, leave the value to the function of the node. */

static PyObject *read_json(JsonPlan *f, int number, PyObject *value, int level);

static PyObject *
read_integer(JsonPair *pair, PyObject *value, int *is_other)
{
    long long number;
    *is_other = !is_in_range(value, pair->op == OP_UINT, pair->bits, &number);
    if (*is_other) {
        return NULL;
    }
    Py_INCREF(value);
    return value;
}

static PyObject *
read_real(PyObject *value, int *is_other)
{
    double number;
    *is_other = as_double(value, &number) < 0 || !isfinite(number);
    return *is_other ? NULL : PyFloat_FromDouble(number);
}

static PyObject *
read_list(JsonPlan *f, JsonPair *pair, PyObject *value, int level)
{
    Py_ssize_t size = PyList_Size(value);
    PyObject *list = PyList_New(0);
    for (Py_ssize_t i = 0; list != NULL && i < size && i < PyList_Size(value); i++) {
        PyObject *held = PyList_GetItem(value, i);
        Py_INCREF(held);
        PyObject *item = read_json(f, pair->children[0], held, level + 1);
        Py_DECREF(held);
        if (item == NULL || PyList_Append(list, item) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(item);
    }
    if (list == NULL || pair->make == Py_None) {
        return list;
    }
    PyObject *made = PyObject_CallFunctionObjArgs(pair->make, list, NULL);
    Py_DECREF(list);
    return made;
}

/* Take a pair of an object apart, as borrowed references. */
static int
entry_at(PyObject *value, Py_ssize_t index, PyObject **key, PyObject **item)
{
    PyObject *entry = PyTuple_GetItem(value, index);
    if (entry == NULL || !PyTuple_CheckExact(entry) || PyTuple_Size(entry) != 2) {
        return -1;
    }
    *key = PyTuple_GetItem(entry, 0);
    *item = PyTuple_GetItem(entry, 1);
    return 0;
}

static PyObject *
read_map(JsonPlan *f, JsonPair *pair, PyObject *value, int level)
{
    PyObject *map = PyDict_New(), *key, *held;
    for (Py_ssize_t i = 0; map != NULL && i < PyTuple_Size(value); i++) {
        PyObject *item = NULL;
        if (entry_at(value, i, &key, &held) == 0) {
            item = read_json(f, pair->children[1], held, level + 1);
        }
        if (item == NULL || PyDict_SetItem(map, key, item) < 0) {
            Py_CLEAR(map);
        }
        Py_XDECREF(item);
    }
    return map;
}

/* --- structs -------------------------------------------------------------------------------- */

/* Return the number of the member that a key is for, -1 for none, -2 to give up. */
static long
member_of(JsonPair *pair, PyObject *key)
{
    PyObject *known = PyDict_GetItemWithError(pair->numbers, key), *found = known;
    if (known == NULL) {
        found = PyErr_Occurred() ? NULL : PyObject_CallFunctionObjArgs(pair->find, key, NULL);
    }
    if (found == NULL) {
        return -2;
    }
    long number = PyLong_AsLong(found);
    if (known == NULL) {
        Py_DECREF(found);
    }
    return number < -1 || number >= pair->count || PyErr_Occurred() ? -2 : number;
}

/* Read what has come for the members of a struct: gives up for a member that comes twice. */
static int
read_members(JsonPlan *f, JsonPair *pair, PyObject *value, PyObject **values, int level)
{
    PyObject *key, *held;
    for (Py_ssize_t i = 0; i < PyTuple_Size(value); i++) {
        if (entry_at(value, i, &key, &held) < 0) {
            return -1;
        }
        long number = member_of(pair, key);
        if (number == -1) {
            continue;
        }
        if (number < 0 || values[number] != NULL) {
            return -1;
        }
        values[number] = read_json(f, pair->members[number].node, held, level + 1);
        if (values[number] == NULL) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
read_struct(JsonPlan *f, JsonPair *pair, PyObject *value, int level)
{
    PyObject *few[FEW_MEMBERS] = {NULL}, **values = few, *object = NULL;
    if (pair->count > FEW_MEMBERS) {
        values = zeroed(pair->count, sizeof(PyObject *));
        if (values == NULL) {
            return NULL;
        }
    }
    if (read_members(f, pair, value, values, level) == 0) {
        object = made_of(pair, values);
    }
    for (Py_ssize_t i = 0; i < pair->count; i++) {
        Py_XDECREF(values[i]);
    }
    if (values != few) {
        PyMem_Free(values);
    }
    return object;
}

/* --- values --------------------------------------------------------------------------------- */

static PyObject *
read_known(JsonPlan *f, JsonPair *pair, PyObject *value, int level, int *is_other)
{
    switch (pair->op) {
    case OP_INT:
    case OP_UINT:
        return read_integer(pair, value, is_other);
    case OP_FLOAT:
        return read_real(value, is_other);
    case OP_BOOL:
    case OP_STRING:
        *is_other = pair->op == OP_BOOL ? !PyBool_Check(value) : !PyUnicode_CheckExact(value);
        if (*is_other) {
            return NULL;
        }
        Py_INCREF(value);
        return value;
    case OP_LIST:
        *is_other = !PyList_CheckExact(value);
        return *is_other ? NULL : read_list(f, pair, value, level);
    case OP_MAP:
        *is_other = !PyTuple_CheckExact(value);
        return *is_other ? NULL : read_map(f, pair, value, level);
    case OP_STRUCT:
        *is_other = !PyTuple_CheckExact(value);
        return *is_other ? NULL : read_struct(f, pair, value, level);
    }
    *is_other = 1;
    return NULL;
}

static PyObject *
read_json(JsonPlan *f, int number, PyObject *value, int level)
{
    JsonPair *pair = &pairs_of(f)[number];
    if (!may_nest(level)) {
        return NULL;
    }
    if (pair->flags & NULL_IS_NONE) {
        if (value == Py_None) {
            Py_RETURN_NONE;
        }
        pair = &pairs_of(f)[pair->children[0]];
    }
    int is_other = 0;
    PyObject *result = read_known(f, pair, value, level, &is_other);
    if (result == NULL && is_other) {
        return PyObject_CallFunctionObjArgs(pair->function, value, NULL);
    }
    return result;
}

static PyObject *
decode(PyObject *self, PyObject *value)
{
    JsonPlan *f = (JsonPlan *)self;
    if (f->rows == NULL) {
        bad_plan();
        return NULL;
    }
    PyObject *result = read_json(f, f->root, value, 0);
    if (result != NULL) {
        return result;
    }
    return json_plan_fallback(f, value);
}

/* --- the plan ------------------------------------------------------------------------------- */

static int
set_up_members(JsonPair *pair, PyObject *members, Py_ssize_t pairs)
{
    Py_ssize_t count = PyTuple_Size(members);
    pair->members = zeroed(count, sizeof(JsonMember));
    if (pair->members == NULL) {
        return -1;
    }
    pair->count = count;
    for (Py_ssize_t i = 0; i < count; i++) {
        JsonMember *member = &pair->members[i];
        if (parse_row(item_of(members, i), "iUO", &member->node, &member->keyword, &member->zero)
            < 0) {
            return -1;
        }
        if (!is_number_of(member->node, pairs)) {
            return bad_plan();
        }
    }
    return 0;
}

static int
set_up_pair(JsonPlan *f, void *memory, PyObject *row)
{
    JsonPair *pair = memory;
    PyObject *members;
    if (parse_row(row, "iiiiiOOO!OpO!", &pair->op, &pair->flags, &pair->bits, &pair->children[0],
                  &pair->children[1], &pair->function, &pair->make, &PyDict_Type, &pair->numbers,
                  &pair->find, &pair->is_positional, &PyTuple_Type, &members)
        < 0) {
        return -1;
    }
    if (!can_be_run(f, pair->op, pair->flags, pair->bits, pair->children)) {
        return bad_plan();
    }
    return set_up_members(pair, members, f->count);
}

static PyObject *
json_decoder_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    return json_plan_new(type, arguments, keywords, sizeof(JsonPair), set_up_pair);
}

static PyMethodDef json_decoder_methods[] = {
    {"decode", decode, METH_O, "Return the value that parsed JSON stands for."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot json_decoder_slots[] = {
    {Py_tp_doc, "Plan of a schema that makes values of parsed JSON."},
    {Py_tp_new, json_decoder_new},
    {Py_tp_traverse, json_plan_traverse},
    {Py_tp_clear, json_plan_clear},
    {Py_tp_dealloc, deallocate},
    {Py_tp_methods, json_decoder_methods},
    {0, NULL},
};

PyType_Spec json_decoder_spec = {
    .name = "rpcgen._accelerator.JsonDecoder",
    .basicsize = sizeof(JsonPlan),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = json_decoder_slots,
};
