#include "daemon/forensics/chronicle.h"
#include "common/cleanup.h"
#include "common/format.h"
#include "common/procmap.h"
#include "daemon/forensics/chronicle_private.h"
#include "daemon/forensics/receipts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BIG_EXIT_KB       (64 * 1024)
#define BIG_EXIT_FRACTION 200 // of RAM
#define ZOMBIES_PER_TICK  32  // events; what is more, the parent's event counts

// ---- Tags --------------------------------------------------------------------------------------

static event_t about(const chronicle_t *c, uint32_t slot, uint64_t tag, unsigned kind)
{
    const snapshot_t *s = capture_current(c->capture);
    const process_snapshot_t *p = &s->processes[slot];
    event_t e = event_of(kind, s->system.mono_ms, p, capture_owner(c->capture, slot), s->strings);

    e.tag = tag;
    receipts_fill(&e, c->tags, s, slot,
            tag == TAG_LEAK ? receipts_headroom_of(c->fs, &s->system, p->pid) : UINT64_MAX);
    return e;
}

static void on_changed(void *user, uint32_t slot, uint64_t tag, tag_news_t change)
{
    chronicle_t *c = user;
    const process_snapshot_t *p = &capture_current(c->capture)->processes[slot];
    event_t e;

    if (tag == TAG_ZOMBIE && c->zombies++ >= ZOMBIES_PER_TICK)
        return;
    e = about(c, slot, tag, receipts_event_kind(change));
    if (change == TAG_WAS_DROPPED)
        e.has |= EVENT_ONLY_SUSPECTED;
    if (tag == TAG_LEAK && e.kind != EVENT_CLEARED)
        chronicle_tell_story(c, &e, p);
    else if (tag == TAG_LEAK)
        chronicle_keep_growing(c, slot, p, e.time_ms);
    events_add(c->events, &e);
}

// ---- Exits -------------------------------------------------------------------------------------

static bool is_big(const chronicle_t *c, uint64_t kb)
{
    uint64_t total = capture_current(c->capture)->system.mem_total_kb;

    return kb >= MAX((uint64_t) BIG_EXIT_KB, total / BIG_EXIT_FRACTION);
}

typedef struct {
    chronicle_t *chronicle;
    uint32_t slot;
    const exit_record_t *record;
} ending_t;

// What it had is cleared, each with an event of its own.
static void on_ended(void *user, uint64_t tag)
{
    const ending_t *ending = user;
    chronicle_t *c = ending->chronicle;
    const process_snapshot_t *p = &ending->record->last;
    event_t e;

    if (tag == TAG_ZOMBIE && c->zombies++ >= ZOMBIES_PER_TICK)
        return;
    e = event_of(EVENT_CLEARED, ending->record->exited_ms, p, ending->record->owner,
            capture_current(c->capture)->strings);
    e.tag = tag;
    if (tag == TAG_LEAK && !(p->tags & TAG_LEAK))
        e.has |= EVENT_ONLY_SUSPECTED;
    receipts_fill_ended(&e, c->tags, ending->slot, e.time_ms);
    events_add(c->events, &e);
}

// One that was seen on its way out held nothing any more: what it had held at most says more then.
static void say_exit(event_t *e, uint64_t private_kb, uint64_t peak_kb)
{
    char held[FORMAT_MAX], peak[FORMAT_MAX], age[FORMAT_MAX];

    event_say(e, "ended");
    if (e->has & EVENT_HAS_SINCE)
        event_say(e, " %s after its start",
                format_duration(
                        age, sizeof(age), (e->time_ms - MIN(e->time_ms, e->since_ms)) / 1000));
    if (private_kb > 0)
        event_say(e, ", holding %s of its own", format_kb(held, sizeof(held), private_kb));
    if (peak_kb > private_kb + private_kb / 20)
        event_say(e, "%s %s at most", private_kb > 0 ? "," : ", having held",
                format_kb(peak, sizeof(peak), peak_kb));
    if (e->tag & TAG_LEAK)
        event_say(e, ", while it leaked");
}

void chronicle_exit(chronicle_t *c, uint32_t slot, const exit_record_t *record, uint64_t peak_kb)
{
    const process_snapshot_t *p = &record->last;
    bool leaked = (p->tags & TAG_LEAK) != 0;
    uint64_t private_kb = 0;
    event_t e;

    chronicle_finish_story(c, slot, record);
    receipts_ended(p->tags, on_ended, &(ending_t){c, slot, record});
    peak_kb = MAX(peak_kb, p->hwm_kb);
    if (!leaked && !is_big(c, peak_kb))
        return;
    e = event_of(
            EVENT_EXIT, record->exited_ms, p, record->owner, capture_current(c->capture)->strings);
    e.tag = p->tags & (TAG_LEAK | TAG_LEAK_SUSPECTED | TAG_SPIKE);
    e.has |= EVENT_HAS_PEAK;
    e.since_ms = p->start_time * 1000 / c->fs->clock_hz;
    // A recording may not tell when it started: then it did so after all times.
    if (e.since_ms <= record->exited_ms)
        e.has |= EVENT_HAS_SINCE;
    if (snapshot_private_kb(p, &private_kb))
        e.has |= EVENT_HAS_SIZE;
    e.size_kb = private_kb;
    e.peak_kb = peak_kb;
    say_exit(&e, private_kb, peak_kb);
    events_add(c->events, &e);
}

// ---- Life --------------------------------------------------------------------------------------

int chronicle_new(
        chronicle_t **ret, capture_t *capture, tags_t *tags, const procfs_t *fs, uint64_t now_ms)
{
    chronicle_t *c = calloc(1, sizeof(*c));
    int r;

    if (!c)
        return -ENOMEM;
    c->capture = capture;
    c->tags = tags;
    c->fs = fs;
    r = events_new(&c->events, now_ms);
    if (r < 0) {
        free(c);
        return r;
    }
    tags_notify(tags, on_changed, c);
    *ret = c;
    return 0;
}

void chronicle_free(chronicle_t *c)
{
    if (!c)
        return;
    events_free(c->events);
    free(c);
}

// Who ended while nobody looked.
static void end_the_gone(chronicle_t *c)
{
    for (size_t i = 0; i < c->lineage.count; i++) {
        lineage_run_t last = *lineage_last(&c->lineage.stories[i]);

        if (capture_find(c->capture, last.pid, last.start_time) == PROCMAP_NONE)
            lineage_ends(&c->lineage, last.pid, last.start_time);
    }
}

void chronicle_tick(chronicle_t *c)
{
    c->zombies = 0;
    if (c->loaded)
        end_the_gone(c);
    c->loaded = false;
}

int chronicle_load_lineage(chronicle_t *c, const void *data, size_t len)
{
    c->loaded = true;
    return lineage_load(&c->lineage, data, len);
}

const lineage_t *chronicle_lineage(const chronicle_t *c)
{
    return &c->lineage;
}

events_t *chronicle_events(chronicle_t *c)
{
    return c->events;
}
