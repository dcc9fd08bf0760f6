#ifndef MEMSCOPE_PROTOCOL_SENT_STRINGS_H
#define MEMSCOPE_PROTOCOL_SENT_STRINGS_H

// Which strings (ids of common/intern.h) a section has given already, in which order.

#include <stddef.h>
#include <stdint.h>

typedef struct {
    struct sent_string *entries; // by id
    size_t n_entries;
    uint32_t stamp; // entries of another stamp are of an earlier section
    uint32_t count;
} sent_strings_t;

void sent_strings_done(sent_strings_t *s); // of a zeroed or used table
void sent_strings_restart(sent_strings_t *s);

// 1: the id is new and now has the next index; 0: it has this one already; -ENOMEM.
int sent_strings_add(sent_strings_t *s, uint32_t id, uint32_t *ret_index);

#endif
