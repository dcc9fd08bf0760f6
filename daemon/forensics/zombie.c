#include "daemon/forensics/zombie.h"
#include "common/cleanup.h"
#include "common/format.h"

#include <inttypes.h>
#include <stdio.h>

#define TICKS_MAX 2
// Ticks may come out of turn, a moment after another: two of them are not yet two seconds.
#define PATIENCE_MS 1500
#define MINUTE_MS   60000

zombie_verdict_t zombie_update(zombie_state_t *s, uint64_t now_ms, bool is_zombie)
{
    zombie_verdict_t verdict = {.was = s->tagged};

    if (!is_zombie) {
        *s = (zombie_state_t){0};
        return verdict;
    }
    if (s->ticks == 0)
        s->since_ms = now_ms;
    if (s->ticks < UINT8_MAX)
        s->ticks++;
    if (s->ticks > TICKS_MAX && now_ms >= s->since_ms + PATIENCE_MS)
        s->tagged = true;
    verdict.tagged = s->tagged;
    return verdict;
}

static void end_minutes(zombie_parent_t *p, uint64_t now_ms)
{
    if (p->minute_ms == 0)
        p->minute_ms = now_ms;
    if (now_ms >= p->minute_ms + (uint64_t) MINUTE_MS * (ZOMBIE_MINUTES + 1)) {
        p->minutes = 0; // nobody looked for so long that there is no rate
        p->minute_ms = now_ms;
    }
    for (; now_ms >= p->minute_ms + MINUTE_MS; p->minute_ms += MINUTE_MS)
        p->total_at[p->minutes++ % ZOMBIE_MINUTES] = p->total;
}

zombie_verdict_t zombie_parent_update(
        zombie_parent_t *p, uint64_t now_ms, uint32_t count, uint32_t fresh)
{
    zombie_verdict_t verdict = {.was = p->count > 0, .tagged = count > 0};

    end_minutes(p, now_ms);
    if (p->count == 0 && count > 0) {
        p->since_ms = now_ms;
        p->peak = 0;
    }
    p->count = count;
    p->total += fresh;
    if (count > p->peak)
        p->peak = count;
    return verdict;
}

void zombie_receipt(const zombie_state_t *s, zombie_receipt_t *ret)
{
    *ret = (zombie_receipt_t){.since_ms = s->since_ms, .per_minute = -1};
}

void zombie_parent_receipt(const zombie_parent_t *p, uint64_t now_ms, zombie_receipt_t *ret)
{
    unsigned held = MIN(p->minutes, (uint32_t) ZOMBIE_MINUTES);
    double minutes;

    *ret = (zombie_receipt_t){
            .since_ms = p->since_ms,
            .count = p->count,
            .peak = p->peak,
            .per_minute = -1,
    };
    if (held == 0)
        return;
    minutes = held - 1 + (double) (now_ms - p->minute_ms) / MINUTE_MS;
    if (minutes >= 1)
        ret->per_minute = (p->total - p->total_at[(p->minutes - held) % ZOMBIE_MINUTES]) / minutes;
}

char *zombie_format(const zombie_receipt_t *r, uint64_t now_ms, char *buf, size_t cap)
{
    uint64_t since_s = (now_ms > r->since_ms ? now_ms - r->since_ms : 0) / 1000;
    char since[FORMAT_MAX], rate[FORMAT_MAX] = "";

    format_duration(since, sizeof(since), since_s);
    if (r->count == 0) {
        snprintf(buf, cap, "ZOMBIE: dead for %s, not reaped by its parent", since);
        return buf;
    }
    if (r->per_minute >= 0)
        snprintf(rate, sizeof(rate), ", %.1f more per minute", r->per_minute);
    snprintf(buf, cap, "UNREAPED: %" PRIu32 " dead %s%s%s%s", r->count,
            r->count == 1 ? "child" : "children", since_s > 0 ? " for " : "",
            since_s > 0 ? since : "", rate);
    return buf;
}
