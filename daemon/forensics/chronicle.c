#include "daemon/forensics/chronicle.h"
#include "common/cleanup.h"
#include "common/format.h"
#include "common/procmap.h"
#include "daemon/forensics/lineage.h"
#include "daemon/forensics/receipts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BIG_EXIT_KB       (64 * 1024)
#define BIG_EXIT_FRACTION 200 // of RAM
#define ZOMBIES_PER_TICK  32  // events; what is more, the parent's event counts
#define GROWING_MAX       16  // of those that ended of late
#define OF_LATE_MS        15000

// Who was growing until it ended, or gave back what it had as it does on its way out, if it was
// only suspected or not.
typedef struct {
    uint64_t pid, start_time, time_ms;
    uint64_t since_ms, growth_kb;
} growing_t;

struct chronicle {
    capture_t *capture;
    tags_t *tags;
    const procfs_t *fs;
    events_t *events;
    lineage_t lineage;
    bool loaded;      // lineage, since the last tick
    unsigned zombies; // of this tick
    growing_t growing[GROWING_MAX];
    size_t next_growing;
};

// ---- Tags --------------------------------------------------------------------------------------

static lineage_process_t relatives_of(const chronicle_t *c, const process_snapshot_t *p)
{
    const snapshot_t *s = capture_current(c->capture);
    uint32_t parent = capture_find(c->capture, p->ppid, 0);
    lineage_process_t l = {.pid = p->pid, .start_time = p->start_time, .ppid = p->ppid};

    l.name = intern_get(s->strings, (uint32_t) p->name, &l.name_len);
    l.unit = intern_get(s->strings, (uint32_t) p->unit, &l.unit_len);
    if (parent != PROCMAP_NONE)
        l.parent_start_time = s->processes[parent].start_time;
    return l;
}

static const char *ordinal(uint64_t n)
{
    static const char *const endings[] = {"th", "st", "nd", "rd"};

    return n % 100 / 10 == 1 || n % 10 > 3 ? endings[0] : endings[n % 10];
}

// "; 2nd run in a row of db.service that leaks: 1.2 GB lost in 3 min", for the `times`-th of its
// story, which took `grew_kb` in all.
static void format_story(const story_t *story, uint64_t times, uint64_t grew_kb, uint64_t now_ms,
        char *buf, size_t cap)
{
    char since[FORMAT_MAX], grown[FORMAT_MAX];
    bool in_a_row = story->in_a_row && (times == story->times || story->ended);

    snprintf(buf, cap, "; %llu%s %s of %.*s that leaks: %s lost in %s", (unsigned long long) times,
            ordinal(times), in_a_row ? "run in a row" : "process",
            (int) (story->by_unit ? story->unit_len : story->name_len),
            story->by_unit ? story->unit : story->name, format_kb(grown, sizeof(grown), grew_kb),
            format_duration(since, sizeof(since), (now_ms - MIN(now_ms, story->first_ms)) / 1000));
}

static void set_story(event_t *e, const story_t *story, uint64_t times, uint64_t grew_kb)
{
    char text[CHRONICLE_STORY_MAX];

    if (!story || times < 2)
        return;
    e->has |= EVENT_HAS_STORY;
    e->story = times;
    e->story_ms = story->first_ms;
    e->story_kb = grew_kb;
    format_story(story, times, grew_kb, e->time_ms, text, sizeof(text));
    event_say(e, "%s", text);
}

void chronicle_story(const chronicle_t *c, const process_snapshot_t *p, uint64_t growth_kb,
        uint64_t now_ms, char *buf, size_t cap)
{
    const lineage_process_t l = relatives_of(c, p);
    const story_t *story = lineage_story(&c->lineage, &l);
    uint64_t place = story ? lineage_place(story, l.pid, l.start_time) : 0, grew_kb;

    buf[0] = '\0';
    if (!story || place == 1)
        return;
    grew_kb = story->before + story->grew_kb + (place ? 0 : growth_kb);
    format_story(story, place ? place : story->times + 1, grew_kb, now_ms, buf, cap);
}

// The story so far, told with the event; a process that is only suspected does not go on with it,
// unless it grows until it is killed for want of memory.
static void tell_story(chronicle_t *c, event_t *e, const process_snapshot_t *p)
{
    lineage_process_t l = relatives_of(c, p);
    const story_t *story;

    l.since_ms = e->has & EVENT_HAS_SINCE ? e->since_ms : 0;
    if (e->kind == EVENT_SET) {
        story = lineage_leaks(&c->lineage, &l, e->time_ms, e->size_kb);
        set_story(e, story, lineage_place(story, l.pid, l.start_time),
                story->before + story->grew_kb);
        return;
    }
    story = lineage_find(&c->lineage, &l);
    if (story)
        set_story(e, story, story->times + 1, story->before + story->grew_kb + e->size_kb);
}

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

static void keep_growing(
        chronicle_t *c, uint32_t slot, const process_snapshot_t *p, uint64_t now_ms)
{
    leak_receipt_t r;

    tags_leak_receipt(c->tags, slot, now_ms, UINT64_MAX, &r);
    c->growing[c->next_growing++ % GROWING_MAX] = (growing_t){.pid = p->pid,
            .start_time = p->start_time,
            .time_ms = now_ms,
            .since_ms = r.since_ms,
            .growth_kb = r.growth_kb};
}

static const growing_t *find_growing(const chronicle_t *c, const event_t *e)
{
    for (size_t i = 0; i < GROWING_MAX; i++) {
        const growing_t *g = &c->growing[i];

        if (g->pid == e->pid && g->start_time == e->start_time &&
                g->time_ms + OF_LATE_MS >= e->time_ms)
            return g;
    }
    return NULL;
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
        tell_story(c, &e, p);
    else if (tag == TAG_LEAK)
        keep_growing(c, slot, p, e.time_ms);
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

static const story_t *go_on_with_story(
        chronicle_t *c, const process_snapshot_t *p, const growing_t *g)
{
    lineage_process_t l = relatives_of(c, p);

    l.since_ms = g->since_ms;
    return lineage_leaks(&c->lineage, &l, g->time_ms, g->growth_kb);
}

static void finish_story(chronicle_t *c, uint32_t slot, const exit_record_t *record)
{
    const process_snapshot_t *p = &record->last;

    if (p->tags & (TAG_LEAK | TAG_LEAK_SUSPECTED))
        keep_growing(c, slot, p, record->exited_ms);
    if (p->tags & TAG_LEAK)
        go_on_with_story(c, p, &c->growing[(c->next_growing - 1) % GROWING_MAX]);
    lineage_ends(&c->lineage, p->pid, p->start_time);
}

// It may be gone, or take some seconds to end.
static const story_t *story_of_killed(chronicle_t *c, const event_t *e)
{
    uint32_t slot = capture_find(c->capture, e->pid, e->start_time);
    const exit_record_t *record = capture_find_exit(c->capture, e->pid, e->start_time);
    const process_snapshot_t *p = slot != PROCMAP_NONE
                                          ? &capture_current(c->capture)->processes[slot]
                                  : record ? &record->last
                                           : NULL;
    const story_t *story;
    const growing_t *g;

    if (slot != PROCMAP_NONE && p->tags & (TAG_LEAK | TAG_LEAK_SUSPECTED))
        keep_growing(c, slot, p, e->time_ms);
    g = find_growing(c, e);
    if (!p || !g)
        return NULL;
    story = go_on_with_story(c, p, g);
    if (slot == PROCMAP_NONE)
        lineage_ends(&c->lineage, e->pid, e->start_time);
    return story;
}

void chronicle_killed(chronicle_t *c, event_t *e)
{
    const story_t *story = story_of_killed(c, e);

    if (story)
        set_story(e, story, lineage_place(story, e->pid, e->start_time),
                story->before + story->grew_kb);
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

    finish_story(c, slot, record);
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
