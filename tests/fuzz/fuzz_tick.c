// Ticks from anywhere, one after the other, each with a length of two bytes: accepted or not, the
// replica stays sound, and what was accepted can be told to another replica.

#include "common/procmap.h"
#include "protocol/cursor.h"
#include "protocol/replica.h"
#include "protocol/tick.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void check_strings(const snapshot_t *s, uint64_t strings, const uint64_t *values)
{
    for (; strings; strings &= strings - 1) {
        size_t len;
        uint64_t id = values[__builtin_ctzll(strings)];

        FUZZ_CHECK(id > 0 && id <= UINT32_MAX);
        FUZZ_CHECK(intern_get(s->strings, (uint32_t) id, &len)[len] == '\0');
        FUZZ_CHECK(len <= TICK_STRING_MAX);
    }
}

// Returns the number of processes, counting those whose identity another one took once.
static size_t check_sound(const replica_t *r, size_t bytes)
{
    const snapshot_t *s = replica_snapshot(r);
    size_t found = 0;

    FUZZ_CHECK(s->n_slots <= bytes);
    check_strings(s, s->system.known & system_string_mask, s->system.values);
    for (size_t i = 0; i < s->n_slots; i++) {
        const process_snapshot_t *p = &s->processes[i];
        uint32_t slot;

        if (!p->known)
            continue;
        check_strings(s, p->known & process_string_mask, p->values);
        FUZZ_CHECK(PROCESS_KNOWN(p, pid) && PROCESS_KNOWN(p, start_time));
        for (unsigned f = 0; f < PROCESS_FIELD_COUNT; f++)
            FUZZ_CHECK((p->known >> f & 1) || p->values[f] == 0);
        slot = replica_find(r, p->pid, p->start_time);
        found += slot == i;
    }
    return found;
}

static void check_retold(const replica_t *r, size_t found)
{
    static snapshot_encoder_t encoder;
    static buffer_t out;
    const snapshot_t *s = replica_snapshot(r);
    replica_t *other;
    size_t lives = 0;

    for (size_t i = 0; i < s->n_slots; i++)
        lives += s->processes[i].known != 0;
    if (lives != found)
        return; // one identity in two slots: not what any daemon has
    buffer_reset(&out);
    FUZZ_CHECK(snapshot_encode(&encoder, &out, NULL, NULL, s, NULL) == 0);
    FUZZ_CHECK(replica_new(&other) == 0);
    FUZZ_CHECK(replica_apply(other, out.data, out.len) == 0);
    FUZZ_CHECK(replica_snapshot(other)->system.known == s->system.known);
    for (size_t i = 0; i < s->n_slots; i++) {
        const process_snapshot_t *p = &s->processes[i];
        uint32_t slot = p->known ? replica_find(other, p->pid, p->start_time) : PROCMAP_NONE;

        FUZZ_CHECK(!p->known || slot != PROCMAP_NONE);
        FUZZ_CHECK(!p->known || replica_snapshot(other)->processes[slot].known == p->known);
    }
    replica_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    cursor_t c = cursor_of(data, len);
    replica_t *r;

    FUZZ_CHECK(replica_new(&r) == 0);
    while (cursor_left(&c) >= 2) {
        size_t size = cursor_u8(&c);
        const unsigned char *body;
        size_t found;
        char text[512];

        size |= (size_t) cursor_u8(&c) << 8;
        if (size > cursor_left(&c))
            size = cursor_left(&c);
        body = cursor_take(&c, size);
        FUZZ_CHECK(tick_print(body, size, text, sizeof(text)) < sizeof(text));
        if (replica_apply(r, body, size) < 0)
            FUZZ_CHECK(!replica_valid(r));
        found = check_sound(r, len);
        if (replica_valid(r))
            check_retold(r, found);
    }
    replica_free(r);
    return 0;
}
