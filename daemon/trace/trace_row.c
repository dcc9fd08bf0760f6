#include "daemon/trace/trace_row.h"
#include "common/cleanup.h"

#define NEWBORN_GAP_MS 2000 // between samples: who is new after a longer one may be as old as that
// Of a first sample nobody knows whether a young process has just started or the recording has.
#define YOUNG_MS    10000
#define CALENDAR_MS UINT64_C(1000000000000) // later times count from 1970: a day in 2001

void trace_row_set_memory(process_snapshot_t *p, const trace_row_t *row)
{
    if (row->has_anon)
        PROCESS_SET(p, anon_kb, row->anon_kb);
    else
        PROCESS_UNSET(p, anon_kb);
    if (row->has_swap)
        PROCESS_SET(p, swap_kb, row->swap_kb);
    else
        PROCESS_UNSET(p, swap_kb);
    if (row->has_rss && row->has_anon)
        PROCESS_SET(p, file_kb, row->rss_kb - MIN(row->rss_kb, row->anon_kb));
    else
        PROCESS_UNSET(p, file_kb);
    if (row->state)
        PROCESS_SET(p, state, (unsigned char) row->state);
    else
        PROCESS_UNSET(p, state);
}

bool trace_row_is_on_clock(uint64_t now_ms, uint64_t start_time)
{
    // A time counts from 1970 where a start counts from a boot.
    if (now_ms >= CALENDAR_MS && start_time < CALENDAR_MS / (1000 / TRACE_TICKS_PER_S))
        return false;
    return start_time <= now_ms / (1000 / TRACE_TICKS_PER_S) + TRACE_TICKS_PER_S;
}

uint64_t trace_row_age_ms(bool first, uint64_t before_ms, uint64_t now_ms, uint64_t start_time)
{
    // In ticks, so that no start_time is too large.
    uint64_t now = now_ms / (1000 / TRACE_TICKS_PER_S), gap_ms = now_ms - before_ms, age_ms;
    bool on_clock = trace_row_is_on_clock(now_ms, start_time);

    age_ms = start_time < now ? (now - start_time) * (1000 / TRACE_TICKS_PER_S) : 0;
    if (first)
        return on_clock ? MAX(age_ms, (uint64_t) YOUNG_MS) : UINT64_MAX;
    if (gap_ms <= NEWBORN_GAP_MS)
        return 0;
    return on_clock && age_ms <= gap_ms ? age_ms : gap_ms;
}
