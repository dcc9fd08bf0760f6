#include "daemon/forensics/leak.h"
#include "common/cleanup.h"
#include "daemon/forensics/leak_rule.h"

#include <string.h>

// Growth has stopped where it falls short of the rate so far, for longer than its pauses and by
// more than its unevenness explain.
#define STOPPED_SHARE  0.25
#define STOPPED_NOISE  2.0
#define STOPPED_LONGER 5 // mid blocks beyond the longest pause
#define STOPPED_MIN    5 // mid blocks: two and a half minutes
#define STOPPED_QUIET  3 // mid blocks since it last went on
#define STOPPED_FAST   7 // fine blocks, for what was suspected within a minute
#define STOPPED_SLOW   8 // coarse blocks, for what was told over half a day

// It goes on as before from this share of that rate.
#define CONTINUED_SHARE 0.5
#define LEARN_MIN       15 // mid blocks
#define LEARN_MAX       30u

#define RETURNED_SHARE 0.5 // of the growth is gone: memory was given back

// Tags that came to nothing make the rule stricter for an hour.
#define FORGET_BLOCKS   720
#define FAST_ALARMS_MAX 2
#define BACK_FADE       32 // per mid block: half of it is forgotten in eleven minutes

static uint32_t clamp_kb(uint64_t kb)
{
    return kb < UINT32_MAX ? (uint32_t) kb : UINT32_MAX - 1;
}

void leak_init(leak_state_t *s, uint64_t now_ms, uint64_t age_ms, uint64_t private_kb)
{
    memset(s, 0, sizeof(*s));
    floors_init(&s->floors, now_ms, clamp_kb(private_kb));
    s->first_ms = now_ms;
    s->high_kb = clamp_kb(private_kb);
    s->age_s = age_ms / 1000 < UINT32_MAX ? (uint32_t) (age_ms / 1000) : UINT32_MAX;
    s->reason = LEAK_REASON_WARMUP;
}

// The level that is kept by now: what is newer than the longest hold may yet be given back.
static uint32_t kept_now(const leak_state_t *s)
{
    uint32_t kept = UINT32_MAX, kb;

    for (unsigned i = 0; i <= s->held && floors_back(&s->floors, FLOORS_MID, i, &kb); i++)
        kept = MIN(kept, kb);
    return kept;
}

static unsigned in_mid_blocks(unsigned blocks, floors_level_t level)
{
    unsigned mid = blocks * (floors_block_ms(level) / FLOORS_MID_MS);

    return MIN(mid, (unsigned) FLOORS_MID_LEN);
}

// How uneven growth is apart from its trend: what a stop has to be told from.
static void learn(leak_state_t *s, const trend_t *t, floors_level_t level)
{
    unsigned held = in_mid_blocks(t->held, level);
    unsigned pause = MAX(in_mid_blocks(t->pause, level), held);

    s->held = (uint8_t) held;
    s->pause = (uint8_t) MAX(pause, s->pause);
    s->noise_kb = MAX((uint32_t) t->noise_kb, s->noise_kb);
}

static void tag(
        leak_state_t *s, leak_tag_t to, const trend_t *t, floors_level_t level, uint64_t now_ms)
{
    uint64_t span = (uint64_t) floors_block_ms(level) * (t->n + t->quiet + t->held);
    uint64_t since = MAX(now_ms > span ? now_ms - span : 0, s->first_ms);
    uint32_t blocks = (uint32_t) MIN(span / FLOORS_BLOCK_MS, (uint64_t) s->floors.blocks);

    if (s->tag == LEAK_NONE || since < s->since_ms || t->start_kb < s->since_kb) {
        s->since_ms = since;
        s->since_kb = (uint32_t) t->start_kb;
        s->since = s->floors.blocks - blocks;
    }
    s->tag = (uint8_t) to;
    s->level = (uint8_t) level;
    s->top_kb = MAX((uint32_t) (t->start_kb + t->growth_kb), s->since_kb);
    s->pause = 0;
    s->quiet = 0;
    s->noise_kb = 0;
    learn(s, t, level);
}

static void untag(leak_state_t *s, leak_reason_t why)
{
    if (s->tag == LEAK_SET) {
        s->anchor = s->floors.blocks;
        s->ended += s->ended < UINT8_MAX;
    } else {
        s->doubted = s->floors.blocks;
        s->alarms += s->alarms < UINT8_MAX;
    }
    s->tag = LEAK_NONE;
    s->reason = (uint8_t) why;
    s->ended_now = true;
    s->held = 0;
}

static double rate_so_far(const leak_state_t *s, uint64_t now_ms) // KiB per ms
{
    double elapsed = (double) (now_ms - s->since_ms) - (double) s->quiet * FLOORS_MID_MS;

    return elapsed > 0 ? ((double) s->top_kb - s->since_kb) / elapsed : 0;
}

// Growth over the last blocks falls short of the rate so far, by more than noise and pauses
// explain.
static bool stopped(const leak_state_t *s, floors_level_t level, unsigned from, uint64_t now_ms)
{
    double per_block = rate_so_far(s, now_ms) * floors_block_ms(level);
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

static bool growth_stopped(const leak_state_t *s, uint64_t now_ms, bool mid)
{
    unsigned longer = s->pause + MIN(s->pause, STOPPED_LONGER);

    if (s->level == FLOORS_FINE)
        return stopped(s, FLOORS_FINE, STOPPED_FAST, now_ms);
    if (s->level == FLOORS_LONG) // so slow that it is lost in shorter blocks
        return mid && (stopped(s, FLOORS_COARSE, STOPPED_SLOW, now_ms) ||
                              stopped(s, FLOORS_LONG, 2, now_ms));
    return mid && s->quiet >= STOPPED_QUIET &&
           stopped(s, FLOORS_MID, MAX(STOPPED_MIN, longer), now_ms);
}

static bool returned(const leak_state_t *s)
{
    double half = s->since_kb + RETURNED_SHARE * (s->top_kb - s->since_kb);
    uint32_t a, b;

    return floors_back(&s->floors, FLOORS_FINE, 0, &a) &&
           floors_back(&s->floors, FLOORS_FINE, 1, &b) && a < half && b < half;
}

static void look_for_growth(leak_state_t *s, uint64_t now_ms, unsigned closed, bool mid)
{
    leak_judgement_t j;
    trend_t t;

    if (s->alarms > 0 && s->floors.blocks - s->doubted > FORGET_BLOCKS)
        s->alarms = 0;
    if (s->ended > 0 && s->floors.blocks - s->anchor > FORGET_BLOCKS)
        s->ended = 0;
    if (mid) {
        s->ended_now = false;
        leak_judge(s, &j);
        s->reason = (uint8_t) j.reason;
        if (j.tag > s->tag || (j.tag == LEAK_SUSPECTED && s->level == FLOORS_FINE))
            tag(s, j.tag, &j.trend, j.level, now_ms);
    }
    if (s->tag == LEAK_NONE && s->alarms < FAST_ALARMS_MAX &&
            leak_judge_fast(s, now_ms, closed, &t)) {
        tag(s, LEAK_SUSPECTED, &t, FLOORS_FINE, now_ms);
        s->reason = LEAK_REASON_TOO_SHORT;
    }
}

// Growth goes on as before: the pause that lies behind it was only a pause.
static void follow(leak_state_t *s, uint64_t now_ms, unsigned mid)
{
    double expected = rate_so_far(s, now_ms) * FLOORS_MID_MS * (s->quiet + mid);
    uint32_t kept = kept_now(s), v[FLOORS_MAX];
    unsigned n = floors_read(&s->floors, FLOORS_MID, v);
    trend_t t;

    if (kept < s->top_kb + CONTINUED_SHARE * expected || kept == s->top_kb) {
        s->quiet = (uint8_t) MIN(s->quiet + mid, (unsigned) UINT8_MAX);
        return;
    }
    s->top_kb = kept;
    s->pause = MAX(s->pause, s->quiet);
    s->quiet = 0;
    if (s->tag == LEAK_SET && n >= LEARN_MIN && trend_judge(v, n, n - MIN(n, LEARN_MAX), 0, &t))
        learn(s, &t, FLOORS_MID);
}

static void look_for_end(leak_state_t *s, uint64_t now_ms, unsigned mid)
{
    if (mid > 0)
        follow(s, now_ms, mid);
    if (returned(s))
        untag(s, LEAK_REASON_RETURNED);
    else if (growth_stopped(s, now_ms, mid > 0))
        untag(s, LEAK_REASON_STOPPED);
    else if (mid > 0 && leak_slows_since(s))
        untag(s, LEAK_REASON_SLOWED);
}

leak_verdict_t leak_update(leak_state_t *s, uint64_t now_ms, uint64_t private_kb)
{
    leak_verdict_t verdict = {.tag = s->tag, .was = s->tag};
    uint32_t kb = clamp_kb(private_kb);
    unsigned before = s->floors.blocks / FLOORS_FINE_PER_MID;
    unsigned closed, mid; // blocks

    if (kb == s->floors.last_kb && now_ms < s->floors.end_ms)
        return verdict;
    s->high_kb = MAX(s->high_kb, kb);
    s->back_kb = MAX(s->back_kb, s->high_kb - kb);
    closed = floors_add(&s->floors, now_ms, kb);
    if (closed == 0)
        return verdict;
    mid = s->floors.blocks / FLOORS_FINE_PER_MID - before;
    if (mid > 0) {
        s->high_kb = kb;
        s->back_kb -= s->back_kb / BACK_FADE;
    }
    if (s->tag != LEAK_NONE)
        look_for_end(s, now_ms, mid);
    if (s->tag != LEAK_SET && s->tag == verdict.was)
        look_for_growth(s, now_ms, closed, mid > 0);
    verdict.tag = s->tag;
    return verdict;
}
