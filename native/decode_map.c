/* Decoding maps, whose keys a peer may have chosen to be found slowly. */
#include "decode.h"

/* rpcgen.values.collisions.MANY_KEYS */
#define MANY_KEYS (1 << 15)

/* Maximum number of probes for a free place, as a mean over the keys: two or three are usual. Maps
 * with more are left to Python, which refuses those with many times as many. */
#define USUAL_PROBES 8

/* Return true for a map that cannot have more keys of one hash than it may. */
static int
are_few(Reader *r, Pair *pair, uint64_t count)
{
    if (!(pair->flags & IS_STEERABLE)) {
        return 1;
    }
    long long most;
    PyObject *limits = PyObject_GetAttr(r->stream, r->program->names[NAME_LIMITS]);
    if (limits == NULL) {
        return 0;
    }
    int result = number_of(r, limits, NAME_COLLISIONS, &most);
    Py_DECREF(limits);
    return result == 0 && most >= 0 && count <= (uint64_t)most;
}

/* Read the keys and values of a map, one after the other, into the places of an array. */
static int
read_entries(Reader *r, Pair *pair, PyObject **entries, Py_ssize_t count, long depth)
{
    for (Py_ssize_t i = 0; i < 2 * count; i++) {
        entries[i] = read_value(r, &r->program->pairs[pair->parts[i & 1]], depth);
        if (entries[i] == NULL) {
            return -1;
        }
    }
    return 0;
}

/* Fill a table of some size with hashes, as a dict does: return -1 where that takes long. */
static int
fill(const uint64_t *hashes, Py_ssize_t count, uint64_t size)
{
    unsigned char *table = zeroed((Py_ssize_t)size, 1);
    if (table == NULL) {
        return -1;
    }
    uint64_t mask = size - 1;
    Py_ssize_t left = USUAL_PROBES * count;
    for (Py_ssize_t i = 0; left >= 0 && i < count; i++) {
        uint64_t rest = hashes[i], place = rest & mask;
        while (table[place] && --left >= 0) {
            rest >>= 5;
            place = (place * 5 + rest + 1) & mask;
        }
        table[place] = 1;
    }
    PyMem_Free(table);
    return left < 0 ? -1 : 0;
}

/* Return -1 for keys whose places in the table of a dict may have been chosen; the tables are those
 * of rpcgen.values.collisions.check_probes. */
static int
check_probes(PyObject *const *entries, Py_ssize_t count)
{
    uint64_t *hashes = zeroed(count, sizeof(uint64_t));
    if (hashes == NULL) {
        return -1;
    }
    int result = 0;
    for (Py_ssize_t i = 0; result == 0 && i < count; i++) {
        Py_hash_t hash = PyObject_Hash(entries[2 * i]);
        hashes[i] = (uint64_t)hash;
        result = hash == -1 ? -1 : 0;
    }
    Py_ssize_t held = 0;
    for (uint64_t size = 2 * MANY_KEYS; result == 0 && held < count; size *= 2) {
        held = (Py_ssize_t)(size * 2 / 3);
        held = held < count ? held : count;
        result = fill(hashes, held, size);
    }
    PyMem_Free(hashes);
    return result;
}

static PyObject *
dict_of(PyObject *const *entries, Py_ssize_t count)
{
    PyObject *map = PyDict_New();
    for (Py_ssize_t i = 0; map != NULL && i < count; i++) {
        if (PyDict_SetItem(map, entries[2 * i], entries[2 * i + 1]) < 0) {
            Py_CLEAR(map);
        }
    }
    return map;
}

/* Read a map of many keys, which go into a dict once all have been looked at. */
static PyObject *
read_large_map(Reader *r, Pair *pair, Py_ssize_t count, long depth)
{
    if (count > (r->end - r->pos) / 2) {
        return NULL; /* each entry has two bytes at least */
    }
    PyObject *map = NULL, **entries = zeroed(2 * count, sizeof(PyObject *));
    if (entries == NULL) {
        return NULL;
    }
    if (read_entries(r, pair, entries, count, depth) == 0 && check_probes(entries, count) == 0) {
        map = dict_of(entries, count);
    }
    for (Py_ssize_t i = 0; i < 2 * count; i++) {
        Py_XDECREF(entries[i]);
    }
    PyMem_Free(entries);
    return map;
}

static PyObject *
read_small_map(Reader *r, Pair *pair, Py_ssize_t count, long depth)
{
    PyObject *map = PyDict_New();
    for (Py_ssize_t i = 0; map != NULL && i < count; i++) {
        PyObject *value = NULL, *key = read_value(r, &r->program->pairs[pair->parts[0]], depth);
        if (key != NULL) {
            value = read_value(r, &r->program->pairs[pair->parts[1]], depth);
        }
        if (value == NULL || PyDict_SetItem(map, key, value) < 0) {
            Py_CLEAR(map);
        }
        Py_XDECREF(key);
        Py_XDECREF(value);
    }
    return map;
}

PyObject *
read_map(Reader *r, Pair *pair, long depth)
{
    uint64_t count;
    if (read_uint(r, &count) < 0 || count > (uint64_t)(r->end - r->pos) || !are_few(r, pair, count)
        || charge(r, (long long)count, pair->charge) < 0) {
        return NULL;
    }
    int is_large = pair->flags & MAY_PROBE && count > MANY_KEYS;
    PyObject *map = is_large ? read_large_map(r, pair, (Py_ssize_t)count, depth)
                             : read_small_map(r, pair, (Py_ssize_t)count, depth);
    if (map != NULL && pair->flags & MAY_MERGE && (uint64_t)PyDict_Size(map) != count) {
        Py_CLEAR(map);
    }
    return map;
}
