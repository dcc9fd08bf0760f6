#include "daemon/forensics/receipts.h"
#include "common/cleanup.h"
#include "common/format.h"
#include "daemon/proc/cgroup.h"

#include <math.h>
#include <string.h>

_Static_assert((int) RULED_OUT_FILE_PAGES == (int) LEAK_RULED_FILE_PAGES &&
                       (int) RULED_OUT_SWAP_IN == (int) LEAK_RULED_SWAP_IN &&
                       (int) RULED_OUT_WARMUP == (int) LEAK_RULED_WARMUP &&
                       (int) RULED_OUT_SAWTOOTH == (int) LEAK_RULED_SAWTOOTH &&
                       (int) RULED_OUT_CACHE == (int) LEAK_RULED_CACHE &&
                       (int) RULED_OUT_STEPS == (int) LEAK_RULED_STEPS &&
                       (int) RULED_OUT_NOISE == (int) LEAK_RULED_NOISE,
        "the wire and the rule name the same explanations");

#define TEXT_MAX MAX(LEAK_TEXT_MAX, MAX(SPIKE_TEXT_MAX, ZOMBIE_TEXT_MAX))

// Why a tag was cleared.
#define ENDED  "the process has ended"
#define REAPED "it was reaped"

const char *receipts_tag_name(uint64_t tag)
{
    return tag & TAGS_TOLD & ~TAG_LEAK_SUSPECTED ? tag_word(tag) : NULL;
}

unsigned receipts_event_kind(tag_news_t news)
{
    return news == TAG_SUSPECTED ? EVENT_SUSPECTED
           : news == TAG_WAS_SET ? EVENT_SET
                                 : EVENT_CLEARED;
}

void receipts_ended(uint64_t tags, void (*cleared)(void *user, uint64_t tag), void *user)
{
    uint64_t left = tags & TAGS_TOLD & ~TAG_LEAK_SUSPECTED;

    if (tags & TAG_LEAK_SUSPECTED)
        left |= TAG_LEAK;
    for (; left; left &= left - 1)
        cleared(user, left & -left);
}

uint64_t receipts_headroom_kb(const system_snapshot_t *host, uint64_t group_left_kb)
{
    uint64_t left = SYSTEM_KNOWN(host, mem_available_kb)
                            ? host->mem_available_kb + host->swap_free_kb
                            : UINT64_MAX;

    return MIN(left, group_left_kb);
}

uint64_t receipts_headroom_of(const procfs_t *fs, const system_snapshot_t *host, uint64_t pid)
{
    uint64_t limit, used;

    if (cgroup_memory_limit_of(fs, pid, &limit, &used) < 0)
        return receipts_headroom_kb(host, UINT64_MAX);
    return receipts_headroom_kb(host, limit - MIN(limit, used));
}

static bool is_about_zombies(uint64_t tag)
{
    return tag == TAG_ZOMBIE || tag == TAG_UNREAPED;
}

char *receipts_text(const tags_t *tags, const snapshot_t *s, uint32_t slot, uint64_t tag,
        uint64_t headroom_kb, char *buf, size_t cap)
{
    uint64_t now_ms = s->system.mono_ms;
    leak_receipt_t leak;
    spike_receipt_t spike;
    zombie_receipt_t zombie;

    buf[0] = '\0';
    if (tag == TAG_LEAK || tag == TAG_LEAK_SUSPECTED) {
        tags_leak_receipt(tags, slot, now_ms, headroom_kb, &leak);
        leak_format(&leak, now_ms, buf, cap);
    } else if (tag == TAG_SPIKE) {
        if (tags_spike_receipt(tags, slot, &spike))
            spike_format(&spike, buf, cap);
    } else if (is_about_zombies(tag) && tags_zombie_receipt(tags, s, slot, now_ms, &zombie)) {
        zombie_format(&zombie, now_ms, buf, cap);
    }
    return buf;
}

// An event says beside its text which tag it is about: "LEAK?: " before it would say so twice.
static void say_receipt(
        event_t *e, const tags_t *tags, const snapshot_t *s, uint32_t slot, uint64_t headroom_kb)
{
    char text[TEXT_MAX];
    size_t n;

    receipts_text(tags, s, slot, e->tag, headroom_kb, text, sizeof(text));
    n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ?");
    event_say(e, "%s", n > 0 && strncmp(text + n, ": ", 2) == 0 ? text + n + 2 : text);
}

static uint64_t bytes_per_second(double kb_s)
{
    return kb_s > 0 ? (uint64_t) llround(kb_s * 1024) : 0;
}

static void fill_leak(event_t *e, const leak_receipt_t *r)
{
    if (r->since_ms > 0) {
        e->has |= EVENT_HAS_SINCE | EVENT_HAS_SIZE;
        e->since_ms = r->since_ms;
        e->size_kb = r->growth_kb;
    }
    if (r->rate_kb_s > 0) {
        e->has |= EVENT_HAS_RATE;
        e->rate = bytes_per_second(r->rate_kb_s);
        e->rate_low = bytes_per_second(r->rate_low_kb_s);
        e->rate_high = bytes_per_second(r->rate_high_kb_s);
    }
    if (e->kind != EVENT_CLEARED) {
        e->has |= EVENT_HAS_CONFIDENCE;
        e->confidence = r->confidence;
        e->ruled_out = r->ruled_out;
    }
    if (r->tag != LEAK_NONE && r->left_s != UINT64_MAX) {
        e->has |= EVENT_HAS_LEFT;
        e->left_s = r->left_s;
    }
}

static void fill_spike(event_t *e, const spike_receipt_t *r)
{
    bool over = e->kind == EVENT_CLEARED;

    e->has |= EVENT_HAS_SINCE | EVENT_HAS_SIZE | EVENT_HAS_DURATION;
    e->since_ms = r->since_ms;
    e->size_kb = r->height_kb;
    e->duration_ms = (over ? r->lasted_s : r->rise_s) * 1000;
    if (over && r->outcome != SPIKE_OPEN) {
        e->has |= EVENT_HAS_OUTCOME;
        e->given_back = r->outcome == SPIKE_RETURNED;
    }
}

static void fill_zombie(event_t *e, const zombie_receipt_t *r)
{
    e->has |= EVENT_HAS_SINCE;
    e->since_ms = r->since_ms;
    if (e->tag == TAG_UNREAPED) {
        e->has |= EVENT_HAS_COUNT;
        e->count = r->count;
    }
}

void receipts_fill(
        event_t *e, const tags_t *tags, const snapshot_t *s, uint32_t slot, uint64_t headroom_kb)
{
    uint64_t now_ms = s->system.mono_ms;
    bool over = e->kind == EVENT_CLEARED;
    leak_receipt_t leak;
    spike_receipt_t spike;
    zombie_receipt_t zombie;

    if (over && e->tag == TAG_SPIKE && snapshot_is_zombie(&s->processes[slot])) {
        receipts_fill_ended(e, tags, slot, now_ms);
        return;
    }
    // Its memory is gone with it, and says nothing about the tag.
    if (over && e->tag == TAG_LEAK && snapshot_is_zombie(&s->processes[slot])) {
        event_say(e, ENDED);
        return;
    }
    if (e->tag == TAG_LEAK) {
        tags_leak_receipt(tags, slot, now_ms, headroom_kb, &leak);
        fill_leak(e, &leak);
    } else if (e->tag == TAG_SPIKE) {
        if (tags_spike_receipt(tags, slot, &spike))
            fill_spike(e, &spike);
    } else if (is_about_zombies(e->tag) && over) {
        event_say(e, e->tag == TAG_ZOMBIE ? REAPED : "all of its zombies were reaped");
        return;
    } else if (is_about_zombies(e->tag) && tags_zombie_receipt(tags, s, slot, now_ms, &zombie)) {
        fill_zombie(e, &zombie);
    }
    say_receipt(e, tags, s, slot, headroom_kb);
}

void receipts_fill_ended(event_t *e, const tags_t *tags, uint32_t slot, uint64_t now_ms)
{
    char size[FORMAT_MAX], lasted[FORMAT_MAX];
    leak_receipt_t leak;
    spike_receipt_t spike;

    if (e->tag == TAG_LEAK) {
        tags_leak_receipt(tags, slot, now_ms, UINT64_MAX, &leak);
        fill_leak(e, &leak);
    } else if (e->tag == TAG_SPIKE && tags_spike_receipt(tags, slot, &spike)) {
        fill_spike(e, &spike);
        e->has &= ~(unsigned) EVENT_HAS_OUTCOME; // it gave nothing back itself
        e->duration_ms = now_ms - MIN(e->since_ms, now_ms);
    }
    if (e->has & EVENT_HAS_SIZE)
        event_say(e, "%s, ", format_delta_kb(size, sizeof(size), (int64_t) e->size_kb));
    event_say(e, e->tag == TAG_ZOMBIE ? REAPED : ENDED);
    if (e->has & EVENT_HAS_SIZE && e->since_ms + 1000 <= now_ms)
        event_say(e, " %s later",
                format_duration(lasted, sizeof(lasted), (now_ms - e->since_ms) / 1000));
}
