// Sums and counters of groups: nothing is lost, nothing goes down, no two lines are called the
// same.

#include "client/exporter/tally.h"
#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/stage.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    stage_t stage;
    tally_t *tally;
} fixture_t;

static fixture_t f;

static void begin(group_kind_t by, size_t top)
{
    f = (fixture_t){0};
    stage_init(&f.stage, true, 24, 80);
    SYSTEM_SET(&f.stage.snapshot.system, mono_ms, 1000000);
    assert_int_equal(tally_new(&f.tally, by, top), 0);
}

static void end(void)
{
    tally_free(f.tally);
    stage_done(&f.stage);
}

static void step(unsigned ms)
{
    f.stage.snapshot.system.mono_ms += ms;
    assert_int_equal(tally_update(f.tally, &f.stage.snapshot, false), 0);
}

static process_snapshot_t *add(uint64_t pid, const char *name, uint64_t kb, uint64_t permille)
{
    process_snapshot_t *p = stage_add(&f.stage, pid, name, kb);

    PROCESS_SET(p, cpu_permille, permille);
    PROCESS_SET(p, read_rate, 3);
    PROCESS_SET(p, write_rate, 5);
    return p;
}

static const tally_line_t *line(const char *name)
{
    const tally_line_t *found = NULL;

    for (size_t i = 0; i < tally_count(f.tally); i++) {
        if (strcmp(tally_line(f.tally, i)->label, name) != 0)
            continue;
        assert_null(found);
        found = tally_line(f.tally, i);
    }
    return found;
}

static void test_sums_and_counters(void **state)
{
    (void) state;
    begin(GROUP_NAME, 10);
    add(1, "web", 1000, 500);
    add(2, "web", 2000, 250);
    add(3, "db", 500, 0)->tags = TAG_LEAK | TAG_SPIKE;
    step(1000);
    assert_int_equal(tally_count(f.tally), 2);
    assert_string_equal(tally_line(f.tally, 0)->label, "db"); // what leaks comes first
    assert_int_equal(line("web")->sums.processes, 2);
    assert_int_equal(line("web")->sums.private_kb, 3000);
    assert_int_equal(tally_private_kb(f.tally), 3500);
    assert_int_equal(line("db")->sums.tagged[tag_place(TAG_LEAK)], 1);
    assert_int_equal(line("db")->sums.tagged[tag_place(TAG_LEAK_SUSPECTED)], 0);
    assert_int_equal(line("db")->sums.tagged[tag_place(TAG_SPIKE)], 1);
    assert_false(line("web")->sums.has_cpu); // nothing was counted yet
    step(2000);
    assert_int_equal(line("web")->sums.cpu_us, 1500000);
    assert_int_equal(line("web")->sums.read_bytes, 2 * 3 * 2048);
    assert_int_equal(line("web")->sums.written_bytes, 2 * 5 * 2048);
    // The dead stay counted; all of them may go.
    stage_remove(&f.stage, 1);
    step(1000);
    assert_int_equal(line("web")->sums.cpu_us, 1750000);
    assert_int_equal(line("web")->sums.private_kb, 2000);
    stage_remove(&f.stage, 2);
    step(1000);
    assert_null(line("web"));
    add(4, "web", 10, 100);
    step(1000);
    assert_int_equal(line("web")->sums.cpu_us, 1850000);
    end();
}

// It did in a tenth of a second what it would have done ten times of in a whole one.
static void test_a_newborn_counts_for_its_life(void **state)
{
    process_snapshot_t *p;

    (void) state;
    begin(GROUP_NAME, 10);
    add(1, "web", 1000, 0);
    step(1000);
    p = add(2, "cc1", 1000, 1000);
    p->start_time = (f.stage.snapshot.system.mono_ms + 900) / 10; // of 100 ticks a second
    PROCESS_SET(p, read_rate, 40);
    step(1000);
    assert_int_equal(line("cc1")->sums.cpu_us, 100000);
    assert_int_equal(line("cc1")->sums.read_bytes, 4 * 1024);
    step(1000);
    assert_int_equal(line("cc1")->sums.cpu_us, 1100000);
    end();
}

static void test_a_pause_is_not_filled_up(void **state)
{
    (void) state;
    begin(GROUP_NAME, 10);
    add(1, "web", 1000, 1000);
    SYSTEM_SET(&f.stage.snapshot.system, interval_us, 1000000);
    step(1000);
    step(3600000);
    assert_int_equal(line("web")->sums.cpu_us, 1000000);
    f.stage.snapshot.system.mono_ms += 5000;
    assert_int_equal(tally_update(f.tally, &f.stage.snapshot, true), 0);
    assert_int_equal(line("web")->sums.cpu_us, 2000000);
    // Without a sample there are no lines, and then they are as they were.
    tally_clear(f.tally);
    assert_int_equal(tally_count(f.tally), 0);
    step(1000);
    assert_int_equal(line("web")->sums.cpu_us, 3000000);
    end();
}

static void test_unknown_is_absent(void **state)
{
    process_snapshot_t *p;

    (void) state;
    begin(GROUP_NAME, 10);
    p = stage_add(&f.stage, 1, "web", 1000);
    for (uint64_t pid = 2; pid < 4; pid++) {
        process_snapshot_t *other = stage_add(&f.stage, pid, "web", 1000);

        PROCESS_SET(other, pss_kb, 700);
        PROCESS_SET(other, pss_rss_kb, other->anon_kb + other->file_kb + other->shmem_kb);
        PROCESS_SET(other, pss_time_ms, 1000000);
    }
    PROCESS_UNSET(p, pss_kb);
    PROCESS_UNSET(p, read_rate);
    PROCESS_UNSET(p, write_rate);
    step(1000);
    step(1000);
    assert_true(line("web")->sums.has_rss);
    assert_false(line("web")->sums.has_pss);
    stage_remove(&f.stage, 1);
    step(1000);
    assert_true(line("web")->sums.has_pss);
    assert_int_equal(line("web")->sums.pss_kb, 1400);
    p = stage_add(&f.stage, 9, "kthread", 0);
    PROCESS_UNSET(p, anon_kb);
    PROCESS_UNSET(p, file_kb);
    PROCESS_UNSET(p, swap_kb);
    PROCESS_UNSET(p, pss_kb);
    step(1000);
    assert_false(line("kthread")->sums.has_private || line("kthread")->sums.has_rss);
    assert_false(line("kthread")->sums.has_pss || line("kthread")->sums.has_swap);
    end();
}

// As groups rise into the lines and fall out of them, every line only grows, and together they
// grow by what was used.
static void test_the_rest_never_jumps(void **state)
{
    uint64_t last_other = 0, last[8] = {0}, before = 0;
    char name[16];

    (void) state;
    begin(GROUP_NAME, 3);
    for (uint64_t i = 0; i < 8; i++) {
        snprintf(name, sizeof(name), "p%d", (int) i);
        add(i + 1, name, 1000 * (i + 1), 100);
    }
    step(1000);
    for (unsigned round = 0; round < 60; round++) {
        uint64_t sum = 0;

        stage_find(&f.stage, round % 8 + 1)->anon_kb = round * 7919 % 20000;
        step(1000);
        assert_int_equal(tally_count(f.tally), 4);
        assert_string_equal(tally_line(f.tally, 3)->label, "other");
        assert_true(line("other")->sums.cpu_us >= last_other);
        last_other = line("other")->sums.cpu_us;
        for (unsigned i = 0; i < 8; i++) {
            snprintf(name, sizeof(name), "p%u", i);
            if (line(name)) {
                assert_true(line(name)->sums.cpu_us >= last[i]);
                last[i] = line(name)->sums.cpu_us;
            }
            sum += last[i];
        }
        if (round > 0)
            assert_int_equal(sum + last_other - before, 8 * 100000);
        before = sum + last_other;
    }
    end();
}

static void test_lines_are_kept_for_a_tenth(void **state)
{
    (void) state;
    begin(GROUP_NAME, 1);
    add(1, "first", 1000, 0);
    add(2, "second", 990, 0);
    step(1000);
    assert_non_null(line("first"));
    stage_find(&f.stage, 2)->anon_kb = 1090;
    step(1000);
    assert_non_null(line("first"));
    stage_find(&f.stage, 2)->anon_kb = 1200;
    step(1000);
    assert_non_null(line("second"));
    // A leak is on a line however small it is.
    stage_find(&f.stage, 1)->tags = TAG_LEAK;
    stage_find(&f.stage, 1)->anon_kb = 5;
    step(1000);
    assert_non_null(line("first"));
    end();
}

static void test_a_thousand_names_cost_the_same(void **state)
{
    char name[32];

    (void) state;
    begin(GROUP_NAME, 4);
    for (uint64_t i = 1; i < 3000; i++) {
        snprintf(name, sizeof(name), "n%d", (int) i);
        add(i, name, i * 100, 1);
        step(100);
        assert_true(tally_count(f.tally) <= 5);
        if (i > 6)
            stage_remove(&f.stage, i - 6);
    }
    add(5000, "huge", 1000000, 1);
    step(100);
    assert_non_null(line("huge"));
    end();
}

static void test_hostile_names(void **state)
{
    static const char *const names[] = {"other", "name:other", "name:name:other", "another",
            "a\x01", "a\x02", "\xff", "\xfe", "\"}\n\\", ""};
    size_t rest = 0;

    (void) state;
    begin(GROUP_NAME, 100);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        stage_name(&f.stage, add(i + 1, "x", 100 - i, 0), names[i]);
    step(1000);
    for (size_t i = 0; i < tally_count(f.tally); i++) {
        const tally_line_t *l = tally_line(f.tally, i);

        assert_ptr_equal(line(l->label), l); // and no other
        assert_null(strpbrk(l->label, "\n\x01\x02"));
        rest += strcmp(l->label, GROUP_OTHER) == 0;
    }
    assert_int_equal(rest, 0);
    assert_non_null(line("name:other"));
    assert_non_null(line("name:name:other"));
    assert_non_null(line("name:name:name:other"));
    assert_non_null(line("another"));
    assert_non_null(line("(no name)"));
    assert_int_equal(line("a?")->sums.processes, 2);
    assert_int_equal(line("a?")->sums.private_kb, 96 + 95);
    end();
}

static void test_by_user_and_unit(void **state)
{
    process_snapshot_t *p;

    (void) state;
    begin(GROUP_USER, 10);
    add(1, "a", 10, 0)->uid = 0;
    add(2, "b", 20, 0)->uid = 4000000;
    p = add(3, "c", 30, 0);
    PROCESS_UNSET(p, uid);
    step(1000);
    assert_int_equal(line("root")->sums.private_kb, 10);
    assert_int_equal(line("4000000")->sums.private_kb, 20);
    assert_int_equal(line("(no user)")->sums.private_kb, 30);
    end();
    begin(GROUP_UNIT, 10);
    for (uint64_t pid = 1; pid < 3; pid++) {
        p = add(pid, "a", 10 * pid, 0);
        PROCESS_SET(p, unit, stage_string(&f.stage, "web.service", 11));
    }
    add(3, "c", 30, 0);
    step(1000);
    assert_int_equal(line("web.service")->sums.private_kb, 30);
    assert_int_equal(line("(no unit)")->sums.processes, 1);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_sums_and_counters),
            cmocka_unit_test(test_a_newborn_counts_for_its_life),
            cmocka_unit_test(test_a_pause_is_not_filled_up),
            cmocka_unit_test(test_unknown_is_absent),
            cmocka_unit_test(test_the_rest_never_jumps),
            cmocka_unit_test(test_lines_are_kept_for_a_tenth),
            cmocka_unit_test(test_a_thousand_names_cost_the_same),
            cmocka_unit_test(test_hostile_names),
            cmocka_unit_test(test_by_user_and_unit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
