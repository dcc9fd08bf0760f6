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
    assert_int_equal(reasons_read(&f->reasons, &f->message, f->users, true), 0);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_shares),
            TEST(test_who),
            TEST(test_amounts),
            TEST(test_a_fall),
            TEST(test_what_is_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
