/* Rows of a plan of decoding, as Python has written them, turned into pairs. */
#include "decode.h"

static int
set_up_sent(Pair *pair, PyObject *fields, Py_ssize_t pairs)
{
    Py_ssize_t count = PyTuple_Size(fields);
    pair->sent = zeroed(count, sizeof(SentField));
    if (pair->sent == NULL) {
        return -1;
    }
    pair->sent_count = count;
    char *is_known = zeroed(pair->member_count, 1);
    if (is_known == NULL) {
        return -1;
    }
    int result = 0;
    for (Py_ssize_t i = 0; result == 0 && i < count; i++) {
        SentField *field = &pair->sent[i];
        result = parse_row(
            item_of(fields, i), "iiil", &field->pair, &field->member, &field->skip, &field->id);
        if (result < 0) {
            break;
        }
        if (field->member < 0) {
            result = field->skip < 0 || field->skip >= SKIP_COUNT ? bad_plan() : 0;
        }
        else if (field->member >= pair->member_count || is_known[field->member]
                 || !is_number_of(field->pair, pairs)) {
            result = bad_plan();
        }
        else {
            is_known[field->member] = 1;
        }
    }
    PyMem_Free(is_known);
    return result;
}

static int
set_up_members(Pair *pair, PyObject *members)
{
    Py_ssize_t count = PyTuple_Size(members);
    pair->members = zeroed(count, sizeof(Member));
    if (pair->members == NULL) {
        return -1;
    }
    pair->member_count = count;
    for (Py_ssize_t i = 0; i < count; i++) {
        Member *member = &pair->members[i];
        PyObject *name, *descriptor, *keyword, *row = item_of(members, i);
        if (parse_row(
                row, "UOiOO", &name, &descriptor, &member->zero_kind, &member->zero, &keyword)
            < 0) {
            return -1;
        }
        if (member->zero_kind < 0 || member->zero_kind >= ZERO_COUNT
            || (member->zero_kind == ZERO_OMITTED && pair->stores)) {
            return bad_plan();
        }
        attribute_set_up(&member->attribute, name, descriptor);
        member->keyword = keyword == Py_None ? NULL : keyword;
    }
    return 0;
}

static int
set_up_struct(Pair *pair, Py_ssize_t pairs)
{
    PyObject *fields, *members;
    if (parse_row(
            pair->extra, "pO!O!", &pair->stores, &PyTuple_Type, &fields, &PyTuple_Type, &members)
        < 0) {
        return -1;
    }
    if (pair->make == NULL || (pair->stores && !PyType_Check(pair->make))) {
        return bad_plan();
    }
    pair->create = (newfunc)PyType_GetSlot(&PyBaseObject_Type, Py_tp_new);
    return set_up_members(pair, members) < 0 ? -1 : set_up_sent(pair, fields, pairs);
}

int
set_up_pair(DecodeProgram *program, Pair *pair, PyObject *row)
{
    PyObject *make;
    if (parse_row(
            row,
            "iiiiinLOO",
            &pair->op,
            &pair->flags,
            &pair->bits,
            &pair->parts[0],
            &pair->parts[1],
            &pair->length,
            &pair->charge,
            &make,
            &pair->extra)
        < 0) {
        return -1;
    }
    pair->make = make == Py_None ? NULL : make;
    int parts = 0;
    switch (pair->op) {
    case OP_MAP:
        parts = 2;
        break;
    case OP_LIST:
    case OP_ARRAY:
    case OP_ENUM:
    case OP_VARIED:
        parts = 1;
        break;
    case OP_STRUCT:
        return set_up_struct(pair, program->count);
    }
    if (pair->op < 0 || pair->op >= OP_COUNT || pair->bits < 0
        || pair->bits > 128
        || pair->charge < 0 || ((pair->op == OP_INT || pair->op == OP_UINT) && pair->bits < 1)
        || (parts > 0 && !is_number_of(pair->parts[0], program->count))
        || (parts > 1 && !is_number_of(pair->parts[1], program->count))
        || (pair->op == OP_ENUM && (pair->make == NULL || !PyDict_CheckExact(pair->extra)))
        || ((pair->op == OP_DURATION || pair->op == OP_INTERFACE) && pair->make == NULL)
        || (pair->op == OP_EMPTY && pair->bits >= SKIP_COUNT)) {
        return bad_plan();
    }
    return 0;
}

void
drop_pair(Pair *pair)
{
    PyMem_Free(pair->sent);
    PyMem_Free(pair->members);
}
