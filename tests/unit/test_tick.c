// Ticks written by hand: of newer and older senders, and wrong ones.

#include "common/cleanup.h"
#include "common/procmap.h"
#include "protocol/replica.h"
#include "protocol/tick.h"
#include "tests/support/cmocka.h"
#include "tests/support/counted_malloc.h"

#include <errno.h>
#include <string.h>

#define BIT(field)      (UINT64_C(1) << PROCESS_FIELD_##field)
#define NEWER_NUMBER    (UINT64_C(1) << 60)
#define NEWER_TEXT      (UINT64_C(1) << 61)
#define IDENTITY        (BIT(pid) | BIT(start_time))
#define HEAD(gap, kind) ((uint64_t) (gap) << 2 | (kind))
#define SOME_OTHER_TYPE 77

typedef struct {
    buffer_t body, section;
    replica_t *replica;
} fixture_t;

static int setup(void **state)
{
    static fixture_t f;

    memset(&f, 0, sizeof(f));
    *state = &f;
    return replica_new(&f.replica);
}

static int teardown(void **state)
{
    fixture_t *f = *state;

    replica_free(f->replica);
    buffer_done(&f->body);
    buffer_done(&f->section);
    return 0;
}

static void begin(fixture_t *f, uint64_t tick, uint64_t distance)
{
    buffer_reset(&f->body);
    buffer_put_varint(&f->body, tick);
    buffer_put_varint(&f->body, distance);
}

static void end_section(fixture_t *f, uint64_t type)
{
    buffer_put_varint(&f->body, type);
    buffer_put_varint(&f->body, f->section.len);
    buffer_put(&f->body, f->section.data, f->section.len);
    buffer_reset(&f->section);
}

static void put(fixture_t *f, uint64_t v)
{
    buffer_put_varint(&f->section, v);
}

static void put_difference(fixture_t *f, int64_t v)
{
    buffer_put_zigzag(&f->section, v);
}

static void put_text(fixture_t *f, const char *text)
{
    put(f, strlen(text) << 1 | 1);
    buffer_put(&f->section, text, strlen(text));
}

static void kinds(fixture_t *f, uint64_t process_strings)
{
    put(f, process_strings);
    put(f, system_string_mask);
    end_section(f, TICK_KINDS);
}

static void keyframe(fixture_t *f, uint64_t tick)
{
    begin(f, tick, 0);
    kinds(f, process_string_mask);
}

// A process that is nothing but its identity.
static void born(fixture_t *f, uint64_t gap, int64_t pid, int64_t start_time)
{
    put(f, HEAD(gap, TICK_BORN));
    put(f, IDENTITY);
    put(f, 0);
    put_difference(f, pid);
    put_difference(f, start_time);
}

static int apply(fixture_t *f)
{
    return replica_apply(f->replica, f->body.data, f->body.len);
}

static const process_snapshot_t *find(const fixture_t *f, uint64_t pid, uint64_t start_time)
{
    uint32_t slot = replica_find(f->replica, pid, start_time);

    return slot == PROCMAP_NONE ? NULL : &replica_snapshot(f->replica)->processes[slot];
}

static const char *text_of(const fixture_t *f, uint64_t id)
{
    size_t len;

    return intern_get(replica_snapshot(f->replica)->strings, (uint32_t) id, &len);
}

static void test_a_newer_sender(void **state)
{
    fixture_t *f = *state;
    const process_snapshot_t *p;

    begin(f, 5, 0);
    put(f, process_string_mask | NEWER_TEXT);
    put(f, system_string_mask | NEWER_TEXT);
    buffer_put(&f->section, "later kinds", 11);
    end_section(f, TICK_KINDS);
    buffer_put(&f->section, "of which nothing is known", 25);
    end_section(f, SOME_OTHER_TYPE);
    put(f, UINT64_C(1) << SYSTEM_FIELD_mono_ms | NEWER_NUMBER | NEWER_TEXT);
    put(f, 0);
    put_difference(f, 1000);
    put_difference(f, -5);
    put_text(f, "more");
    end_section(f, TICK_SYSTEM);
    for (unsigned i = 0; i < 2; i++) {
        put(f, HEAD(3, TICK_BORN));
        put(f, IDENTITY | BIT(name) | NEWER_NUMBER | NEWER_TEXT);
        put(f, 0);
        if (i == 0)
            put_text(f, "init");
        else
            put(f, 1 << 1); // the newer field's text of the process before
        put_difference(f, 1);
        put_difference(f, 7);
        put_difference(f, INT64_MAX);
        if (i == 0)
            put_text(f, "unknown");
        else
            put(f, 0 << 1);
    }
    end_section(f, TICK_PROCESSES);
    assert_int_equal(apply(f), 0);
    p = find(f, 1, 7);
    assert_non_null(p);
    assert_true(p->known == (IDENTITY | BIT(name)));
    assert_string_equal(text_of(f, p->name), "init");
    p = find(f, 2, 14);
    assert_non_null(p);
    assert_string_equal(text_of(f, p->name), "unknown");
    assert_true(replica_snapshot(f->replica)->system.mono_ms == 1000);

    // The kinds hold for the diffs that follow.
    begin(f, 6, 1);
    put(f, HEAD(7, TICK_UNSET));
    put(f, NEWER_NUMBER | NEWER_TEXT | BIT(anon_kb));
    put(f, BIT(name) | UINT64_C(1) << 59);
    put_difference(f, 44);
    put_difference(f, 1);
    put_text(f, "again");
    end_section(f, TICK_PROCESSES);
    assert_int_equal(apply(f), 0);
    p = find(f, 2, 14);
    assert_true(p->known == (IDENTITY | BIT(anon_kb)));
    assert_true(p->anon_kb == 44 && p->name == 0);
    assert_true(replica_snapshot(f->replica)->system.tick == 6);
}

static void test_an_older_sender(void **state)
{
    fixture_t *f = *state;
    const process_snapshot_t *p;

    begin(f, 1, 0);
    kinds(f, BIT(name)); // no other string existed then
    born(f, 0, 1, 7);
    end_section(f, TICK_PROCESSES);
    assert_int_equal(apply(f), 0);
    p = find(f, 1, 7);
    assert_true(p->known == IDENTITY);
    assert_false(SYSTEM_KNOWN(&replica_snapshot(f->replica)->system, mono_ms));
}

static void test_lives(void **state)
{
    fixture_t *f = *state;
    const snapshot_t *s = replica_snapshot(f->replica);

    keyframe(f, 1);
    born(f, 1000000, 10, 5);
    born(f, 0, 1, 0); // builds on the one before
    born(f, 2000000, 1, 0);
    end_section(f, TICK_PROCESSES);
    assert_int_equal(apply(f), 0);
    assert_int_equal(s->n_slots, 3); // however far apart they are
    assert_non_null(find(f, 12, 5));

    begin(f, 3, 2);
    put(f, HEAD(1000000, TICK_BORN)); // another one in its slot
    put(f, IDENTITY);
    put(f, 0);
    put_difference(f, 20);
    put_difference(f, 6);
    put(f, HEAD(0, TICK_BORN)); // a death
    put(f, 0);
    end_section(f, TICK_PROCESSES);
    assert_int_equal(apply(f), 0);
    assert_int_equal(s->n_slots, 3);
    assert_null(find(f, 10, 5));
    assert_null(find(f, 11, 5));
    assert_non_null(find(f, 12, 5));
    assert_non_null(find(f, 20, 6));

    begin(f, 4, 1);
    born(f, 0, 30, 7); // takes the place that became free
    end_section(f, TICK_PROCESSES);
    assert_int_equal(apply(f), 0);
    assert_int_equal(s->n_slots, 3);
    assert_non_null(find(f, 30, 7));
}

static void test_repeated_masks(void **state)
{
    fixture_t *f = *state;

    keyframe(f, 1);
    born(f, 0, 1, 1);
    born(f, 0, 1, 1);
    end_section(f, TICK_PROCESSES);
    put(f, HEAD(0, TICK_UPDATE));
    put(f, BIT(anon_kb));
    put_difference(f, 100);
    put(f, HEAD(0, TICK_REPEAT));
    put_difference(f, 200);
    end_section(f, TICK_PROCESSES); // a second section goes on where the first ended
    assert_int_equal(apply(f), 0);
    assert_true(find(f, 1, 1)->anon_kb == 100);
    assert_true(find(f, 2, 2)->anon_kb == 200);
}

static void test_diffs_know_their_base(void **state)
{
    fixture_t *f = *state;

    begin(f, 2, 1);
    assert_int_equal(apply(f), -ESTALE);
    keyframe(f, 10);
    assert_int_equal(apply(f), 0);
    begin(f, 12, 1);
    assert_int_equal(apply(f), -ESTALE);
    assert_false(replica_valid(f->replica));
    begin(f, 11, 1); // would fit, but something was lost
    assert_int_equal(apply(f), -ESTALE);
    keyframe(f, 12);
    assert_int_equal(apply(f), 0);
    begin(f, 15, 3);
    assert_int_equal(apply(f), 0);
    assert_true(replica_valid(f->replica));
    replica_invalidate(f->replica);
    begin(f, 16, 1);
    assert_int_equal(apply(f), -ESTALE);
}

// ---- What is wrong is refused, and what was held stays ------------------------------------------

static void wrong_zero_tick(fixture_t *f)
{
    begin(f, 0, 0);
    kinds(f, process_string_mask);
}

static void wrong_base(fixture_t *f)
{
    begin(f, 5, 5);
}

static void wrong_without_kinds(fixture_t *f)
{
    begin(f, 5, 0);
}

static void wrong_kinds_late(fixture_t *f)
{
    begin(f, 5, 0);
    put(f, 0);
    put(f, 0);
    end_section(f, TICK_SYSTEM);
    kinds(f, process_string_mask);
}

static void wrong_kinds_in_a_diff(fixture_t *f)
{
    begin(f, 5, 1);
    kinds(f, process_string_mask);
}

static void wrong_section_length(fixture_t *f)
{
    begin(f, 5, 1);
    buffer_put_varint(&f->body, TICK_SYSTEM);
    buffer_put_varint(&f->body, UINT64_MAX);
}

static void wrong_kind_of_a_known_field(fixture_t *f)
{
    begin(f, 5, 0);
    kinds(f, process_string_mask & ~BIT(name));
    put(f, HEAD(0, TICK_BORN));
    put(f, IDENTITY | BIT(name));
    put(f, 0);
    put_difference(f, 1);
    put_difference(f, 1);
    put_difference(f, 1);
    end_section(f, TICK_PROCESSES);
}

static void wrong_slot(fixture_t *f)
{
    keyframe(f, 5);
    born(f, PROTOCOL_SLOTS_MAX, 1, 1);
    end_section(f, TICK_PROCESSES);
}

static void wrong_slot_by_sums(fixture_t *f)
{
    keyframe(f, 5);
    born(f, PROTOCOL_SLOTS_MAX - 1, 1, 1);
    born(f, 0, 1, 1);
    end_section(f, TICK_PROCESSES);
}

static void wrong_gap_that_wraps(fixture_t *f)
{
    keyframe(f, 5);
    born(f, 5, 1, 1);
    born(f, UINT64_MAX >> 2, 1, 1);
    end_section(f, TICK_PROCESSES);
}

static void wrong_update_of_nobody(fixture_t *f)
{
    begin(f, 5, 1);
    put(f, HEAD(1, TICK_UPDATE));
    put(f, BIT(anon_kb));
    put_difference(f, 1);
    end_section(f, TICK_PROCESSES);
}

static void wrong_death_of_nobody(fixture_t *f)
{
    begin(f, 5, 1);
    put(f, HEAD(1, TICK_BORN));
    put(f, 0);
    end_section(f, TICK_PROCESSES);
}

static void wrong_second_death(fixture_t *f)
{
    begin(f, 5, 1);
    for (unsigned i = 0; i < 2; i++) {
        put(f, HEAD(0, TICK_BORN));
        put(f, 0);
        end_section(f, TICK_PROCESSES);
    }
}

static void wrong_birth_without_identity(fixture_t *f)
{
    keyframe(f, 5);
    put(f, HEAD(0, TICK_BORN));
    put(f, BIT(pid));
    put(f, 0);
    put_difference(f, 1);
    end_section(f, TICK_PROCESSES);
}

static void wrong_change_of_identity(fixture_t *f)
{
    begin(f, 5, 1);
    put(f, HEAD(0, TICK_UPDATE));
    put(f, BIT(pid));
    put_difference(f, 1);
    end_section(f, TICK_PROCESSES);
}

static void wrong_loss_of_identity(fixture_t *f)
{
    begin(f, 5, 1);
    put(f, HEAD(0, TICK_UNSET));
    put(f, 0);
    put(f, BIT(start_time));
    end_section(f, TICK_PROCESSES);
}

static void wrong_set_and_unset(fixture_t *f)
{
    begin(f, 5, 1);
    put(f, HEAD(0, TICK_UNSET));
    put(f, BIT(anon_kb));
    put(f, BIT(anon_kb));
    put_difference(f, 1);
    end_section(f, TICK_PROCESSES);
}

static void wrong_repeat_of_nothing(fixture_t *f)
{
    begin(f, 5, 1);
    put(f, HEAD(0, TICK_REPEAT));
    end_section(f, TICK_PROCESSES);
}

static void wrong_string_index(fixture_t *f)
{
    begin(f, 5, 1);
    put(f, HEAD(0, TICK_UPDATE));
    put(f, BIT(name) | BIT(cmdline));
    put_text(f, "a");
    put(f, 1 << 1);
    end_section(f, TICK_PROCESSES);
}

static void wrong_string_of_another_section(fixture_t *f)
{
    begin(f, 5, 1);
    for (unsigned i = 0; i < 2; i++) {
        put(f, HEAD(0, TICK_UPDATE));
        put(f, BIT(name));
        if (i == 0)
            put_text(f, "a");
        else
            put(f, 0 << 1);
        end_section(f, TICK_PROCESSES);
    }
}

static void wrong_string_length(fixture_t *f)
{
    static const char zeros[TICK_STRING_MAX + 1];

    begin(f, 5, 1);
    put(f, HEAD(0, TICK_UPDATE));
    put(f, BIT(name));
    put(f, sizeof(zeros) << 1 | 1);
    buffer_put(&f->section, zeros, sizeof(zeros));
    end_section(f, TICK_PROCESSES);
}

static void wrong_value_beyond_the_section(fixture_t *f)
{
    begin(f, 5, 1);
    put(f, HEAD(0, TICK_UPDATE));
    put(f, BIT(anon_kb) | BIT(cpu_permille));
    put_difference(f, 1);
    end_section(f, TICK_PROCESSES);
    buffer_put_varint(&f->body, SOME_OTHER_TYPE); // where the missing value might be read from
    buffer_put_varint(&f->body, 0);
}

static void wrong_second_system(fixture_t *f)
{
    begin(f, 5, 1);
    for (unsigned i = 0; i < 4; i++)
        put(f, 0);
    end_section(f, TICK_SYSTEM);
}

static void test_wrong(void **state)
{
    static const struct {
        const char *name;
        void (*make)(fixture_t *f);
    } cases[] = {
#define CASE(name) {#name, name}
            CASE(wrong_zero_tick),
            CASE(wrong_base),
            CASE(wrong_without_kinds),
            CASE(wrong_kinds_late),
            CASE(wrong_kinds_in_a_diff),
            CASE(wrong_section_length),
            CASE(wrong_kind_of_a_known_field),
            CASE(wrong_slot),
            CASE(wrong_slot_by_sums),
            CASE(wrong_gap_that_wraps),
            CASE(wrong_update_of_nobody),
            CASE(wrong_death_of_nobody),
            CASE(wrong_second_death),
            CASE(wrong_birth_without_identity),
            CASE(wrong_change_of_identity),
            CASE(wrong_loss_of_identity),
            CASE(wrong_set_and_unset),
            CASE(wrong_repeat_of_nothing),
            CASE(wrong_string_index),
            CASE(wrong_string_of_another_section),
            CASE(wrong_string_length),
            CASE(wrong_value_beyond_the_section),
            CASE(wrong_second_system),
#undef CASE
    };
    fixture_t *f = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int r;

        keyframe(f, 4);
        born(f, 0, 11, 22);
        end_section(f, TICK_PROCESSES);
        assert_int_equal(apply(f), 0);
        buffer_reset(&f->section);
        cases[i].make(f);
        r = apply(f);
        if (r != -EBADMSG)
            fail_msg("%s: %d", cases[i].name, r);
        assert_false(replica_valid(f->replica));
        assert_true(replica_snapshot(f->replica)->system.tick == 4);
        assert_int_equal(replica_snapshot(f->replica)->n_slots, 1);
        assert_true(find(f, 11, 22)->known == IDENTITY);
    }
}

// What a tick takes follows its length, not what it says.
static void test_a_short_tick_takes_little_memory(void **state)
{
    fixture_t *f = *state;
    size_t before = counted_bytes;

    keyframe(f, 5);
    born(f, PROTOCOL_SLOTS_MAX - 1, 1, 1);
    end_section(f, TICK_PROCESSES);
    assert_in_range(f->body.len, 1, 40);
    assert_int_equal(apply(f), 0);
    assert_int_equal(replica_snapshot(f->replica)->n_slots, 1);
    assert_in_range(counted_bytes - before, 1, 200000);
}

static void test_print(void **state)
{
    fixture_t *f = *state;
    char text[400];

    begin(f, 7, 1);
    put(f, UINT64_C(1) << SYSTEM_FIELD_mono_ms);
    put(f, 0);
    put_difference(f, 1000);
    end_section(f, TICK_SYSTEM);
    put(f, HEAD(4, TICK_UNSET));
    put(f, BIT(anon_kb) | BIT(name));
    put(f, BIT(swap_kb));
    put_difference(f, -12);
    put_text(f, "a\x1b");
    put(f, HEAD(0, TICK_BORN));
    put(f, 0);
    end_section(f, TICK_PROCESSES);
    tick_print(f->body.data, f->body.len, text, sizeof(text));
    assert_string_equal(text, "tick 7 builds on 6\n"
                              "system mono_ms+1000\n"
                              "changed 4 anon_kb-12 name\"a?\" -swap_kb\n"
                              "died 5\n");
    tick_print("\0", 1, text, sizeof(text));
    assert_string_equal(text, "malformed\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_a_newer_sender),
            TEST(test_an_older_sender),
            TEST(test_lives),
            TEST(test_repeated_masks),
            TEST(test_diffs_know_their_base),
            TEST(test_wrong),
            TEST(test_a_short_tick_takes_little_memory),
            TEST(test_print),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
