// Whatever happens on a host and to a viewer's rights, the replica is what the daemon has.

#include "common/procmap.h"
#include "protocol/cursor.h"
#include "protocol/replica.h"
#include "protocol/tick.h"
#include "tests/support/cmocka.h"
#include "tests/support/counted_malloc.h"
#include "tests/support/world.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool same_string(const intern_t *a, uint64_t id_a, const intern_t *b, uint64_t id_b)
{
    size_t len_a, len_b;
    const char *text_a = intern_get(a, (uint32_t) id_a, &len_a);
    const char *text_b = intern_get(b, (uint32_t) id_b, &len_b);

    return len_a == len_b && memcmp(text_a, text_b, len_a) == 0;
}

static void assert_values(uint64_t seed, uint64_t known, uint64_t strings, unsigned count,
        const uint64_t *expected, const intern_t *a, const uint64_t *values, const intern_t *b)
{
    for (unsigned f = 0; f < count; f++) {
        bool same;

        if (!(known >> f & 1))
            same = values[f] == 0;
        else if (strings >> f & 1)
            same = same_string(a, expected[f], b, values[f]);
        else
            same = values[f] == expected[f];
        if (!same)
            fail_msg("seed %" PRIu64 ": field %u is %" PRIu64 ", not %" PRIu64, seed, f, values[f],
                    expected[f]);
    }
}

static void assert_same(const world_t *w, const replica_t *r)
{
    const snapshot_t *s = replica_snapshot(r);
    size_t lives = 0, expected = 0;

    assert_true(replica_valid(r));
    assert_true(s->system.known == w->curr->snapshot.system.known);
    assert_values(w->options.seed, s->system.known, system_string_mask, SYSTEM_FIELD_COUNT,
            w->curr->snapshot.system.values, w->strings, s->system.values, s->strings);
    for (size_t i = 0; i < s->n_slots; i++)
        lives += s->processes[i].known != 0;
    for (size_t i = 0; i < w->curr->snapshot.n_slots; i++) {
        const process_snapshot_t *p = &w->curr->snapshot.processes[i], *q;
        uint64_t known = world_visible(w->curr, i);
        uint32_t slot;

        if (!known)
            continue;
        expected++;
        slot = replica_find(r, p->pid, p->start_time);
        if (slot == PROCMAP_NONE)
            fail_msg("seed %" PRIu64 ": pid %" PRIu64 " is missing", w->options.seed, p->pid);
        q = &s->processes[slot];
        if (q->known != known)
            fail_msg("seed %" PRIu64 ": known %" PRIx64 ", not %" PRIx64, w->options.seed, q->known,
                    known);
        assert_values(w->options.seed, known, process_string_mask, PROCESS_FIELD_COUNT, p->values,
                w->strings, q->values, s->strings);
    }
    if (lives != expected)
        fail_msg("seed %" PRIu64 ": %zu processes, not %zu", w->options.seed, lives, expected);
}

static void encode(
        const world_t *w, bool keyframe, bool split, snapshot_encoder_t *e, buffer_t *out)
{
    const snapshot_t *prev = keyframe ? NULL : &w->prev->snapshot;
    const snapshot_filter_t *pf = keyframe ? NULL : &w->prev->filter;
    const snapshot_t *curr = &w->curr->snapshot;
    const snapshot_filter_t *cf = &w->curr->filter;

    buffer_reset(out);
    if (split) {
        assert_int_equal(snapshot_encode_public(e, out, prev, pf, curr, cf), 0);
        assert_int_equal(snapshot_encode_private(e, out, prev, pf, curr, cf), 0);
    } else {
        assert_int_equal(snapshot_encode(e, out, prev, pf, curr, cf), 0);
    }
}

// A diff on top of one that did not arrive is refused, and what was held stays.
static void refuse(const world_t *w, replica_t *r, const buffer_t *out)
{
    uint64_t tick = replica_snapshot(r)->system.tick;
    size_t n_slots = replica_snapshot(r)->n_slots;

    if (replica_apply(r, out->data, out->len) != -ESTALE)
        fail_msg("seed %" PRIu64 ": a gap was not noticed", w->options.seed);
    assert_false(replica_valid(r));
    assert_int_equal(replica_snapshot(r)->system.tick, tick);
    assert_int_equal(replica_snapshot(r)->n_slots, n_slots);
}

// What the wire does: frames arrive, are left out, come after a new connection.
static void follow(uint64_t seed, bool by_viewer)
{
    world_t world, *w = &world;
    bool stale = true;
    snapshot_encoder_t e = {0};
    buffer_t out = {0};
    replica_t *r;

    world_init(w, &(world_options_t){.seed = seed,
                          .slots = 21 + seed * 7919 % 180,
                          .changes = 1 + (unsigned) (seed % 40),
                          .wild = true,
                          .by_viewer = by_viewer});
    assert_int_equal(replica_new(&r), 0);
    for (int i = 0; i < 20; i++, world_step(w)) {
        bool keyframe = i == 0 || world_random(w, 15) == 0;

        switch (world_random(w, 20)) {
        case 0: // left out, because the client did not read
            stale = true;
            continue;
        case 1: // the connection is another one
            replica_invalidate(r);
            stale = true;
            break;
        case 2: // the daemon is another one
            replica_reset(r);
            stale = true;
            break;
        }
        encode(w, keyframe, world_random(w, 2), &e, &out);
        if (stale && !keyframe) {
            refuse(w, r, &out);
            encode(w, true, world_random(w, 2), &e, &out);
        }
        if (replica_apply(r, out.data, out.len) != 0)
            fail_msg("seed %" PRIu64 ": step %d was not accepted", seed, i);
        stale = false;
        assert_same(w, r);
    }
    replica_free(r);
    buffer_done(&out);
    snapshot_encoder_done(&e);
    world_done(w);
}

static void test_follows_the_daemon(void **state)
{
    (void) state;
    for (uint64_t seed = 1; seed <= 1000; seed++)
        follow(seed, false);
}

static void test_follows_changing_rights(void **state)
{
    (void) state;
    for (uint64_t seed = 10001; seed <= 11000; seed++)
        follow(seed, true);
}

// Every allocation in turn fails: the replica is then as it was, or empty, and never valid.
static void test_without_memory(void **state)
{
    const world_options_t options = {.seed = 7, .slots = 70, .changes = 30, .wild = true};
    bool failed = true;

    (void) state;
    for (size_t at = 1; failed; at++) {
        world_t w;
        snapshot_encoder_t e = {0};
        buffer_t out = {0};
        replica_t *r;
        int error = 0;

        world_init(&w, &options);
        assert_int_equal(replica_new(&r), 0);
        counted_failure = counted_mallocs + at;
        for (int i = 0; i < 3 && error == 0; i++) {
            uint64_t tick = replica_snapshot(r)->system.tick;

            if (i > 0)
                world_step(&w);
            buffer_reset(&out);
            error = snapshot_encode(
                    &e, &out, i > 0 ? &w.prev->snapshot : NULL, NULL, &w.curr->snapshot, NULL);
            if (error == 0) {
                error = replica_apply(r, out.data, out.len);
                assert_true(replica_valid(r) == (error == 0));
                tick = error == 0 ? w.curr->snapshot.system.tick : tick;
            }
            assert_true(replica_snapshot(r)->system.tick == tick ||
                        (replica_snapshot(r)->n_slots == 0 && !replica_snapshot(r)->system.known));
        }
        failed = counted_mallocs >= counted_failure;
        counted_failure = 0;
        assert_true(error == 0 || error == -ENOMEM);
        assert_true(failed || error == 0);
        buffer_reset(&out);
        assert_int_equal(snapshot_encode(&e, &out, NULL, NULL, &w.curr->snapshot, NULL), 0);
        assert_int_equal(replica_apply(r, out.data, out.len), 0);
        assert_same(&w, r);
        replica_free(r);
        buffer_done(&out);
        snapshot_encoder_done(&e);
        world_done(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_follows_the_daemon),
            cmocka_unit_test(test_follows_changing_rights),
            cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
