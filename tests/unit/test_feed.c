// A trace through the engine: what its rows say is known, all else is not, and its time is its own.

#include "common/cleanup.h"
#include "common/procmap.h"
#include "daemon/trace/feed.h"
#include "tests/support/cmocka.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEAD         "# mem_total_kb=16000000\ntime_s,pid,start_time,comm,state,rss_kb,anon_kb,swap_kb\n"
#define START(ticks) ((ticks) + TRACE_CLOCK_MS / 1000 * TRACE_TICKS_PER_S)

typedef struct {
    int fd;
    trace_t *trace;
    engine_t *engine;
    feed_t feed;
} fed_t;

static int begin(fed_t *f, const char *text)
{
    engine_config_t config = {0};
    int r;

    *f = (fed_t){.fd = memfd_create("trace", MFD_CLOEXEC)};
    assert_true(f->fd >= 0);
    assert_int_equal(write(f->fd, text, strlen(text)), strlen(text));
    assert_int_equal(lseek(f->fd, 0, SEEK_SET), 0);
    assert_int_equal(trace_new(&f->trace, f->fd), 0);
    r = feed_begin(&f->feed, f->trace);
    config.given_ms = TRACE_CLOCK_MS + f->feed.next_ms;
    assert_int_equal(engine_new(&f->engine, &config, NULL, NULL), 0);
    f->feed.engine = f->engine;
    return r;
}

static void end(fed_t *f)
{
    engine_free(f->engine);
    trace_free(f->trace);
    close(f->fd);
}

static const process_snapshot_t *find(const fed_t *f, uint64_t pid, uint64_t ticks)
{
    const capture_t *c = engine_capture(f->engine);
    uint32_t slot = capture_find(c, pid, START(ticks));

    return slot == PROCMAP_NONE ? NULL : &capture_current(c)->processes[slot];
}

static void test_what_is_known(void **state)
{
    const uint64_t system =
            UINT64_C(1) << SYSTEM_FIELD_tick | UINT64_C(1) << SYSTEM_FIELD_mono_ms |
            UINT64_C(1) << SYSTEM_FIELD_real_ms | UINT64_C(1) << SYSTEM_FIELD_interval_us |
            UINT64_C(1) << SYSTEM_FIELD_processes | UINT64_C(1) << SYSTEM_FIELD_mem_total_kb |
            UINT64_C(1) << SYSTEM_FIELD_system_flags | UINT64_C(1) << SYSTEM_FIELD_clock_ticks;
    const process_snapshot_t *p;
    const snapshot_t *s;
    exit_totals_t totals;
    fed_t f;

    (void) state;
    // One of these numbers is this process's: nothing may be taken from it.
    assert_int_equal(begin(&f, HEAD "0,1,0,init,S,100,60,3\n0,2,5,,Z,,,\n"), 0);
    assert_int_equal(feed_sample(&f.feed), 0);
    assert_true(f.feed.ended);
    s = capture_current(engine_capture(f.engine));
    assert_int_equal(s->system.known, system);
    assert_int_equal(s->system.real_ms, 0);
    assert_int_equal(s->system.mem_total_kb, 16000000);
    assert_int_equal(s->system.system_flags, SYSTEM_PRIVATE | SYSTEM_REPLAY | SYSTEM_ENDED);
    p = find(&f, 1, 0);
    assert_non_null(p);
    assert_int_equal(p->state, 'S');
    assert_int_equal(p->anon_kb, 60);
    assert_int_equal(p->file_kb, 40);
    assert_int_equal(p->swap_kb, 3);
    assert_false(PROCESS_KNOWN(p, uid));
    assert_false(PROCESS_KNOWN(p, ppid));
    assert_false(PROCESS_KNOWN(p, threads));
    assert_false(PROCESS_KNOWN(p, shmem_kb));
    assert_false(PROCESS_KNOWN(p, cpu_permille));
    assert_false(PROCESS_KNOWN(p, cmdline));
    capture_totals(engine_capture(f.engine), capture_find(engine_capture(f.engine), 1, 0), &totals);
    assert_true(totals.unknown);
    p = find(&f, 2, 5);
    assert_non_null(p);
    assert_int_equal(p->state, 'Z');
    assert_false(PROCESS_KNOWN(p, anon_kb));
    assert_false(PROCESS_KNOWN(p, swap_kb));
    end(&f);
}

static void test_lives(void **state)
{
    const exit_record_t *e;
    fed_t f;

    (void) state;
    assert_int_equal(begin(&f, HEAD "10,7,1,a,S,900,600,0\n10,8,1,b,S,900,600,0\n"
                                    "11.5,7,1,a,S,800,500,0\n"
                                    "12,7,1150,c,S,90,60,0\n12,8,1,b,S,90,60,0\n"),
            0);
    assert_int_equal(feed_sample(&f.feed), 0);
    assert_int_equal(f.feed.next_ms, 11500);
    assert_non_null(find(&f, 8, 1));
    assert_int_equal(feed_sample(&f.feed), 0);
    assert_null(find(&f, 8, 1));
    e = capture_find_exit(engine_capture(f.engine), 8, START(1));
    assert_non_null(e);
    assert_int_equal(e->exited_ms, TRACE_CLOCK_MS + 11500);
    assert_int_equal(find(&f, 7, 1)->anon_kb, 500);
    assert_false(f.feed.ended);
    // The number goes on as another process, and one that was away is back.
    assert_int_equal(feed_sample(&f.feed), 0);
    assert_true(f.feed.ended);
    assert_null(find(&f, 7, 1));
    assert_int_equal(find(&f, 7, 1150)->anon_kb, 60);
    assert_non_null(find(&f, 8, 1));
    assert_int_equal(capture_current(engine_capture(f.engine))->system.processes, 2);
    end(&f);
}

static void test_errors(void **state)
{
    fed_t f;

    (void) state;
    assert_int_equal(begin(&f, HEAD), -EBADMSG);
    assert_non_null(f.feed.error);
    end(&f);
    assert_int_equal(begin(&f, HEAD "0,0,1,a,S,1,1,0\n"), -EBADMSG);
    assert_int_equal(trace_line(f.trace), 3);
    end(&f);
    assert_int_equal(begin(&f, HEAD "5,7,1,a,S,1,1,0\n6,7,1,a,S,1,1,0\n5.9,7,1,a,S,1,1,0\n"), 0);
    assert_int_equal(feed_sample(&f.feed), 0);
    assert_int_equal(feed_sample(&f.feed), -EBADMSG);
    assert_string_equal(f.feed.error, "time goes back: rows have to be in order of time_s");
    assert_int_equal(trace_line(f.trace), 5);
    end(&f);
}

// What started by another clock has no age, also when that clock's time comes.
static void test_other_clock(void **state)
{
    const uint64_t start = (UINT64_C(1) << 53) + 300;
    const capture_t *c;
    fed_t f;

    (void) state;
    assert_int_equal(begin(&f, HEAD "0,7,300,a,S,900,600,0\n1,7,300,a,S,900,600,0\n"
                                    "9,7,300,a,S,900,600,0\n1763700000,8,300,b,S,9,6,0\n"),
            0);
    c = engine_capture(f.engine);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(feed_sample(&f.feed), 0);
        assert_int_not_equal(capture_find(c, 7, start), PROCMAP_NONE);
        assert_null(capture_exit(c, 0));
    }
    assert_int_equal(feed_sample(&f.feed), 0);
    assert_int_not_equal(capture_find(c, 8, start), PROCMAP_NONE);
    end(&f);
}

// The ends of what a row can say.
static void test_largest(void **state)
{
    fed_t f;

    (void) state;
    assert_int_equal(begin(&f, HEAD "9999999999999,9999999999999999999,9999999999999999999,a,S,"
                                    "999999999999999,999999999999999,999999999999999\n"),
            0);
    assert_int_equal(feed_sample(&f.feed), 0);
    assert_true(f.feed.ended);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_what_is_known),
            cmocka_unit_test(test_lives),
            cmocka_unit_test(test_errors),
            cmocka_unit_test(test_other_clock),
            cmocka_unit_test(test_largest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
