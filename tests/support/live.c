#include "tests/support/live.h"

#include "common/cleanup.h"

#include <string.h>

void live_init(live_t *l, size_t descriptors_max)
{
    const capture_config_t config = {.fs = &l->fs,
            .max_processes = 32768,
            .descriptors_max = descriptors_max,
            .pss_budget_ppm = 100000};

    assert_int_equal(procfs_init(&l->fs, "/proc"), 0);
    assert_int_equal(capture_new(&l->capture, &config, NULL), 0);
}

void live_done(live_t *l)
{
    capture_free(l->capture);
    procfs_done(&l->fs);
}

void live_tick(live_t *l)
{
    assert_int_equal(capture_run(l->capture), 0);
}

const process_snapshot_t *live_find(const live_t *l, pid_t pid)
{
    uint32_t slot = capture_find(l->capture, (uint64_t) pid, 0);

    return slot == UINT32_MAX ? NULL : &capture_current(l->capture)->processes[slot];
}

bool live_is_text(const live_t *l, uint64_t id, const char *text, size_t len)
{
    size_t n;
    const char *s = intern_get(capture_current(l->capture)->strings, (uint32_t) id, &n);

    return n == len && memcmp(s, text, len) == 0;
}
