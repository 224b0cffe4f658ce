/* The C stack of the thread that runs, of which each level of a value takes some. */
#include "accelerator.h"

#include <pthread.h>

/* Lowest address of it: 1 where the system does not tell, 0 where it was not asked. */
static _Thread_local uintptr_t lowest;

static uintptr_t
find_lowest(void)
{
#if defined(__APPLE__)
    pthread_t self = pthread_self();
    return (uintptr_t)pthread_get_stackaddr_np(self) - pthread_get_stacksize_np(self);
#elif defined(__linux__)
    pthread_attr_t attributes;
    void *address = NULL;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) {
        return 1;
    }
    if (pthread_attr_getstack(&attributes, &address, &size) != 0 || address == NULL) {
        address = (void *)1;
    }
    pthread_attr_destroy(&attributes);
    return (uintptr_t)address;
#else
    return 1;
#endif
}

int
has_stack(size_t bytes)
{
    if (lowest == 0) {
        lowest = find_lowest();
    }
    /* On another stack than that of the thread, it is a large number. */
    return (uintptr_t)__builtin_frame_address(0) - lowest >= bytes;
}

int
enter_from_python(void)
{
    if (has_stack(STACK_TO_ENTER)) {
        return 0;
    }
    PyErr_SetString(PyExc_RecursionError, "values nest too deeply for the stack of this thread");
    return -1;
}
