/* Text of JSON: strings in quotes and numbers, as Go's encoding/json writes them. */
#include "json.h"

/* Return what stands for a byte in quotes, NULL for itself; so much of it is replaced. */
static const char *
escape_of(const unsigned char *text, size_t left, char *room, size_t *width)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char first = text[0];
    *width = 1;
    switch (first) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case 0xe2: /* U+2028 and U+2029, which are ends of lines in JavaScript */
        if (left < 3 || text[1] != 0x80 || (text[2] & 0xfe) != 0xa8) {
            return NULL;
        }
        *width = 3;
        return text[2] & 1 ? "\\u2029" : "\\u2028";
    }
    if (first >= 32 && first != '<' && first != '>' && first != '&') {
        return NULL;
    }
    memcpy(room, "\\u00", 4);
    room[4] = hex[first >> 4];
    room[5] = hex[first & 15];
    room[6] = 0;
    return room;
}

static int
put_quoted_characters(Writer *w, const char *text, size_t size)
{
    const unsigned char *raw = (const unsigned char *)text;
    size_t start = 0, width;
    if (put_copy(w, "\"", 1) < 0) {
        return -1;
    }
    for (size_t i = 0; i < size; i += width) {
        char room[8];
        const char *escape = escape_of(raw + i, size - i, room, &width);
        if (escape == NULL) {
            continue;
        }
        if (put_copy(w, text + start, i - start) < 0
            || put_copy(w, escape, strlen(escape)) < 0) {
            return -1;
        }
        start = i + width;
    }
    return put_copy(w, text + start, size - start) < 0 ? -1 : put_copy(w, "\"", 1);
}

int
put_str(Writer *w, PyObject *text, int is_quoted)
{
    if (!PyUnicode_CheckExact(text)) {
        return -1;
    }
    int (*put)(Writer *, const char *, size_t) = is_quoted ? put_quoted_characters : put_copy;
    PyObject *owner;
    Py_ssize_t size;
    const char *raw = utf8_of(text, &size, &owner);
    int result = raw == NULL ? -1 : put(w, raw, (size_t)size);
    Py_XDECREF(owner);
    return result;
}

int
put_integer(PyObject *value, int is_unsigned, int bits, Writer *w)
{
    long long number;
    char text[24];
    if (!is_in_range(value, is_unsigned, bits, &number)) {
        return 0;
    }
    int size = PyOS_snprintf(text, sizeof(text), "%lld", number);
    return put_copy(w, text, (size_t)size) < 0 ? -1 : 1;
}

int
put_real(PyObject *value, Writer *w)
{
    if (!PyFloat_CheckExact(value)) {
        return 0;
    }
    double number = PyFloat_AsDouble(value);
    if (!isfinite(number)) {
        return 0;
    }
    char *text = PyOS_double_to_string(number, 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
    if (text == NULL) {
        return -1;
    }
    size_t size = strlen(text);
    int result = 0;
    if (strchr(text, 'e') == NULL) { /* else Go may write it otherwise */
        if (size > 2 && strcmp(text + size - 2, ".0") == 0) {
            size -= 2;
        }
        result = put_copy(w, text, size) < 0 ? -1 : 1;
    }
    PyMem_Free(text);
    return result;
}
