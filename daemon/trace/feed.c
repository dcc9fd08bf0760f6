#include "daemon/trace/feed.h"

#include "common/cleanup.h"
#include "common/procmap.h"
#include "daemon/trace/trace_row.h"

#include <errno.h>

#define OTHER_CLOCK (UINT64_C(1) << 53)

static int read_row(feed_t *f)
{
    int r = trace_read_row(f->trace, &f->row);

    if (r == -EBADMSG)
        f->error = trace_error(f->trace);
    if (r < 0)
        return r;
    f->ended = r == 0;
    if (f->ended)
        return 0;
    if (f->row.pid == 0)
        f->error = "no process has the number 0 in pid";
    else if (f->samples > 0 && f->row.time_ms < f->time_ms)
        f->error = "time goes back: rows have to be in order of time_s";
    f->next_ms = f->row.time_ms;
    return f->error ? -EBADMSG : 0;
}

int feed_begin(feed_t *f, trace_t *trace)
{
    int r;

    *f = (feed_t){.trace = trace};
    r = trace_read_head(trace, &f->mem_total_kb);
    if (r == -EBADMSG)
        f->error = trace_error(trace);
    if (r == 0)
        r = read_row(f);
    if (r < 0 || !f->ended)
        return r;
    f->error = "expected a row, found the end of the file";
    return -EBADMSG;
}

// A start on another clock lies after all times: the process has an identity by it, and no age.
static uint64_t start_of(const feed_t *f, const trace_row_t *row)
{
    uint64_t other = row->start_time + OTHER_CLOCK;

    // It stays what it is when that time comes.
    if (!trace_row_is_on_clock(f->time_ms, row->start_time) ||
            capture_find(engine_capture(f->engine), row->pid, other) != PROCMAP_NONE)
        return other;
    return row->start_time + TRACE_CLOCK_MS / 1000 * TRACE_TICKS_PER_S;
}

static int give_row(feed_t *f, uint64_t before_ms)
{
    const trace_row_t *row = &f->row;
    process_snapshot_t p = {0};

    PROCESS_SET(&p, pid, row->pid);
    PROCESS_SET(&p, start_time, start_of(f, row));
    trace_row_set_memory(&p, row);
    return engine_given(f->engine, &p, row->comm, row->comm_len,
            trace_row_age_ms(f->samples == 1, before_ms, f->time_ms, row->start_time));
}

int feed_sample(feed_t *f)
{
    uint64_t before_ms = f->time_ms;
    system_snapshot_t y = {0};
    int r;

    f->time_ms = f->next_ms;
    f->samples++;
    SYSTEM_SET(&y, mono_ms, TRACE_CLOCK_MS + f->time_ms);
    SYSTEM_SET(&y, real_ms, f->time_ms);
    SYSTEM_SET(&y, mem_total_kb, f->mem_total_kb);
    SYSTEM_SET(&y, clock_ticks, TRACE_TICKS_PER_S);
    SYSTEM_SET(&y, system_flags, SYSTEM_PRIVATE | SYSTEM_REPLAY);
    r = engine_given_begin(f->engine, &y);
    while (r == 0 && !f->ended && f->next_ms == f->time_ms) {
        r = give_row(f, before_ms);
        if (r == 0)
            r = read_row(f);
    }
    if (r < 0)
        return r;
    if (f->ended)
        capture_current_writable(engine_capture(f->engine))->system.system_flags |= SYSTEM_ENDED;
    engine_given_end(f->engine);
    return 0;
}
