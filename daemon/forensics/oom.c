#include "daemon/forensics/oom.h"
#include "common/cleanup.h"
#include "common/format.h"
#include "daemon/forensics/oom_before.h"
#include "daemon/forensics/oom_private.h"
#include "daemon/proc/cgroup.h"
#include "protocol/cursor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EARLIER_MS 2500 // the count is read before processes are: it may lag behind an end
#define LATER_MS   4000 // an end may take its time
#define SETTLE_MS  800  // for more to end before the one who held most is chosen

int oom_new(oom_t **ret, const capture_t *capture, const history_t *history, why_t *why,
        const procfs_t *fs, chronicle_t *chronicle)
{
    oom_t *o = calloc(1, sizeof(*o));
    int r;

    if (!o)
        return -ENOMEM;
    o->capture = capture;
    o->history = history;
    o->why = why;
    o->fs = fs;
    o->chronicle = chronicle;
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
        size_t group = oom_group_of(o, victim);

        if (group < o->n_victims)
            o->victims[group].kills--;
        victim->taken = true;
        e.has |= EVENT_HAS_SIZE;
        e.size_kb = victim->held_kb;
        event_say(&e, "killed for want of memory, holding %s of its own when last seen",
                format_kb(held, sizeof(held), victim->held_kb));
        chronicle_killed(o->chronicle, &e);
    } else {
        event_say(&e, "%" PRIu64 " process%s killed for want of memory, and could not be seen",
                count, count == 1 ? " was" : "es were");
    }
    e.others_at = (uint32_t) strlen(e.text);
    snprintf(e.cgroup, sizeof(e.cgroup), "%s", o->cgroup);
    if (e.cgroup[0])
        event_say(&e, ", at the limit of %s", e.cgroup);
    oom_before(o->why, o->fs, o->cgroup, o->before_ms, o->risen_ms, &e, &before);
    before.number = events_add(chronicle_events(o->chronicle), &e);
    events_keep_before(chronicle_events(o->chronicle), &before);
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
    o->twice += found->whole;
    if (found->limit[0])
        snprintf(o->cgroup, sizeof(o->cgroup), "%.*s", (int) sizeof(o->cgroup) - 1, found->limit);
}

static void take_count(oom_t *o, const system_snapshot_t *y)
{
    if (o->loaded && y->oom_kill > o->count) {
        // Whoever ends now is not the one.
        o->before_ms = o->risen_ms = y->mono_ms;
        tell(o, NULL, y->oom_kill - o->count);
    } else if (o->has_count && y->oom_kill > o->count) {
        // On a host without memory there may be long between two looks.
        if (o->pending == 0)
            o->since_ms = MIN(o->looked_ms[1], y->mono_ms - MIN(y->mono_ms, EARLIER_MS));
        o->pending += y->oom_kill - o->count;
        o->before_ms = o->looked_ms[0];
        o->risen_ms = y->mono_ms;
        take_groups(o);
    }
    o->count = y->oom_kill;
    o->has_count = true;
    o->loaded = false;
}

static void name_victims(oom_t *o, const system_snapshot_t *y)
{
    candidate_t *c;

    oom_add_killed(o, y->mono_ms);
    while (o->pending > 0 && (c = oom_choose(o)) &&
            (c->killed || y->mono_ms >= o->risen_ms + SETTLE_MS)) {
        tell(o, c, 1);
        o->pending--;
    }
    if (o->pending > 0 && y->mono_ms >= o->risen_ms + LATER_MS) {
        if (o->pending > o->twice)
            tell(o, NULL, o->pending - o->twice);
        o->pending = 0;
    }
    if (o->pending == 0) {
        o->cgroup[0] = '\0';
        o->n_victims = o->twice = 0;
    }
}

void oom_tick(oom_t *o)
{
    const system_snapshot_t *y = &capture_current(o->capture)->system;

    if (SYSTEM_KNOWN(y, oom_kill))
        take_count(o, y);
    if (o->pending > 0)
        name_victims(o, y);
    o->looked_ms[1] = o->looked_ms[0];
    o->looked_ms[0] = y->mono_ms;
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
