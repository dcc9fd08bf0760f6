#include "daemon/capture/pss_schedule.h"
#include "common/cleanup.h"
#include "common/clock.h"

#include <string.h>

#define FIRST_COST_US 100.0 // of a process never read before, and 10 ms a GB
#define SAVED_UP_S    5     // of unused budget
#define AGE_MAX_S     3600  // beyond this all are equally old
#define MINOR_SHARE   10    // parts of the budget
#define MINOR_COST    8     // parts of a capture's cost

// Urgency: what kind of reading it would be, then how much it is wanted among these.
#define FIRST   (UINT64_C(1) << 62)
#define TAGGED  (UINT64_C(1) << 61)
#define CHANGED (UINT64_C(1) << 60)
#define SMALL   (UINT64_C(1) << 59) // this and what is less is minor
#define MOST_KB (UINT64_C(1) << 40)

void pss_schedule_init(pss_schedule_t *s, uint64_t budget_ppm)
{
    *s = (pss_schedule_t){.budget_ppm = budget_ppm,
            .tokens_us = (double) budget_ppm * PSS_START_S,
            .minor_us = (double) budget_ppm * SAVED_UP_S / MINOR_SHARE};
}

static double most_us(const pss_schedule_t *s)
{
    return (double) s->budget_ppm * SAVED_UP_S;
}

void pss_schedule_set_budget(pss_schedule_t *s, uint64_t budget_ppm)
{
    s->budget_ppm = budget_ppm;
    s->tokens_us = MIN(s->tokens_us, most_us(s));
    s->minor_us = MIN(s->minor_us, most_us(s) / MINOR_SHARE);
}

void pss_schedule_refill(pss_schedule_t *s, uint64_t elapsed_us, uint64_t capture_us)
{
    double more = (double) s->budget_ppm / 1e6 * (double) elapsed_us;
    double minor = MAX(more / MINOR_SHARE, MIN(more, (double) capture_us / MINOR_COST));
    double repaid = MIN(s->debt_us, more / 2);

    s->debt_us -= repaid;
    s->tokens_us = MAX(s->tokens_us, MIN(s->tokens_us + more - repaid, most_us(s)));
    s->minor_us = MIN(s->minor_us + minor, MAX(most_us(s) / MINOR_SHARE, minor));
}

void pss_schedule_spend(pss_schedule_t *s, uint64_t cost_us, bool minor)
{
    s->tokens_us -= (double) cost_us;
    if (s->tokens_us < 0) {
        s->debt_us -= s->tokens_us;
        s->tokens_us = 0;
    }
    if (minor)
        s->minor_us -= (double) cost_us;
    s->spent_us += cost_us;
}

double pss_schedule_cost_us(const tracked_t *t, uint64_t rss_kb)
{
    return t->pss_cost_us ? t->pss_cost_us : FIRST_COST_US + (double) rss_kb / 100.0;
}

static uint64_t by_change(uint64_t change_kb, uint64_t age_s)
{
    return CHANGED | MIN(change_kb, MOST_KB) << 12 | MIN(age_s, AGE_MAX_S);
}

// Most of those that begin are gone soon.
static bool is_settled(const snapshot_t *s, const process_snapshot_t *p, uint64_t now_ms)
{
    uint64_t hz = s->system.clock_ticks;

    return hz == 0 || now_ms / 1000 >= p->start_time / hz + PSS_SETTLED_S;
}

static uint64_t first_urgency(
        const snapshot_t *s, const process_snapshot_t *p, uint64_t rss_kb, uint64_t now_ms)
{
    if (rss_kb >= PSS_SMALL_KB)
        return FIRST | MIN(rss_kb, MOST_KB);
    if (is_settled(s, p, now_ms))
        return by_change(rss_kb, AGE_MAX_S);
    return SMALL | rss_kb;
}

// Larger is more urgent; 0: not now.
static uint64_t urgency(
        const snapshot_t *s, const process_snapshot_t *p, const tracked_t *t, uint64_t now_ms)
{
    uint64_t rss, change, age_s;

    if (t->pid == 0 || t->kthread || t->smaps_asked || t->smaps_error != 0 ||
            now_ms / 1000 < t->pss_not_before_s || !snapshot_rss_kb(p, &rss) || rss == 0)
        return 0;
    if (!PROCESS_KNOWN(p, pss_kb))
        return first_urgency(s, p, rss, now_ms);
    age_s = now_ms > p->pss_time_ms ? (now_ms - p->pss_time_ms) / 1000 : 0;
    if (p->tags != 0 && age_s >= PSS_TAGGED_S)
        return TAGGED | age_s;
    if (!t->stirred)
        return age_s < MAX(t->pss_rest_s, PSS_UNCHANGED_S) ? 0 : MIN(age_s, AGE_MAX_S);
    change = rss > p->pss_rss_kb ? rss - p->pss_rss_kb : p->pss_rss_kb - rss;
    // A small change moves the ratio little, and the estimate follows RSS meanwhile.
    if (age_s < PSS_UNCHANGED_S && change * 64 < rss + PSS_SLIGHT_KB)
        return 0;
    if (age_s < PSS_CHANGED_S)
        return 0;
    return by_change(change, age_s);
}

// The most urgent ones, first of all the most urgent.
static size_t find_best(const snapshot_t *snapshot, const tracked_t *tracked, uint64_t now_ms,
        uint64_t best[PSS_TICK_MAX], uint32_t slots[PSS_TICK_MAX])
{
    size_t n = 0, at;

    for (uint32_t slot = 0; slot < snapshot->n_slots; slot++) {
        uint64_t u = urgency(snapshot, &snapshot->processes[slot], &tracked[slot], now_ms);

        if (u == 0 || (n == PSS_TICK_MAX && u <= best[n - 1]))
            continue;
        if (n < PSS_TICK_MAX)
            n++;
        for (at = n - 1; at > 0 && best[at - 1] < u; at--) {
            best[at] = best[at - 1];
            slots[at] = slots[at - 1];
        }
        best[at] = u;
        slots[at] = slot;
    }
    return n;
}

void pss_schedule_choose(const pss_schedule_t *s, const snapshot_t *snapshot,
        const tracked_t *tracked, uint64_t now_ms, pss_choice_t *ret)
{
    double tokens = s->tokens_us, minor = s->minor_us;
    uint64_t best[PSS_TICK_MAX];
    uint32_t slots[PSS_TICK_MAX];
    size_t n;

    ret->count = ret->minor_from = 0;
    if (s->budget_ppm == 0 || tokens <= 0)
        return;
    n = find_best(snapshot, tracked, now_ms, best, slots);
    for (size_t i = 0; i < n && tokens > 0; i++) {
        uint64_t rss = 0;
        double cost;

        if (best[i] < CHANGED && minor <= 0)
            break;
        snapshot_rss_kb(&snapshot->processes[slots[i]], &rss);
        cost = pss_schedule_cost_us(&tracked[slots[i]], rss);
        if (cost > tokens && s->debt_us > 0)
            continue;
        tokens -= cost;
        ret->slots[ret->count++] = slots[i];
        if (best[i] < CHANGED)
            minor -= cost;
        else
            ret->minor_from = ret->count;
    }
}
