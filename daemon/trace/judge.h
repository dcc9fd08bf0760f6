#ifndef MEMSCOPE_DAEMON_TRACE_JUDGE_H
#define MEMSCOPE_DAEMON_TRACE_JUDGE_H

// Rows of a trace become samples, samples go through the rules of daemon/forensics/tags.h.

#include "daemon/trace/trace.h"
#include "protocol/message.h"

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

#endif
