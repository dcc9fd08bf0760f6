#ifndef MEMSCOPE_DAEMON_FORENSICS_WHY_H
#define MEMSCOPE_DAEMON_FORENSICS_WHY_H

// Who took memory in a span of time: what used memory did, the greatest rise in it (or fall, where
// that was far greater), and whose private memory, or which line of the ledger, made it. The shares
// and what stays unexplained add up to the change by construction.

#include "daemon/capture/capture.h"
#include "daemon/forensics/lineage.h"
#include "daemon/forensics/timeline.h"
#include "daemon/forensics/writers.h"
#include "daemon/past/departed.h"
#include "daemon/past/history.h"
#include "protocol/rows.h"

#define WHY_ROWS_MAX        64
#define WHY_DEFAULT_SPAN_MS (5 * 60 * UINT64_C(1000)) // where nobody says since when

typedef struct why why_t;

typedef struct {
    uint64_t from_ms, to_ms;  // CLOCK_BOOTTIME
    unsigned by;              // WHY_BY_*
    size_t limit;             // rows about processes; 0: WHY_ROWS_MAX
    bool whole;               // the change is that of the whole span
    uint64_t pid, start_time; // has a row of its own, however little it took; 0: nobody
    // Whether processes of this owner may be named, and whether what they wrote may be told; NULL:
    // all.
    bool (*sees)(void *user, owner_t owner, bool *ret_private);
    void *user;
} why_question_t;

// Fields as in WHY of protocol/messages.h. Used memory is what is held: what the kernel still has
// of processes that have ended is as good as free.
typedef struct {
    uint64_t known_ms, from_ms, to_ms, step_ms;
    int64_t used_from_kb, used_to_kb;
    const ledger_t *start, *end; // of the change
    int64_t change_from_kb, change_to_kb;
    uint64_t steepest_from_ms, steepest_to_ms;
    int64_t steepest_kb;
    uint64_t unseen_from_ms, unseen_to_ms; // 0: there is no such time
    const why_row_t *rows;                 // largest share first, in the direction of the change
    size_t n_rows;
    uint64_t others;
    int64_t others_kb, hidden_kb, processes_kb, unexplained_kb;
    uint64_t estimated_kb; // of the rows and others, at most (daemon/forensics/copies.h)
} why_answer_t;

typedef struct {
    const capture_t *capture;
    const history_t *history;
    const departed_t *departed;
    const timeline_t *timeline;
    const writers_t *writers;
    const lineage_t *lineage;
} why_sources_t;

// All are borrowed. 0 or -errno.
int why_new(why_t **ret, const why_sources_t *sources);
void why_free(why_t *w);

// What the answer points to is valid until the next call or capture. 0; -ENODATA: nothing is known
// of that span; -ENOMEM.
int why_ask(why_t *w, const why_question_t *q, why_answer_t *ret);

// The moments of the last why_ask.
const moment_t *why_moments(const why_t *w, size_t *ret_n);

#endif
