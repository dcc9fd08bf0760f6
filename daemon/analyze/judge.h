#ifndef MEMSCOPE_DAEMON_ANALYZE_JUDGE_H
#define MEMSCOPE_DAEMON_ANALYZE_JUDGE_H

// Rows of a trace become samples, samples go through the rules of daemon/forensics/tags.h.

#include "daemon/analyze/trace.h"
#include "protocol/message.h"
#include "protocol/snapshot.h"

typedef struct judge judge_t;

typedef struct {
    uint64_t rows, samples, processes; // so far
} judge_counts_t;

// `found`: a tag was suspected, set or cleared; the message's texts end with the call. 0 or -errno.
int judge_new(judge_t **ret, uint64_t mem_total_kb,
        void (*found)(void *user, const event_message_t *m), void *user);
void judge_free(judge_t *j);

// Takes a row. 0; -EINVAL: it cannot follow the rows before, `*ret_why` says why; -ENOMEM; -E2BIG.
int judge_row(judge_t *j, const trace_row_t *row, const char **ret_why);
// After the last row.
void judge_end(judge_t *j);

const judge_counts_t *judge_counts(const judge_t *j);

// What a row says of state and memory, into a record; the rest of it is as it was.
void judge_set_memory(process_snapshot_t *p, const trace_row_t *row);
// Whether start_time can be on the clock of time_s, whose second is `now_ms`.
bool judge_is_on_clock(uint64_t now_ms, uint64_t start_time);
// How old a process is that shows for the first time at `now_ms`, for tags_born. `first`: with the
// trace's first sample; otherwise the sample before was of `before_ms`.
uint64_t judge_age_ms(bool first, uint64_t before_ms, uint64_t now_ms, uint64_t start_time);

#endif
