#include "daemon/publish/details.h"
#include "common/cleanup.h"
#include "common/format.h"
#include "daemon/forensics/receipts.h"
#include "daemon/proc/cgroup.h"
#include "daemon/proc/pid_status.h"
#include "daemon/publish/last_details.h"
#include "daemon/publish/points.h"
#include "protocol/cursor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TEXT_SIZE 4096
#define LAST_MS   5000 // before it was found dead: it was inspected then

struct details {
    capture_t *capture;
    const tags_t *tags;
    const chronicle_t *chronicle;
    const procfs_t *fs;
    last_details_t *last;
    buffer_t points;
    char cgroup[TEXT_SIZE];
    char leak[LEAK_TEXT_MAX + CHRONICLE_STORY_MAX], spike[SPIKE_TEXT_MAX], zombie[ZOMBIE_TEXT_MAX];
    char unreadable[256];
};

int details_new(details_t **ret, capture_t *capture, const tags_t *tags,
        const chronicle_t *chronicle, const procfs_t *fs)
{
    details_t *d = calloc(1, sizeof(*d));

    if (!d || last_details_new(&d->last) < 0) {
        free(d);
        return -ENOMEM;
    }
    d->capture = capture;
    d->tags = tags;
    d->chronicle = chronicle;
    d->fs = fs;
    *ret = d;
    return 0;
}

void details_free(details_t *d)
{
    if (!d)
        return;
    buffer_done(&d->points);
    last_details_free(d->last);
    free(d);
}

#define COPY_FIELD(m, to, p, from)         \
    do {                                   \
        if (PROCESS_KNOWN(p, from))        \
            MESSAGE_SET(m, to, (p)->from); \
    } while (0)

static void set_record(details_message_t *m, const process_snapshot_t *p, const intern_t *strings)
{
    uint64_t rss;
    size_t len;
    const char *name = intern_get(strings, (uint32_t) p->name, &len);

    MESSAGE_SET(m, pid, p->pid);
    MESSAGE_SET(m, start_time, p->start_time);
    MESSAGE_SET_TEXT(m, name, name, len);
    if (snapshot_rss_kb(p, &rss)) {
        MESSAGE_SET(m, rss_kb, rss);
        MESSAGE_SET(m, source, PSS_SOURCE_STATUS);
    }
    COPY_FIELD(m, anon_kb, p, anon_kb);
    COPY_FIELD(m, file_kb, p, file_kb);
    COPY_FIELD(m, shmem_kb, p, shmem_kb);
    COPY_FIELD(m, swap_kb, p, swap_kb);
    COPY_FIELD(m, hwm_kb, p, hwm_kb);
}

// What smaps says at one moment: the parts and their sum belong together.
static void set_breakdown(
        details_message_t *m, const smaps_breakdown_t *b, const reader_result_t *reading, bool all)
{
    MESSAGE_SET(m, rss_kb, b->rss_kb);
    MESSAGE_SET(m, anon_kb, b->anon_kb);
    MESSAGE_SET(m, file_kb, b->file_kb);
    MESSAGE_SET(m, shmem_kb, b->shmem_kb);
    MESSAGE_SET(m, swap_kb, b->swap_kb);
    MESSAGE_SET(m, source, b->source);
    MESSAGE_SET(m, breakdown_ms, reading->time_ms);
    MESSAGE_SET(m, read_us, reading->smaps_us);
    if (!all || b->source == PSS_SOURCE_STATUS)
        return;
    MESSAGE_SET(m, pss_kb, b->pss_kb);
    MESSAGE_SET(m, private_clean_kb, b->private_clean_kb);
    MESSAGE_SET(m, private_dirty_kb, b->private_dirty_kb);
    MESSAGE_SET(m, shared_clean_kb, b->shared_clean_kb);
    MESSAGE_SET(m, shared_dirty_kb, b->shared_dirty_kb);
    MESSAGE_SET(m, swap_pss_kb, b->swap_pss_kb);
    if (b->has_pss_kind) {
        MESSAGE_SET(m, pss_anon_kb, b->pss_anon_kb);
        MESSAGE_SET(m, pss_file_kb, b->pss_file_kb);
        MESSAGE_SET(m, pss_shmem_kb, b->pss_shmem_kb);
    }
}

static void set_status(details_t *d, details_message_t *m, uint64_t pid)
{
    pid_status_t s;

    if (pid_status_read(d->fs, pid, &s) < 0)
        return;
    if (s.has & PID_STATUS_LOCKED)
        MESSAGE_SET(m, locked_kb, s.locked_kb);
    if (s.has & PID_STATUS_PTE)
        MESSAGE_SET(m, page_tables_kb, s.pte_kb);
    if (s.has & PID_STATUS_SIZE)
        MESSAGE_SET(m, size_kb, s.size_kb);
    if (s.has & PID_STATUS_HWM)
        MESSAGE_SET(m, hwm_kb, s.hwm_kb);
}

static void set_cgroup(details_t *d, details_message_t *m, uint64_t pid)
{
    char text[CGROUP_FILE_MAX];
    ssize_t n = procfs_read(d->fs, pid, "cgroup", text, sizeof(text));
    uint64_t limit, used;
    cgroup_t cg;

    if (n < 0 || cgroup_parse(text, (size_t) n, &cg) < 0)
        return;
    cg.path_len = MIN(cg.path_len, sizeof(d->cgroup));
    memcpy(d->cgroup, cg.path, cg.path_len);
    MESSAGE_SET_TEXT(m, cgroup, d->cgroup, cg.path_len);
    if (cgroup_memory_limit(d->fs->cgroup_fd, d->cgroup, cg.path_len, &limit, &used) == 0) {
        MESSAGE_SET(m, cgroup_limit_kb, limit);
        MESSAGE_SET(m, cgroup_used_kb, used);
    }
}

static void set_totals(
        const details_t *d, details_message_t *m, const exit_totals_t *t, bool see_private)
{
    uint64_t ms = 1000 / d->fs->clock_hz;

    if (t->unknown)
        return;
    MESSAGE_SET(m, utime_ms, t->utime_ticks * ms);
    MESSAGE_SET(m, stime_ms, t->stime_ticks * ms);
    MESSAGE_SET(m, minflt, t->minflt);
    MESSAGE_SET(m, majflt, t->majflt);
    if (!see_private || !t->has_io)
        return;
    MESSAGE_SET(m, read_bytes, t->read_bytes);
    MESSAGE_SET(m, write_bytes, t->write_bytes);
    MESSAGE_SET(m, rchar, t->rchar);
    MESSAGE_SET(m, wchar, t->wchar);
}

static void set_receipts(details_t *d, details_message_t *m, uint32_t slot)
{
    const snapshot_t *s = capture_current(d->capture);
    const process_snapshot_t *p = &s->processes[slot];
    uint64_t now_ms = s->system.mono_ms, group_left = UINT64_MAX;
    leak_receipt_t leak;
    spike_receipt_t spike;
    zombie_receipt_t zombie;

    if (!(p->flags & PROCESS_KERNEL_THREAD) && PROCESS_KNOWN(p, anon_kb)) {
        if (m->has.cgroup_limit_kb)
            group_left = m->cgroup_limit_kb - MIN(m->cgroup_limit_kb, m->cgroup_used_kb);
        tags_leak_receipt(
                d->tags, slot, now_ms, receipts_headroom_kb(&s->system, group_left), &leak);
        leak_format(&leak, now_ms, d->leak, LEAK_TEXT_MAX);
        if (leak.tag != LEAK_NONE)
            chronicle_story(d->chronicle, p, leak.growth_kb, now_ms, d->leak + strlen(d->leak),
                    CHRONICLE_STORY_MAX);
        MESSAGE_SET_TEXT(m, leak_text, d->leak, strlen(d->leak));
        if (leak.tag != LEAK_NONE) {
            MESSAGE_SET(m, leak_since_ms, leak.since_ms);
            MESSAGE_SET(m, leak_growth_kb, leak.growth_kb);
        }
    }
    if ((p->tags & TAG_SPIKE) && tags_spike_receipt(d->tags, slot, &spike)) {
        spike_format(&spike, d->spike, sizeof(d->spike));
        MESSAGE_SET_TEXT(m, spike_text, d->spike, strlen(d->spike));
    }
    if (tags_zombie_receipt(d->tags, s, slot, now_ms, &zombie)) {
        zombie_format(&zombie, now_ms, d->zombie, sizeof(d->zombie));
        MESSAGE_SET_TEXT(m, zombie_text, d->zombie, strlen(d->zombie));
    }
}

// One line on what is missing and why.
static void set_unreadable(details_t *d, details_message_t *m, const process_snapshot_t *p,
        const reader_result_t *reading, const exit_totals_t *totals, bool see_private)
{
    int n = 0;

    d->unreadable[0] = '\0';
    if (!see_private)
        n = snprintf(d->unreadable, sizeof(d->unreadable),
                "PSS and I/O are for the process's own user, root and the group memscope");
    else if (p->blocked_s > 0)
        n = snprintf(d->unreadable, sizeof(d->unreadable),
                "reading its memory map has been blocked for %llu s",
                (unsigned long long) p->blocked_s);
    else if (reading && reading->smaps_error == 0 && reading->smaps.source == PSS_SOURCE_STATUS)
        n = snprintf(d->unreadable, sizeof(d->unreadable),
                "the kernel does not let this daemon read its PSS%s",
                totals->io_error == EACCES ? " and I/O" : "");
    else if (reading && reading->smaps_error < 0 && reading->smaps_error != -ENODATA &&
             reading->smaps_error != -ESRCH)
        n = snprintf(d->unreadable, sizeof(d->unreadable), "smaps_rollup: %s",
                strerror(-reading->smaps_error));
    if (n > 0)
        MESSAGE_SET_TEXT(m, unreadable, d->unreadable, strlen(d->unreadable));
}

void details_of(details_t *d, uint32_t slot, const reader_result_t *reading, bool see_private,
        details_message_t *ret)
{
    const snapshot_t *s = capture_current(d->capture);
    const process_snapshot_t *p = &s->processes[slot];
    bool kthread = (p->flags & PROCESS_KERNEL_THREAD) != 0;
    exit_totals_t totals;
    owner_t owner = capture_owner(d->capture, slot);
    bool is_private = reading && reader_result_is_private(reading);
    // It ended, or started another program, before it was read to the end; on its way out its map
    // is empty.
    bool torn = reading && (reading->smaps_error == -ESRCH || reading->smaps_error == -ENODATA ||
                                   (is_private && reading->owner.uid == OWNER_ROOT_ONLY &&
                                           owner.uid != OWNER_ROOT_ONLY));

    *ret = (details_message_t){0};
    capture_totals(d->capture, slot, &totals);
    set_record(ret, p, s->strings);
    MESSAGE_SET(ret, mono_ms, s->system.mono_ms);
    if (!kthread && p->state != 'Z') {
        set_status(d, ret, p->pid);
        if (reading && reading->smaps_error == 0)
            set_breakdown(ret, &reading->smaps, reading, see_private);
        if (reading && reading->exe_error == 0 && see_private)
            MESSAGE_SET_TEXT(ret, exe, reading->exe, reading->exe_len);
        set_unreadable(d, ret, p, reading, &totals, see_private);
    }
    set_cgroup(d, ret, p->pid);
    set_totals(d, ret, &totals, see_private);
    set_receipts(d, ret, slot);
    // Without memory there is nothing to remember: what it had before is more. One that is on its
    // way out has given it back before its state says so.
    if (p->state != 'Z' && !torn && !(ret->has.rss_kb && ret->rss_kb == 0))
        last_details_put(d->last, ret, is_private ? reading->owner : owner, see_private);
}

// What nobody read in its last seconds.
static void set_exit(details_message_t *m, const exit_record_t *record, const intern_t *strings,
        bool see_private)
{
    set_record(m, &record->last, strings);
    if (!see_private || !PROCESS_KNOWN(&record->last, pss_kb))
        return;
    MESSAGE_SET(m, pss_kb, record->last.pss_kb);
    MESSAGE_SET(m, private_dirty_kb, record->last.uss_kb);
    MESSAGE_SET(m, private_clean_kb, 0);
    MESSAGE_SET(m, breakdown_ms, record->last.pss_time_ms);
}

void details_of_exit(
        details_t *d, const exit_record_t *record, bool see_private, details_message_t *ret)
{
    const snapshot_t *s = capture_current(d->capture);
    const process_snapshot_t *p = &record->last;
    const details_message_t *last = last_details_get(d->last, p->pid, p->start_time, record->owner,
            see_private, record->exited_ms - MIN(record->exited_ms, (uint64_t) LAST_MS));
    size_t len;
    const char *name = intern_get(s->strings, (uint32_t) p->name, &len);

    *ret = last ? *last : (details_message_t){0};
    if (!last || !last->has.breakdown_ms)
        set_exit(ret, record, s->strings, see_private);
    MESSAGE_SET_TEXT(ret, name, name, len);
    MESSAGE_SET(ret, mono_ms, s->system.mono_ms);
    MESSAGE_SET(ret, exited_ms, record->exited_ms);
    set_totals(d, ret, &record->totals, see_private);
}

int details_history(details_t *d, const history_t *history, uint32_t series, uint64_t now_ms,
        uint64_t span_ms, uint64_t step_ms, history_message_t *ret)
{
    return points_of(&d->points, history, series, now_ms, span_ms, step_ms, ret);
}
