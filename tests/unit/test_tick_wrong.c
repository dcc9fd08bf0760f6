// Ticks that no daemon sends: they are refused, and what was held stays.

#include "common/cleanup.h"
#include "protocol/tick.h"
#include "tests/support/cmocka.h"
#include "tests/support/handmade.h"

#include <errno.h>
#include <string.h>

static void wrong_zero_tick(handmade_t *f)
{
    handmade_begin(f, 0, 0);
    handmade_kinds(f, process_string_mask);
}

static void wrong_base(handmade_t *f)
{
    handmade_begin(f, 5, 5);
}

static void wrong_without_kinds(handmade_t *f)
{
    handmade_begin(f, 5, 0);
}

static void wrong_kinds_late(handmade_t *f)
{
    handmade_begin(f, 5, 0);
    handmade_put(f, 0);
    handmade_put(f, 0);
    handmade_end_section(f, TICK_SYSTEM);
    handmade_kinds(f, process_string_mask);
}

static void wrong_kinds_in_a_diff(handmade_t *f)
{
    handmade_begin(f, 5, 1);
    handmade_kinds(f, process_string_mask);
}

static void wrong_section_length(handmade_t *f)
{
    handmade_begin(f, 5, 1);
    buffer_put_varint(&f->body, TICK_SYSTEM);
    buffer_put_varint(&f->body, UINT64_MAX);
}

static void wrong_kind_of_a_known_field(handmade_t *f)
{
    handmade_begin(f, 5, 0);
    handmade_kinds(f, process_string_mask & ~BIT(name));
    handmade_put(f, HEAD(0, TICK_BORN));
    handmade_put(f, IDENTITY | BIT(name));
    handmade_put(f, 0);
    handmade_put_difference(f, 1);
    handmade_put_difference(f, 1);
    handmade_put_difference(f, 1);
    handmade_end_section(f, TICK_PROCESSES);
}

static void wrong_slot(handmade_t *f)
{
    handmade_keyframe(f, 5);
    handmade_born(f, PROTOCOL_SLOTS_MAX, 1, 1);
    handmade_end_section(f, TICK_PROCESSES);
}

static void wrong_slot_by_sums(handmade_t *f)
{
    handmade_keyframe(f, 5);
    handmade_born(f, PROTOCOL_SLOTS_MAX - 1, 1, 1);
    handmade_born(f, 0, 1, 1);
    handmade_end_section(f, TICK_PROCESSES);
}

static void wrong_gap_that_wraps(handmade_t *f)
{
    handmade_keyframe(f, 5);
    handmade_born(f, 5, 1, 1);
    handmade_born(f, UINT64_MAX >> 2, 1, 1);
    handmade_end_section(f, TICK_PROCESSES);
}

// Begins a diff by what happens to a process: one that is there in slot 0, none in slot 1.
static void begin_change(handmade_t *f, uint64_t slot, unsigned kind, uint64_t mask)
{
    handmade_begin(f, 5, 1);
    handmade_put(f, HEAD(slot, kind));
    handmade_put(f, mask);
}

static void wrong_update_of_nobody(handmade_t *f)
{
    begin_change(f, 1, TICK_UPDATE, BIT(anon_kb));
    handmade_put_difference(f, 1);
    handmade_end_section(f, TICK_PROCESSES);
}

static void wrong_death_of_nobody(handmade_t *f)
{
    begin_change(f, 1, TICK_BORN, 0);
    handmade_end_section(f, TICK_PROCESSES);
}

static void wrong_second_death(handmade_t *f)
{
    handmade_begin(f, 5, 1);
    for (unsigned i = 0; i < 2; i++) {
        handmade_put(f, HEAD(0, TICK_BORN));
        handmade_put(f, 0);
        handmade_end_section(f, TICK_PROCESSES);
    }
}

static void wrong_birth_without_identity(handmade_t *f)
{
    handmade_keyframe(f, 5);
    handmade_put(f, HEAD(0, TICK_BORN));
    handmade_put(f, BIT(pid));
    handmade_put(f, 0);
    handmade_put_difference(f, 1);
    handmade_end_section(f, TICK_PROCESSES);
}

static void wrong_change_of_identity(handmade_t *f)
{
    begin_change(f, 0, TICK_UPDATE, BIT(pid));
    handmade_put_difference(f, 1);
    handmade_end_section(f, TICK_PROCESSES);
}

static void wrong_loss_of_identity(handmade_t *f)
{
    begin_change(f, 0, TICK_UNSET, 0);
    handmade_put(f, BIT(start_time));
    handmade_end_section(f, TICK_PROCESSES);
}

static void wrong_set_and_unset(handmade_t *f)
{
    begin_change(f, 0, TICK_UNSET, BIT(anon_kb));
    handmade_put(f, BIT(anon_kb));
    handmade_put_difference(f, 1);
    handmade_end_section(f, TICK_PROCESSES);
}

static void wrong_repeat_of_nothing(handmade_t *f)
{
    handmade_begin(f, 5, 1);
    handmade_put(f, HEAD(0, TICK_REPEAT));
    handmade_end_section(f, TICK_PROCESSES);
}

static void wrong_string_index(handmade_t *f)
{
    begin_change(f, 0, TICK_UPDATE, BIT(name) | BIT(cmdline));
    handmade_put_text(f, "a");
    handmade_put(f, 1 << 1);
    handmade_end_section(f, TICK_PROCESSES);
}

static void wrong_string_of_another_section(handmade_t *f)
{
    handmade_begin(f, 5, 1);
    for (unsigned i = 0; i < 2; i++) {
        handmade_put(f, HEAD(0, TICK_UPDATE));
        handmade_put(f, BIT(name));
        if (i == 0)
            handmade_put_text(f, "a");
        else
            handmade_put(f, 0 << 1);
        handmade_end_section(f, TICK_PROCESSES);
    }
}

static void wrong_string_length(handmade_t *f)
{
    static const char zeros[TICK_STRING_MAX + 1];

    begin_change(f, 0, TICK_UPDATE, BIT(name));
    handmade_put(f, sizeof(zeros) << 1 | 1);
    buffer_put(&f->section, zeros, sizeof(zeros));
    handmade_end_section(f, TICK_PROCESSES);
}

static void wrong_value_beyond_the_section(handmade_t *f)
{
    begin_change(f, 0, TICK_UPDATE, BIT(anon_kb) | BIT(cpu_permille));
    handmade_put_difference(f, 1);
    handmade_end_section(f, TICK_PROCESSES);
    buffer_put_varint(&f->body, SOME_OTHER_TYPE); // where the missing value might be read from
    buffer_put_varint(&f->body, 0);
}

static void wrong_second_system(handmade_t *f)
{
    handmade_begin(f, 5, 1);
    for (unsigned i = 0; i < 4; i++)
        handmade_put(f, 0);
    handmade_end_section(f, TICK_SYSTEM);
}

static void test_wrong(void **state)
{
    static const struct {
        const char *name;
        void (*make)(handmade_t *f);
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
    handmade_t *f = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int r;

        handmade_keyframe(f, 4);
        handmade_born(f, 0, 11, 22);
        handmade_end_section(f, TICK_PROCESSES);
        assert_int_equal(handmade_apply(f), 0);
        buffer_reset(&f->section);
        cases[i].make(f);
        r = handmade_apply(f);
        if (r != -EBADMSG)
            fail_msg("%s: %d", cases[i].name, r);
        assert_false(replica_valid(f->replica));
        assert_true(replica_snapshot(f->replica)->system.tick == 4);
        assert_int_equal(replica_snapshot(f->replica)->n_slots, 1);
        assert_true(handmade_find(f, 11, 22)->known == IDENTITY);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, handmade_setup, handmade_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
