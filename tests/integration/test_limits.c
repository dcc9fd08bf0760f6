// So many viewers and no more, in all and of each user: one more is told why, those who are there
// notice nothing, and root gets in all the same.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/neighbour.h"
#include "tests/support/process.h"
#include "tests/support/raw.h"
#include "tests/support/temporary.h"

#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define WAIT_MS     60000
#define STEP_MS     100
#define LIMIT_TOTAL 8
#define LIMIT_USER  3
#define LIMIT_TEXT  "8"
#define ROOTS_OWN   8 // beyond, see LIMITS in memscope-protocol(7)
#define NOBODY      65534
#define TRIES       50
#define CROWD       1200

typedef struct {
    temporary_t dir;
    char socket[128];
    process_t daemon;
    pid_t neighbour; // who must not notice
} fixture_t;

static void start(fixture_t *f, const char *max, const char *max_per_user)
{
    *f = (fixture_t){.dir = temporary_new()};
    chmod(f->dir.path, 0755);
    snprintf(f->socket, sizeof(f->socket), "%s", temporary_path(&f->dir, "socket"));
    f->daemon = process_start((const char *const[]){MEMSCOPED_PATH, "--socket", f->socket,
            "--max-subscribers", max, "--max-per-user", max_per_user, NULL});
    f->neighbour = neighbour_start(f->socket);
}

static void stop(fixture_t *f)
{
    neighbour_stop(f->neighbour, false);
    process_stop(&f->daemon);
    temporary_remove(&f->dir);
}

static void enter(fixture_t *f, raw_t *r)
{
    raw_connect(r, f->socket);
    raw_hello(r); // it may be refused by then
    assert_true(raw_await(r, MESSAGE_TICK, NULL, WAIT_MS));
}

// Once the daemon has seen that somebody left.
static void enter_in_time(fixture_t *f, raw_t *r)
{
    for (int i = 0; i < WAIT_MS / STEP_MS; i++) {
        raw_connect(r, f->socket);
        raw_hello(r);
        if (raw_await(r, MESSAGE_TICK, NULL, WAIT_MS))
            return;
        raw_close(r);
        poll(NULL, 0, STEP_MS);
    }
    fail_msg("nobody is let in any more");
}

static void assert_refused(fixture_t *f, unsigned code)
{
    message_t m;
    raw_t r;

    raw_connect(&r, f->socket);
    if (!raw_await(&r, MESSAGE_REFUSED, &m, WAIT_MS))
        fail_msg("not refused, with code %u", code);
    assert_int_equal(m.refused.code, code);
    assert_true(m.refused.text.len > 10);
    while (!r.closed)
        raw_receive(&r, WAIT_MS);
    raw_close(&r);
}

// An ordinary user stays who it is.
static void become(uid_t uid)
{
    if (getuid() == 0)
        assert_int_equal(seteuid(uid), 0);
}

static void test_limit_in_total(void **state)
{
    raw_t r[LIMIT_TOTAL - 1], roots[ROOTS_OWN]; // the neighbour is one
    fixture_t f;

    (void) state;
    start(&f, LIMIT_TEXT, LIMIT_TEXT);
    become(NOBODY);
    for (size_t i = 0; i < ARRAY_SIZE(r); i++)
        enter(&f, &r[i]);
    for (int i = 0; i < TRIES; i++)
        assert_refused(&f, REFUSED_LIMIT_TOTAL);
    become(0);
    for (size_t i = 0; i < ARRAY_SIZE(roots) && geteuid() == 0; i++)
        enter(&f, &roots[i]);
    assert_refused(&f, REFUSED_LIMIT_TOTAL);
    for (size_t i = 0; i < ARRAY_SIZE(roots) && geteuid() == 0; i++)
        raw_close(&roots[i]);

    raw_close(&r[0]);
    become(NOBODY);
    enter_in_time(&f, &r[0]);
    become(0);
    for (size_t i = 0; i < ARRAY_SIZE(r); i++)
        raw_close(&r[i]);
    stop(&f);
}

// The neighbour is this user's, and root's count for nothing. Another user has their own limit.
static void test_limit_of_a_user(void **state)
{
    bool root = geteuid() == 0;
    raw_t r[2][LIMIT_USER], roots[LIMIT_USER + 1];
    fixture_t f;

    (void) state;
    start(&f, "256", "3");
    for (uid_t i = 0; i < (root ? 2 : 1); i++) {
        become(NOBODY - i);
        for (size_t k = root ? 0 : 1; k < LIMIT_USER; k++)
            enter(&f, &r[i][k]);
        assert_refused(&f, REFUSED_LIMIT_USER);
        become(0);
    }
    for (size_t k = 0; k < ARRAY_SIZE(roots) && root; k++)
        enter(&f, &roots[k]);
    for (size_t k = 0; k < ARRAY_SIZE(roots) && root; k++)
        raw_close(&roots[k]);
    for (uid_t i = 0; i < (root ? 2 : 1); i++)
        for (size_t k = root ? 0 : 1; k < LIMIT_USER; k++)
            raw_close(&r[i][k]);
    stop(&f);
}

// More viewers than STATUS has room for: it names as many as fit, and says how many there are.
static void test_status_of_many(void **state)
{
    static raw_t r[CROWD];
    struct rlimit files;
    char socket[160], out[65536], *more;
    fixture_t f;

    (void) state;
    if (geteuid() != 0)
        skip_because("only who sees everything is told who is attached");
    getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max < CROWD + 100)
        skip_because("%d files at once are not allowed here", CROWD + 100);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    start(&f, "4096", "4096");
    for (size_t i = 0; i < CROWD; i++) {
        raw_connect(&r[i], f.socket);
        assert_true(raw_hello(&r[i])); // or it is not for long
    }
    snprintf(socket, sizeof(socket), "--socket=%s", f.socket);
    assert_int_equal(process_run((const char *const[]){MEMSCOPE_PATH, "status", socket, NULL}, out,
                             sizeof(out)),
            0);
    more = strstr(out, "  and ");
    assert_non_null(more);
    assert_non_null(strstr(more, " more\n"));
    assert_non_null(strstr(out, "  uid "));
    for (size_t i = 0; i < CROWD; i++)
        raw_close(&r[i]);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_limit_in_total),
            cmocka_unit_test(test_limit_of_a_user),
            cmocka_unit_test(test_status_of_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
