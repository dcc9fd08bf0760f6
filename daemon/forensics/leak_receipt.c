#include "common/cleanup.h"
#include "common/format.h"
#include "daemon/forensics/leak_rule.h"

#include <math.h>
#include <stdio.h>

#define RATE_SIGMAS    2.0
#define CORRELATED     2.0 // floors are: a line through them looks so much surer than it is
#define OBSERVE_MIN_S  450
#define CONFIDENCE_SET 95
#define CONFIDENCE_MAX 99

static const char *const reason_names[LEAK_REASONS] = {
        [LEAK_REASON_NONE] = "none",
        [LEAK_REASON_NO_GROWTH] = "no_growth",
        [LEAK_REASON_WARMUP] = "warmup",
        [LEAK_REASON_TOO_SHORT] = "too_short",
        [LEAK_REASON_SLOWING] = "slowing_down",
        [LEAK_REASON_STEPS] = "few_steps",
        [LEAK_REASON_NOISE] = "noise",
        [LEAK_REASON_DAY_CURVE] = "day_curve",
        [LEAK_REASON_GIVES_BACK] = "gives_back",
        [LEAK_REASON_STOPPED] = "stopped",
        [LEAK_REASON_SLOWED] = "slowed_down",
        [LEAK_REASON_RETURNED] = "given_back",
};

static const struct {
    const char *name;
    const char *text;
} ruled_out[LEAK_RULED_BITS] = {
        {"file_pages", "file pages"},
        {"swap_in", "swap-in"},
        {"warmup", "warm-up"},
        {"sawtooth", "sawtooth"},
        {"cache_fill", "cache that fills"},
        {"steps", "a few steps"},
        {"noise", "noise"},
};

const char *leak_reason_name(leak_reason_t reason)
{
    return (unsigned) reason < LEAK_REASONS ? reason_names[reason] : "unknown";
}

const char *leak_ruled_out_name(unsigned bit)
{
    return bit < LEAK_RULED_BITS ? ruled_out[bit].name : "unknown";
}

static void measure(const trend_t *t, floors_level_t level, leak_receipt_t *r)
{
    double block_s = floors_block_ms(level) / 1000.0;
    double spread = RATE_SIGMAS * CORRELATED * t->slope_se;

    r->rate_kb_s = t->slope_kb / block_s;
    r->rate_low_kb_s = MAX(0, (t->slope_kb - spread) / block_s);
    r->rate_high_kb_s = (t->slope_kb + spread) / block_s;
    r->rises = t->rises;
}

// How sure: fifty-fifty when suspicion begins, 95% when the tag is set, more the longer it lasts.
static unsigned confidence(const leak_receipt_t *r, uint64_t grown_s)
{
    double share = (double) grown_s / r->needed_s;

    if (r->tag == LEAK_SUSPECTED)
        return (unsigned) (50 + 40 * MIN(1.0, share));
    share = MIN(1.0, MAX(0, share - 1));
    return (unsigned) (CONFIDENCE_SET + share * (CONFIDENCE_MAX - CONFIDENCE_SET));
}

static void describe_tagged(const leak_state_t *s, uint64_t now_ms, uint64_t headroom_kb,
        const leak_judgement_t *j, leak_receipt_t *r)
{
    uint64_t grown_ms = now_ms > s->since_ms ? now_ms - s->since_ms : 0;
    uint32_t level_kb = 0; // the floor: what may yet be given back is not growth
    floors_level_t level;
    trend_t t;

    if (s->held == 0 && floors_back(&s->floors, FLOORS_FINE, 0, &level_kb))
        level_kb = MIN(level_kb, s->floors.last_kb);
    level_kb = MAX(level_kb, s->top_kb);
    r->since_ms = s->since_ms;
    r->growth_kb = level_kb > s->since_kb ? level_kb - s->since_kb : 0;
    if (leak_trend_since(s, &t, &level)) {
        measure(&t, level, r);
    } else if (leak_trend_at_first(s, &t)) {
        measure(&t, FLOORS_FINE, r);
    } else if (grown_ms > 0) {
        r->rate_kb_s = (double) (s->top_kb - s->since_kb) * 1000 / (double) grown_ms;
        r->rate_low_kb_s = 0;
        r->rate_high_kb_s = 2 * r->rate_kb_s;
    }
    if (headroom_kb != UINT64_MAX && r->rate_kb_s > 0)
        r->left_s = (uint64_t) ((double) headroom_kb / r->rate_kb_s);
    r->ruled_out = LEAK_RULED_FILE_PAGES | LEAK_RULED_SWAP_IN;
    if (s->tag == LEAK_SET)
        r->ruled_out = (1u << LEAK_RULED_BITS) - 1;
    else if (j->tag == LEAK_SUSPECTED)
        r->ruled_out |=
                LEAK_RULED_STEPS | LEAK_RULED_NOISE | LEAK_RULED_CACHE | LEAK_RULED_SAWTOOTH;
    r->confidence = confidence(r, grown_ms / 1000);
}

static void describe_untagged(const leak_state_t *s, const leak_judgement_t *j, leak_receipt_t *r)
{
    uint64_t observed_s = (uint64_t) s->floors.blocks * FLOORS_BLOCK_MS / 1000;
    uint64_t age_s = s->age_s + (s->floors.end_ms - s->first_ms) / 1000;

    if (s->ended_now) {
        r->since_ms = s->since_ms;
        r->growth_kb = s->top_kb - s->since_kb;
    } else if (r->reason == LEAK_REASON_WARMUP && j->measured) {
        r->seen_s = age_s;
        r->needed_s = LEAK_WARMUP_S;
    } else if (observed_s < OBSERVE_MIN_S) {
        r->reason = LEAK_REASON_WARMUP;
        r->seen_s = observed_s;
    }
    r->seen_s = MIN(r->seen_s, r->needed_s);
}

void leak_receipt(const leak_state_t *s, uint64_t now_ms, uint64_t headroom_kb, leak_receipt_t *ret)
{
    leak_receipt_t r = {
            .tag = s->tag,
            .reason = s->tag == LEAK_SET ? LEAK_REASON_NONE : s->reason,
            .left_s = UINT64_MAX,
            .needed_s = OBSERVE_MIN_S,
    };
    leak_judgement_t j;

    leak_judge(s, &j);
    if (j.measured) {
        measure(&j.trend, j.level, &r);
        r.needed_s = (uint64_t) j.needed * floors_block_ms(j.level) / 1000;
        r.seen_s = (uint64_t) j.trend.n * floors_block_ms(j.level) / 1000;
    }
    if (s->tag != LEAK_NONE)
        describe_tagged(s, now_ms, headroom_kb, &j, &r);
    else
        describe_untagged(s, &j, &r);
    *ret = r;
}

static void add_tagged(line_t *l, const leak_receipt_t *r, uint64_t now_ms)
{
    char a[FORMAT_MAX], b[FORMAT_MAX], c[FORMAT_MAX];
    const char *separator = "; not ";

    line_add(l, "%s: %s in %s", r->tag == LEAK_SET ? "LEAK" : "LEAK?",
            format_delta_kb(a, sizeof(a), (int64_t) r->growth_kb),
            format_duration(
                    b, sizeof(b), (now_ms > r->since_ms ? now_ms - r->since_ms : 0) / 1000));
    line_add(l, ", %s/min (%s to %s)", format_kb(a, sizeof(a), (uint64_t) (r->rate_kb_s * 60)),
            format_kb(b, sizeof(b), (uint64_t) (r->rate_low_kb_s * 60)),
            format_kb(c, sizeof(c), (uint64_t) (r->rate_high_kb_s * 60)));
    line_add(l, ", %u%% sure", r->confidence);
    if (r->left_s != UINT64_MAX)
        line_add(l, ", %s left", format_duration(a, sizeof(a), r->left_s));
    for (unsigned i = 0; i < LEAK_RULED_BITS; i++) {
        if (!(r->ruled_out & 1u << i))
            continue;
        line_add(l, "%s%s", separator, ruled_out[i].text);
        separator = ", ";
    }
}

char *leak_format(const leak_receipt_t *r, uint64_t now_ms, char *buf, size_t cap)
{
    static const char *const untagged[LEAK_REASONS] = {
            [LEAK_REASON_NONE] = "no leak",
            [LEAK_REASON_NO_GROWTH] = "no leak: the floor does not rise",
            [LEAK_REASON_SLOWING] = "no leak: growth is slowing down, as a cache that fills",
            [LEAK_REASON_STEPS] = "no leak: one or a few steps",
            [LEAK_REASON_NOISE] = "no leak: within what it wanders",
            [LEAK_REASON_DAY_CURVE] =
                    "no leak yet: so slow that only half a day tells it from a day's curve",
            [LEAK_REASON_GIVES_BACK] = "no leak: it has given back as much before",
            [LEAK_REASON_STOPPED] = "no leak: growth has stopped",
            [LEAK_REASON_SLOWED] = "no leak: growth has slowed down, as a cache that fills",
            [LEAK_REASON_RETURNED] = "no leak: memory was given back",
    };
    char a[FORMAT_MAX], b[FORMAT_MAX];
    line_t l = {.buf = buf, .cap = cap};

    if (cap > 0)
        buf[0] = '\0';
    if (r->tag != LEAK_NONE) {
        add_tagged(&l, r, now_ms);
    } else if (r->reason == LEAK_REASON_WARMUP || r->reason == LEAK_REASON_TOO_SHORT) {
        format_duration(a, sizeof(a), r->seen_s);
        format_duration(b, sizeof(b), r->needed_s);
        line_add(&l, "no leak yet: %s of %s of %s seen", a, b,
                r->reason == LEAK_REASON_WARMUP ? "warm-up" : "growth");
    } else {
        line_add(&l, "%s", (unsigned) r->reason < LEAK_REASONS ? untagged[r->reason] : "no leak");
    }
    return buf;
}
