#include "daemon/forensics/leak_rule.h"
#include "common/cleanup.h"

#define MIB 1024.0

// Growth that matters at all.
#define GROWTH_MIN_KB (8 * MIB)
#define GROWTH_MIN    0.012 // of the level it started from
#define RATE_MIN_KB_S 16.0
#define RATE_MIN_LONG 4.0 // over half a day

// Mid blocks (30 s) of growth that leave no ordinary explanation: fewer for large growth, more for
// small growth, for the smaller it is the more ordinary things look like it.
#define NEEDED_LARGE    15
#define NEEDED_NORMAL   20
#define NEEDED_MODEST   26
#define NEEDED_SMALL    36
#define GROWTH_LARGE_KB (256 * MIB)
#define GROWTH_SMALL_KB (56 * MIB)
#define GROWTH_SMALL    0.06

// A process that has given back this share of the growth at once lives with a collector or with
// load that comes and goes, and a large collection may be ahead.
#define BACK_SHARE 0.1

// Over how many equal rises growth has to be spread. A rise from one trough to the next says more
// than a step does, and so do rises that come as regularly as a clock.
#define SPREAD_MIN        7.2
#define SPREAD_MIN_CYCLES 6.7
#define SPREAD_MIN_COARSE 3.8
#define CYCLE_MAX         6   // mid blocks: longer is not a cycle, but memory that was in use
#define SPREAD_REGULAR    0.6 // of those
#define BEND_SE_REGULAR   0.14

#define SIGNAL_MIN 9.7  // growth over noise
#define RATE_SURE  0.14 // standard error of the rate, as a share of it

#define BEND_MIN         -0.085 // slowing down: a cache whose time constant is thrice the window
#define BEND_SURE        -0.05  // the same, where growth is so even that less can be told
#define BEND_DOUBTFUL    -0.25  // where growth is uneven: not even that can be told yet
#define BEND_MIN_SE      0.42   // standard errors held against a bend
#define BEND_DOUBTFUL_SE 0.85
#define BEND_ENDS        -0.32 // so clear that LEAK ends
#define BEND_ONSET       0.2   // straight from the start on, not ever faster
#define BEFORE_FLAT      0.2   // it hardly grew before the window
#define BEFORE_FASTER    1.2   // it grew faster before the window
#define JUST_BEFORE      1.3   // the same, just before it: little is known of so short a time
#define GOES_ON          0.5   // its newest growth, as a share of what is expected
#define STILL_SHARE      0.4   // the same, over the last 45 s
#define STILL_PAUSE      2     // mid blocks: what pauses for longer may pause now

// After faster growth, that has lasted for at least this share of the window: what grows on may be
// the tail of a warm-up.
#define TAIL_SHARE        8 // 1/8
#define TAIL_BEND_MIN     -0.04
#define TAIL_BEND_MIN_SE  0.7
#define TAIL_EVEN         0.065 // bend_se; what is less even has to last longer
#define TAIL_PATIENCE     1.33
#define TAIL_PATIENCE_MAX 1.8

// Growth slower than this share of its size per hour may be a day's curve (the steepest flank of
// one that swings by half to either side is as steep), unless the onset was seen, or it has lasted
// for so many blocks of 32 min and was straighter than a day's flank is.
#define DAY_SHARE        0.13
#define DAY_SHARE_BEFORE 0.2 // where it was as high before
#define THERE_BEFORE     0.25
#define DAY_BLOCKS       20
#define DAY_BEND         0.1
#define DAY_UNEVEN       0.06 // bend_se

static bool is_large(const leak_state_t *s, const trend_t *t)
{
    return t->growth_kb >= GROWTH_LARGE_KB && s->back_kb < BACK_SHARE * t->growth_kb;
}

static unsigned needed_mid_blocks(const leak_state_t *s, const trend_t *t)
{
    if (is_large(s, t))
        return NEEDED_LARGE;
    if (t->growth_kb >= GROWTH_SMALL_KB)
        return NEEDED_NORMAL;
    return t->growth_kb >= GROWTH_SMALL * t->start_kb ? NEEDED_MODEST : NEEDED_SMALL;
}

static bool may_be_a_tail(const trend_t *t)
{
    return t->before > BEFORE_FASTER && t->before_n * TAIL_SHARE >= t->n;
}

static unsigned mid_blocks_in(floors_level_t level)
{
    return floors_block_ms(level) / FLOORS_MID_MS;
}

static unsigned needed_blocks(const leak_state_t *s, const trend_t *t, floors_level_t level)
{
    unsigned needed = needed_mid_blocks(s, t), per_mid = mid_blocks_in(level);
    double patience = t->patience;

    if (level == FLOORS_LONG)
        return DAY_BLOCKS;
    if (may_be_a_tail(t) && t->bend_se > TAIL_EVEN)
        patience = MIN(patience * TAIL_PATIENCE, TAIL_PATIENCE_MAX);
    needed += needed * MIN(s->ended, 3u) / 3;
    needed = (unsigned) (needed * patience);
    return (needed + per_mid - 1) / per_mid;
}

static bool warming_up(const leak_state_t *s)
{
    return s->age_s != UINT32_MAX &&
           s->age_s + (s->floors.end_ms - s->first_ms) / 1000 < LEAK_WARMUP_S;
}

static bool slowing(const trend_t *t)
{
    return t->bend - BEND_MIN_SE * t->bend_se < BEND_MIN || t->bend + t->bend_se < BEND_SURE ||
           t->bend - BEND_DOUBTFUL_SE * t->bend_se < BEND_DOUBTFUL ||
           t->just_before > JUST_BEFORE || t->faster > BEFORE_FASTER ||
           (may_be_a_tail(t) && t->bend - TAIL_BEND_MIN_SE * t->bend_se < TAIL_BEND_MIN);
}

// In the hours before the window its floor was as high as this growth takes it: so does the morning
// after the night.
static bool was_there_before(const floors_t *f, const trend_t *t, floors_level_t level)
{
    uint32_t fines = floors_block_ms(FLOORS_LONG) / FLOORS_BLOCK_MS, kb;
    uint32_t window = (t->n + t->quiet + t->held) * (floors_block_ms(level) / FLOORS_BLOCK_MS);
    unsigned skip = (window + fines - 1 - f->blocks % fines) / fines;

    for (unsigned i = skip; floors_back(f, FLOORS_LONG, i, &kb); i++)
        if (kb > t->start_kb + THERE_BEFORE * t->growth_kb)
            return true;
    return false;
}

// Slow growth: neither was a sudden onset of it seen, nor has it been straight for half a day.
static bool like_a_day(const floors_t *f, const trend_t *t, floors_level_t level)
{
    bool onset = t->before_n * 3 >= t->n && t->before < BEFORE_FLAT &&
                 t->bend + t->bend_se / 2 < BEND_ONSET;
    double share = t->slope_kb * (3600e3 / floors_block_ms(level)) / t->start_kb; // in an hour

    if (level == FLOORS_LONG)
        return t->n < DAY_BLOCKS || t->bend_se > DAY_UNEVEN || t->bend > DAY_BEND;
    if (share < DAY_SHARE_BEFORE && was_there_before(f, t, level))
        return true;
    return share < DAY_SHARE && !onset;
}

static bool is_regular(const trend_t *t)
{
    return t->bend_se < BEND_SE_REGULAR;
}

static bool is_cyclic(const trend_t *t)
{
    return t->held > 0 && t->held <= CYCLE_MAX;
}

static double spread_needed(const trend_t *t, floors_level_t level)
{
    double needed = level >= FLOORS_COARSE ? SPREAD_MIN_COARSE
                    : is_cyclic(t)         ? SPREAD_MIN_CYCLES
                                           : SPREAD_MIN;

    return is_regular(t) ? needed * SPREAD_REGULAR : needed;
}

// In blocks: a single rise between two samples is spread over as many.
static unsigned samples_apart(const floors_t *f, floors_level_t level)
{
    unsigned block_ms = floors_block_ms(level);

    return MAX(1, (f->step * FLOORS_BLOCK_MS + block_ms / 2) / block_ms);
}

// What is missing in a window, the most basic thing first.
static leak_reason_t missing(const floors_t *f, const trend_t *t, floors_level_t level)
{
    double block_s = floors_block_ms(level) / 1000.0;
    double rate_min = level == FLOORS_LONG ? RATE_MIN_LONG : RATE_MIN_KB_S;

    if (t->growth_kb < GROWTH_MIN_KB || t->growth_kb < GROWTH_MIN * t->start_kb ||
            (t->slope_kb - t->slope_se) / block_s < rate_min)
        return t->held > 0 ? LEAK_REASON_GIVES_BACK : LEAK_REASON_NO_GROWTH;
    if (t->spread < spread_needed(t, level) * samples_apart(f, level))
        return LEAK_REASON_STEPS;
    if (t->growth_kb < SIGNAL_MIN * t->noise_kb || t->slope_se > RATE_SURE * t->slope_kb)
        return LEAK_REASON_NOISE;
    if (like_a_day(f, t, level))
        return LEAK_REASON_DAY_CURVE;
    return slowing(t) ? LEAK_REASON_SLOWING : LEAK_REASON_NONE;
}

// What rose in every block has stood still for the last seconds, which its last block hides.
static bool stands_still(const floors_t *f, const trend_t *t, floors_level_t level)
{
    uint32_t v[FLOORS_MAX], low = UINT32_MAX;
    unsigned n = floors_read(f, FLOORS_FINE, v);
    unsigned observed = n - MIN(n, f->step);
    double expected = t->slope_kb * observed / FLOORS_FINE_PER_MID, got;

    if (level != FLOORS_MID || t->pause > STILL_PAUSE || t->held > 0)
        return false;
    for (unsigned i = 0; i < n; i++)
        low = MIN(low, v[i]);
    got = (double) v[n - 1] - low;
    return got < STILL_SHARE * expected && expected - got > t->noise_kb;
}

static void consider(
        const leak_state_t *s, const trend_t *t, floors_level_t level, leak_judgement_t *j)
{
    unsigned needed = needed_blocks(s, t, level);
    leak_reason_t reason = missing(&s->floors, t, level);
    unsigned grown = t->n + (is_regular(t) ? t->pause : 0); // what led to the first step is growth
    leak_tag_t tag = LEAK_NONE;

    if (reason == LEAK_REASON_NONE) {
        if (grown < needed)
            reason = LEAK_REASON_TOO_SHORT;
        else if (t->late < GOES_ON || stands_still(&s->floors, t, level))
            reason = LEAK_REASON_SLOWING;
        else if (!is_large(s, t) && warming_up(s))
            reason = LEAK_REASON_WARMUP;
        if (reason == LEAK_REASON_NONE)
            tag = LEAK_SET;
        else if (grown * 5 >= needed * 3)
            tag = LEAK_SUSPECTED;
    }
    if (j->measured && (tag < j->tag || (tag == j->tag && reason <= j->reason)))
        return;
    *j = (leak_judgement_t){
            .trend = *t,
            .measured = true,
            .tag = tag,
            .reason = reason,
            .level = level,
            .needed = needed,
    };
}

// How long memory was held and given back in the last hour, as far as it matters beside the growth
// of a window.
static unsigned held_before(const floors_t *f, floors_level_t level, double growth_kb)
{
    uint32_t v[FLOORS_MAX];
    unsigned n = floors_read(f, FLOORS_COARSE, v);
    unsigned held = trend_longest_hold(v, n, TREND_HOLD_SHARE * growth_kb);

    held *= FLOORS_MID_PER_COARSE;
    return (held + mid_blocks_in(level) - 1) / mid_blocks_in(level);
}

// A window of 30 s blocks may reach so far back that only blocks of 4 min tell what was before it.
static void look_further_back(const floors_t *f, trend_t *t)
{
    unsigned open = f->blocks % FLOORS_FINE_PER_COARSE / FLOORS_FINE_PER_MID;
    unsigned start = t->n + t->quiet + t->held, at = open + FLOORS_MID_PER_COARSE, low;
    double kept = t->start_kb;

    for (unsigned i = 0; floors_back(f, FLOORS_COARSE, i, &low) && at <= start + 2 * t->n; i++) {
        kept = MIN(kept, low);
        if (at > start + t->mark_n && at > start + t->before_n)
            trend_look_before(t, kept, at - start);
        at += FLOORS_MID_PER_COARSE;
    }
}

static void judge_level(const leak_state_t *s, floors_level_t level, leak_judgement_t *j)
{
    static const uint8_t windows[FLOORS_LEVELS][8] = {
            [FLOORS_MID] = {9, 12, 15, 18, 22, 26, 32, 40},
            [FLOORS_COARSE] = {6, 7, 8, 9, 10, 11, 13, 15},
            [FLOORS_LONG] = {DAY_BLOCKS, DAY_BLOCKS + 2, DAY_BLOCKS + 4},
    };
    uint32_t fines = floors_block_ms(level) / FLOORS_BLOCK_MS;
    unsigned usable = (s->floors.blocks - s->anchor) / fines;
    uint32_t v[FLOORS_MAX], low;
    unsigned n = floors_read(&s->floors, level, v), len = 0, held = 0;
    trend_t t;

    low = n > 0 ? v[n - 1] : 0;
    for (unsigned i = 0; i < 8 && len < n; i++) {
        for (unsigned to = MIN(windows[level][i] + held, n); len < to; len++)
            low = MIN(low, v[n - 1 - len]);
        held = held_before(&s->floors, level, (double) v[n - 1] - low);
        if (len > usable || n < windows[level][0])
            return;
        if (trend_judge(v, n, n - len, held, &t)) {
            if (level == FLOORS_MID)
                look_further_back(&s->floors, &t);
            consider(s, &t, level, j);
            if (j->tag != LEAK_SET && leak_trend_of_doublings(v, n, n - len, held, &t))
                consider(s, &t, level, j);
        } else if (!j->measured && v[n - 1] - low >= GROWTH_MIN_KB) {
            j->reason = LEAK_REASON_GIVES_BACK; // it has taken nothing for longer than that
        }
        if (j->tag == LEAK_SET)
            return;
    }
}

// From the lowest block of the level that is held to the newest.
static uint32_t rise(const floors_t *f, floors_level_t level)
{
    uint32_t v[FLOORS_MAX], low = UINT32_MAX;
    unsigned n = floors_read(f, level, v);

    for (unsigned i = 0; i < n; i++)
        low = MIN(low, v[i]);
    return n > 0 ? v[n - 1] - low : 0;
}

void leak_judge(const leak_state_t *s, leak_judgement_t *ret)
{
    *ret = (leak_judgement_t){.reason = LEAK_REASON_NO_GROWTH};
    if (rise(&s->floors, FLOORS_MID) >= GROWTH_MIN_KB) {
        judge_level(s, FLOORS_MID, ret);
        if (ret->tag != LEAK_SET)
            judge_level(s, FLOORS_COARSE, ret);
    }
    if (ret->tag != LEAK_SET && rise(&s->floors, FLOORS_LONG) >= GROWTH_MIN_KB)
        judge_level(s, FLOORS_LONG, ret);
}

// Closed blocks of a level that began when the tag's growth did, or later: the floor of one that
// began before is of what was there before.
static unsigned blocks_since(const leak_state_t *s, floors_level_t level)
{
    uint32_t fines = floors_block_ms(level) / FLOORS_BLOCK_MS;
    uint32_t first = (s->since + fines - 1) / fines, end = s->floors.blocks / fines;

    return end > first ? end - first : 0;
}

static bool trend_since(const leak_state_t *s, floors_level_t level, trend_t *ret)
{
    uint32_t v[FLOORS_MAX];
    unsigned n = floors_read(&s->floors, level, v), len = MIN(blocks_since(s, level), n);

    return len >= TREND_MIN && trend_judge(v, n, n - len, 0, ret);
}

bool leak_trend_since(const leak_state_t *s, trend_t *ret_trend, floors_level_t *ret_level)
{
    bool coarse = blocks_since(s, FLOORS_MID) > FLOORS_MID_LEN &&
                  blocks_since(s, FLOORS_COARSE) >= TREND_MIN;

    *ret_level = s->level == FLOORS_LONG ? FLOORS_LONG : coarse ? FLOORS_COARSE : FLOORS_MID;
    return trend_since(s, *ret_level, ret_trend);
}

bool leak_trend_at_first(const leak_state_t *s, trend_t *ret)
{
    return trend_since(s, FLOORS_FINE, ret);
}

bool leak_slows_since(const leak_state_t *s)
{
    floors_level_t level;
    trend_t t;

    if (!leak_trend_since(s, &t, &level))
        return false;
    return s->tag == LEAK_SET ? t.bend + t.bend_se < BEND_ENDS : t.bend + t.bend_se / 2 < BEND_MIN;
}
