#ifndef MEMSCOPE_DAEMON_TRACE_FEED_H
#define MEMSCOPE_DAEMON_TRACE_FEED_H

// A recorded trace (daemon/trace/trace.h), sample by sample, in place of /proc: what the rows do
// not say is unknown. The engine's clock is the trace's, ahead by TRACE_CLOCK_MS, start_time too.

#include "daemon/engine/engine.h"
#include "daemon/trace/trace.h"

typedef struct {
    engine_t *engine;
    trace_t *trace;
    uint64_t mem_total_kb;
    uint64_t samples;          // so far
    uint64_t time_ms, next_ms; // of the sample given last, and of the one after it; in the trace
    trace_row_t row;           // of the next sample, which is there
    bool ended;
    const char *error; // why feed_sample failed, in the row that the trace was at
} feed_t;

// Reads the head and the first row, so that `next_ms` is known. The trace is borrowed, and so is
// the engine, without proc_root, that is to be set then. 0, or -errno with `error` set where it is
// the file's fault.
int feed_begin(feed_t *f, trace_t *trace);
// The next sample, unless `ended`. As feed_begin.
int feed_sample(feed_t *f);

#endif
