// What a restart keeps, section by section, and what it refuses.

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/procmap.h"
#include "daemon/engine/state.h"
#include "daemon/engine/state_image.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/temporary.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const int no_fds[STATE_COPIES] = {-1, -1};

typedef struct {
    temporary_t dir;
    char file[256];
} fixture_t;

static int begin(void **state)
{
    fixture_t *f = calloc(1, sizeof(*f));

    f->dir = temporary_new();
    snprintf(f->file, sizeof(f->file), "%s", temporary_path(&f->dir, "state.0"));
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

static void add_event(engine_t *e)
{
    const event_t event = {.kind = EVENT_EXIT, .has = EVENT_HAS_PROCESS, .pid = 4711};

    events_add(engine_events(e), &event);
}

// Runs for a moment, adds an event, and stops cleanly.
static void leave_state(const fixture_t *f)
{
    engine_t *e = new_engine();
    state_t *s;

    assert_int_equal(state_new(&s, no_fds, f->dir.path), 0);
    state_load(s, e);
    assert_int_equal(engine_tick(e), 0);
    history_record(engine_history(e), history_open(engine_history(e), 4711, 1),
            clock_boottime_us() / USEC_PER_MSEC, 100, 50);
    add_event(e);
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

static uint64_t start_time_of(engine_t *e, pid_t pid)
{
    uint32_t slot = capture_find(engine_capture(e), (uint64_t) pid, 0);

    assert_true(slot != PROCMAP_NONE);
    return capture_current(engine_capture(e))->processes[slot].start_time;
}

// That the ledger of that time is there, without another capture.
static bool knows_moment(engine_t *e, uint64_t time_ms)
{
    const why_question_t q = {.from_ms = time_ms - 60000, .to_ms = time_ms + 60000};
    why_answer_t a;

    return why_ask(engine_why(e), &q, &a) == 0 && a.known_ms <= time_ms;
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

// It holds what everybody did: who may read it is not asked again.
static void test_for_nobody_else(void **state)
{
    const fixture_t *f = *state;
    mode_t mask = umask(0);
    struct stat st;

    leave_state(f);
    umask(mask);
    assert_int_equal(stat(f->file, &st), 0);
    assert_true(st.st_size > 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

// Both files and both copies in memory are written in turn.
static void test_in_turn(void **state)
{
    fixture_t *f = *state;
    char second[256];
    struct stat st;
    engine_t *e;

    snprintf(second, sizeof(second), "%s", temporary_path(&f->dir, "state.1"));
    leave_state(f);
    assert_int_equal(stat(second, &st), 0);
    assert_int_equal(st.st_size, 0);
    leave_state(f);
    assert_int_equal(stat(second, &st), 0);
    assert_true(st.st_size > 0);
    // The newer one is damaged at its head: what the older one knew is there.
    snprintf(f->file, sizeof(f->file), "%s", second);
    flip(f, 20);
    e = carry_on(f);
    assert_true(find_event(e));
    engine_free(e);
}

// A process that ended before the stop, and one that ends while nobody looks.
static void test_the_dead(void **state)
{
    fixture_t *f = *state;
    process_t ended = actor_start(), unseen = actor_start();
    pid_t ended_pid = ended.pid, unseen_pid = unseen.pid;
    uint64_t ended_start, unseen_start, tick_ms;
    engine_t *e = new_engine();
    const exit_record_t *x;
    const char *name;
    size_t len;
    state_t *s;

    assert_int_equal(state_new(&s, no_fds, f->dir.path), 0);
    actor_do(&ended, "anon 24");
    assert_int_equal(engine_tick(e), 0);
    ended_start = start_time_of(e, ended_pid);
    unseen_start = start_time_of(e, unseen_pid);
    process_stop(&ended);
    assert_int_equal(engine_tick(e), 0);
    // Of two ticks in one second the later one is kept, and the other where the host used more.
    tick_ms = capture_current(engine_capture(e))->system.mono_ms;
    assert_non_null(capture_find_exit(engine_capture(e), (uint64_t) ended_pid, ended_start));
    state_store(s, e);
    assert_true(state_bytes(s) > 0);
    state_free(s);
    engine_free(e);
    process_stop(&unseen);

    e = carry_on(f);
    x = capture_find_exit(engine_capture(e), (uint64_t) ended_pid, ended_start);
    assert_non_null(x);
    assert_true(x->last.hwm_kb >= 24 << 10);
    name = intern_get(capture_current(engine_capture(e))->strings, (uint32_t) x->last.name, &len);
    assert_memory_equal(name, "actor", 5);
    assert_true(
            history_find(engine_history(e), (uint64_t) unseen_pid, unseen_start) != HISTORY_NONE);
    assert_true(knows_moment(e, tick_ms));
    engine_free(e);
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

// A state that another version wrote is whole.
static void rewrite_head(const fixture_t *f, void (*change)(state_head_t *h))
{
    _cleanup_close_ int fd = open(f->file, O_RDWR | O_CLOEXEC);
    state_head_t h;

    assert_int_equal(pread(fd, &h, sizeof(h), 0), sizeof(h));
    assert_true(h.sum == state_image_sum(&h, offsetof(state_head_t, sum)));
    change(&h);
    h.sum = state_image_sum(&h, offsetof(state_head_t, sum));
    assert_int_equal(pwrite(fd, &h, sizeof(h), 0), sizeof(h));
}

static void history_is_another(state_head_t *h)
{
    h->section[0].layout++;
}

// It has one that this one does not know, in place of one that it does, and in another order.
static void sections_are_others(state_head_t *h)
{
    state_section_t last = h->section[ENGINE_SECTIONS - 1];

    strcpy(h->section[0].name, "things to come");
    h->section[ENGINE_SECTIONS - 1] = h->section[1];
    h->section[1] = last;
}

static void test_another_version(void **state)
{
    void (*const changes[])(state_head_t * h) = {history_is_another, sections_are_others};
    fixture_t *f = *state;

    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        engine_t *e;

        leave_state(f);
        rewrite_head(f, changes[i]);
        e = carry_on(f);
        assert_true(history_find(engine_history(e), 4711, 1) == HISTORY_NONE);
        assert_true(find_event(e));
        assert_int_equal(engine_tick(e), 0);
        engine_free(e);
        assert_int_equal(unlink(f->file), 0);
    }
}

static bool is_inspected(engine_t *e, uint64_t pid)
{
    return inspections_keeps(engine_inspections(e), pid, 1);
}

// Who inspected what, also when the viewer of the run before had not come back yet.
static void test_inspections(void **state)
{
    fixture_t *f = *state;
    engine_t *e = new_engine();
    state_t *s;

    inspections_add(engine_inspections(e), &(inspection_t){4711, 1, 1000});
    for (int restart = 0; restart < 3; restart++) {
        assert_int_equal(state_new(&s, no_fds, f->dir.path), 0);
        state_load(s, e);
        assert_int_equal(is_inspected(e, 4711), restart > 0);
        assert_int_equal(is_inspected(e, 4712), restart > 1);
        if (restart == 1)
            inspections_add(engine_inspections(e), &(inspection_t){4712, 1, 0});
        state_store(s, e);
        state_free(s);
        engine_free(e);
        e = new_engine();
    }
    engine_free(e);
}

static void no_inspections(state_head_t *h)
{
    for (size_t i = 0; i < ENGINE_SECTIONS; i++)
        if (strcmp(h->section[i].name, "inspections") == 0)
            h->section[i].len--; // not a number of them: the sum is another, too
}

static void test_damaged_inspections(void **state)
{
    fixture_t *f = *state;
    engine_t *e = new_engine();
    state_t *s;

    assert_int_equal(state_new(&s, no_fds, f->dir.path), 0);
    add_event(e);
    inspections_add(engine_inspections(e), &(inspection_t){4711, 1, 1000});
    state_store(s, e);
    state_free(s);
    engine_free(e);
    rewrite_head(f, no_inspections);
    e = carry_on(f);
    assert_false(is_inspected(e, 4711));
    assert_true(find_event(e));
    engine_free(e);
}

// Whatever is overwritten, nothing worse comes of it than that it is refused.
static void test_damaged_anywhere(void **state)
{
    fixture_t *f = *state;
    off_t size;

    leave_state(f);
    size = size_of(f);
    for (unsigned i = 0; i < 64; i++) {
        off_t at = i < 16 ? (off_t) i * 20 : (off_t) (i * 2654435761U) % size;
        engine_t *e;

        flip(f, at);
        e = carry_on(f);
        assert_int_equal(engine_tick(e), 0);
        engine_free(e);
        flip(f, at);
    }
}

// Killed while it wrote: the copy under way is none, the other one is whole.
static void test_killed_in_the_middle(void **state)
{
    int fds[STATE_COPIES] = {memfd_create("a", MFD_CLOEXEC), memfd_create("b", MFD_CLOEXEC)};
    int kept[STATE_COPIES] = {dup(fds[0]), dup(fds[1])};
    static const char zeros[8];
    engine_t *e = new_engine();
    state_t *s;

    (void) state;
    assert_int_equal(state_new(&s, fds, NULL), 0);
    state_load(s, e);
    assert_int_equal(engine_tick(e), 0);
    add_event(e);
    state_store(s, e);
    state_free(s);
    engine_free(e);

    for (int i = 0; i < 2; i++) {
        int again[STATE_COPIES] = {dup(kept[0]), dup(kept[1])};

        e = new_engine();
        assert_int_equal(state_new(&s, again, NULL), 0);
        state_load(s, e);
        assert_true(find_event(e));
        assert_int_equal(engine_tick(e), 0);
        state_store(s, e); // into the other one
        state_free(s);
        engine_free(e);
        assert_int_equal(pwrite(kept[i == 0 ? 1 : 0], zeros, sizeof(zeros), 0), sizeof(zeros));
    }
    close(kept[0]);
    close(kept[1]);
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

// More than there is room for at first, in what systemd keeps and in the state directory.
static void test_of_a_large_host(void **state)
{
    enum { FIRST = 5000000, PROCESSES = 15000 };
    int fds[STATE_COPIES] = {memfd_create("a", MFD_CLOEXEC), memfd_create("b", MFD_CLOEXEC)};
    const int kept[STATE_COPIES] = {dup(fds[0]), dup(fds[1])};
    uint64_t now_ms = clock_boottime_us() / USEC_PER_MSEC;
    const fixture_t *f = *state;
    engine_t *e = new_engine();
    history_t *h = engine_history(e);
    state_t *s;

    for (uint64_t i = 0; i < PROCESSES; i++)
        history_record(h, history_open(h, FIRST + i, 1), now_ms, i + 1, i + 1);
    assert_int_equal(state_new(&s, fds, f->dir.path), 0);
    state_store(s, e);
    assert_true(state_bytes(s) > 4 << 20);
    assert_int_equal(size_of(f), state_bytes(s));
    state_free(s);
    engine_free(e);
    for (int from_file = 0; from_file < 2; from_file++) {
        e = new_engine();
        h = engine_history(e);
        assert_int_equal(
                state_new(&s, from_file ? no_fds : kept, from_file ? f->dir.path : NULL), 0);
        state_load(s, e);
        for (uint64_t i = 0; i < PROCESSES; i++)
            assert_int_equal(history_peak_kb(h, history_find(h, FIRST + i, 1)), i + 1);
        state_free(s);
        engine_free(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(test_kept, begin, end),
            cmocka_unit_test_setup_teardown(test_for_nobody_else, begin, end),
            cmocka_unit_test_setup_teardown(test_in_turn, begin, end),
            cmocka_unit_test_setup_teardown(test_the_dead, begin, end),
            cmocka_unit_test_setup_teardown(test_damaged_section, begin, end),
            cmocka_unit_test_setup_teardown(test_damaged_head, begin, end),
            cmocka_unit_test_setup_teardown(test_another_version, begin, end),
            cmocka_unit_test_setup_teardown(test_inspections, begin, end),
            cmocka_unit_test_setup_teardown(test_damaged_inspections, begin, end),
            cmocka_unit_test_setup_teardown(test_damaged_anywhere, begin, end),
            cmocka_unit_test(test_killed_in_the_middle),
            cmocka_unit_test_setup_teardown(test_cut_short, begin, end),
            cmocka_unit_test_setup_teardown(test_of_a_large_host, begin, end),
    };

    log_open("test", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
