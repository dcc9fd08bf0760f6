// One that leaks, is restarted and leaks again: what is told of those before it.

#include "common/cleanup.h"
#include "common/format.h"
#include "common/procmap.h"
#include "daemon/forensics/chronicle_private.h"

#include <stdio.h>

#define OF_LATE_MS 15000

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

void chronicle_tell_story(chronicle_t *c, event_t *e, const process_snapshot_t *p)
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

void chronicle_keep_growing(
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

static const story_t *go_on_with_story(
        chronicle_t *c, const process_snapshot_t *p, const growing_t *g)
{
    lineage_process_t l = relatives_of(c, p);

    l.since_ms = g->since_ms;
    return lineage_leaks(&c->lineage, &l, g->time_ms, g->growth_kb);
}

void chronicle_finish_story(chronicle_t *c, uint32_t slot, const exit_record_t *record)
{
    const process_snapshot_t *p = &record->last;

    if (p->tags & (TAG_LEAK | TAG_LEAK_SUSPECTED))
        chronicle_keep_growing(c, slot, p, record->exited_ms);
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
        chronicle_keep_growing(c, slot, p, e->time_ms);
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
