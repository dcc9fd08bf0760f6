#include "daemon/forensics/spike.h"
#include "common/cleanup.h"
#include "common/format.h"

#include <stdio.h>
#include <string.h>

#define UNUSUAL     6.0f // times what it takes on average
#define MEAN_S      150  // over which that is formed
#define SPIKE_SHARE 4.0f // of what is unusual, this part counts
#define SETTLE_S    6    // without a new high: it no longer rises, nor did it within the window
#define KEPT_S      60   // after which it is no spike any more but its size
#define RISE_SHARE  50   // a new high counts from 1/50 of the height on
#define LEARN_S     20   // of a process that was there before
#define NEWBORN_MS  5500

#define SLOTS (SPIKE_WINDOW_S + 1)

void spike_config_default(spike_config_t *ret, uint64_t mem_total_kb)
{
    *ret = (spike_config_t){
            .min_kb = 32 * 1024,
            .ram_permille = 5,
            .own_percent = 20,
            .own_min_kb = 128 * 1024,
            .mem_total_kb = mem_total_kb,
    };
}

static uint32_t clamp_kb(uint64_t kb)
{
    return kb < UINT32_MAX ? (uint32_t) kb : UINT32_MAX;
}

void spike_init(spike_state_t *s, uint64_t now_ms, uint64_t age_ms, uint64_t private_kb)
{
    uint32_t base = age_ms <= NEWBORN_MS ? 0 : clamp_kb(private_kb);

    memset(s, 0, sizeof(*s));
    s->first_ms = now_ms;
    s->learn_s = age_ms <= NEWBORN_MS ? 0 : LEARN_S;
    for (unsigned i = 0; i < SLOTS; i++)
        s->low_kb[i] = base;
}

void spike_copied(spike_state_t *s, uint64_t kb)
{
    for (unsigned i = 0; i < SLOTS; i++)
        s->low_kb[i] = clamp_kb(kb);
}

static uint32_t seconds_of(const spike_state_t *s, uint64_t now_ms)
{
    return now_ms > s->first_ms ? (uint32_t) ((now_ms - s->first_ms) / 1000) : 0;
}

static uint32_t window_low(const spike_state_t *s)
{
    uint32_t low = UINT32_MAX;

    for (unsigned i = 0; i < SLOTS; i++)
        low = MIN(low, s->low_kb[i]);
    return low;
}

static bool matters(const spike_state_t *s, const spike_config_t *c, uint32_t base, uint32_t taken)
{
    bool host = taken >= c->min_kb && (uint64_t) taken * 1000 >= c->mem_total_kb * c->ram_permille;
    bool own = taken >= c->own_min_kb && (uint64_t) taken * 100 >= (uint64_t) base * c->own_percent;

    return (host || own) && (float) taken > UNUSUAL * s->mean_kb;
}

// Moves the window on to `second`; what was not observed holds the last value.
static void advance(spike_state_t *s, uint32_t second, uint32_t kb)
{
    if (second - s->second > SPIKE_WINDOW_S) {
        for (unsigned i = 0; i < SLOTS; i++)
            s->low_kb[i] = kb;
    } else {
        uint32_t last = s->low_kb[s->second % SLOTS];
        for (uint32_t t = s->second + 1; t < second; t++)
            s->low_kb[t % SLOTS] = last;
        s->low_kb[second % SLOTS] = kb;
    }
    s->second = second;
}

// What is usual. A spike does not make the next one usual, only many of them do; and what a process
// takes when it is born is not what it takes.
static void learn(spike_state_t *s, uint32_t taken)
{
    float most = s->seen < s->learn_s ? taken : MAX(UNUSUAL * s->mean_kb, taken / SPIKE_SHARE);
    unsigned weight = MAX(s->seen, s->learn_s > 0 ? 0u : LEARN_S);

    if (s->seen < UINT16_MAX)
        s->seen++;
    s->mean_kb += (MIN((float) taken, most) - s->mean_kb) / MIN(weight + 1, MEAN_S);
}

static void end(spike_state_t *s, spike_outcome_t outcome, uint32_t second)
{
    s->phase = SPIKE_NONE;
    s->outcome = (uint8_t) outcome;
    s->lasted_s = (uint16_t) MIN(second - s->start_s, (uint32_t) UINT16_MAX);
}

static void follow(spike_state_t *s, uint32_t second, uint32_t kb)
{
    uint32_t height = s->peak_kb - s->base_kb;

    if (kb > s->peak_kb) {
        if (kb - s->peak_kb >= height / RISE_SHARE)
            s->peak_s = second;
        s->peak_kb = kb;
        s->highest_s = second;
    }
    if (kb < s->base_kb + (s->peak_kb - s->base_kb) / 2) {
        end(s, SPIKE_RETURNED, second);
    } else if (second - s->peak_s >= KEPT_S) {
        end(s, SPIKE_KEPT, second);
    } else if (second - s->peak_s >= SETTLE_S) {
        s->phase = SPIKE_HIGH;
    }
}

spike_verdict_t spike_update(
        spike_state_t *s, const spike_config_t *c, uint64_t now_ms, uint64_t private_kb)
{
    spike_verdict_t verdict = {.was = s->phase != SPIKE_NONE};
    uint32_t second = seconds_of(s, now_ms), kb = clamp_kb(private_kb), low, taken;
    bool next = second > s->second;

    if (next)
        advance(s, second, kb);
    else
        s->low_kb[s->second % SLOTS] = MIN(s->low_kb[s->second % SLOTS], kb);
    low = window_low(s);
    taken = kb - low;

    if (s->phase == SPIKE_HIGH && matters(s, c, low, taken)) {
        end(s, SPIKE_KEPT, s->second); // the next one begins on top of it
    } else if (s->phase != SPIKE_NONE) {
        follow(s, s->second, kb);
    } else if (taken > 0 && s->seen >= s->learn_s && matters(s, c, low, taken)) {
        s->phase = SPIKE_RISING;
        s->outcome = SPIKE_OPEN;
        s->base_kb = low;
        s->peak_kb = kb;
        s->peak_s = s->highest_s = s->second;
        s->start_s = s->second > SPIKE_WINDOW_S ? s->second - SPIKE_WINDOW_S : 0;
        for (uint32_t t = s->start_s; t <= s->second; t++)
            if (s->low_kb[t % SLOTS] == low)
                s->start_s = t;
    }
    if (next)
        learn(s, taken);
    verdict.tagged = s->phase != SPIKE_NONE;
    return verdict;
}

bool spike_receipt(const spike_state_t *s, spike_receipt_t *ret)
{
    if (s->phase == SPIKE_NONE && s->outcome == SPIKE_OPEN)
        return false;
    *ret = (spike_receipt_t){
            .since_ms = s->first_ms + (uint64_t) s->start_s * 1000,
            .base_kb = s->base_kb,
            .height_kb = s->peak_kb - s->base_kb,
            .rise_s = s->highest_s - s->start_s,
            .lasted_s = s->phase != SPIKE_NONE ? s->second - s->start_s : s->lasted_s,
            .outcome = s->outcome,
    };
    return true;
}

const char *spike_outcome_name(spike_outcome_t outcome)
{
    return outcome == SPIKE_RETURNED ? "given_back" : outcome == SPIKE_KEPT ? "kept" : "open";
}

// "in 5 s"; a second is the shortest that can be seen.
static const char *in_time(char buf[FORMAT_MAX], uint64_t s, const char *before)
{
    char time[FORMAT_MAX / 2];

    if (s == 0)
        return "within a second";
    snprintf(buf, FORMAT_MAX, "%s %s", before, format_duration(time, sizeof(time), s));
    return buf;
}

char *spike_format(const spike_receipt_t *r, char *buf, size_t cap)
{
    char height[FORMAT_MAX], base[FORMAT_MAX], time[FORMAT_MAX];
    int n;

    format_delta_kb(height, sizeof(height), (int64_t) r->height_kb);
    n = snprintf(buf, cap, "SPIKE: %s %s%s %s, ", height,
            r->base_kb > 0 ? "on top of " : "from nothing",
            r->base_kb > 0 ? format_kb(base, sizeof(base), r->base_kb) : "",
            in_time(time, r->rise_s, "in"));
    if (n < 0 || (size_t) n >= cap)
        return buf;
    if (r->outcome == SPIKE_RETURNED)
        snprintf(buf + n, cap - (size_t) n, "given back %s", in_time(time, r->lasted_s, "after"));
    else
        snprintf(buf + n, cap - (size_t) n,
                r->outcome == SPIKE_KEPT ? "kept" : "not given back yet");
    return buf;
}
