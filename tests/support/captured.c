#include "tests/support/captured.h"

#include "common/clock.h"
#include "tests/support/fake_clock.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

#define WAIT_STEPS 12000
#define STEP_MS    5

const proctree_process_t captured_postgres = {.pid = 812,
        .name = "postgres",
        .ppid = 1,
        .minflt = 500,
        .majflt = 7,
        .utime = 30,
        .stime = 12,
        .start_time = 4000,
        .start_stack = 0x7ffe0000,
        .run_ns = 420000000,
        .slices = 99,
        .anon_pages = 2500,
        .shared_pages = 6000,
        .shmem_kb = 8000,
        .swap_kb = 0,
        .hwm_kb = 50000,
        .uid = 114,
        .euid = 114,
        .gid = 121,
        .egid = 121,
        .read_bytes = 1000000,
        .write_bytes = 2000000,
        .cmdline = "/usr/lib/postgresql/bin/postgres",
        .pss_kb = 21000};

static void on_born(void *user, uint32_t slot)
{
    captured_t *h = user;

    h->born++;
    assert_true(capture_current(h->capture)->processes[slot].known != 0);
}

static void on_died(void *user, uint32_t slot, const exit_record_t *record)
{
    captured_t *h = user;

    h->died++;
    h->last_exit = *record;
    // Its record is there still.
    assert_int_equal(capture_current(h->capture)->processes[slot].pid, record->last.pid);
}

static void on_reading(void *user, const reader_result_t *result)
{
    captured_t *h = user;

    h->last_reading = *result;
    h->readings++;
}

static void init(captured_t *h, size_t max_processes, bool counted)
{
    const capture_config_t config = {.fs = &h->fs,
            .max_processes = max_processes,
            .descriptors_max = 1000,
            .pss_budget_ppm = 1000000};
    const capture_handlers_t handlers = {
            .reading = on_reading, .died = on_died, .born = on_born, .user = h};

    *h = (captured_t){.tree = proctree_new()};
    proctree_system(&h->tree, 8 << 20, counted);
    assert_int_equal(procfs_init(&h->fs, h->tree.path), 0);
    assert_int_equal(capture_new(&h->capture, &config, &handlers), 0);
}

void captured_init(captured_t *h, bool counted)
{
    init(h, 1000, counted);
}

void captured_init_small(captured_t *h, size_t max_processes)
{
    init(h, max_processes, true);
}

void captured_done(captured_t *h)
{
    capture_free(h->capture);
    procfs_done(&h->fs);
    proctree_free(&h->tree);
}

int captured_setup(void **state)
{
    static captured_t h;

    captured_init(&h, true);
    *state = &h;
    return 0;
}

int captured_teardown(void **state)
{
    captured_done(*state);
    return 0;
}

void captured_tick(captured_t *h)
{
    fake_clock_ahead_us += USEC_PER_SEC;
    assert_int_equal(capture_run(h->capture), 0);
}

void captured_tick_with(captured_t *h, const proctree_process_t *p)
{
    proctree_process(&h->tree, p);
    captured_tick(h);
}

const process_snapshot_t *captured_find(const captured_t *h, uint64_t pid)
{
    const snapshot_t *s = capture_current(h->capture);
    const process_snapshot_t *found = NULL;

    for (size_t slot = 0; slot < s->n_slots; slot++) {
        const process_snapshot_t *p = &s->processes[slot];

        if (p->known == 0 || p->pid != pid)
            continue;
        assert_null(found);
        assert_int_equal(capture_find(h->capture, pid, 0), slot);
        assert_int_equal(capture_find(h->capture, pid, p->start_time), slot);
        found = p;
    }
    if (!found)
        assert_int_equal(capture_find(h->capture, pid, 0), UINT32_MAX);
    return found;
}

bool captured_is_text(const captured_t *h, uint64_t id, const char *text, size_t len)
{
    size_t n;
    const char *s = intern_get(capture_current(h->capture)->strings, (uint32_t) id, &n);

    return n == len && memcmp(s, text, len) == 0;
}

const process_snapshot_t *captured_wait(captured_t *h, uint64_t pid, unsigned field)
{
    for (int i = 0; i < WAIT_STEPS; i++) {
        const process_snapshot_t *p = captured_find(h, pid);

        if (p && p->known >> field & 1)
            return p;
        poll(NULL, 0, STEP_MS);
        captured_tick(h);
    }
    fail_msg("field %u of %" PRIu64 " never came", field, pid);
    return NULL;
}

void captured_wait_text(captured_t *h, uint64_t pid, unsigned field, const char *text, size_t len)
{
    for (int i = 0; i < WAIT_STEPS; i++) {
        if (captured_is_text(h, captured_find(h, pid)->values[field], text, len))
            return;
        poll(NULL, 0, STEP_MS);
        captured_tick(h);
    }
    fail_msg("\"%s\" of %" PRIu64 " never came", text, pid);
}
