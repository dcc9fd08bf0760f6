// Several real users at one daemon, and what the socket carries to each: their streams are recorded
// and looked through for figures that are there once in the world.

#include "common/cleanup.h"
#include "common/clock.h"
#include "protocol/rows.h"
#include "tests/support/cmocka.h"
#include "tests/support/people.h"
#include "tests/support/witness.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define ATTEMPTS  20                // others on this host may take more in the same moment,
#define MISSES    3                 // but then only, or nearly so
#define BEFORE_US UINT64_C(2000000) // an answer begins with the capture before the span

typedef struct {
    const onlooker_t *onlooker;
    const worker_t *workers;
    size_t n;
    unsigned seen; // bit per worker: with private fields, at some time
} looked_t;

static void look_at_workers(const replica_t *r, void *user)
{
    looked_t *l = user;

    for (size_t i = 0; i < l->n; i++) {
        const process_snapshot_t *p = people_find(r, l->workers[i].pid);

        assert_non_null(p);
        if (onlooker_may_see(l->onlooker, &l->workers[i]))
            l->seen |= (p->known & process_private_mask ? 1u : 0u) << i;
        else
            assert_true((p->known & process_private_mask) == 0);
    }
}

static void test_what_the_socket_carries(void **state)
{
    worker_t workers[] = {
            {.uid = ANN, .kind = WORKER_PLAIN, .bytes = UINT64_C(0x1234567891b)},
            {.uid = BOB, .kind = WORKER_PLAIN, .bytes = UINT64_C(0x1357924682d)},
            {.uid = ANN,
                    .kind = WORKER_SECRETIVE,
                    .bytes = UINT64_C(0x1726354453f),
                    .hidden = true},
            {.uid = ANN, .kind = WORKER_SETUID, .bytes = UINT64_C(0x1918273645b), .hidden = true},
            {.uid = ROOT, .kind = WORKER_PLAIN, .bytes = UINT64_C(0x1a1b2c3d4e5)},
    };
    onlooker_t onlookers[] = {{.uid = ANN, .rights = RIGHTS_OWN},
            {.uid = BOB, .rights = RIGHTS_OWN},
            {.uid = CAROL, .member = true, .everything = true, .rights = RIGHTS_ALL},
            {.uid = DAVE, .rights = RIGHTS_OWN},
            {.uid = ROOT, .everything = true, .rights = RIGHTS_ALL}};
    history_message_t history;
    why_message_t why;
    people_t p;

    (void) state;
    if (!people_init(&p, MEMSCOPED_PATH))
        skip();
    for (size_t i = 0; i < ARRAY_SIZE(workers); i++)
        worker_start(&p, &workers[i], i);
    people_start_daemon(&p);
    for (size_t o = 0; o < ARRAY_SIZE(onlookers); o++)
        onlooker_connect(&p, &onlookers[o]);
    for (size_t o = 0; o < ARRAY_SIZE(onlookers); o++) {
        for (size_t i = 0; i < ARRAY_SIZE(workers); i++) {
            onlooker_inspect(&onlookers[o], &workers[i]);
            onlooker_ask_history(&onlookers[o], &workers[i], &history);
        }
        onlooker_ask_events(&onlookers[o]);
        onlooker_ask_why(&onlookers[o], 0, &why);
    }
    for (size_t o = 0; o < ARRAY_SIZE(onlookers); o++) {
        looked_t l = {.onlooker = &onlookers[o], .workers = workers, .n = ARRAY_SIZE(workers)};

        raw_receive(&onlookers[o].raw, 0);
        onlooker_replay(&onlookers[o], look_at_workers, &l);
        for (size_t i = 0; i < ARRAY_SIZE(workers); i++) {
            bool may = onlooker_may_see(&onlookers[o], &workers[i]);

            // Where it may be, it is found: so the search would have found it.
            assert_int_equal(onlooker_got_number(&onlookers[o], workers[i].bytes), may);
            assert_int_equal(onlooker_got_text(&onlookers[o], workers[i].dir), may);
            assert_int_equal(l.seen >> i & 1, may);
        }
        raw_close(&onlookers[o].raw);
    }
    for (size_t i = 0; i < ARRAY_SIZE(workers); i++)
        worker_stop(&p, &workers[i]);
    people_done(&p);
}

// ---- Who filled tmpfs --------------------------------------------------------------------------

// That somebody wrote to it is in the process's I/O, which is private.
static bool is_named(onlooker_t *o, uint64_t from_ms, const worker_t *w)
{
    why_message_t why;
    why_row_t row;

    onlooker_ask_why(o, from_ms, &why);

    cursor_t c = cursor_of(why.rows.data, why.rows.len);
    while (why_row_next(&c, &row))
        if (row.kind == LEDGER_SHMEM && row.pid == (uint64_t) w->pid)
            return true;
    assert_false(c.failed);
    return false;
}

static void find_start_time(const replica_t *r, void *user)
{
    const worker_t *w = ((looked_t *) user)->workers;
    const process_snapshot_t *p = people_find(r, w->pid);

    if (p)
        ((looked_t *) user)->seen = (unsigned) p->start_time;
}

// How the row of shared memory begins that names the process: kind, no processes, PID, start time.
static void put_identity(onlooker_t *o, const worker_t *w, buffer_t *out)
{
    looked_t l = {.workers = w};

    onlooker_replay(o, find_start_time, &l);
    assert_true(l.seen > 0);
    buffer_put_varint(out, LEDGER_SHMEM);
    buffer_put_varint(out, 0);
    buffer_put_varint(out, (uint64_t) w->pid);
    buffer_put_varint(out, l.seen);
}

static void test_who_filled_tmpfs(void **state)
{
    worker_t worker = {.uid = BOB, .kind = WORKER_FILLS, .bytes = 1};
    onlooker_t onlookers[] = {{.uid = BOB, .rights = RIGHTS_OWN},
            {.uid = ROOT, .everything = true, .rights = RIGHTS_ALL},
            {.uid = ANN, .rights = RIGHTS_OWN}, {.uid = DAVE, .rights = RIGHTS_OWN}};
    buffer_t identity = {0};
    unsigned misses = 0;
    bool all = false;
    people_t p;

    (void) state;
    if (!people_init(&p, MEMSCOPED_PATH))
        skip();
    worker_start(&p, &worker, 0);
    people_start_daemon(&p);
    for (size_t o = 0; o < ARRAY_SIZE(onlookers); o++)
        onlooker_connect(&p, &onlookers[o]);
    witness_start();
    for (int i = 0; i < ATTEMPTS && !all && misses < MISSES; i++) {
        uint64_t from_ms = clock_boottime_us() / USEC_PER_MSEC,
                 since_us = clock_monotonic_us() - BEFORE_US;

        worker_turn(&worker);
        people_await_looks(&p);
        all = true;
        for (size_t o = 0; o < ARRAY_SIZE(onlookers); o++) {
            bool named = is_named(&onlookers[o], from_ms, &worker);

            if (onlooker_may_see(&onlookers[o], &worker))
                all &= named;
            else
                assert_false(named);
        }
        misses += !all && witness_moved_kb(since_us) < WORKER_TAKES_MB * 1024 * 3 / 2;
        worker_turn(&worker); // it is given back, so that there is a rise the next time
        people_await_looks(&p);
    }
    assert_true(misses < MISSES);
    if (all)
        put_identity(&onlookers[0], &worker, &identity);
    for (size_t o = 0; o < ARRAY_SIZE(onlookers); o++) {
        if (all)
            assert_int_equal(raw_carries(&onlookers[o].raw, identity.data, identity.len),
                    onlooker_may_see(&onlookers[o], &worker));
        raw_close(&onlookers[o].raw);
    }
    buffer_done(&identity);
    worker_stop(&p, &worker);
    people_done(&p);
    if (!all)
        skip_because("others fill tmpfs");
}

// ---- Who changes hands -------------------------------------------------------------------------

typedef struct {
    pid_t pid;
    const char *name; // that it has once it has changed
    bool visible;     // from then on
    unsigned before, after;
} change_t;

static void look_at_change(const replica_t *r, void *user)
{
    change_t *c = user;
    const process_snapshot_t *p = people_find(r, c->pid);
    bool changed;
    size_t len;
    const char *name;

    if (!p)
        return;
    name = intern_get(replica_snapshot(r)->strings, (uint32_t) p->name, &len);
    changed = len == strlen(c->name) && memcmp(name, c->name, len) == 0;
    *(changed ? &c->after : &c->before) += 1;
    if (changed != c->visible) // not yet, or no longer
        assert_true((p->known & process_private_mask) == 0);
    else if (changed)
        assert_true(p->known & process_private_mask);
}

static bool has_name(pid_t pid, const char *name)
{
    char path[64], comm[32] = "";

    snprintf(path, sizeof(path), "/proc/%d/comm", (int) pid);
    _cleanup_fclose_ FILE *f = fopen(path, "re");
    return f && fgets(comm, sizeof(comm), f) && strncmp(comm, name, strlen(name)) == 0;
}

static void test_changes_in_the_same_tick(void **state)
{
    worker_t becomes = {.uid = ROOT, .kind = WORKER_BECOMES, .bytes = 1};
    worker_t leaves = {.uid = ANN, .kind = WORKER_LEAVES, .bytes = 1};
    onlooker_t ann = {.uid = ANN, .rights = RIGHTS_OWN};
    people_t p;

    (void) state;
    if (!people_init(&p, MEMSCOPED_PATH))
        skip();
    worker_start(&p, &becomes, 0);
    worker_start(&p, &leaves, 1);
    people_start_daemon(&p);
    onlooker_connect(&p, &ann);
    for (int i = 0; i < 3; i++)
        assert_true(raw_await(&ann.raw, MESSAGE_TICK, NULL, PEOPLE_WAIT_MS));
    kill(becomes.pid, SIGUSR1);
    kill(leaves.pid, SIGUSR1);
    while (!has_name(becomes.pid, "became") || !has_name(leaves.pid, "suid"))
        assert_true(raw_await(&ann.raw, MESSAGE_TICK, NULL, PEOPLE_WAIT_MS));
    for (int i = 0; i < 4; i++)
        assert_true(raw_await(&ann.raw, MESSAGE_TICK, NULL, PEOPLE_WAIT_MS));

    change_t c[] = {{.pid = becomes.pid, .name = "became", .visible = true},
            {.pid = leaves.pid, .name = "suid", .visible = false}};
    for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
        onlooker_replay(&ann, look_at_change, &c[i]);
        assert_true(c[i].before > 0 && c[i].after > 0);
    }
    raw_close(&ann.raw);
    worker_stop(&p, &becomes);
    worker_stop(&p, &leaves);
    people_done(&p);
}

// She looks between two ticks, when the capture still has it as hers.
static void test_one_that_has_just_left(void **state)
{
    onlooker_t ann = {.uid = ANN, .rights = RIGHTS_OWN};
    people_t p;

    (void) state;
    if (!people_init(&p, MEMSCOPED_PATH))
        skip();
    people_start_daemon(&p);
    onlooker_connect(&p, &ann);
    for (int i = 0; i < 3; i++) {
        worker_t leaves = {.uid = ANN, .kind = WORKER_LEAVES, .bytes = 1};
        inspect_message_t nobody = {0};
        message_t m;

        worker_start(&p, &leaves, (size_t) i);
        raw_skip(&ann.raw);
        for (int t = 0; t < 2; t++)
            assert_true(raw_await(&ann.raw, MESSAGE_TICK, NULL, PEOPLE_WAIT_MS));
        onlooker_inspect(&ann, &leaves);
        assert_true(raw_await(&ann.raw, MESSAGE_TICK, NULL, PEOPLE_WAIT_MS));
        MESSAGE_SET(&nobody, pid, 0);
        assert_true(raw_say(&ann.raw, MESSAGE_INSPECT, &nobody));
        assert_true(raw_say(&ann.raw, MESSAGE_STATUS_REQUEST, &(status_request_message_t){0}));
        assert_true(raw_await(&ann.raw, MESSAGE_STATUS, &m, PEOPLE_WAIT_MS));
        // What was read while it was hers, and is on its way, she may have.
        raw_skip(&ann.raw);
        for (int t = 0; t < 2; t++)
            assert_true(raw_await(&ann.raw, MESSAGE_TICK, NULL, PEOPLE_WAIT_MS));
        kill(leaves.pid, SIGUSR1);
        while (!has_name(leaves.pid, "suid"))
            usleep(1000);
        leaves.hidden = true;
        onlooker_inspect(&ann, &leaves);
        worker_stop(&p, &leaves);
    }
    raw_close(&ann.raw);
    people_done(&p);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_what_the_socket_carries),
            cmocka_unit_test(test_who_filled_tmpfs),
            cmocka_unit_test(test_changes_in_the_same_tick),
            cmocka_unit_test(test_one_that_has_just_left),
    };

    people_main(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
