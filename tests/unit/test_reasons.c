// The sentence that sums up who took memory.

#include "client/model/reasons.h"
#include "common/cleanup.h"
#include "tests/support/cmocka.h"

#include <string.h>

#define MB     1024
#define NOBODY 3999999999 // has no name

static const reasons_wording_t times = {
        .what = "used memory", .from = "14:02:10", .to = "14:02:41"};

typedef struct {
    buffer_t rows;
    why_message_t message;
    userdb_t *users;
    reasons_t reasons;
    char text[1024];
} fixture_t;

static int begin(void **state)
{
    static fixture_t f;

    f = (fixture_t){0};
    *state = &f;
    return userdb_new(&f.users);
}

static int end(void **state)
{
    fixture_t *f = *state;

    buffer_done(&f->rows);
    userdb_free(f->users);
    return 0;
}

static why_row_t process(const char *name, uint64_t pid, uint64_t uid, uint64_t start, uint64_t end)
{
    return (why_row_t){.pid = pid,
            .start_time = pid,
            .uid = uid,
            .has_uid = true,
            .count = 1,
            .start_kb = start * MB,
            .end_kb = end * MB,
            .name = {name, strlen(name)}};
}

static void put(fixture_t *f, why_row_t row)
{
    why_row_put(&f->rows, &row);
    f->message.unexplained_kb -= (int64_t) (row.end_kb - row.start_kb);
}

// What is not a row's is unexplained.
static const char *say(fixture_t *f, uint64_t from, uint64_t to, const reasons_wording_t *t)
{
    f->message.change_from_kb = from * MB;
    f->message.change_to_kb = to * MB;
    f->message.unexplained_kb += ((int64_t) to - (int64_t) from) * MB;
    f->message.rows = (text_view_t){(const char *) f->rows.data, f->rows.len};
    assert_int_equal(reasons_read(&f->reasons, &f->message, f->users, true, 0), 0);
    return reasons_sentence(&f->reasons, t, true, f->text, sizeof(f->text));
}

static void test_shares(void **state)
{
    fixture_t *f = *state;
    const why_row_t tmpfs = {.kind = LEDGER_SHMEM, .start_kb = 10 * MB, .end_kb = 50 * MB};

    put(f, process("chrome", 3587, NOBODY, 60, 1000));
    put(f, tmpfs);
    assert_string_equal(say(f, 3000, 4000, &times),
            "14:02:10\u201314:02:41 used memory rose 1.0 GiB: 94% chrome (PID 3587, uid "
            "3999999999), 4% tmpfs, 2% unexplained");
}

static void test_who(void **state)
{
    fixture_t *f = *state;
    why_row_t dead = process("cc1", 7, 0, 0, 500);

    dead.exited_ms = 5;
    dead.story = 3;
    put(f, dead);
    put(f, process("cc1", 8, NOBODY, 0, 400));
    assert_string_equal(say(f, 1000, 2000, &times),
            "14:02:10\u201314:02:41 used memory rose 1.0 GiB: 90% cc1 (2 processes, most by PID "
            "7, uid 0 root, ended, leaks as 2 before it did), 10% unexplained");
}

// Fifteen bytes are enough for a share, or to be nobody.
static void test_names_that_mislead(void **state)
{
    fixture_t *f = *state;

    put(f, process("db, 99% chrome", 7, NOBODY, 0, 300));
    put(f, process("   ", 8, NOBODY, 0, 200));
    put(f, process("tmux: server", 9, NOBODY, 0, 100));
    assert_string_equal(say(f, 1000, 1600, &times),
            "14:02:10\u201314:02:41 used memory rose 600 MiB: 50% 'db, 99% chrome' (PID 7, uid "
            "3999999999), 33% '   ' (PID 8, uid 3999999999), 17% tmux: server (PID 9, uid "
            "3999999999), 0% unexplained");
}

// Processes that share a row, beside one of theirs that has its own.
static void test_many(void **state)
{
    fixture_t *f = *state;
    why_row_t workers = process("worker", 0, 0, 0, 800);
    why_row_t some = process("job", 0, 0, 0, 2);

    workers.count = 499;
    put(f, workers);
    put(f, process("worker", 7, NOBODY, 0, 100));
    some.count = 5;
    some.has_uid = false;
    put(f, some);
    assert_string_equal(say(f, 1000, 2000, &times),
            "14:02:10\u201314:02:41 used memory rose 1.0 GiB: 90% worker (500 processes, most by "
            "uid 0 root), 10% unexplained");
    assert_int_equal(reasons_read(&f->reasons, &f->message, f->users, true, 0.005), 0);
    assert_string_equal(f->reasons.lines[2].name, "5 others");
    f->rows.len = 0;
    f->message = (why_message_t){0};
    workers = some;
    workers.end_kb = 990 * MB;
    workers.exited_ms = 9;
    put(f, workers);
    assert_string_equal(say(f, 1000, 2000, &times),
            "14:02:10\u201314:02:41 used memory rose 1.0 GiB: 99% job (5 processes, ended), 1% "
            "unexplained");
}

static void test_what_the_kernel_has_for_many(void **state)
{
    fixture_t *f = *state;
    why_row_t tables = {.kind = LEDGER_PAGE_TABLES, .count = 10000, .end_kb = 600 * MB};
    char more[64];

    tables.name = (text_view_t){"httpd\033[", 7};
    put(f, tables);
    tables = (why_row_t){.kind = LEDGER_SLAB, .end_kb = 400 * MB};
    put(f, tables);
    assert_string_equal(say(f, 1000, 2000, &times),
            "14:02:10\u201314:02:41 used memory rose 1.0 GiB: 60% page tables (10,000 more "
            "processes, most of them httpd?[), 40% unreclaimable slab, 0% unexplained");
    assert_string_equal(reasons_more(&f->reasons.lines[1], more, sizeof(more)), "");
    f->rows.len = 0;
    f->message = (why_message_t){0};
    tables.count = 120; // of many names
    put(f, tables);
    say(f, 1000, 2000, &times);
    assert_string_equal(
            reasons_more(&f->reasons.lines[0], more, sizeof(more)), "120 more processes");
}

// One took 60 MB, others gave back most of it: shares of what is left would be 1200% and -1100%.
static void test_amounts(void **state)
{
    fixture_t *f = *state;

    put(f, process("sort", 7, NOBODY, 0, 60));
    put(f, process("make", 8, NOBODY, 56, 0));
    assert_string_equal(say(f, 100, 105, &times),
            "14:02:10\u201314:02:41 used memory rose 5.0 MiB: +60.0 MiB sort (PID 7, uid "
            "3999999999), -56.0 MiB others, +1.0 MiB unexplained");
}

static void test_a_fall(void **state)
{
    fixture_t *f = *state;

    put(f, process("sort", 7, NOBODY, 601, 0)); // a little more than all
    assert_string_equal(say(f, 800, 200, &times),
            "14:02:10\u201314:02:41 used memory fell 600 MiB: 100% sort (PID 7, uid 3999999999), "
            "0% unexplained");
}

static void test_what_is_not_known(void **state)
{
    const reasons_wording_t cut = {
            .what = "used memory", .from = "14:02:10", .to = "14:02:41", .known = "14:01:55"};

    assert_string_equal(say(*state, 100, 100, &cut),
            "14:02:10\u201314:02:41 used memory hardly changed: 100 MiB (nothing is known of the "
            "time before 14:01:55)");
}

// What would be shown as nothing is counted with the others, but not forgotten in the sentence.
static void test_an_estimate(void **state)
{
    static const struct {
        uint64_t kb;
        const char *says;
    } cases[] = {{0, ""}, {9 * MB, ""}, // of 1000 MB
            {500 * MB,
                    "Up to 500 MiB of that is an estimate, by page faults: pages copied on write "
                    "after a fork."}};
    fixture_t *f = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        f->message.estimated_kb = cases[i].kb;
        say(f, 1000, 2000, &times);
        assert_string_equal(
                reasons_estimated(&f->reasons, f->text, sizeof(f->text)), cases[i].says);
    }
}

static void test_minor_rows(void **state)
{
    fixture_t *f = *state;
    const reasons_t *r = &f->reasons;

    put(f, process("db", 7, NOBODY, 0, 900));
    put(f, process("cc1", 8, NOBODY, 0, 50));
    for (unsigned pid = 10; pid < 20; pid++)
        put(f, process("cc1", pid, NOBODY, 0, 4));
    f->message.others = 3;
    f->message.others_kb = 10 * MB;
    f->message.unexplained_kb -= 10 * MB;
    say(f, 1000, 2000, &times);
    assert_int_equal(r->n_rows, 12);
    assert_string_equal(r->lines[12].name, "3 others");
    f->message.unexplained_kb -= 1000 * MB; // say() added it once more
    f->message.rows = (text_view_t){(const char *) f->rows.data, f->rows.len};
    assert_int_equal(reasons_read(&f->reasons, &f->message, f->users, true, 0.005), 0);
    assert_int_equal(r->n_rows, 2);
    assert_int_equal(r->n, 4);
    assert_int_equal(r->lines[2].kind, REASON_OTHERS);
    assert_string_equal(r->lines[2].name, "13 others");
    assert_int_equal(r->lines[2].change_kb, 50 * MB);
    assert_non_null(strstr(reasons_sentence(r, &times, true, f->text, sizeof(f->text)),
            "90% db (PID 7, uid 3999999999), 9% cc1 (11 processes, most by PID 8, uid "
            "3999999999)"));
}

// Whatever a daemon says, sums stay within their type.
static void test_absurd_amounts(void **state)
{
    fixture_t *f = *state;
    double sum = 0;

    for (unsigned pid = 1; pid < 2 * REASONS_MAX; pid++) {
        why_row_t row = process("x", pid, NOBODY, 0, 0);

        row.end_kb = UINT64_MAX - pid;
        why_row_put(&f->rows, &row);
    }
    f->message.others = UINT64_MAX;
    f->message.others_kb = INT64_MAX;
    f->message.hidden_kb = f->message.unexplained_kb = f->message.steepest_kb = INT64_MIN;
    f->message.steepest_to_ms = UINT64_MAX;
    f->message.change_to_kb = UINT64_MAX;
    f->message.rows = (text_view_t){(const char *) f->rows.data, f->rows.len};
    assert_int_equal(reasons_read(&f->reasons, &f->message, f->users, true, 0.005), 0);
    assert_true(f->reasons.n <= REASONS_MAX && f->reasons.change_kb > 0);
    for (size_t i = 0; i < f->reasons.n; i++)
        sum += f->reasons.lines[i].share;
    assert_true(sum > 0);
    reasons_sentence(&f->reasons, &times, true, f->text, sizeof(f->text));
    reasons_steepest(&f->reasons, "14:02:10", f->text, sizeof(f->text));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_shares),
            TEST(test_who),
            TEST(test_names_that_mislead),
            TEST(test_many),
            TEST(test_what_the_kernel_has_for_many),
            TEST(test_amounts),
            TEST(test_a_fall),
            TEST(test_what_is_not_known),
            TEST(test_an_estimate),
            TEST(test_minor_rows),
            TEST(test_absurd_amounts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
