/* The type that writes values as JSON text, by a plan of rpcgen.gojson.accelerated. */
#include "json.h"

/* What a field must be to be left out. */
enum { OMITS_NOTHING, OMITS_FALSE, OMITS_NONE, OMITS_COUNT };

typedef struct {
    PyObject *prefix; /* bytes: the key with its colon */
    Attribute attribute;
    int node;
    int omits;
} Step;

typedef struct {
    Step *steps;
    int op; /* OP_VARIED for what a function alone writes */
    int flags;
    int bits;
    int children[2];
    PyObject *function; /* which writes the same, and all that is out of the ordinary */
    PyObject *cls;
    Py_ssize_t count;
} JsonNode;

static JsonNode *
nodes_of(JsonPlan *f)
{
    return (JsonNode *)f->rows;
}

static int put_json(JsonPlan *f, int number, PyObject *value, Writer *w, int level);

static int
put_by_function(JsonNode *node, PyObject *value, Writer *w)
{
    PyObject *text = PyObject_CallFunctionObjArgs(node->function, value, NULL);
    if (text == NULL) {
        return -1;
    }
    int result = put_str(w, text, 0);
    Py_DECREF(text);
    return result;
}

static int
put_list(JsonPlan *f, JsonNode *node, PyObject *list, Writer *w, int level)
{
    if (put_copy(w, "[", 1) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        PyObject *item = PyList_GetItem(list, i);
        Py_INCREF(item);
        int result = i == 0 ? 0 : put_copy(w, ",", 1);
        if (result == 0) {
            result = put_json(f, node->children[0], item, w, level + 1);
        }
        Py_DECREF(item);
        if (result < 0) {
            return -1;
        }
    }
    return put_copy(w, "]", 1);
}

/* Write entries in the order of their keys, all of which are text. */
static int
put_entries(JsonPlan *f, JsonNode *node, PyObject *map, PyObject *keys, Writer *w, int level)
{
    for (Py_ssize_t i = 0; i < PyList_Size(keys); i++) {
        PyObject *key = PyList_GetItem(keys, i), *item = PyDict_GetItemWithError(map, key);
        if (item == NULL || (i > 0 && put_copy(w, ",", 1) < 0) || put_str(w, key, 1) < 0
            || put_copy(w, ":", 1) < 0) {
            return -1;
        }
        Py_INCREF(item);
        int result = put_json(f, node->children[1], item, w, level + 1);
        Py_DECREF(item);
        if (result < 0) {
            return -1;
        }
    }
    return put_copy(w, "}", 1);
}

static int
put_object(JsonPlan *f, JsonNode *node, PyObject *map, Writer *w, int level)
{
    PyObject *keys = PyDict_Keys(map);
    int result = keys == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; result == 0 && i < PyList_Size(keys); i++) {
        result = PyUnicode_CheckExact(PyList_GetItem(keys, i)) ? 0 : -1;
    }
    if (result == 0) {
        result = PyList_Sort(keys);
    }
    if (result == 0 && put_copy(w, "{", 1) == 0) {
        result = put_entries(f, node, map, keys, w, level);
    }
    else {
        result = -1;
    }
    Py_XDECREF(keys);
    return result;
}

static int
is_left_out(Step *step, PyObject *item)
{
    switch (step->omits) {
    case OMITS_NONE:
        return item == Py_None;
    case OMITS_FALSE:
        return PyObject_Not(item);
    }
    return 0;
}

static int
put_message(JsonPlan *f, JsonNode *node, PyObject *value, Writer *w, int level)
{
    const char *between = "{";
    for (Py_ssize_t i = 0; i < node->count; i++) {
        Step *step = &node->steps[i];
        PyObject *item = attribute_of(&step->attribute, value);
        if (item == NULL) {
            return -1;
        }
        int result = is_left_out(step, item);
        if (result == 0) {
            result = -1;
            if (put_copy(w, between, 1) == 0 && put_encoded(w, step->prefix) == 0) {
                result = put_json(f, step->node, item, w, level + 1);
            }
            between = ",";
        }
        Py_DECREF(item);
        if (result < 0) {
            return -1;
        }
    }
    return *between == ',' ? put_copy(w, "}", 1) : put_copy(w, "{}", 2);
}

/* Write a value of the class that a node is of: return 1, or 0 where it is of another. */
static int
put_known(JsonPlan *f, JsonNode *node, PyObject *value, Writer *w, int level)
{
    int result;
    switch (node->op) {
    case OP_INT:
    case OP_UINT:
        return put_integer(value, node->op == OP_UINT, node->bits, w);
    case OP_FLOAT:
        return put_real(value, w);
    case OP_BOOL:
        if (value != Py_True && value != Py_False) {
            return 0;
        }
        result = value == Py_True ? put_copy(w, "true", 4) : put_copy(w, "false", 5);
        break;
    case OP_STRING:
        if (!PyUnicode_CheckExact(value)) {
            return 0;
        }
        result = put_str(w, value, 1);
        break;
    case OP_LIST:
        if (!PyList_CheckExact(value)) {
            return 0;
        }
        result = put_list(f, node, value, w, level);
        break;
    case OP_MAP:
        if (!PyDict_CheckExact(value)) {
            return 0;
        }
        result = put_object(f, node, value, w, level);
        break;
    case OP_STRUCT:
        if ((PyObject *)Py_TYPE(value) != node->cls) {
            return 0;
        }
        result = put_message(f, node, value, w, level);
        break;
    default:
        return 0;
    }
    return result < 0 ? -1 : 1;
}

static int
put_json(JsonPlan *f, int number, PyObject *value, Writer *w, int level)
{
    JsonNode *node = &nodes_of(f)[number];
    if (!may_nest(level)) {
        return -1;
    }
    if (node->flags & NULL_IS_NONE) {
        if (value == Py_None) {
            return put_copy(w, "null", 4);
        }
        node = &nodes_of(f)[node->children[0]];
    }
    int result = put_known(f, node, value, w, level);
    if (result == 0) {
        return put_by_function(node, value, w);
    }
    return result < 0 ? -1 : 0;
}

static PyObject *
encode(PyObject *self, PyObject *value)
{
    JsonPlan *f = (JsonPlan *)self;
    if (f->rows == NULL) {
        bad_plan();
        return NULL;
    }
    Writer w;
    begin_writing(&w, NULL);
    PyObject *text = NULL;
    if (put_json(f, f->root, value, &w, 0) == 0) {
        text = PyUnicode_DecodeUTF8((const char *)w.data, (Py_ssize_t)w.used, NULL);
    }
    end_writing(&w);
    if (text != NULL) {
        return text;
    }
    return json_plan_fallback(f, value);
}

/* --- the plan ------------------------------------------------------------------------------- */

static int
set_up_steps(JsonNode *node, PyObject *steps, Py_ssize_t nodes)
{
    Py_ssize_t count = PyTuple_Size(steps);
    node->steps = zeroed(count, sizeof(Step));
    if (node->steps == NULL) {
        return -1;
    }
    node->count = count;
    for (Py_ssize_t i = 0; i < count; i++) {
        Step *step = &node->steps[i];
        PyObject *name, *descriptor;
        if (parse_row(item_of(steps, i), "SUOii", &step->prefix, &name, &descriptor, &step->node,
                      &step->omits)
            < 0) {
            return -1;
        }
        if (!is_number_of(step->node, nodes) || step->omits < 0 || step->omits >= OMITS_COUNT) {
            return bad_plan();
        }
        attribute_set_up(&step->attribute, name, descriptor);
    }
    return 0;
}

static int
set_up_node(JsonPlan *f, void *memory, PyObject *row)
{
    JsonNode *node = memory;
    PyObject *steps;
    if (parse_row(row, "iiiiiOOO!", &node->op, &node->flags, &node->bits, &node->children[0],
                  &node->children[1], &node->function, &node->cls, &PyTuple_Type, &steps)
        < 0) {
        return -1;
    }
    if (!can_be_run(f, node->op, node->flags, node->bits, node->children)
        || (node->op == OP_STRUCT && !PyType_Check(node->cls))) {
        return bad_plan();
    }
    return node->op == OP_STRUCT ? set_up_steps(node, steps, f->count) : 0;
}

static PyObject *
json_encoder_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    return json_plan_new(type, arguments, keywords, sizeof(JsonNode), set_up_node);
}

static PyMethodDef json_encoder_methods[] = {
    {"encode", encode, METH_O, "Return the JSON of a value."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot json_encoder_slots[] = {
    {Py_tp_doc, "Plan of a schema that writes values as JSON."},
    {Py_tp_new, json_encoder_new},
    {Py_tp_traverse, json_plan_traverse},
    {Py_tp_clear, json_plan_clear},
    {Py_tp_dealloc, deallocate},
    {Py_tp_methods, json_encoder_methods},
    {0, NULL},
};

PyType_Spec json_encoder_spec = {
    .name = "rpcgen._accelerator.JsonEncoder",
    .basicsize = sizeof(JsonPlan),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = json_encoder_slots,
};
