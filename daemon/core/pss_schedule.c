#include "daemon/core/pss_schedule.h"
#include "common/cleanup.h"
#include "common/clock.h"

#include <string.h>

#define FIRST_COST_US 50.0 // of a process never read before, and 1 ms a GB
#define SAVED_UP_S    5    // of unused budget
#define AGE_MAX_S     3600 // beyond this all are equally old

void pss_schedule_refill(pss_schedule_t *s, uint64_t elapsed_us)
{
    double per_us = (double) s->budget_ppm / 1e6;
    double most = per_us * SAVED_UP_S * (double) USEC_PER_SEC;

    s->tokens_us = MIN(s->tokens_us + per_us * (double) elapsed_us, most);
}

void pss_schedule_spend(pss_schedule_t *s, uint64_t cost_us)
{
    s->tokens_us -= (double) cost_us;
    s->spent_us += cost_us;
}

static double expected_cost_us(const tracked_t *t, uint64_t rss_kb)
{
    return t->pss_cost_us ? t->pss_cost_us : FIRST_COST_US + (double) rss_kb / 1024.0;
}

// Larger is more urgent; 0: not now.
static uint64_t urgency(const process_snapshot_t *p, const tracked_t *t, uint64_t now_ms)
{
    uint64_t rss, change, age_s;

    if (t->pid == 0 || t->kthread || t->smaps_asked || t->smaps_error != 0 ||
            now_ms / 1000 < t->pss_not_before_s || !snapshot_rss_kb(p, &rss) || rss == 0)
        return 0;
    if (!PROCESS_KNOWN(p, pss_kb))
        return UINT64_C(1) << 62 | MIN(rss, UINT64_C(1) << 40);
    age_s = now_ms > p->pss_time_ms ? (now_ms - p->pss_time_ms) / 1000 : 0;
    if (p->tags != 0 && age_s >= PSS_TAGGED_S)
        return UINT64_C(1) << 61 | age_s;
    change = rss > p->pss_rss_kb ? rss - p->pss_rss_kb : p->pss_rss_kb - rss;
    // A small change moves the ratio little, and the estimate follows RSS meanwhile.
    if (age_s < PSS_UNCHANGED_S && change * 64 < rss + PSS_SLIGHT_KB)
        return 0;
    if (age_s < PSS_CHANGED_S)
        return 0;
    return MIN(change, UINT64_C(1) << 40) << 12 | MIN(age_s, AGE_MAX_S);
}

size_t pss_schedule_choose(pss_schedule_t *s, const snapshot_t *snapshot, const tracked_t *tracked,
        uint64_t now_ms, uint32_t ret_slots[PSS_TICK_MAX])
{
    uint64_t best[PSS_TICK_MAX];
    double tokens = s->tokens_us;
    size_t n = 0, chosen;

    if (s->budget_ppm == 0 || tokens <= 0)
        return 0;
    for (uint32_t slot = 0; slot < snapshot->n_slots; slot++) {
        uint64_t u = urgency(&snapshot->processes[slot], &tracked[slot], now_ms);
        size_t at;

        if (u == 0 || (n == PSS_TICK_MAX && u <= best[n - 1]))
            continue;
        if (n < PSS_TICK_MAX)
            n++;
        for (at = n - 1; at > 0 && best[at - 1] < u; at--) {
            best[at] = best[at - 1];
            ret_slots[at] = ret_slots[at - 1];
        }
        best[at] = u;
        ret_slots[at] = slot;
    }
    for (chosen = 0; chosen < n && tokens > 0; chosen++) {
        uint64_t rss = 0;

        snapshot_rss_kb(&snapshot->processes[ret_slots[chosen]], &rss);
        tokens -= expected_cost_us(&tracked[ret_slots[chosen]], rss);
    }
    return chosen;
}
