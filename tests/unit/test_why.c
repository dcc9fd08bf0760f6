// Who took memory: a made-up host whose every kilobyte is known.

#include "common/cleanup.h"
#include "tests/support/accounted.h"
#include "tests/support/fake_clock.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void assert_name(const why_row_t *r, const char *name)
{
    assert_int_equal(r->name.len, strlen(name));
    assert_memory_equal(r->name.data, name, r->name.len);
}

// 1000 MB within ten seconds, 200 of another, 100 in tmpfs, 50 that nobody accounts for; the page
// cache shrinks, which is nobody's use of memory.
static void grow(accounted_t *f)
{
    accounted_start(f, 0, 1000);
    accounted_start(f, 1, 0);
    f->hog_mb[0] = 50;
    f->hog_mb[1] = 400;
    accounted_tick(f, 30);
    for (int i = 0; i < 10; i++) {
        f->hog_mb[0] += 100;
        f->hog_mb[1] += 20;
        f->shmem_mb += 10;
        f->unknown_mb += 5;
        f->cache_mb -= 100;
        accounted_tick(f, 1);
    }
    accounted_tick(f, 10);
}

static void test_a_rise(void **state)
{
    accounted_t *f = *state;

    grow(f);
    why_answer_t a = accounted_ask(f, WHY_BY_PROCESS, 300);
    assert_in_range(accounted_change_of(&a), 1350 * MB * 97 / 100, 1350 * MB);
    assert_in_range(a.end->time_ms - a.start->time_ms, 9000, 11000);
    assert_int_equal(a.from_ms, f->began_ms);
    assert_int_equal(a.known_ms, f->began_ms);
    assert_int_equal(a.to_ms, accounted_now_ms(f));
    assert_int_equal(a.n_rows, 3);
    assert_int_equal(a.rows[0].pid, 100);
    assert_name(&a.rows[0], "chrome");
    assert_int_equal(a.rows[0].uid, 1000);
    assert_int_equal(a.rows[0].peak_kb, 1050 * MB);
    assert_int_equal(a.rows[0].exited_ms, 0);
    assert_int_equal(a.rows[1].pid, 101);
    assert_int_equal(a.rows[2].kind, LEDGER_SHMEM);
    assert_in_range(a.unexplained_kb, 48 * MB, 50 * MB);
    assert_in_range(a.steepest_kb, 135 * MB, 135 * MB);
    assert_int_equal(a.steepest_to_ms - a.steepest_from_ms, 1000);
}

// The culprit has ended, and its memory is free again: it is the culprit all the same.
static void test_the_dead_are_blamed(void **state)
{
    accounted_t *f = *state;

    accounted_tick(f, 100);
    grow(f);
    accounted_end(f, 0);
    accounted_tick(f, 5);
    why_answer_t a = accounted_ask(f, WHY_BY_PROCESS, 300);
    assert_int_equal(a.rows[0].pid, 100);
    assert_name(&a.rows[0], "chrome");
    assert_true(a.rows[0].exited_ms > 0);
    assert_in_range(accounted_share_of(&a.rows[0]), 970 * MB, 1050 * MB);
    // An hour later seconds are gone, and steps of ten seconds or a minute tell the same.
    for (int i = 0; i < 3; i++) {
        accounted_tick(f, i == 0 ? 200 : 1800);
        a = accounted_ask(f, WHY_BY_PROCESS, 4000);
        assert_int_equal(a.rows[0].pid, 100);
        assert_name(&a.rows[0], "chrome");
        assert_in_range(accounted_share_of(&a.rows[0]), 900 * MB, 1050 * MB);
        assert_in_range(accounted_change_of(&a), 1250 * MB, 1800 * MB);
        assert_in_range(llabs(a.unexplained_kb), 30 * MB, 60 * MB);
    }
}

static void test_groups(void **state)
{
    accounted_t *f = *state;

    accounted_start(f, 0, 1000);
    accounted_start(f, 1, 1000);
    accounted_start(f, 2, 2000);
    accounted_start(f, 3, 1000);
    f->hog_mb[0] = f->hog_mb[1] = f->hog_mb[2] = f->hog_mb[3] = 10;
    accounted_tick(f, 10);
    f->hog_mb[0] += 300;
    f->hog_mb[1] += 100;
    f->hog_mb[2] += 500;
    f->hog_mb[3] += 250;
    accounted_tick(f, 10);

    why_answer_t a = accounted_ask(f, WHY_BY_NAME, 60);
    assert_name(&a.rows[0], "chrome");
    assert_int_equal(a.rows[0].count, 2);
    assert_int_equal(a.rows[0].has_uid, 0); // of two users
    assert_int_equal(a.rows[0].peak_kb, 820 * MB);
    assert_int_equal(accounted_share_of(&a.rows[0]), 800 * MB);
    a = accounted_ask(f, WHY_BY_USER, 60);
    assert_int_equal(a.rows[0].uid, 1000);
    assert_int_equal(a.rows[0].count, 3);
    assert_int_equal(accounted_share_of(&a.rows[0]), 650 * MB);
    a = accounted_ask(f, WHY_BY_UNIT, 60);
    assert_memory_equal(a.rows[0].unit.data, "a.scope", 7);
    assert_int_equal(a.rows[0].count, 2);
    assert_int_equal(accounted_share_of(&a.rows[0]), 550 * MB);

    const why_question_t q = {.from_ms = f->began_ms, .to_ms = accounted_now_ms(f), .limit = 1};
    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), 0);
    assert_int_equal(a.n_rows, 1);
    assert_int_equal(a.rows[0].pid, 102);
    assert_int_equal(a.others, 3);
    assert_int_equal(a.others_kb, 650 * MB);
    accounted_adds_up(&a);
}

static bool sees_1000(void *user, owner_t owner, bool *ret_private)
{
    (void) user;
    *ret_private = owner.uid == 1000;
    return owner.uid == 1000;
}

static const why_row_t *row_of(const why_answer_t *a, uint64_t kind)
{
    for (size_t i = 0; i < a->n_rows; i++)
        if (a->rows[i].kind == kind)
            return &a->rows[i];
    return NULL;
}

static void start_workers(accounted_t *f, uint64_t first, uint64_t n, const char *name)
{
    for (uint64_t i = first; i < first + n; i++) {
        uint32_t uid = i % 2 ? 1000 : 2000;
        proctree_process_t p = {.pid = 1000 + i,
                .name = name,
                .start_time = accounted_now_ms(f) / 10 + 1, // within the next second
                .uid = uid,
                .euid = uid,
                .gid = uid,
                .egid = uid,
                .anon_pages = 1};

        proctree_process(&f->host.tree, &p);
    }
}

// They have next to nothing of their own; what the kernel keeps for each is far more.
static void test_many_small_processes(void **state)
{
    accounted_t *f = *state;
    const why_row_t *tables, *stacks;

    accounted_start(f, 0, 1000);
    accounted_tick(f, 10);
    start_workers(f, 0, 250, "worker");
    start_workers(f, 250, 50, "other");
    f->tables_mb = 15;
    f->stacks_mb = 5;
    accounted_tick(f, 10);

    why_answer_t a = accounted_ask(f, WHY_BY_PROCESS, 60);
    tables = row_of(&a, LEDGER_PAGE_TABLES);
    stacks = row_of(&a, LEDGER_KERNEL_STACKS);
    assert_non_null(tables);
    assert_non_null(stacks);
    assert_int_equal(tables->count, 300);
    assert_name(tables, "worker");
    assert_int_equal(tables->pid, 0);
    assert_int_equal(stacks->count, 0); // said once

    const why_question_t q = {
            .from_ms = f->began_ms, .to_ms = accounted_now_ms(f), .sees = sees_1000};
    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), 0);
    assert_int_equal(row_of(&a, LEDGER_PAGE_TABLES)->count, 150); // those of user 1000

    // Stacks that do not grow: as many others have ended, whom nobody knows any more.
    f->stacks_mb = 0;
    f->tables_mb = 0;
    accounted_tick(f, 70);
    f->tables_mb = 15;
    start_workers(f, 300, 300, "later");
    accounted_tick(f, 10);
    a = accounted_ask(f, WHY_BY_PROCESS, 60);
    tables = row_of(&a, LEDGER_PAGE_TABLES);
    assert_non_null(tables);
    assert_int_equal(tables->count, 0);
    assert_int_equal(tables->name.len, 0);
}

static bool has_row(const why_answer_t *a, uint64_t pid)
{
    for (size_t i = 0; i < a->n_rows; i++)
        if (a->rows[i].pid == pid)
            return true;
    return false;
}

// Each of them is small, and together they are what happened.
static void test_many_processes_of_one_program(void **state)
{
    accounted_t *f = *state;
    proctree_process_t workers[200];

    accounted_start(f, 0, 1000);
    f->hog_mb[0] = 50;
    for (uint64_t i = 0; i < ARRAY_SIZE(workers); i++)
        workers[i] = (proctree_process_t){.pid = 1000 + i,
                .name = "worker",
                .cgroup = i < 150 ? "/pool.service" : "/other.service",
                .start_time = 500 + i,
                .uid = i < 150 ? 33 : (uint32_t) (100 + i),
                .anon_pages = i == 0 ? 10 * MB_PAGES : MB_PAGES / 2};
    for (unsigned tick = 0; tick < 20; tick++) {
        uint64_t pages = 0;

        for (size_t i = 0; i < ARRAY_SIZE(workers); i++) {
            proctree_process_t *p = &workers[i];

            p->utime++;
            p->anon_pages += tick >= 10 ? MB_PAGES / 10 : 0;
            if (i == 0)
                p->anon_pages += tick >= 10 ? 20 * MB_PAGES : 0;
            p->hwm_kb = p->anon_pages * MB / MB_PAGES;
            pages += p->anon_pages;
            proctree_process(&f->host.tree, p);
        }
        f->leaving_mb = pages / MB_PAGES; // beside what the hogs have
        f->hog_mb[0] += tick >= 10 ? 2 : 0;
        accounted_tick(f, 1);
    }

    why_answer_t a = accounted_ask(f, WHY_BY_PROCESS, 60);
    assert_int_equal(a.rows[0].pid, 1000); // large enough for a row of its own
    assert_int_equal(a.rows[1].pid, 0);
    assert_int_equal(a.rows[1].count, 149);
    assert_name(&a.rows[1], "worker");
    assert_memory_equal(a.rows[1].unit.data, "pool.service", a.rows[1].unit.len);
    assert_true(a.rows[1].has_uid);
    assert_int_equal(a.rows[1].uid, 33);
    assert_in_range(accounted_share_of(&a.rows[1]), 140 * MB, 149 * MB);
    assert_int_equal(a.rows[2].count, 50);
    assert_false(a.rows[2].has_uid); // of many
    assert_int_equal(a.rows[3].pid, 100);
    assert_int_equal(a.others, 0);
    assert_int_equal(why_ask(engine_why(f->host.engine),
                             &(why_question_t){.from_ms = a.from_ms,
                                     .to_ms = a.to_ms,
                                     .whole = true,
                                     .pid = 1007,
                                     .start_time = 507},
                             &a),
            0);
    assert_int_equal(a.rows[1].count, 148);
    assert_true(has_row(&a, 1007));
    a = accounted_ask(f, WHY_BY_UNIT, 60);
    assert_int_equal(a.rows[0].count, 150);
}

static void test_others_are_not_named(void **state)
{
    accounted_t *f = *state;

    accounted_start(f, 0, 1000);
    accounted_start(f, 1, 2000);
    accounted_tick(f, 5);
    f->hog_mb[0] = 100;
    f->hog_mb[1] = 700;
    accounted_tick(f, 5);

    const why_question_t q = {
            .from_ms = f->began_ms, .to_ms = accounted_now_ms(f), .sees = sees_1000};
    why_answer_t a;
    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), 0);
    assert_int_equal(a.n_rows, 1);
    assert_int_equal(a.rows[0].pid, 100);
    assert_int_equal(a.hidden_kb, 700 * MB);
    accounted_adds_up(&a);
    // The dead neither.
    accounted_end(f, 1);
    accounted_tick(f, 3);
    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), 0);
    assert_int_equal(a.n_rows, 1);
    assert_int_equal(a.hidden_kb, 700 * MB);
}

// Who filled tmpfs has no more memory than before; what it wrote is for those to know who may see
// it.
static void test_who_wrote(void **state)
{
    accounted_t *f = *state;
    why_answer_t a;

    accounted_start(f, 0, 1000);
    accounted_start(f, 1, 2000);
    f->hog_mb[0] = f->hog_mb[1] = 10;
    accounted_tick(f, 5);
    for (int i = 0; i < 4; i++) {
        f->shmem_mb += 100;
        f->hogs[1].wchar += 100u << 20;
        f->hogs[0].wchar += 5u << 20;
        accounted_tick(f, 1);
    }
    accounted_tick(f, 3);
    a = accounted_ask(f, WHY_BY_PROCESS, 60);
    assert_int_equal(a.rows[0].kind, LEDGER_SHMEM);
    assert_int_equal(a.rows[0].pid, 101);
    assert_int_equal(a.rows[0].uid, 2000);
    assert_name(&a.rows[0], "db");

    why_question_t q = {.from_ms = f->began_ms, .to_ms = accounted_now_ms(f), .sees = sees_1000};
    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), 0);
    assert_int_equal(a.rows[0].kind, LEDGER_SHMEM);
    assert_int_equal(a.rows[0].pid, 0);
    assert_int_equal(a.rows[0].name.len, 0);

    // A writer that has ended is known all the same, also to a daemon that was started since;
    // somebody who wrote elsewhere is none.
    accounted_end(f, 1);
    accounted_tick(f, 2);
    judged_restart(&f->host);
    accounted_tick(f, 2);
    a = accounted_ask(f, WHY_BY_PROCESS, 60);
    assert_int_equal(a.rows[0].pid, 101);
    accounted_tick(f, 200);
    f->hogs[0].wchar += 900u << 20;
    accounted_tick(f, 1);
    f->shmem_mb += 300;
    accounted_tick(f, 5);
    a = accounted_ask(f, WHY_BY_PROCESS, 60);
    assert_int_equal(a.rows[0].kind, LEDGER_SHMEM);
    assert_int_equal(a.rows[0].pid, 0);
}

static void test_a_fall(void **state)
{
    accounted_t *f = *state;

    accounted_start(f, 0, 0);
    f->hog_mb[0] = 2000;
    accounted_tick(f, 20);
    f->hog_mb[0] = 1990;
    accounted_tick(f, 1);
    f->hog_mb[0] = 300;
    accounted_tick(f, 10);
    why_answer_t a = accounted_ask(f, WHY_BY_PROCESS, 20);
    assert_in_range(-accounted_change_of(&a), 1650 * MB, 1700 * MB);
    assert_int_equal(a.rows[0].pid, 100);
    assert_int_equal(a.unexplained_kb, 0);
}

static void test_nothing_is_known(void **state)
{
    accounted_t *f = *state;
    why_question_t q = {.from_ms = 5, .to_ms = 10};
    why_answer_t a;

    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), -ENODATA);
    accounted_tick(f, 1);
    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), -ENODATA);
    q.to_ms = UINT64_MAX;
    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), 0);
    assert_int_equal(accounted_change_of(&a), 0);
    assert_int_equal(a.n_rows, 0);
}

// A daemon that was away, or a host that slept, of whatever resolution the span is: seconds of
// which nothing is known are no seconds in which nothing happened.
static void test_unseen(void **state)
{
    accounted_t *f = *state;
    uint64_t left_ms, back_ms;
    why_answer_t a;

    accounted_start(f, 0, 1000);
    accounted_tick(f, 20);
    a = accounted_ask(f, WHY_BY_PROCESS, 300);
    assert_int_equal(a.unseen_to_ms, 0);
    left_ms = accounted_now_ms(f);
    __atomic_add_fetch(&fake_clock_ahead_us, 6000000, __ATOMIC_RELAXED);
    f->hog_mb[0] = 500;
    accounted_tick(f, 1);
    back_ms = accounted_now_ms(f);
    for (int i = 0; i < 2; i++) {
        a = accounted_ask(f, WHY_BY_PROCESS, 4000);
        assert_int_equal(a.unseen_from_ms, left_ms);
        assert_int_equal(a.unseen_to_ms, back_ms);
        accounted_tick(f, 400); // seconds are tens of them by now
    }
    // Another one, which is shorter, and a span that has only that.
    __atomic_add_fetch(&fake_clock_ahead_us, 4000000, __ATOMIC_RELAXED);
    accounted_tick(f, 5);
    a = accounted_ask(f, WHY_BY_PROCESS, 4000);
    assert_int_equal(a.unseen_from_ms, left_ms);
    a = accounted_ask(f, WHY_BY_PROCESS, 10);
    // The clock that is set runs, too.
    assert_in_range(a.unseen_to_ms - a.unseen_from_ms, 5000, 5900);
    a = accounted_ask(f, WHY_BY_PROCESS, 3);
    assert_int_equal(a.unseen_to_ms, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, accounted_setup, accounted_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_a_rise),
            TEST(test_the_dead_are_blamed),
            TEST(test_groups),
            TEST(test_many_processes_of_one_program),
            TEST(test_many_small_processes),
            TEST(test_others_are_not_named),
            TEST(test_who_wrote),
            TEST(test_a_fall),
            TEST(test_nothing_is_known),
            TEST(test_unseen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
