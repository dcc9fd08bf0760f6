#include "tests/support/handmade.h"

#include "common/procmap.h"
#include "protocol/tick.h"

#include <string.h>

int handmade_setup(void **state)
{
    static handmade_t f;

    memset(&f, 0, sizeof(f));
    *state = &f;
    return replica_new(&f.replica);
}

int handmade_teardown(void **state)
{
    handmade_t *f = *state;

    replica_free(f->replica);
    buffer_done(&f->body);
    buffer_done(&f->section);
    return 0;
}

void handmade_begin(handmade_t *f, uint64_t tick, uint64_t distance)
{
    buffer_reset(&f->body);
    buffer_put_varint(&f->body, tick);
    buffer_put_varint(&f->body, distance);
}

void handmade_end_section(handmade_t *f, uint64_t type)
{
    buffer_put_varint(&f->body, type);
    buffer_put_varint(&f->body, f->section.len);
    buffer_put(&f->body, f->section.data, f->section.len);
    buffer_reset(&f->section);
}

void handmade_put(handmade_t *f, uint64_t v)
{
    buffer_put_varint(&f->section, v);
}

void handmade_put_difference(handmade_t *f, int64_t v)
{
    buffer_put_zigzag(&f->section, v);
}

void handmade_put_text(handmade_t *f, const char *text)
{
    handmade_put(f, strlen(text) << 1 | 1);
    buffer_put(&f->section, text, strlen(text));
}

void handmade_kinds(handmade_t *f, uint64_t process_strings)
{
    handmade_put(f, process_strings);
    handmade_put(f, system_string_mask);
    handmade_end_section(f, TICK_KINDS);
}

void handmade_keyframe(handmade_t *f, uint64_t tick)
{
    handmade_begin(f, tick, 0);
    handmade_kinds(f, process_string_mask);
}

// A process that is nothing but its identity.
void handmade_born(handmade_t *f, uint64_t gap, int64_t pid, int64_t start_time)
{
    handmade_put(f, HEAD(gap, TICK_BORN));
    handmade_put(f, IDENTITY);
    handmade_put(f, 0);
    handmade_put_difference(f, pid);
    handmade_put_difference(f, start_time);
}

int handmade_apply(handmade_t *f)
{
    return replica_apply(f->replica, f->body.data, f->body.len);
}

const process_snapshot_t *handmade_find(const handmade_t *f, uint64_t pid, uint64_t start_time)
{
    uint32_t slot = replica_find(f->replica, pid, start_time);

    return slot == PROCMAP_NONE ? NULL : &replica_snapshot(f->replica)->processes[slot];
}

const char *handmade_text_of(const handmade_t *f, uint64_t id)
{
    size_t len;

    return intern_get(replica_snapshot(f->replica)->strings, (uint32_t) id, &len);
}
