// What a restart keeps, section by section, and what it refuses.

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "daemon/state.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/temporary.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int no_fds[STATE_MEMFDS] = {-1, -1};

typedef struct {
    temporary_t dir;
    char file[256];
} fixture_t;

static int begin(void **state)
{
    fixture_t *f = calloc(1, sizeof(*f));

    f->dir = temporary_new();
    snprintf(f->file, sizeof(f->file), "%s", temporary_path(&f->dir, "state"));
    *state = f;
    return 0;
}

static int end(void **state)
{
    fixture_t *f = *state;

    temporary_remove(&f->dir);
    free(f);
    return 0;
}

static engine_t *new_engine(void)
{
    const engine_config_t config = {
            .proc_root = "/proc", .memory_max = 64 << 20, .descriptors_max = 64};
    engine_t *e;

    assert_int_equal(engine_new(&e, &config, NULL, NULL), 0);
    return e;
}

// Runs for a moment, adds an event, and stops cleanly.
static void leave_state(const fixture_t *f)
{
    const event_t event = {.kind = EVENT_EXIT, .has = EVENT_HAS_PROCESS, .pid = 4711};
    engine_t *e = new_engine();
    state_t *s;

    assert_int_equal(state_new(&s, no_fds, f->dir.path), 0);
    state_load(s, e);
    assert_int_equal(engine_tick(e), 0);
    history_record(engine_history(e), history_open(engine_history(e), 4711, 1),
            clock_boottime_us() / USEC_PER_MSEC, 100, 50);
    events_add(engine_events(e), &event);
    state_store(s, e);
    state_free(s);
    engine_free(e);
}

static bool find_event(engine_t *e)
{
    for (const event_t *x = events_next(engine_events(e), 0); x;
            x = events_next(engine_events(e), x->number))
        if (x->pid == 4711)
            return true;
    return false;
}

static engine_t *carry_on(const fixture_t *f)
{
    engine_t *e = new_engine();
    state_t *s;

    assert_int_equal(state_new(&s, no_fds, f->dir.path), 0);
    state_load(s, e);
    state_free(s);
    return e;
}

static void flip(const fixture_t *f, off_t at)
{
    _cleanup_close_ int fd = open(f->file, O_RDWR | O_CLOEXEC);
    unsigned char byte;

    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 0xff;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

static off_t size_of(const fixture_t *f)
{
    struct stat st;

    assert_int_equal(stat(f->file, &st), 0);
    return st.st_size;
}

static void test_kept(void **state)
{
    fixture_t *f = *state;
    process_t other = actor_start();
    const process_snapshot_t *p;
    uint64_t seen_ms;
    engine_t *e;
    uint32_t slot;

    leave_state(f);
    seen_ms = clock_boottime_us() / USEC_PER_MSEC;
    e = carry_on(f);
    assert_true(find_event(e));
    assert_true(history_find(engine_history(e), 4711, 1) != HISTORY_NONE);
    assert_int_equal(engine_tick(e), 0);
    slot = capture_find(engine_capture(e), (uint64_t) other.pid, 0);
    p = &capture_current(engine_capture(e))->processes[slot];
    assert_true(p->first_seen_ms <= seen_ms);
    engine_free(e);
    process_stop(&other);
}

static void test_damaged_section(void **state)
{
    fixture_t *f = *state;
    engine_t *e;

    leave_state(f);
    flip(f, size_of(f) - 1); // events come last
    e = carry_on(f);
    assert_false(find_event(e));
    assert_true(history_find(engine_history(e), 4711, 1) != HISTORY_NONE);
    assert_int_equal(engine_tick(e), 0);
    engine_free(e);
}

static void test_damaged_head(void **state)
{
    fixture_t *f = *state;
    engine_t *e;

    leave_state(f);
    flip(f, 20);
    e = carry_on(f);
    assert_false(find_event(e));
    assert_true(history_find(engine_history(e), 4711, 1) == HISTORY_NONE);
    assert_int_equal(engine_tick(e), 0);
    engine_free(e);
}

static void test_cut_short(void **state)
{
    fixture_t *f = *state;
    off_t size;

    leave_state(f);
    size = size_of(f);
    for (int part = 9; part >= 0; part--) {
        engine_t *e;

        assert_int_equal(truncate(f->file, size * part / 10), 0);
        e = carry_on(f);
        assert_false(find_event(e));
        assert_int_equal(engine_tick(e), 0);
        engine_free(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(test_kept, begin, end),
            cmocka_unit_test_setup_teardown(test_damaged_section, begin, end),
            cmocka_unit_test_setup_teardown(test_damaged_head, begin, end),
            cmocka_unit_test_setup_teardown(test_cut_short, begin, end),
    };

    log_open("test", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
