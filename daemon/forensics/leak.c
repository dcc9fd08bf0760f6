#include "daemon/forensics/leak.h"

#include <string.h>

#include "common/cleanup.h"
#include "daemon/forensics/leak_rule.h"

#define STARTING_S      120 // a process younger than this is starting up: fast growth is no news
#define STOPPED_SHARE   0.25
#define STOPPED_NOISE   4.0
#define STOPPED_PAUSES  5 / 2
#define STOPPED_MIN     4 // mid blocks: two minutes
#define STOPPED_FAST    7 // fine blocks
#define RETURNED_SHARE  0.5
#define FORGET_BLOCKS   720 // fine blocks, an hour: then earlier tags no longer make it stricter
#define FAST_ALARMS_MAX 2

static uint32_t clamp_kb(uint64_t kb)
{
    return kb < UINT32_MAX ? (uint32_t) kb : UINT32_MAX - 1;
}

void leak_init(leak_state_t *s, uint64_t now_ms, uint64_t age_ms, uint64_t private_kb)
{
    memset(s, 0, sizeof(*s));
    floors_init(&s->floors, now_ms, clamp_kb(private_kb));
    s->first_ms = now_ms;
    s->age_s = age_ms / 1000 < UINT32_MAX ? (uint32_t) (age_ms / 1000) : UINT32_MAX;
    s->reason = LEAK_REASON_WARMUP;
}

static bool starting(const leak_state_t *s, uint64_t now_ms)
{
    return s->age_s != UINT32_MAX && s->age_s + (now_ms - s->first_ms) / 1000 < STARTING_S;
}

// The level that is kept by now: what is newer than the longest hold may yet be given back.
static uint32_t kept_now(const leak_state_t *s)
{
    uint32_t kept = UINT32_MAX, kb;

    for (unsigned i = 0; i <= s->held && floors_back(&s->floors, FLOORS_MID, i, &kb); i++)
        kept = MIN(kept, kb);
    return kept;
}

static void tag(
        leak_state_t *s, leak_tag_t to, const trend_t *t, unsigned block_ms, uint64_t now_ms)
{
    uint64_t span = (uint64_t) block_ms * (t->n + t->held);
    unsigned per_mid = MAX(block_ms / FLOORS_MID_MS, 1u);

    if (s->tag == LEAK_NONE) {
        s->since_ms = now_ms > span ? now_ms - span : 0;
        s->since_ms = MAX(s->since_ms, s->first_ms);
        s->since_kb = (uint32_t) t->start_kb;
    }
    s->tag = (uint8_t) to;
    s->top_kb = MAX((uint32_t) (t->start_kb + t->growth_kb), s->since_kb);
    s->noise_kb = (uint32_t) t->noise_kb;
    s->held = (uint8_t) MIN(t->held * per_mid, (unsigned) FLOORS_MID_LEN);
    s->pause = (uint8_t) MIN(t->pause * per_mid, (unsigned) FLOORS_MID_LEN);
}

static void untag(leak_state_t *s, leak_reason_t why)
{
    s->tag = LEAK_NONE;
    s->reason = (uint8_t) why;
    s->anchor = s->floors.blocks;
    s->held = 0;
    s->fast = 0;
    if (s->alarms < UINT8_MAX)
        s->alarms++;
}

// Growth over the last blocks falls short of the rate so far, by more than noise and pauses
// explain.
static bool stopped(const leak_state_t *s, floors_level_t level, unsigned from, uint64_t now_ms)
{
    double elapsed = (double) (now_ms - s->since_ms), growth = (double) s->top_kb - s->since_kb;
    double per_block = elapsed > 0 ? growth / elapsed * leak_block_ms(level) : 0;
    uint32_t v[FLOORS_MAX], low = UINT32_MAX;
    unsigned n = floors_read(&s->floors, level, v);

    for (unsigned back = 0; back < n; back++) {
        double expected = per_block * back, got;

        low = MIN(low, v[n - 1 - back]);
        got = (double) v[n - 1] - low;
        if (back >= from && got < STOPPED_SHARE * expected &&
                expected - got > STOPPED_NOISE * s->noise_kb)
            return true;
    }
    return false;
}

static bool returned(const leak_state_t *s)
{
    double half = s->since_kb + RETURNED_SHARE * (s->top_kb - s->since_kb);
    uint32_t a, b;

    return floors_back(&s->floors, FLOORS_FINE, 0, &a) &&
           floors_back(&s->floors, FLOORS_FINE, 1, &b) && a < half && b < half;
}

static void look_for_growth(leak_state_t *s, uint64_t now_ms, bool mid)
{
    leak_judgement_t j;
    trend_t t;

    if (s->alarms > 0 && s->floors.blocks - s->anchor > FORGET_BLOCKS)
        s->alarms = 0;
    if (mid) {
        leak_judge(&s->floors, s->anchor, s->alarms, &j);
        s->reason = (uint8_t) j.reason;
        if (j.tag > s->tag)
            tag(s, j.tag, &j.trend, leak_block_ms(j.level), now_ms);
        if (j.tag != LEAK_NONE)
            s->fast = 0;
    }
    if (s->tag == LEAK_NONE && s->alarms < FAST_ALARMS_MAX && !starting(s, now_ms) &&
            leak_judge_fast(&s->floors, s->anchor, &t)) {
        tag(s, LEAK_SUSPECTED, &t, FLOORS_BLOCK_MS, now_ms);
        s->fast = 1;
        s->reason = LEAK_REASON_TOO_SHORT;
    }
}

static void look_for_end(leak_state_t *s, uint64_t now_ms, bool mid)
{
    unsigned from = MAX(STOPPED_MIN, s->pause * STOPPED_PAUSES);

    if (mid) {
        uint32_t kept = kept_now(s);
        s->top_kb = MAX(s->top_kb, kept);
    }
    if (returned(s))
        untag(s, LEAK_REASON_RETURNED);
    else if (s->fast ? stopped(s, FLOORS_FINE, STOPPED_FAST, now_ms)
                     : mid && stopped(s, FLOORS_MID, from, now_ms))
        untag(s, LEAK_REASON_STOPPED);
}

leak_verdict_t leak_update(leak_state_t *s, uint64_t now_ms, uint64_t private_kb)
{
    leak_verdict_t verdict = {.tag = s->tag, .was = s->tag};
    uint32_t kb = clamp_kb(private_kb);
    unsigned before = s->floors.blocks / FLOORS_FINE_PER_MID;
    bool mid;

    if (kb == s->floors.last_kb && now_ms < s->floors.end_ms)
        return verdict;
    if (floors_add(&s->floors, now_ms, kb) == 0)
        return verdict;
    mid = s->floors.blocks / FLOORS_FINE_PER_MID != before;
    if (s->tag != LEAK_NONE)
        look_for_end(s, now_ms, mid);
    if (s->tag != LEAK_SET)
        look_for_growth(s, now_ms, mid);
    verdict.tag = s->tag;
    return verdict;
}
