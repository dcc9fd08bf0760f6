#include "daemon/forensics/chronicle.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/format.h"
#include "common/procmap.h"
#include "daemon/forensics/lineage.h"
#include "daemon/proc/cgroup.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define BIG_EXIT_KB       (64 * 1024)
#define BIG_EXIT_FRACTION 200 // of RAM
#define ZOMBIES_PER_TICK  32  // events; what is more, the parent's event counts

struct chronicle {
    capture_t *capture;
    tags_t *tags;
    const procfs_t *fs;
    events_t *events;
    lineage_t lineage;
    unsigned zombies; // of this tick
};

_Static_assert((int) RULED_OUT_FILE_PAGES == (int) LEAK_RULED_FILE_PAGES &&
                       (int) RULED_OUT_SWAP_IN == (int) LEAK_RULED_SWAP_IN &&
                       (int) RULED_OUT_WARMUP == (int) LEAK_RULED_WARMUP &&
                       (int) RULED_OUT_SAWTOOTH == (int) LEAK_RULED_SAWTOOTH &&
                       (int) RULED_OUT_CACHE == (int) LEAK_RULED_CACHE &&
                       (int) RULED_OUT_STEPS == (int) LEAK_RULED_STEPS &&
                       (int) RULED_OUT_NOISE == (int) LEAK_RULED_NOISE,
        "the wire and the rule name the same explanations");

// ---- Tags --------------------------------------------------------------------------------------

static uint64_t headroom_of(const chronicle_t *c, uint64_t pid)
{
    const system_snapshot_t *y = &capture_current(c->capture)->system;
    uint64_t headroom = UINT64_MAX, limit, used;

    if (SYSTEM_KNOWN(y, mem_available_kb))
        headroom = y->mem_available_kb + y->swap_free_kb;
    if (cgroup_memory_limit_of(c->fs, pid, &limit, &used) == 0)
        headroom = MIN(headroom, limit - MIN(limit, used));
    return headroom;
}

static uint64_t bytes_per_second(double kb_s)
{
    return kb_s > 0 ? (uint64_t) llround(kb_s * 1024) : 0;
}

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

static void set_story(event_t *e, const story_t *story, uint64_t times, uint64_t grew_kb)
{
    char since[FORMAT_MAX], grown[FORMAT_MAX];

    if (!story || times < 2)
        return;
    e->has |= EVENT_HAS_STORY;
    e->story = times;
    e->story_ms = story->first_ms;
    e->story_kb = grew_kb;
    event_say(e, "; number %llu of this %s to leak within %s, %s in all",
            (unsigned long long) times, story->by_unit ? "service" : "program",
            format_duration(since, sizeof(since), (e->time_ms - story->first_ms) / 1000),
            format_kb(grown, sizeof(grown), grew_kb));
}

// The story so far, told with the event; a process that is only suspected does not go on with it.
static void tell_story(
        chronicle_t *c, event_t *e, const process_snapshot_t *p, leak_tag_t tag, uint64_t growth_kb)
{
    lineage_process_t l = relatives_of(c, p);
    const story_t *story;

    if (tag == LEAK_SET) {
        story = lineage_leaks(&c->lineage, &l, e->time_ms, growth_kb);
        set_story(e, story, story->times, story->before + story->grew_kb);
        return;
    }
    story = lineage_find(&c->lineage, &l);
    if (story)
        set_story(e, story, story->times + 1, story->before + story->grew_kb + growth_kb);
}

static void add_leak(chronicle_t *c, uint32_t slot, event_t *e, const process_snapshot_t *p)
{
    uint64_t now_ms = capture_current(c->capture)->system.mono_ms;
    leak_receipt_t r;

    tags_leak_receipt(c->tags, slot, now_ms, headroom_of(c, p->pid), &r);
    leak_format(&r, now_ms, e->text, sizeof(e->text));
    if (r.since_ms > 0) {
        e->has |= EVENT_HAS_SINCE | EVENT_HAS_SIZE;
        e->since_ms = r.since_ms;
        e->size_kb = r.growth_kb;
    }
    if (r.rate_kb_s > 0) {
        e->has |= EVENT_HAS_RATE;
        e->rate = bytes_per_second(r.rate_kb_s);
        e->rate_low = bytes_per_second(r.rate_low_kb_s);
        e->rate_high = bytes_per_second(r.rate_high_kb_s);
    }
    if (e->kind != EVENT_CLEARED) {
        e->has |= EVENT_HAS_CONFIDENCE;
        e->confidence = r.confidence;
        e->ruled_out = r.ruled_out;
        tell_story(c, e, p, r.tag, r.growth_kb);
    }
    if (r.tag != LEAK_NONE && r.left_s != UINT64_MAX) {
        e->has |= EVENT_HAS_LEFT;
        e->left_s = r.left_s;
    }
    events_add(c->events, e);
}

static void add_spike(chronicle_t *c, uint32_t slot, event_t *e)
{
    spike_receipt_t r;

    if (tags_spike_receipt(c->tags, slot, &r)) {
        bool over = e->kind == EVENT_CLEARED;

        e->has |= EVENT_HAS_SINCE | EVENT_HAS_SIZE | EVENT_HAS_DURATION;
        e->since_ms = r.since_ms;
        e->size_kb = r.height_kb;
        e->duration_ms = over ? e->time_ms - MIN(e->time_ms, r.since_ms) : r.rise_s * 1000;
        if (over && r.outcome != SPIKE_OPEN) {
            e->has |= EVENT_HAS_OUTCOME;
            e->given_back = r.outcome == SPIKE_RETURNED;
        }
        spike_format(&r, e->text, sizeof(e->text));
    }
    events_add(c->events, e);
}

static void add_zombie(chronicle_t *c, uint32_t slot, event_t *e)
{
    const snapshot_t *s = capture_current(c->capture);
    zombie_receipt_t r;

    if (e->kind == EVENT_CLEARED) {
        event_say(e, e->tag == TAG_ZOMBIE ? "it was reaped" : "all of its zombies were reaped");
    } else if (tags_zombie_receipt(c->tags, s, slot, s->system.mono_ms, &r)) {
        e->has |= EVENT_HAS_SINCE;
        e->since_ms = r.since_ms;
        if (e->tag == TAG_UNREAPED) {
            e->has |= EVENT_HAS_COUNT;
            e->count = r.count;
        }
        zombie_format(&r, s->system.mono_ms, e->text, sizeof(e->text));
    }
    events_add(c->events, e);
}

static void on_changed(void *user, uint32_t slot, uint64_t tag, tag_news_t change)
{
    static const unsigned kinds[] = {[TAG_SUSPECTED] = EVENT_SUSPECTED,
            [TAG_WAS_SET] = EVENT_SET,
            [TAG_WAS_CLEARED] = EVENT_CLEARED};
    chronicle_t *c = user;
    const snapshot_t *s = capture_current(c->capture);
    const process_snapshot_t *p = &s->processes[slot];
    event_t e = event_of(
            kinds[change], s->system.mono_ms, p, capture_owner(c->capture, slot), s->strings);

    e.tag = tag;
    if (tag == TAG_LEAK)
        add_leak(c, slot, &e, p);
    else if (tag == TAG_SPIKE)
        add_spike(c, slot, &e);
    else if (tag == TAG_UNREAPED || c->zombies++ < ZOMBIES_PER_TICK)
        add_zombie(c, slot, &e);
}

// ---- Exits -------------------------------------------------------------------------------------

static bool is_big(const chronicle_t *c, uint64_t kb)
{
    uint64_t total = capture_current(c->capture)->system.mem_total_kb;

    return kb >= MAX((uint64_t) BIG_EXIT_KB, total / BIG_EXIT_FRACTION);
}

// What it had is cleared, each with an event of its own.
static void clear_tags(chronicle_t *c, const exit_record_t *record)
{
    const process_snapshot_t *p = &record->last;

    static const uint64_t tags[] = {TAG_LEAK, TAG_SPIKE, TAG_ZOMBIE, TAG_UNREAPED};

    for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
        uint64_t mask = tags[i] == TAG_LEAK ? TAG_LEAK | TAG_LEAK_SUSPECTED : tags[i];
        event_t e;

        if (!(p->tags & mask) || (tags[i] == TAG_ZOMBIE && c->zombies++ >= ZOMBIES_PER_TICK))
            continue;
        e = event_of(EVENT_CLEARED, record->exited_ms, p, record->owner,
                capture_current(c->capture)->strings);
        e.tag = tags[i];
        event_say(&e, tags[i] == TAG_ZOMBIE ? "it was reaped" : "the process has ended");
        events_add(c->events, &e);
    }
}

static void finish_story(chronicle_t *c, uint32_t slot, const exit_record_t *record)
{
    uint64_t now_ms = record->exited_ms;
    lineage_process_t l = relatives_of(c, &record->last);
    leak_receipt_t r;

    tags_leak_receipt(c->tags, slot, now_ms, UINT64_MAX, &r);
    lineage_leaks(&c->lineage, &l, now_ms, r.growth_kb);
}

void chronicle_exit(chronicle_t *c, uint32_t slot, const exit_record_t *record)
{
    const process_snapshot_t *p = &record->last;
    uint64_t private_kb = 0;
    bool known = snapshot_private_kb(p, &private_kb), leaked = (p->tags & TAG_LEAK) != 0;
    char held[FORMAT_MAX], peak[FORMAT_MAX], age[FORMAT_MAX];
    uint64_t born_ms = p->start_time * 1000 / c->fs->clock_hz;
    event_t e;

    if (leaked)
        finish_story(c, slot, record);
    if (p->tags & (TAG_LEAK | TAG_LEAK_SUSPECTED | TAG_SPIKE | TAG_ZOMBIE | TAG_UNREAPED))
        clear_tags(c, record);
    if (!leaked && !is_big(c, MAX(private_kb, p->hwm_kb)))
        return;
    e = event_of(
            EVENT_EXIT, record->exited_ms, p, record->owner, capture_current(c->capture)->strings);
    e.tag = p->tags & (TAG_LEAK | TAG_LEAK_SUSPECTED | TAG_SPIKE);
    e.since_ms = born_ms;
    e.size_kb = private_kb;
    e.peak_kb = p->hwm_kb;
    e.has |= EVENT_HAS_SINCE | (known ? EVENT_HAS_SIZE : 0) |
             (PROCESS_KNOWN(p, hwm_kb) ? EVENT_HAS_PEAK : 0);
    event_say(&e, "ended %s after its start, holding %s of its own (peak RSS %s)%s",
            format_duration(age, sizeof(age), (e.time_ms - MIN(e.time_ms, born_ms)) / 1000),
            known ? format_kb(held, sizeof(held), private_kb) : "an unknown amount",
            PROCESS_KNOWN(p, hwm_kb) ? format_kb(peak, sizeof(peak), p->hwm_kb) : "unknown",
            leaked ? ", while it leaked" : "");
    events_add(c->events, &e);
}

// ---- Life --------------------------------------------------------------------------------------

int chronicle_new(chronicle_t **ret, capture_t *capture, tags_t *tags, const procfs_t *fs)
{
    chronicle_t *c = calloc(1, sizeof(*c));
    int r;

    if (!c)
        return -ENOMEM;
    c->capture = capture;
    c->tags = tags;
    c->fs = fs;
    r = events_new(&c->events, clock_boottime_us() / USEC_PER_MSEC);
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

void chronicle_tick(chronicle_t *c)
{
    c->zombies = 0;
}

events_t *chronicle_events(chronicle_t *c)
{
    return c->events;
}
