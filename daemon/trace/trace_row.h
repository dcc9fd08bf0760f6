#ifndef MEMSCOPE_DAEMON_TRACE_TRACE_ROW_H
#define MEMSCOPE_DAEMON_TRACE_TRACE_ROW_H

// What a row of a trace says of its process: the same to the rules alone (judge.h) and to the
// engine (feed.h).

#include "daemon/trace/trace.h"
#include "protocol/snapshot.h"

// What a row says of state and memory, into a record; the rest of it is as it was.
void trace_row_set_memory(process_snapshot_t *p, const trace_row_t *row);
// Whether start_time can be on the clock of time_s, whose second is `now_ms`.
bool trace_row_is_on_clock(uint64_t now_ms, uint64_t start_time);
// How old a process is that shows for the first time at `now_ms`, for tags_born. `first`: with the
// trace's first sample; otherwise the sample before was of `before_ms`.
uint64_t trace_row_age_ms(bool first, uint64_t before_ms, uint64_t now_ms, uint64_t start_time);

#endif
