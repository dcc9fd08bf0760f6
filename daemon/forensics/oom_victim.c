// Who it was that an OOM kill ended: those are remembered who ended of late.

#include "common/cleanup.h"
#include "common/file.h"
#include "daemon/forensics/oom_private.h"
#include "daemon/proc/pid_stat.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define HELD_S   15 // what it held is what it held at most in so many seconds
#define LEAST_KB 1024
#define KILLED   16 // who was killed counts like one who held so many times as much

static void take_highest(void *user, uint64_t first_s, uint32_t count, const history_value_t *value)
{
    uint64_t *highest = user;

    (void) first_s;
    (void) count;
    if (value)
        *highest = MAX(*highest, value->private_max);
}

static uint64_t held_by(const oom_t *o, const process_snapshot_t *p, uint64_t time_ms)
{
    uint32_t series = history_find(o->history, p->pid, p->start_time);
    uint64_t now_s = time_ms / 1000, held = 0, last;
    uint64_t since_s = MIN(now_s - MIN(now_s, (uint64_t) HELD_S), o->looked_ms[1] / 1000);

    if (snapshot_private_kb(p, &last))
        held = last;
    if (series != HISTORY_NONE)
        history_read(o->history, series, 0, since_s, now_s, take_highest, &held);
    return held;
}

static candidate_t *find_candidate(oom_t *o, const process_snapshot_t *p)
{
    for (size_t i = 0; i < OOM_RECENT; i++)
        if (o->recent[i].event.pid == p->pid && o->recent[i].event.start_time == p->start_time)
            return &o->recent[i];
    return NULL;
}

static candidate_t *add_candidate(
        oom_t *o, const process_snapshot_t *p, owner_t owner, uint64_t time_ms, uint64_t held_kb)
{
    candidate_t *c = &o->recent[o->next];

    o->next = (o->next + 1) % OOM_RECENT;
    *c = (candidate_t){.held_kb = held_kb, .time_ms = time_ms};
    c->event = event_of(EVENT_OOM_KILL, time_ms, p, owner, capture_current(o->capture)->strings);
    return c;
}

void oom_exit(oom_t *o, const exit_record_t *record)
{
    uint64_t held = held_by(o, &record->last, record->exited_ms);

    if (held >= LEAST_KB && !find_candidate(o, &record->last))
        add_candidate(o, &record->last, record->owner, record->exited_ms, held);
}

static bool was_killed(const oom_t *o, uint64_t pid)
{
    char path[64], text[1024];
    uint64_t status;
    ssize_t n;

    snprintf(path, sizeof(path), "%" PRIu64 "/stat", pid);
    n = file_read_at(o->fs->fd, path, text, sizeof(text));
    return n > 0 && pid_stat_parse_exit(text, (size_t) n, &status) == 0 &&
           (status & 0x7f) == SIGKILL;
}

void oom_add_killed(oom_t *o, uint64_t now_ms)
{
    const snapshot_t *s = capture_current(o->capture);

    for (uint32_t slot = 0; slot < s->n_slots; slot++) {
        const process_snapshot_t *p = &s->processes[slot];
        uint64_t held;

        if (p->known == 0 || p->flags & PROCESS_KERNEL_THREAD || find_candidate(o, p))
            continue;
        held = held_by(o, p, now_ms);
        if (held >= LEAST_KB && was_killed(o, p->pid))
            add_candidate(o, p, capture_owner(o->capture, slot), now_ms, held)->killed = true;
    }
}

size_t oom_group_of(const oom_t *o, const candidate_t *c)
{
    size_t i = 0;

    while (i < o->n_victims &&
            (o->victims[i].kills == 0 || o->victims[i].len != c->event.unit_len ||
                    memcmp(o->victims[i].unit, c->event.unit, c->event.unit_len) != 0))
        i++;
    return i;
}

static bool is_known_group(const oom_t *o)
{
    for (size_t i = 0; i < o->n_victims; i++)
        if (o->victims[i].kills > 0)
            return true;
    return false;
}

static uint64_t weight(const candidate_t *c)
{
    return c->killed ? c->held_kb * KILLED : c->held_kb;
}

candidate_t *oom_choose(oom_t *o)
{
    bool by_group = is_known_group(o);
    candidate_t *best = NULL;

    for (size_t i = 0; i < OOM_RECENT; i++) {
        candidate_t *c = &o->recent[i];

        if (c->event.pid == 0 || c->taken || c->time_ms < o->since_ms)
            continue;
        // The group that lost somebody may have been removed since.
        if (by_group ? oom_group_of(o, c) == o->n_victims
                     : cgroup_oom_spared(o->groups, c->event.unit, c->event.unit_len))
            continue;
        if (!best || weight(c) > weight(best))
            best = c;
    }
    return best;
}
