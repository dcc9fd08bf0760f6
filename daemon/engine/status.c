#include "daemon/engine/status.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"
#include "config.h"
#include "daemon/proc/pid_stat.h"
#include "daemon/proc/pid_status.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void status_init(status_t *s, uint64_t pss_budget_ppm)
{
    *s = (status_t){.started_us = clock_monotonic_us(), .pss_budget_ppm = pss_budget_ppm};
}

static faults_t own_faults(void)
{
    struct rusage u = {0};

    getrusage(RUSAGE_THREAD, &u);
    return (faults_t){(uint64_t) u.ru_minflt, (uint64_t) u.ru_majflt};
}

void status_tick_begin(status_t *s)
{
    s->before = own_faults();
}

void status_tick_end(status_t *s, engine_t *e)
{
    uint64_t us = capture_current(engine_capture(e))->system.capture_us;
    faults_t now = own_faults();

    s->faults.minor += now.minor - s->before.minor;
    s->faults.major += now.major - s->before.major;
    s->costs_us[s->ticks++ % STATUS_COSTS] = (uint32_t) MIN(us, (uint64_t) UINT32_MAX);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;

    return (x > y) - (x < y);
}

uint64_t status_p99_us(const status_t *s)
{
    uint32_t sorted[STATUS_COSTS];
    size_t n = MIN(s->ticks, (uint64_t) STATUS_COSTS);

    if (n == 0)
        return 0;
    memcpy(sorted, s->costs_us, n * sizeof(sorted[0]));
    qsort(sorted, n, sizeof(sorted[0]), compare);
    return sorted[(n * 99 + 99) / 100 - 1];
}

static bool own_rss_kb(uint64_t *ret)
{
    pid_statm_t statm;
    char text[128];
    ssize_t n = file_read_at(AT_FDCWD, "/proc/self/statm", text, sizeof(text));

    if (n <= 0 || pid_statm_parse(text, (size_t) n, &statm) < 0)
        return false;
    *ret = statm.resident * (uint64_t) sysconf(_SC_PAGESIZE) / 1024;
    return true;
}

static bool own_locked_kb(uint64_t *ret)
{
    char text[4096];
    pid_status_t s;
    ssize_t n = file_read_at(AT_FDCWD, "/proc/self/status", text, sizeof(text));

    if (n <= 0 || pid_status_parse(text, (size_t) n, &s) < 0 || !(s.has & PID_STATUS_LOCKED))
        return false;
    *ret = s.locked_kb;
    return true;
}

static void fill_unread(const snapshot_t *s, const capture_t *c, status_message_t *ret)
{
    uint64_t io = 0, memory = 0;

    for (uint32_t slot = 0; slot < s->n_slots; slot++) {
        const process_snapshot_t *p = &s->processes[slot];
        exit_totals_t totals;

        if (p->known == 0 || p->flags & PROCESS_KERNEL_THREAD || p->state == 'Z')
            continue;
        capture_totals(c, slot, &totals);
        io += totals.io_error != 0;
        memory += totals.smaps_error != 0;
    }
    MESSAGE_SET(ret, unread_io, io);
    MESSAGE_SET(ret, unread_memory, memory);
}

void status_fill(const status_t *s, engine_t *e, status_message_t *ret)
{
    static const char build[] = "memscoped " MEMSCOPE_VERSION;
    const capture_t *c = engine_capture(e);
    const snapshot_t *now = capture_current(c);
    capture_usage_t usage;
    uint64_t rss_kb, locked_kb;

    capture_usage(c, &usage);
    MESSAGE_SET_TEXT(ret, build, build, sizeof(build) - 1);
    MESSAGE_SET(ret, pid, (uint64_t) getpid());
    MESSAGE_SET(ret, uptime_ms, (clock_monotonic_us() - s->started_us) / USEC_PER_MSEC);
    MESSAGE_SET(ret, ticks, s->ticks);
    MESSAGE_SET(ret, missed_ticks, now->system.missed_ticks);
    MESSAGE_SET(ret, late_ticks, s->late_ticks);
    MESSAGE_SET(ret, capture_us, now->system.capture_us);
    if (s->ticks > 0)
        MESSAGE_SET(ret, capture_p99_us, status_p99_us(s));
    MESSAGE_SET(ret, processes, usage.processes);
    MESSAGE_SET(ret, memory_kb,
            (usage.bytes + history_bytes(engine_history(e)) + s->state_bytes) / 1024);
    MESSAGE_SET(ret, memory_max_kb, engine_memory_max(e) / 1024);
    if (own_rss_kb(&rss_kb))
        MESSAGE_SET(ret, rss_kb, rss_kb);
    if (own_locked_kb(&locked_kb))
        MESSAGE_SET(ret, locked_kb, locked_kb);
    MESSAGE_SET(ret, minor_faults, s->faults.minor);
    MESSAGE_SET(ret, major_faults, s->faults.major);
    MESSAGE_SET(ret, descriptors, usage.descriptors);
    MESSAGE_SET(ret, pss_budget_ppm, s->pss_budget_ppm);
    MESSAGE_SET(ret, pss_spent_us, usage.pss_spent_us);
    MESSAGE_SET(ret, failed_reads, usage.failed_reads);
    fill_unread(now, c, ret);
}
