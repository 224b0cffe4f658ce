/* The module rpcgen._accelerator: types that run the plans of rpcgen.gob. */
#include "accelerator.h"

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

void
deallocate(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    inquiry clear = (inquiry)PyType_GetSlot(type, Py_tp_clear);
    clear(self);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static int
add_type(PyObject *module, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return result;
}

static int
module_exec(PyObject *module)
{
    if (add_type(module, &encode_function_spec) < 0) {
        return -1;
    }
    if (add_type(module, &decode_program_spec) < 0) {
        return -1;
    }
    if (add_type(module, &decode_message_spec) < 0) {
        return -1;
    }
    return add_type(module, &decode_function_spec);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "rpcgen._accelerator",
    .m_doc = "Optional accelerator of rpcgen.gob.",
    .m_slots = module_slots,
};

PyMODINIT_FUNC
PyInit__accelerator(void)
{
    return PyModuleDef_Init(&module_def);
}
