// What ticks cost, and that they hold nothing that their audience may not see.

#include "protocol/cursor.h"
#include "protocol/frame.h"
#include "protocol/replica.h"
#include "tests/support/cmocka.h"
#include "tests/support/counted_malloc.h"
#include "tests/support/world.h"

#include <errno.h>
#include <string.h>

typedef struct {
    world_t world;
    snapshot_encoder_t encoder;
    buffer_t out;
} fixture_t;

static void begin(fixture_t *f, size_t slots, unsigned changes, unsigned deaths)
{
    memset(f, 0, sizeof(*f));
    world_init(&f->world,
            &(world_options_t){.seed = 1, .slots = slots, .changes = changes, .deaths = deaths});
}

static void end(fixture_t *f)
{
    world_done(&f->world);
    snapshot_encoder_done(&f->encoder);
    buffer_done(&f->out);
}

static size_t encode(fixture_t *f, bool keyframe)
{
    const world_t *w = &f->world;

    buffer_reset(&f->out);
    assert_int_equal(snapshot_encode(&f->encoder, &f->out, keyframe ? NULL : &w->prev->snapshot,
                             NULL, &w->curr->snapshot, NULL),
            0);
    return f->out.len + FRAME_HEADER_SIZE;
}

static void test_size_of_a_tick_in_which_only_time_passes(void **state)
{
    fixture_t f;

    (void) state;
    begin(&f, 1000, 0, 0);
    for (int i = 0; i < 100; i++) {
        world_step(&f.world);
        assert_in_range(encode(&f, false), 1, 32);
    }
    end(&f);
}

static void test_size_of_a_keyframe_of_idle_processes(void **state)
{
    fixture_t f;

    (void) state;
    begin(&f, 1000, 0, 0);
    assert_in_range(encode(&f, true), 1, 24000);
    end(&f);
}

static void test_size_of_a_changed_process(void **state)
{
    size_t bytes = 0, changed = 0;
    fixture_t f;

    (void) state;
    begin(&f, 1000, 10, 0);
    world_step(&f.world);
    for (int i = 0; i < 50; i++) {
        world_step(&f.world);
        bytes += encode(&f, false);
        changed += f.world.changed;
    }
    assert_true(changed > 2000);
    if (bytes > changed * 10)
        fail_msg("%zu bytes for %zu changed processes", bytes, changed);
    end(&f);
}

static void test_steady_ticks_allocate_nothing(void **state)
{
    fixture_t f;
    replica_t *r;

    (void) state;
    begin(&f, 1000, 10, 1);
    assert_int_equal(replica_new(&r), 0);
    encode(&f, true); // the largest there will be
    assert_int_equal(replica_apply(r, f.out.data, f.out.len), 0);
    for (int i = 0; i < 20; i++) {
        size_t before;

        world_step(&f.world);
        before = counted_mallocs;
        encode(&f, false);
        assert_int_equal(counted_mallocs, before);
        assert_int_equal(replica_apply(r, f.out.data, f.out.len), 0);
    }
    replica_free(r);
    end(&f);
}

static void set_name(world_t *w, process_snapshot_t *p, const char *name)
{
    PROCESS_SET(p, name, intern_ref(w->strings, name, strlen(name)));
}

static bool contains(const buffer_t *b, const char *text)
{
    return memmem(b->data, b->len, text, strlen(text)) != NULL;
}

static void test_hidden_strings_stay_hidden(void **state)
{
    uint64_t visible = 1 << 1, hidden = 0;
    const snapshot_filter_t see = {.allow_public = &visible}, see_none = {.allow_public = &hidden};
    process_snapshot_t *p;
    fixture_t f;

    (void) state;
    begin(&f, 4, 0, 0);
    world_step(&f.world);
    p = f.world.curr->snapshot.processes;
    set_name(&f.world, &p[0], "secret");
    set_name(&f.world, &p[1], "mine");
    set_name(&f.world, &p[2], "other");

    assert_int_equal(
            snapshot_encode(&f.encoder, &f.out, NULL, NULL, &f.world.curr->snapshot, &see), 0);
    assert_true(contains(&f.out, "mine"));
    assert_false(contains(&f.out, "secret"));
    assert_false(contains(&f.out, "other"));

    buffer_reset(&f.out);
    assert_int_equal(snapshot_encode(&f.encoder, &f.out, &f.world.prev->snapshot, &see,
                             &f.world.curr->snapshot, &see_none),
            0);
    assert_false(contains(&f.out, "mine"));
    assert_false(contains(&f.out, "secret"));
    end(&f);
}

// A recognisable value instead of a string: UINT fields are private, no string is.
static void test_private_values_stay_private(void **state)
{
    const uint64_t mark = UINT64_C(0x123456789abcdef0);
    uint64_t visible = 1 << 1;
    const snapshot_filter_t see = {.allow_private = &visible};
    process_snapshot_t *p;
    buffer_t needle = {0};
    fixture_t f;

    (void) state;
    begin(&f, 4, 0, 0);
    world_step(&f.world);
    p = f.world.curr->snapshot.processes;
    buffer_put_zigzag(&needle, (int64_t) mark);
    buffer_put_u8(&needle, 0);
    for (size_t slot = 0; slot < 2; slot++) {
        PROCESS_UNSET(&f.world.prev->snapshot.processes[slot], read_rate);
        PROCESS_SET(&p[slot], read_rate, mark);
        buffer_reset(&f.out);
        assert_int_equal(snapshot_encode(&f.encoder, &f.out, &f.world.prev->snapshot, &see,
                                 &f.world.curr->snapshot, &see),
                0);
        assert_true(contains(&f.out, (const char *) needle.data) == (slot == 1));
        buffer_reset(&f.out);
        assert_int_equal(snapshot_encode_private(&f.encoder, &f.out, &f.world.prev->snapshot, &see,
                                 &f.world.curr->snapshot, &see),
                0);
        assert_true((f.out.len > 0) == (slot == 1));
        buffer_reset(&f.out);
        assert_int_equal(snapshot_encode_public(&f.encoder, &f.out, &f.world.prev->snapshot, NULL,
                                 &f.world.curr->snapshot, NULL),
                0);
        assert_false(contains(&f.out, (const char *) needle.data));
        PROCESS_UNSET(&p[slot], read_rate);
    }
    buffer_done(&needle);
    end(&f);
}

// Puts other things where the viewer sees none.
static void scramble(world_t *w, world_moment_t *m)
{
    const uint64_t identity =
            UINT64_C(1) << PROCESS_FIELD_pid | UINT64_C(1) << PROCESS_FIELD_start_time;

    for (size_t i = 0; i < m->snapshot.n_slots; i++) {
        process_snapshot_t *p = &m->snapshot.processes[i];
        const uint64_t *allowed = m->filter.allow_public;
        bool visible = !allowed || (allowed[i / 64] >> i % 64 & 1);
        uint64_t hidden = !visible                   ? UINT64_MAX
                          : world_sees_private(m, i) ? 0
                                                     : process_private_mask;

        if (visible && !p->known)
            continue; // that nobody is there is not hidden
        for (unsigned f = 0; f < PROCESS_FIELD_COUNT; f++) {
            if (!(hidden >> f & 1))
                continue;
            p->known &= ~(UINT64_C(1) << f);
            p->values[f] = 0;
            if (world_random(w, 2) == 0) {
                p->known |= UINT64_C(1) << f;
                p->values[f] = process_string_mask >> f & 1 ? intern_ref(w->strings, "other", 5)
                                                            : world_random(w, 0);
            }
        }
        if (!visible && p->known)
            p->known |= identity;
    }
}

static void encode_part(fixture_t *f, int part)
{
    static int (*const parts[])(snapshot_encoder_t *, buffer_t *, const snapshot_t *,
            const snapshot_filter_t *, const snapshot_t *, const snapshot_filter_t *) = {
            snapshot_encode, snapshot_encode_public, snapshot_encode_private};
    const world_t *w = &f->world;

    buffer_reset(&f->out);
    assert_int_equal(parts[part](&f->encoder, &f->out, &w->prev->snapshot, &w->prev->filter,
                             &w->curr->snapshot, &w->curr->filter),
            0);
}

// Not a byte depends on what is hidden.
static void test_hidden_values_do_not_matter(void **state)
{
    (void) state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        buffer_t first = {0};
        fixture_t f = {0};

        world_init(&f.world, &(world_options_t){.seed = seed,
                                     .slots = 100,
                                     .changes = 20,
                                     .wild = true,
                                     .by_viewer = true});
        for (int part = 0; part < 3; part++) {
            for (int i = 0; i < 3; i++)
                world_step(&f.world);
            encode_part(&f, part);
            buffer_reset(&first);
            buffer_put(&first, f.out.data, f.out.len);
            scramble(&f.world, f.world.prev);
            scramble(&f.world, f.world.curr);
            encode_part(&f, part);
            if (f.out.len != first.len || memcmp(f.out.data, first.data, first.len) != 0)
                fail_msg("seed %d, part %d", (int) seed, part);
        }
        buffer_done(&first);
        end(&f);
    }
}

static void test_a_private_part_without_anything_private_is_empty(void **state)
{
    uint64_t nobody[16] = {0};
    const snapshot_filter_t none = {.allow_private = nobody};
    fixture_t f;

    (void) state;
    begin(&f, 1000, 100, 0);
    assert_int_equal(
            snapshot_encode_private(&f.encoder, &f.out, NULL, NULL, &f.world.curr->snapshot, &none),
            0);
    assert_int_equal(f.out.len, 0);
    end(&f);
}

static void test_refusals(void **state)
{
    fixture_t f;
    snapshot_t *curr;

    (void) state;
    begin(&f, 100, 10, 0);
    world_step(&f.world);
    curr = &f.world.curr->snapshot;
    f.out.max = 100;
    assert_int_equal(snapshot_encode(&f.encoder, &f.out, NULL, NULL, curr, NULL), -E2BIG);
    f.out.max = 0;
    buffer_reset(&f.out);
    assert_int_equal(snapshot_encode(&f.encoder, &f.out, curr, NULL, curr, NULL), -EINVAL);
    curr->system.tick = 0;
    assert_int_equal(snapshot_encode(&f.encoder, &f.out, NULL, NULL, curr, NULL), -EINVAL);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_size_of_a_tick_in_which_only_time_passes),
            cmocka_unit_test(test_size_of_a_keyframe_of_idle_processes),
            cmocka_unit_test(test_size_of_a_changed_process),
            cmocka_unit_test(test_steady_ticks_allocate_nothing),
            cmocka_unit_test(test_hidden_strings_stay_hidden),
            cmocka_unit_test(test_private_values_stay_private),
            cmocka_unit_test(test_hidden_values_do_not_matter),
            cmocka_unit_test(test_a_private_part_without_anything_private_is_empty),
            cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
