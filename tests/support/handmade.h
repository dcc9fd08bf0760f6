#ifndef MEMSCOPE_TESTS_SUPPORT_HANDMADE_H
#define MEMSCOPE_TESTS_SUPPORT_HANDMADE_H

// A TICK written by hand, piece by piece as protocol/tick.h has it, and the replica that takes it.

#include "protocol/cursor.h"
#include "protocol/replica.h"

#define BIT(field)      (UINT64_C(1) << PROCESS_FIELD_##field)
#define IDENTITY        (BIT(pid) | BIT(start_time))
#define HEAD(gap, kind) ((uint64_t) (gap) << 2 | (kind))
#define SOME_OTHER_TYPE 77 // of a section

typedef struct {
    buffer_t body, section;
    replica_t *replica;
} handmade_t;

// For cmocka: *state is a handmade_t.
int handmade_setup(void **state);
int handmade_teardown(void **state);

// `distance` to its base; 0: a keyframe.
void handmade_begin(handmade_t *f, uint64_t tick, uint64_t distance);
// Begins a keyframe of this version.
void handmade_keyframe(handmade_t *f, uint64_t tick);

// Into the section under way, which ends with its type.
void handmade_put(handmade_t *f, uint64_t v);
void handmade_put_difference(handmade_t *f, int64_t v);
void handmade_put_text(handmade_t *f, const char *text);
void handmade_born(handmade_t *f, uint64_t gap, int64_t pid, int64_t start_time); // and no more
void handmade_end_section(handmade_t *f, uint64_t type);
// A whole section.
void handmade_kinds(handmade_t *f, uint64_t process_strings);

int handmade_apply(handmade_t *f);
const process_snapshot_t *handmade_find(const handmade_t *f, uint64_t pid, uint64_t start_time);
const char *handmade_text_of(const handmade_t *f, uint64_t id);

#endif
