/* The module rpcgen._accelerator: types that run the plans of rpcgen.gob and rpcgen.gojson. */
#include "accelerator.h"

/* Number of what the package and the accelerator ask of each other, as it is in
 * rpcgen._implementation: one more with each change of a type, a method or a row of a plan. */
#define INTERFACE 10

void
attribute_set_up(Attribute *attribute, PyObject *name, PyObject *descriptor)
{
    attribute->name = name;
    attribute->descriptor = NULL;
    attribute->get = NULL;
    attribute->set = NULL;
    if (descriptor != Py_None) {
        attribute->descriptor = descriptor;
        attribute->get = (descrgetfunc)PyType_GetSlot(Py_TYPE(descriptor), Py_tp_descr_get);
        attribute->set = (descrsetfunc)PyType_GetSlot(Py_TYPE(descriptor), Py_tp_descr_set);
    }
}

/* Return the descriptor of a slot of a class, None where the attribute is none. */
static PyObject *
slot_in(PyObject *type, PyObject *name)
{
    PyObject *found = PyObject_GetAttr(type, name);
    if (found == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        return Py_NewRef(Py_None);
    }
    if (found != NULL
        && (PyType_GetSlot(Py_TYPE(found), Py_tp_descr_get) == NULL
            || PyType_GetSlot(Py_TYPE(found), Py_tp_descr_set) == NULL)) {
        Py_DECREF(found);
        return Py_NewRef(Py_None);
    }
    return found;
}

int
learn_slot(LearnedSlot *learned, PyObject *object)
{
    PyObject *type = (PyObject *)Py_TYPE(object), *descriptor = slot_in(type, learned->name);
    if (descriptor == NULL) {
        return -1;
    }
    PyObject *old = learned->type, *old_descriptor = learned->descriptor;
    learned->type = Py_NewRef(type);
    learned->descriptor = descriptor;
    attribute_set_up(&learned->slot, learned->name, descriptor);
    Py_XDECREF(old);
    Py_XDECREF(old_descriptor);
    return 0;
}

void
clear_learned(LearnedSlot *learned)
{
    Py_CLEAR(learned->name);
    Py_CLEAR(learned->type);
    Py_CLEAR(learned->descriptor);
}

int
slots_set_up(Attribute *slots, PyObject *descriptors, Py_ssize_t count)
{
    if (!PyTuple_Check(descriptors) || PyTuple_Size(descriptors) != count) {
        return bad_plan();
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        attribute_set_up(&slots[i], NULL, PyTuple_GetItem(descriptors, i));
        if (slots[i].get == NULL || slots[i].set == NULL) {
            return bad_plan();
        }
    }
    return 0;
}

/* Return true for a tuple; sets an exception for anything else, NULL aside. */
static int
is_tuple(PyObject *object)
{
    if (object != NULL && !PyTuple_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "the plan has something else where a tuple is wanted");
        return 0;
    }
    return object != NULL;
}

PyObject *
item_of(PyObject *tuple, Py_ssize_t index)
{
    return is_tuple(tuple) ? PyTuple_GetItem(tuple, index) : NULL;
}

int
parse_row(PyObject *row, const char *format, ...)
{
    if (!is_tuple(row)) {
        return -1;
    }
    va_list targets;
    va_start(targets, format);
    int result = PyArg_VaParse(row, format, targets);
    va_end(targets);
    return result ? 0 : -1;
}

void *
zeroed(Py_ssize_t count, size_t size)
{
    if (count < 0) {
        return NULL;
    }
    void *memory = PyMem_Calloc((size_t)count + 1, size); /* not 0 bytes */
    if (memory == NULL) {
        PyErr_NoMemory();
    }
    return memory;
}

int
bad_plan(void)
{
    PyErr_SetString(PyExc_ValueError, "the plan is none that can be run");
    return -1;
}

int
refuse_keywords(PyObject *keywords)
{
    if (keywords != NULL && PyDict_Size(keywords) > 0) {
        PyErr_SetString(PyExc_TypeError, "the types of the accelerator take no keywords");
        return -1;
    }
    return 0;
}

PyObject *
take_exception(void)
{
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    PyErr_NormalizeException(&type, &error, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(error, traceback);
    }
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return error;
}

int
put_back(Aside *aside, PyObject *result)
{
    if (result == NULL) {
        Py_XDECREF(aside->type);
        Py_XDECREF(aside->error);
        Py_XDECREF(aside->traceback);
        return -1;
    }
    Py_DECREF(result);
    PyErr_Restore(aside->type, aside->error, aside->traceback);
    return 0;
}

int
drop_exception(PyObject *reraise_interrupt)
{
    if (!PyErr_Occurred()) {
        return 0;
    }
    PyObject *error = take_exception();
    PyObject *passed = PyObject_CallFunctionObjArgs(reraise_interrupt, error, NULL);
    Py_XDECREF(error);
    Py_XDECREF(passed);
    return passed == NULL ? -1 : 0;
}

PyObject *
in_python(
    PyObject *self, const char *method, PyObject *first, PyObject *second, PyObject *third)
{
    PyObject *name = PyUnicode_InternFromString(method);
    if (name == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_CallMethodObjArgs(self, name, first, second, third, NULL);
    Py_DECREF(name);
    return result;
}

int
intern_names(PyObject **names, const char *const *texts, int count)
{
    for (int i = 0; i < count; i++) {
        if ((names[i] = PyUnicode_InternFromString(texts[i])) == NULL) {
            return -1;
        }
    }
    return 0;
}

PyObject *
listed(PyObject *object)
{
    PyObject *list = object == NULL ? NULL : PyList_New(1);
    if (list == NULL) {
        Py_XDECREF(object);
    }
    else if (PyList_SetItem(list, 0, object) < 0) {
        Py_CLEAR(list);
    }
    return list;
}

static int
place_of(PyObject *name, const char *const *names)
{
    for (int i = 0; names[i] != NULL; i++) {
        if (PyUnicode_CompareWithASCIIString(name, names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

int
take_arguments(PyObject *const *arguments, Py_ssize_t count, PyObject *keywords,
               const char *const *names, int required, PyObject **results)
{
    Py_ssize_t named = keywords == NULL ? 0 : PyTuple_Size(keywords), most = 0, found = 0;
    while (names[most] != NULL) {
        most++;
    }
    if (count > most) {
        PyErr_Format(PyExc_TypeError, "%zd arguments, of which there are %zd", count, most);
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        results[i] = arguments[i];
    }
    found = count < required ? count : required;
    for (Py_ssize_t i = 0; i < named; i++) {
        PyObject *name = PyTuple_GetItem(keywords, i);
        int place = place_of(name, names);
        if (place < count) {
            PyErr_Format(PyExc_TypeError, "an argument %R is not known, or is there twice", name);
            return -1;
        }
        results[place] = arguments[count + i];
        found += place < required;
    }
    if (found < required) {
        PyErr_Format(PyExc_TypeError, "%d arguments are wanted, not %zd", required, found);
        return -1;
    }
    return 0;
}

void
free_with(PyObject *self, inquiry clear)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

void
deallocate(PyObject *self)
{
    free_with(self, (inquiry)PyType_GetSlot(Py_TYPE(self), Py_tp_clear));
}

int
check_type(PyObject *type, PyObject *object)
{
    if (PyObject_TypeCheck(object, (PyTypeObject *)type)) {
        return 0;
    }
    PyObject *name = PyType_GetName((PyTypeObject *)type);
    if (name != NULL) {
        PyErr_Format(PyExc_TypeError, "a %U is wanted", name);
        Py_DECREF(name);
    }
    return -1;
}

/* Add a type to the module: return a reference to it. */
static PyObject *
add_type(PyObject *module, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    if (type != NULL && PyModule_AddType(module, (PyTypeObject *)type) < 0) {
        Py_CLEAR(type);
    }
    return type;
}

static int
module_exec(PyObject *module)
{
    PyType_Spec *const specs[] = {
        &encode_function_spec, &decode_program_spec,  &decode_message_spec,
        &decode_function_spec, &single_encoder_spec,  &single_decoder_spec,
        &json_encoder_spec,    &json_decoder_spec,    &exchange_spec,
        &server_turn_spec,
    };
    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        PyObject *type = add_type(module, specs[i]);
        if (type == NULL) {
            return -1;
        }
        Py_DECREF(type);
    }
    ModuleState *state = PyModule_GetState(module);
    state->stream_type = add_type(module, &stream_spec);
    state->encoder_type = add_type(module, &message_encoder_spec);
    state->headers_type = add_type(module, &header_reader_spec);
    state->calls_type = add_type(module, &server_calls_spec);
    state->steps_type = add_type(module, &server_steps_spec);
    state->executor_type = add_type(module, &server_executor_spec);
    if (state->stream_type == NULL || state->encoder_type == NULL || state->headers_type == NULL
        || state->calls_type == NULL || state->steps_type == NULL || state->executor_type == NULL) {
        return -1;
    }
    return PyModule_AddIntMacro(module, INTERFACE);
}

static int
module_traverse(PyObject *module, visitproc visit, void *arg)
{
    ModuleState *state = PyModule_GetState(module);
    Py_VISIT(state->stream_type);
    Py_VISIT(state->encoder_type);
    Py_VISIT(state->headers_type);
    Py_VISIT(state->calls_type);
    Py_VISIT(state->steps_type);
    Py_VISIT(state->executor_type);
    return 0;
}

static int
module_clear(PyObject *module)
{
    ModuleState *state = PyModule_GetState(module);
    Py_CLEAR(state->stream_type);
    Py_CLEAR(state->encoder_type);
    Py_CLEAR(state->headers_type);
    Py_CLEAR(state->calls_type);
    Py_CLEAR(state->steps_type);
    Py_CLEAR(state->executor_type);
    return 0;
}

static void
module_free(void *module)
{
    module_clear((PyObject *)module);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "rpcgen._accelerator",
    .m_doc = "Optional accelerator of rpcgen.gob and rpcgen.gojson.",
    .m_size = sizeof(ModuleState),
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC
PyInit__accelerator(void)
{
    return PyModuleDef_Init(&module_def);
}
