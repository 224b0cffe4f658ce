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

PyObject *
item_of(PyObject *tuple, Py_ssize_t index)
{
    if (tuple == NULL) {
        return NULL;
    }
    if (!PyTuple_Check(tuple)) {
        PyErr_SetString(PyExc_TypeError, "the plan has something else where a tuple is wanted");
        return NULL;
    }
    return PyTuple_GetItem(tuple, index);
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
