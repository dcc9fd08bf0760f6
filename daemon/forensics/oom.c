#include "daemon/forensics/oom.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/format.h"
#include "daemon/forensics/oom_before.h"
#include "daemon/proc/cgroup.h"
#include "daemon/proc/cgroup_oom.h"
#include "protocol/cursor.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECENT     64
#define EARLIER_MS 2500 // the count is read before processes are: it may lag behind an end
#define LATER_MS   4000 // an end may take its time
#define SETTLE_MS  800  // for more to end before the one who held most is chosen
#define HELD_S     15   // what it held is what it held at most in so many seconds
#define LEAST_KB   1024

// Who ended, or became a zombie, of late.
typedef struct {
    event_t event; // says who it is
    uint64_t held_kb, time_ms;
    bool taken;  // for the victim of a kill
    bool killed; // by signal 9, for sure
} candidate_t;

struct oom {
    const capture_t *capture;
    const history_t *history;
    why_t *why;
    const procfs_t *fs;
    events_t *events;
    cgroup_oom_t *groups;
    uint64_t count; // of the kernel
    bool has_count;
    bool loaded; // and not compared with the kernel's yet
    uint64_t pending, risen_ms;
    char cgroup[EVENT_CGROUP_MAX]; // of the pending ones
    struct {
        char unit[EVENT_UNIT_MAX];
        size_t len;
        uint64_t kills; // not told yet
    } victims[CGROUP_OOM_VICTIMS];
    size_t n_victims;
    candidate_t recent[RECENT];
    size_t next;
};

int oom_new(oom_t **ret, const capture_t *capture, const history_t *history, why_t *why,
        const procfs_t *fs, events_t *events)
{
    oom_t *o = calloc(1, sizeof(*o));
    int r;

    if (!o)
        return -ENOMEM;
    o->capture = capture;
    o->history = history;
    o->why = why;
    o->fs = fs;
    o->events = events;
    r = cgroup_oom_new(&o->groups, fs->cgroup_fd);
    if (r < 0) {
        free(o);
        return r;
    }
    cgroup_oom_look(o->groups);
    *ret = o;
    return 0;
}

void oom_free(oom_t *o)
{
    if (!o)
        return;
    cgroup_oom_free(o->groups);
    free(o);
}

// ---- Candidates --------------------------------------------------------------------------------

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

    if (snapshot_private_kb(p, &last))
        held = last;
    if (series != HISTORY_NONE)
        history_read(o->history, series, 0, now_s - MIN(now_s, (uint64_t) HELD_S), now_s,
                take_highest, &held);
    return held;
}

static candidate_t *find_candidate(oom_t *o, const process_snapshot_t *p)
{
    for (size_t i = 0; i < RECENT; i++)
        if (o->recent[i].event.pid == p->pid && o->recent[i].event.start_time == p->start_time)
            return &o->recent[i];
    return NULL;
}

static candidate_t *add_candidate(
        oom_t *o, const process_snapshot_t *p, owner_t owner, uint64_t time_ms, uint64_t held_kb)
{
    candidate_t *c = &o->recent[o->next];

    o->next = (o->next + 1) % RECENT;
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

// The last field but none of stat is the exit code, which only those see who may trace it.
static bool was_killed(const oom_t *o, uint64_t pid)
{
    char path[64], text[1024], *at;
    ssize_t n;
    int field = 3;

    snprintf(path, sizeof(path), "%" PRIu64 "/stat", pid);
    n = file_read_at(o->fs->fd, path, text, sizeof(text));
    at = n > 0 ? strrchr(text, ')') : NULL;
    if (!at)
        return false;
    for (at += 2; field < 52 && at; field++) {
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    return at && (strtoul(at, NULL, 10) & 0x7f) == SIGKILL;
}

static void add_zombies(oom_t *o, uint64_t now_ms)
{
    const snapshot_t *s = capture_current(o->capture);

    for (uint32_t slot = 0; slot < s->n_slots; slot++) {
        const process_snapshot_t *p = &s->processes[slot];
        uint64_t held;

        if (p->known == 0 || !snapshot_is_zombie(p) || find_candidate(o, p))
            continue;
        held = held_by(o, p, now_ms);
        if (held >= LEAST_KB && was_killed(o, p->pid))
            add_candidate(o, p, capture_owner(o->capture, slot), now_ms, held)->killed = true;
    }
}

// The index of the group that lost a process and that it was in, or n_victims.
static size_t group_of(const oom_t *o, const candidate_t *c)
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

// The one that was killed for sure, or held most; where groups are known to have lost processes,
// one of those. NULL: none is left.
static candidate_t *choose(oom_t *o)
{
    bool by_group = is_known_group(o);
    candidate_t *best = NULL;

    for (size_t i = 0; i < RECENT; i++) {
        candidate_t *c = &o->recent[i];

        if (c->event.pid == 0 || c->taken || c->time_ms + EARLIER_MS < o->risen_ms)
            continue;
        // The group that lost somebody may have been removed since.
        if (by_group ? group_of(o, c) == o->n_victims
                     : cgroup_oom_spared(o->groups, c->event.unit, c->event.unit_len))
            continue;
        if (!best || (c->killed && !best->killed) ||
                (c->killed == best->killed && c->held_kb > best->held_kb))
            best = c;
    }
    return best;
}

// ---- Events ------------------------------------------------------------------------------------

static void tell(oom_t *o, candidate_t *victim, uint64_t count)
{
    event_t e = victim ? victim->event : (event_t){.kind = EVENT_OOM_KILL, .time_ms = o->risen_ms};
    char held[FORMAT_MAX];
    event_before_t before;

    e.has |= EVENT_HAS_COUNT;
    e.count = count;
    e.time_ms = MIN(e.time_ms, o->risen_ms);
    if (victim) {
        size_t group = group_of(o, victim);

        if (group < o->n_victims)
            o->victims[group].kills--;
        victim->taken = true;
        e.has |= EVENT_HAS_SIZE;
        e.size_kb = victim->held_kb;
        event_say(&e, "killed for want of memory, holding %s of its own when last seen",
                format_kb(held, sizeof(held), victim->held_kb));
    } else {
        event_say(&e, "%" PRIu64 " process%s killed for want of memory, and could not be seen",
                count, count == 1 ? " was" : "es were");
    }
    snprintf(e.cgroup, sizeof(e.cgroup), "%s", o->cgroup);
    if (e.cgroup[0])
        event_say(&e, ", at the limit of %s", e.cgroup);
    oom_before(o->why, o->fs, o->cgroup, o->risen_ms, &e, &before);
    before.number = events_add(o->events, &e);
    events_keep_before(o->events, &before);
}

static void take_groups(oom_t *o)
{
    const cgroup_kills_t *found = cgroup_oom_look(o->groups);

    for (size_t i = 0; i < found->n_victims && o->n_victims < CGROUP_OOM_VICTIMS; i++) {
        const char *path = found->victims[i].path, *unit;
        size_t at = o->n_victims, len;

        cgroup_unit_of(path, strlen(path), &unit, &len);
        if (len == 0)
            continue; // of no group: it may have been anybody
        o->victims[at].len = MIN(len, sizeof(o->victims[at].unit));
        memcpy(o->victims[at].unit, unit, o->victims[at].len);
        o->victims[at].kills = found->victims[i].kills;
        o->n_victims++;
    }
    if (found->limit[0])
        snprintf(o->cgroup, sizeof(o->cgroup), "%.*s", (int) sizeof(o->cgroup) - 1, found->limit);
}

static void take_count(oom_t *o, const system_snapshot_t *y)
{
    if (o->loaded && y->oom_kill > o->count) {
        // Whoever ends now is not the one.
        o->risen_ms = y->mono_ms;
        tell(o, NULL, y->oom_kill - o->count);
    } else if (o->has_count && y->oom_kill > o->count) {
        o->pending += y->oom_kill - o->count;
        o->risen_ms = y->mono_ms;
        take_groups(o);
    }
    o->count = y->oom_kill;
    o->has_count = true;
    o->loaded = false;
}

void oom_tick(oom_t *o)
{
    const system_snapshot_t *y = &capture_current(o->capture)->system;
    candidate_t *c;

    if (SYSTEM_KNOWN(y, oom_kill))
        take_count(o, y);
    if (o->pending == 0)
        return;
    add_zombies(o, y->mono_ms);
    while (o->pending > 0 && (c = choose(o)) &&
            (c->killed || y->mono_ms >= o->risen_ms + SETTLE_MS)) {
        tell(o, c, 1);
        o->pending--;
    }
    if (o->pending > 0 && y->mono_ms >= o->risen_ms + LATER_MS) {
        tell(o, NULL, o->pending);
        o->pending = 0;
    }
    if (o->pending == 0) {
        o->cgroup[0] = '\0';
        o->n_victims = 0;
    }
}

// ---- Restart -----------------------------------------------------------------------------------

uint64_t oom_layout(void)
{
    return 1;
}

void oom_save(const oom_t *o, buffer_t *out)
{
    uint64_t told = o->count - o->pending;

    if (o->has_count)
        buffer_put(out, &told, sizeof(told));
}

int oom_load(oom_t *o, const void *data, size_t len)
{
    o->loaded = len == sizeof(o->count);
    if (o->loaded)
        memcpy(&o->count, data, len);
    return o->loaded || len == 0 ? 0 : -EBADMSG;
}
