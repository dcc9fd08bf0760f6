// Ticks written by hand: of newer and older senders, and what is special about this one's.

#include "common/cleanup.h"
#include "protocol/tick.h"
#include "tests/support/cmocka.h"
#include "tests/support/counted_malloc.h"
#include "tests/support/handmade.h"

#include <errno.h>
#include <string.h>

#define NEWER_NUMBER (UINT64_C(1) << 60)
#define NEWER_TEXT   (UINT64_C(1) << 61)

static void test_a_newer_sender(void **state)
{
    handmade_t *f = *state;
    const process_snapshot_t *p;

    handmade_begin(f, 5, 0);
    handmade_put(f, process_string_mask | NEWER_TEXT);
    handmade_put(f, system_string_mask | NEWER_TEXT);
    buffer_put(&f->section, "later kinds", 11);
    handmade_end_section(f, TICK_KINDS);
    buffer_put(&f->section, "of which nothing is known", 25);
    handmade_end_section(f, SOME_OTHER_TYPE);
    handmade_put(f, UINT64_C(1) << SYSTEM_FIELD_mono_ms | NEWER_NUMBER | NEWER_TEXT);
    handmade_put(f, 0);
    handmade_put_difference(f, 1000);
    handmade_put_difference(f, -5);
    handmade_put_text(f, "more");
    handmade_end_section(f, TICK_SYSTEM);
    for (unsigned i = 0; i < 2; i++) {
        handmade_put(f, HEAD(3, TICK_BORN));
        handmade_put(f, IDENTITY | BIT(name) | NEWER_NUMBER | NEWER_TEXT);
        handmade_put(f, 0);
        if (i == 0)
            handmade_put_text(f, "init");
        else
            handmade_put(f, 1 << 1); // the newer field's text of the process before
        handmade_put_difference(f, 1);
        handmade_put_difference(f, 7);
        handmade_put_difference(f, INT64_MAX);
        if (i == 0)
            handmade_put_text(f, "unknown");
        else
            handmade_put(f, 0 << 1);
    }
    handmade_end_section(f, TICK_PROCESSES);
    assert_int_equal(handmade_apply(f), 0);
    p = handmade_find(f, 1, 7);
    assert_non_null(p);
    assert_true(p->known == (IDENTITY | BIT(name)));
    assert_string_equal(handmade_text_of(f, p->name), "init");
    p = handmade_find(f, 2, 14);
    assert_non_null(p);
    assert_string_equal(handmade_text_of(f, p->name), "unknown");
    assert_true(replica_snapshot(f->replica)->system.mono_ms == 1000);

    // The kinds hold for the diffs that follow.
    handmade_begin(f, 6, 1);
    handmade_put(f, HEAD(7, TICK_UNSET));
    handmade_put(f, NEWER_NUMBER | NEWER_TEXT | BIT(anon_kb));
    handmade_put(f, BIT(name) | UINT64_C(1) << 59);
    handmade_put_difference(f, 44);
    handmade_put_difference(f, 1);
    handmade_put_text(f, "again");
    handmade_end_section(f, TICK_PROCESSES);
    assert_int_equal(handmade_apply(f), 0);
    p = handmade_find(f, 2, 14);
    assert_true(p->known == (IDENTITY | BIT(anon_kb)));
    assert_true(p->anon_kb == 44 && p->name == 0);
    assert_true(replica_snapshot(f->replica)->system.tick == 6);
}

static void test_an_older_sender(void **state)
{
    handmade_t *f = *state;
    const process_snapshot_t *p;

    handmade_begin(f, 1, 0);
    handmade_kinds(f, BIT(name)); // no other string existed then
    handmade_born(f, 0, 1, 7);
    handmade_end_section(f, TICK_PROCESSES);
    assert_int_equal(handmade_apply(f), 0);
    p = handmade_find(f, 1, 7);
    assert_true(p->known == IDENTITY);
    assert_false(SYSTEM_KNOWN(&replica_snapshot(f->replica)->system, mono_ms));
}

static void test_lives(void **state)
{
    handmade_t *f = *state;
    const snapshot_t *s = replica_snapshot(f->replica);

    handmade_keyframe(f, 1);
    handmade_born(f, 1000000, 10, 5);
    handmade_born(f, 0, 1, 0); // builds on the one before
    handmade_born(f, 2000000, 1, 0);
    handmade_end_section(f, TICK_PROCESSES);
    assert_int_equal(handmade_apply(f), 0);
    assert_int_equal(s->n_slots, 3); // however far apart they are
    assert_non_null(handmade_find(f, 12, 5));

    handmade_begin(f, 3, 2);
    handmade_put(f, HEAD(1000000, TICK_BORN)); // another one in its slot
    handmade_put(f, IDENTITY);
    handmade_put(f, 0);
    handmade_put_difference(f, 20);
    handmade_put_difference(f, 6);
    handmade_put(f, HEAD(0, TICK_BORN)); // a death
    handmade_put(f, 0);
    handmade_end_section(f, TICK_PROCESSES);
    assert_int_equal(handmade_apply(f), 0);
    assert_int_equal(s->n_slots, 3);
    assert_null(handmade_find(f, 10, 5));
    assert_null(handmade_find(f, 11, 5));
    assert_non_null(handmade_find(f, 12, 5));
    assert_non_null(handmade_find(f, 20, 6));

    handmade_begin(f, 4, 1);
    handmade_born(f, 0, 30, 7); // takes the place that became free
    handmade_end_section(f, TICK_PROCESSES);
    assert_int_equal(handmade_apply(f), 0);
    assert_int_equal(s->n_slots, 3);
    assert_non_null(handmade_find(f, 30, 7));
}

static void test_repeated_masks(void **state)
{
    handmade_t *f = *state;

    handmade_keyframe(f, 1);
    handmade_born(f, 0, 1, 1);
    handmade_born(f, 0, 1, 1);
    handmade_end_section(f, TICK_PROCESSES);
    handmade_put(f, HEAD(0, TICK_UPDATE));
    handmade_put(f, BIT(anon_kb));
    handmade_put_difference(f, 100);
    handmade_put(f, HEAD(0, TICK_REPEAT));
    handmade_put_difference(f, 200);
    handmade_end_section(f, TICK_PROCESSES); // a second section goes on where the first ended
    assert_int_equal(handmade_apply(f), 0);
    assert_true(handmade_find(f, 1, 1)->anon_kb == 100);
    assert_true(handmade_find(f, 2, 2)->anon_kb == 200);
}

static void test_diffs_know_their_base(void **state)
{
    handmade_t *f = *state;

    handmade_begin(f, 2, 1);
    assert_int_equal(handmade_apply(f), -ESTALE);
    handmade_keyframe(f, 10);
    assert_int_equal(handmade_apply(f), 0);
    handmade_begin(f, 12, 1);
    assert_int_equal(handmade_apply(f), -ESTALE);
    assert_false(replica_valid(f->replica));
    handmade_begin(f, 11, 1); // would fit, but something was lost
    assert_int_equal(handmade_apply(f), -ESTALE);
    handmade_keyframe(f, 12);
    assert_int_equal(handmade_apply(f), 0);
    handmade_begin(f, 15, 3);
    assert_int_equal(handmade_apply(f), 0);
    assert_true(replica_valid(f->replica));
    replica_invalidate(f->replica);
    handmade_begin(f, 16, 1);
    assert_int_equal(handmade_apply(f), -ESTALE);
}

// What a tick takes follows its length, not what it says.
static void test_a_short_tick_takes_little_memory(void **state)
{
    handmade_t *f = *state;
    size_t before = counted_bytes;

    handmade_keyframe(f, 5);
    handmade_born(f, PROTOCOL_SLOTS_MAX - 1, 1, 1);
    handmade_end_section(f, TICK_PROCESSES);
    assert_in_range(f->body.len, 1, 40);
    assert_int_equal(handmade_apply(f), 0);
    assert_int_equal(replica_snapshot(f->replica)->n_slots, 1);
    assert_in_range(counted_bytes - before, 1, 200000);
}

static void test_print(void **state)
{
    handmade_t *f = *state;
    char text[400];

    handmade_begin(f, 7, 1);
    handmade_put(f, UINT64_C(1) << SYSTEM_FIELD_mono_ms);
    handmade_put(f, 0);
    handmade_put_difference(f, 1000);
    handmade_end_section(f, TICK_SYSTEM);
    handmade_put(f, HEAD(4, TICK_UNSET));
    handmade_put(f, BIT(anon_kb) | BIT(name));
    handmade_put(f, BIT(swap_kb));
    handmade_put_difference(f, -12);
    handmade_put_text(f, "a\x1b");
    handmade_put(f, HEAD(0, TICK_BORN));
    handmade_put(f, 0);
    handmade_end_section(f, TICK_PROCESSES);
    tick_print(f->body.data, f->body.len, text, sizeof(text));
    assert_string_equal(text, "tick 7 builds on 6\n"
                              "system mono_ms+1000\n"
                              "changed 4 anon_kb-12 name\"a?\" -swap_kb\n"
                              "died 5\n");
    tick_print("\0", 1, text, sizeof(text));
    assert_string_equal(text, "malformed\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, handmade_setup, handmade_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_a_newer_sender),
            TEST(test_an_older_sender),
            TEST(test_lives),
            TEST(test_repeated_masks),
            TEST(test_diffs_know_their_base),
            TEST(test_a_short_tick_takes_little_memory),
            TEST(test_print),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
