// Who took memory: a made-up host whose every kilobyte is known.

#include "common/cleanup.h"
#include "daemon/forensics/why_change.h"
#include "tests/support/cmocka.h"
#include "tests/support/judged.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define MB   MB_KB
#define HOGS 4

typedef struct {
    judged_t host;
    uint64_t began_ms;
    proctree_process_t hogs[HOGS];
    uint64_t hog_mb[HOGS];
    uint64_t shmem_mb, slab_mb, cache_mb, unknown_mb;
    bool stale_peaks;    // the kernel says of nobody that it was ever large
    uint64_t leaving_mb; // of processes that have it no more
} fixture_t;

static uint64_t now_ms(const fixture_t *f)
{
    return capture_current(engine_capture(f->host.engine))->system.mono_ms;
}

static int setup(void **state)
{
    static fixture_t f;

    f = (fixture_t){.slab_mb = 100, .cache_mb = 3000};
    judged_init(&f.host);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture_t *f = *state;

    judged_done(&f->host);
    return 0;
}

static void start(fixture_t *f, unsigned i, uint32_t uid)
{
    static const char *const names[HOGS] = {"chrome", "db", "chrome", "cc1"};
    static const char *const groups[HOGS] = {"/a.scope", "/db.service", "/b.scope", "/a.scope"};

    f->hogs[i] = (proctree_process_t){.pid = 100 + i,
            .name = names[i],
            .cgroup = groups[i],
            .start_time = 50 + i,
            .uid = uid,
            .euid = uid,
            .gid = uid,
            .egid = uid};
}

static void end(fixture_t *f, unsigned i)
{
    proctree_end(&f->host.tree, f->hogs[i].pid);
    f->hogs[i].pid = f->hog_mb[i] = 0;
}

static void tick(fixture_t *f, unsigned times)
{
    while (times-- > 0) {
        uint64_t anon = 0, used;

        for (unsigned i = 0; i < HOGS; i++) {
            proctree_process_t *p = &f->hogs[i];

            if (p->pid == 0)
                continue;
            p->utime++;
            p->anon_pages = f->hog_mb[i] * MB_PAGES;
            p->hwm_kb = f->stale_peaks ? MB : MAX(p->hwm_kb, f->hog_mb[i] * MB);
            anon += f->hog_mb[i];
            proctree_process(&f->host.tree, p);
        }
        anon += f->leaving_mb;
        used = anon + f->shmem_mb + f->slab_mb + f->cache_mb + f->unknown_mb;
        proctree_write(&f->host.tree, "meminfo",
                "MemTotal: %d kB\nMemFree: %" PRIu64 " kB\nMemAvailable: %" PRIu64 " kB\n"
                "Cached: %" PRIu64 " kB\nAnonPages: %" PRIu64 " kB\nShmem: %" PRIu64 " kB\n"
                "SUnreclaim: %" PRIu64 " kB\n",
                HOST_MB * MB, (HOST_MB - used) * MB, (HOST_MB - used + f->cache_mb) * MB,
                (f->cache_mb + f->shmem_mb) * MB, anon * MB, f->shmem_mb * MB, f->slab_mb * MB);
        judged_tick(&f->host);
        if (f->began_ms == 0)
            f->began_ms = now_ms(f);
    }
}

static why_answer_t ask(fixture_t *f, unsigned by, uint64_t ago_s)
{
    const why_question_t q = {.from_ms = now_ms(f) - ago_s * 1000, .to_ms = now_ms(f), .by = by};
    why_answer_t a;

    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), 0);
    return a;
}

static int64_t change_of(const why_answer_t *a)
{
    return a->end->used_kb - a->start->used_kb;
}

static int64_t share_of(const why_row_t *r)
{
    return (int64_t) (r->end_kb - r->start_kb);
}

static void assert_adds_up(const why_answer_t *a)
{
    int64_t sum = a->others_kb + a->hidden_kb + a->unexplained_kb;

    for (size_t i = 0; i < a->n_rows; i++)
        sum += share_of(&a->rows[i]);
    assert_int_equal(sum, change_of(a));
}

static void assert_name(const why_row_t *r, const char *name)
{
    assert_int_equal(r->name.len, strlen(name));
    assert_memory_equal(r->name.data, name, r->name.len);
}

// 1000 MB within ten seconds, 200 of another, 100 in tmpfs, 50 that nobody accounts for; the page
// cache shrinks, which is nobody's use of memory.
static void grow(fixture_t *f)
{
    start(f, 0, 1000);
    start(f, 1, 0);
    f->hog_mb[0] = 50;
    f->hog_mb[1] = 400;
    tick(f, 30);
    for (int i = 0; i < 10; i++) {
        f->hog_mb[0] += 100;
        f->hog_mb[1] += 20;
        f->shmem_mb += 10;
        f->unknown_mb += 5;
        f->cache_mb -= 100;
        tick(f, 1);
    }
    tick(f, 10);
}

static void test_a_rise(void **state)
{
    fixture_t *f = *state;

    grow(f);
    why_answer_t a = ask(f, WHY_BY_PROCESS, 300);
    assert_adds_up(&a);
    assert_in_range(change_of(&a), 1350 * MB * 97 / 100, 1350 * MB);
    assert_in_range(a.end->time_ms - a.start->time_ms, 9000, 11000);
    assert_int_equal(a.from_ms, f->began_ms);
    assert_int_equal(a.known_ms, f->began_ms);
    assert_int_equal(a.to_ms, now_ms(f));
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
    fixture_t *f = *state;

    tick(f, 100);
    grow(f);
    end(f, 0);
    tick(f, 5);
    why_answer_t a = ask(f, WHY_BY_PROCESS, 300);
    assert_adds_up(&a);
    assert_int_equal(a.rows[0].pid, 100);
    assert_name(&a.rows[0], "chrome");
    assert_true(a.rows[0].exited_ms > 0);
    assert_in_range(share_of(&a.rows[0]), 970 * MB, 1050 * MB);
    // An hour later seconds are gone, and steps of ten seconds or a minute tell the same.
    for (int i = 0; i < 3; i++) {
        tick(f, i == 0 ? 200 : 1800);
        a = ask(f, WHY_BY_PROCESS, 4000);
        assert_adds_up(&a);
        assert_int_equal(a.rows[0].pid, 100);
        assert_name(&a.rows[0], "chrome");
        assert_in_range(share_of(&a.rows[0]), 900 * MB, 1050 * MB);
        assert_in_range(change_of(&a), 1250 * MB, 1800 * MB);
        assert_in_range(llabs(a.unexplained_kb), 30 * MB, 60 * MB);
    }
}

static void test_groups(void **state)
{
    fixture_t *f = *state;

    start(f, 0, 1000);
    start(f, 1, 1000);
    start(f, 2, 2000);
    start(f, 3, 1000);
    f->hog_mb[0] = f->hog_mb[1] = f->hog_mb[2] = f->hog_mb[3] = 10;
    tick(f, 10);
    f->hog_mb[0] += 300;
    f->hog_mb[1] += 100;
    f->hog_mb[2] += 500;
    f->hog_mb[3] += 250;
    tick(f, 10);

    why_answer_t a = ask(f, WHY_BY_NAME, 60);
    assert_adds_up(&a);
    assert_name(&a.rows[0], "chrome");
    assert_int_equal(a.rows[0].count, 2);
    assert_int_equal(a.rows[0].has_uid, 0); // of two users
    assert_int_equal(a.rows[0].peak_kb, 820 * MB);
    assert_int_equal(share_of(&a.rows[0]), 800 * MB);
    a = ask(f, WHY_BY_USER, 60);
    assert_int_equal(a.rows[0].uid, 1000);
    assert_int_equal(a.rows[0].count, 3);
    assert_int_equal(share_of(&a.rows[0]), 650 * MB);
    assert_adds_up(&a);
    a = ask(f, WHY_BY_UNIT, 60);
    assert_memory_equal(a.rows[0].unit.data, "a.scope", 7);
    assert_int_equal(a.rows[0].count, 2);
    assert_int_equal(share_of(&a.rows[0]), 550 * MB);
    assert_adds_up(&a);

    const why_question_t q = {.from_ms = f->began_ms, .to_ms = now_ms(f), .limit = 1};
    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), 0);
    assert_int_equal(a.n_rows, 1);
    assert_int_equal(a.rows[0].pid, 102);
    assert_int_equal(a.others, 3);
    assert_int_equal(a.others_kb, 650 * MB);
    assert_adds_up(&a);
}

static bool sees_1000(void *user, owner_t owner, bool *ret_private)
{
    (void) user;
    *ret_private = owner.uid == 1000;
    return owner.uid == 1000;
}

static void test_others_are_not_named(void **state)
{
    fixture_t *f = *state;

    start(f, 0, 1000);
    start(f, 1, 2000);
    tick(f, 5);
    f->hog_mb[0] = 100;
    f->hog_mb[1] = 700;
    tick(f, 5);

    const why_question_t q = {.from_ms = f->began_ms, .to_ms = now_ms(f), .sees = sees_1000};
    why_answer_t a;
    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), 0);
    assert_int_equal(a.n_rows, 1);
    assert_int_equal(a.rows[0].pid, 100);
    assert_int_equal(a.hidden_kb, 700 * MB);
    assert_adds_up(&a);
    // The dead neither.
    end(f, 1);
    tick(f, 3);
    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), 0);
    assert_int_equal(a.n_rows, 1);
    assert_int_equal(a.hidden_kb, 700 * MB);
}

// Who filled tmpfs has no more memory than before; what it wrote is for those to know who may see
// it.
static void test_who_wrote(void **state)
{
    fixture_t *f = *state;
    why_answer_t a;

    start(f, 0, 1000);
    start(f, 1, 2000);
    f->hog_mb[0] = f->hog_mb[1] = 10;
    tick(f, 5);
    for (int i = 0; i < 4; i++) {
        f->shmem_mb += 100;
        f->hogs[1].wchar += 100u << 20;
        f->hogs[0].wchar += 5u << 20;
        tick(f, 1);
    }
    tick(f, 3);
    a = ask(f, WHY_BY_PROCESS, 60);
    assert_adds_up(&a);
    assert_int_equal(a.rows[0].kind, LEDGER_SHMEM);
    assert_int_equal(a.rows[0].pid, 101);
    assert_int_equal(a.rows[0].uid, 2000);
    assert_name(&a.rows[0], "db");

    why_question_t q = {.from_ms = f->began_ms, .to_ms = now_ms(f), .sees = sees_1000};
    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), 0);
    assert_int_equal(a.rows[0].kind, LEDGER_SHMEM);
    assert_int_equal(a.rows[0].pid, 0);
    assert_int_equal(a.rows[0].name.len, 0);

    // A writer that has ended is known all the same, also to a daemon that was started since;
    // somebody who wrote elsewhere is none.
    end(f, 1);
    tick(f, 2);
    judged_restart(&f->host);
    tick(f, 2);
    a = ask(f, WHY_BY_PROCESS, 60);
    assert_int_equal(a.rows[0].pid, 101);
    tick(f, 200);
    f->hogs[0].wchar += 900u << 20;
    tick(f, 1);
    f->shmem_mb += 300;
    tick(f, 5);
    a = ask(f, WHY_BY_PROCESS, 60);
    assert_int_equal(a.rows[0].kind, LEDGER_SHMEM);
    assert_int_equal(a.rows[0].pid, 0);
}

static void test_a_fall(void **state)
{
    fixture_t *f = *state;

    start(f, 0, 0);
    f->hog_mb[0] = 2000;
    tick(f, 20);
    f->hog_mb[0] = 1990;
    tick(f, 1);
    f->hog_mb[0] = 300;
    tick(f, 10);
    why_answer_t a = ask(f, WHY_BY_PROCESS, 20);
    assert_in_range(-change_of(&a), 1650 * MB, 1700 * MB);
    assert_int_equal(a.rows[0].pid, 100);
    assert_int_equal(a.unexplained_kb, 0);
    assert_adds_up(&a);
}

static void test_nothing_is_known(void **state)
{
    fixture_t *f = *state;
    why_question_t q = {.from_ms = 5, .to_ms = 10};
    why_answer_t a;

    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), -ENODATA);
    tick(f, 1);
    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), -ENODATA);
    q.to_ms = UINT64_MAX;
    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), 0);
    assert_int_equal(change_of(&a), 0);
    assert_int_equal(a.n_rows, 0);
}

// While 2 GB of a process are given back, it has none of them, and the kernel has them all.
static void test_on_its_way_out(void **state)
{
    fixture_t *f = *state;

    start(f, 0, 0);
    f->hog_mb[0] = 10;
    tick(f, 10);
    f->hog_mb[0] = 1500;
    tick(f, 1);
    f->hog_mb[0] = 1900;
    tick(f, 1);
    f->leaving_mb = 2000;
    f->hog_mb[0] = 0;
    tick(f, 1);
    end(f, 0);
    f->leaving_mb = 1000;
    tick(f, 1);
    f->leaving_mb = 0;
    tick(f, 5);
    why_answer_t a = ask(f, WHY_BY_PROCESS, 60);
    assert_adds_up(&a);
    assert_int_equal(a.rows[0].pid, 100);
    assert_int_equal(share_of(&a.rows[0]), 1890 * MB);
    assert_int_equal(a.unexplained_kb, 0);
}

// What the kernel says of its peak is read when a process is born, and not again within seconds.
static void test_a_short_life(void **state)
{
    fixture_t *f = *state;
    why_answer_t a;

    f->stale_peaks = true;
    tick(f, 5);
    start(f, 0, 0);
    f->hog_mb[0] = 1;
    tick(f, 1);
    f->hog_mb[0] = 700;
    tick(f, 2);
    f->hog_mb[0] = 0; // on its way out
    tick(f, 1);
    end(f, 0);
    tick(f, 3);
    a = ask(f, WHY_BY_PROCESS, 60);
    assert_adds_up(&a);
    assert_int_equal(a.rows[0].pid, 100);
    assert_in_range(share_of(&a.rows[0]), 699 * MB, 700 * MB);
    assert_int_equal(a.hidden_kb, 0);

    const event_t *e = NULL;
    for (uint64_t n = 0; (e = events_next(engine_events(f->host.engine), n)); n = e->number)
        if (e->kind == EVENT_EXIT)
            break;
    assert_non_null(e);
    assert_int_equal(e->peak_kb, 700 * MB);
    assert_non_null(strstr(e->text, "having held 700.0 MB at most"));
}

// ---- Which change ------------------------------------------------------------------------------

static change_t change_in(const int64_t *used_mb, size_t n)
{
    static ledger_t ledgers[64];
    static moment_t moments[64];
    change_t c;

    for (size_t i = 0; i < n; i++) {
        ledgers[i] = (ledger_t){.time_ms = 1000 * (i + 1), .used_kb = used_mb[i] * MB};
        moments[i] = (moment_t){.ledger = &ledgers[i]};
    }
    change_find(moments, n, &c);
    return c;
}

static void test_which_change(void **state)
{
    static const struct {
        int64_t used_mb[8];
        size_t n, start, end, steep;
    } cases[] = {
            {{5}, 1, 0, 0, 0}, {{5, 5, 5}, 3, 0, 2, 0},
            {{100, 100, 900, 900, 100}, 5, 1, 2, 1},  // a rise, though all of it came back
            {{900, 900, 100, 120, 100}, 5, 1, 2, 1},  // a fall
            {{900, 900, 100, 190, 100}, 5, 2, 3, 2},  // a rise, though far more fell before
            {{100, 200, 150, 800, 700}, 5, 0, 3, 2},  // through a dip
            {{500, 100, 130, 400, 1000}, 5, 1, 4, 3}, // not from the begin
            {{100, 101, 500, 1000, 999}, 5, 1, 3, 2}, // without what hardly changed
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        change_t c = change_in(cases[i].used_mb, cases[i].n);

        if (c.start != cases[i].start || c.end != cases[i].end || c.steep_start != cases[i].steep)
            fail_msg("case %d: %d to %d, steepest at %d", (int) i, (int) c.start, (int) c.end,
                    (int) c.steep_start);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_a_rise),
            TEST(test_the_dead_are_blamed),
            TEST(test_groups),
            TEST(test_others_are_not_named),
            TEST(test_who_wrote),
            TEST(test_a_fall),
            TEST(test_on_its_way_out),
            TEST(test_a_short_life),
            TEST(test_nothing_is_known),
            cmocka_unit_test(test_which_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
