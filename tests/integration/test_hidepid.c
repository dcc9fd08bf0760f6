// With hidepid on /proc a plain user gets only their own processes, also of the past: what events,
// history and `why` told of others to root is not in what the socket carried to that user.

#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/support/cmocka.h"
#include "tests/support/people.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>

#define ATTEMPTS 20

enum { ANNS, BOBS, SETUID, ANNS_PARENT, BOBS_PARENT, WORKERS };

typedef struct {
    people_t people;
    worker_t workers[WORKERS];
    onlooker_t ann, root;
    buffer_t points[WORKERS]; // bytes that are in the history of this one only
} fixture_t;

// ---- What ann is told --------------------------------------------------------------------------

// The first point of a history, as it travels: without how many are equal to it.
static void keep_point(const history_message_t *m, buffer_t *out)
{
    cursor_t c = cursor_of(m->points.data, m->points.len);
    const char *point;

    cursor_varint(&c);
    point = (const char *) c.at;
    cursor_varint(&c);
    cursor_varint(&c);
    assert_false(c.failed);
    buffer_put(out, point, (size_t) ((const char *) c.at - point));
    assert_in_range(out->len, 4, 20);
}

static void ask_as_root(fixture_t *f)
{
    history_message_t history;

    for (size_t i = 0; i < WORKERS; i++) {
        onlooker_inspect(&f->root, &f->workers[i]);
        onlooker_ask_history(&f->root, &f->workers[i], &history);
        keep_point(&history, &f->points[i]);
    }
}

static void assert_nobody_there(onlooker_t *o, const worker_t *w)
{
    history_request_message_t history = {0};
    inspect_message_t inspect = {0};
    message_t m;

    MESSAGE_SET(&inspect, pid, (uint64_t) w->pid);
    assert_true(raw_say(&o->raw, MESSAGE_INSPECT, &inspect));
    assert_true(raw_await(&o->raw, MESSAGE_ERROR, &m, PEOPLE_WAIT_MS));
    assert_int_equal(m.error.code, ERROR_NO_PROCESS);
    MESSAGE_SET(&history, request, 4);
    MESSAGE_SET(&history, pid, (uint64_t) w->pid);
    MESSAGE_SET(&history, span_ms, 60000);
    assert_true(raw_say(&o->raw, MESSAGE_HISTORY_REQUEST, &history));
    assert_true(raw_await(&o->raw, MESSAGE_ERROR, &m, PEOPLE_WAIT_MS));
    assert_int_equal(m.error.code, ERROR_NO_PROCESS);
}

static void ask_as_ann(fixture_t *f)
{
    history_message_t history;

    for (size_t i = 0; i < WORKERS; i++) {
        if (!onlooker_may_see(&f->ann, &f->workers[i])) {
            assert_nobody_there(&f->ann, &f->workers[i]);
            continue;
        }
        onlooker_inspect(&f->ann, &f->workers[i]);
        onlooker_ask_history(&f->ann, &f->workers[i], &history);
    }
}

// Both grow, and `why` names both to root, who is heard again if others took more at the time.
static void ask_who_grew(fixture_t *f)
{
    why_message_t why;

    for (int i = 0; i < ATTEMPTS; i++) {
        uint64_t from_ms = clock_boottime_us() / USEC_PER_MSEC;

        worker_turn(&f->workers[ANNS]);
        worker_turn(&f->workers[BOBS]);
        people_await_looks(&f->people);
        onlooker_ask_why(&f->root, from_ms, &why);
        onlooker_ask_why(&f->ann, from_ms, &why);
        if (onlooker_got_text_in(&f->root, MESSAGE_WHY, f->workers[ANNS].name) &&
                onlooker_got_text_in(&f->root, MESSAGE_WHY, f->workers[BOBS].name) &&
                onlooker_got_text_in(&f->ann, MESSAGE_WHY, f->workers[ANNS].name))
            return;
        worker_turn(&f->workers[ANNS]); // both give it back, to take it once more
        worker_turn(&f->workers[BOBS]);
        people_await_looks(&f->people);
    }
    fail_msg("why does not name who grew");
}

// That they do not reap their children is an event, after a while.
static void ask_who_neglects(fixture_t *f)
{
    uint64_t deadline = clock_monotonic_us() + PEOPLE_WAIT_MS * USEC_PER_MSEC;

    while (clock_monotonic_us() < deadline) {
        onlooker_ask_events(&f->root);
        onlooker_ask_events(&f->ann);
        if (onlooker_got_text_in(&f->root, MESSAGE_EVENT, f->workers[ANNS_PARENT].name) &&
                onlooker_got_text_in(&f->root, MESSAGE_EVENT, f->workers[BOBS_PARENT].name) &&
                onlooker_got_text_in(&f->ann, MESSAGE_EVENT, f->workers[ANNS_PARENT].name))
            return;
        assert_true(raw_await(&f->root.raw, MESSAGE_TICK, NULL, PEOPLE_WAIT_MS));
    }
    fail_msg("no event names who neglects");
}

// ---- What was carried --------------------------------------------------------------------------

// Other tests on this host may have processes of hers as well.
static void look_at_all(const replica_t *r, void *user)
{
    const snapshot_t *s = replica_snapshot(r);
    const fixture_t *f = user;

    for (size_t i = 0; i < s->n_slots; i++)
        if (s->processes[i].known)
            assert_int_equal(s->processes[i].uid, ANN);
    for (size_t i = 0; i < WORKERS; i++)
        assert_int_equal(people_find(r, f->workers[i].pid) != NULL,
                onlooker_may_see(&f->ann, &f->workers[i]));
}

static void check_streams(fixture_t *f)
{
    raw_receive(&f->ann.raw, 0);
    onlooker_replay(&f->ann, look_at_all, f);
    for (size_t i = 0; i < WORKERS; i++) {
        const worker_t *w = &f->workers[i];
        const buffer_t *point = &f->points[i];
        bool may = onlooker_may_see(&f->ann, w);

        assert_int_equal(onlooker_got_number(&f->ann, w->bytes), may);
        assert_int_equal(onlooker_got_text(&f->ann, w->dir), may);
        assert_int_equal(onlooker_got_text(&f->ann, w->name), may);
        assert_int_equal(raw_carries(&f->ann.raw, point->data, point->len), may);
        // What is not in ann's stream is found in root's.
        assert_true(onlooker_got_number(&f->root, w->bytes));
        assert_true(onlooker_got_text(&f->root, w->dir) && onlooker_got_text(&f->root, w->name));
        assert_true(raw_carries_in(&f->root.raw, MESSAGE_HISTORY, point->data, point->len));
    }
}

static bool hide_processes(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("proc", "/proc", "proc", 0, "hidepid=2") == 0;
}

// In a mount namespace, so that /proc is as it was for everybody else.
static void test_hidepid(void **state)
{
    static fixture_t f = {
            .workers =
                    {
                            [ANNS] = {.uid = ANN, .kind = WORKER_GROWS, .bytes = 0x1234567891b},
                            [BOBS] = {.uid = BOB, .kind = WORKER_GROWS, .bytes = 0x1357924682d},
                            [SETUID] = {.uid = ANN,
                                    .kind = WORKER_SETUID,
                                    .bytes = 0x1918273645b,
                                    .hidden = true},
                            [ANNS_PARENT] = {.uid = ANN,
                                    .kind = WORKER_NEGLECTS,
                                    .bytes = 0x1726354453f},
                            [BOBS_PARENT] = {.uid = BOB,
                                    .kind = WORKER_NEGLECTS,
                                    .bytes = 0x1a1b2c3d4e5},
                    },
            .ann = {.uid = ANN, .rights = RIGHTS_HIDEPID},
            .root = {.uid = ROOT, .everything = true, .rights = RIGHTS_ALL}};

    (void) state;
    if (!people_init(&f.people, MEMSCOPED_PATH))
        skip();
    if (!hide_processes()) {
        temporary_remove(&f.people.dir);
        skip_because("/proc cannot be mounted with hidepid here");
    }
    for (size_t i = 0; i < WORKERS; i++)
        worker_start(&f.people, &f.workers[i], i);
    people_start_daemon(&f.people);
    onlooker_connect(&f.people, &f.ann);
    onlooker_connect(&f.people, &f.root);
    ask_as_root(&f);
    ask_as_ann(&f);
    ask_who_grew(&f);
    ask_who_neglects(&f);
    check_streams(&f);
    raw_close(&f.ann.raw);
    raw_close(&f.root.raw);
    for (size_t i = 0; i < WORKERS; i++) {
        buffer_done(&f.points[i]);
        worker_stop(&f.people, &f.workers[i]);
    }
    people_done(&f.people);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_hidepid),
    };

    people_main(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
