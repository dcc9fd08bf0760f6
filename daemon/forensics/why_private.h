#ifndef MEMSCOPE_DAEMON_FORENSICS_WHY_PRIVATE_H
#define MEMSCOPE_DAEMON_FORENSICS_WHY_PRIVATE_H

// Shared by the parts of why.c, and by nobody else.

#include "daemon/forensics/why.h"
#include "daemon/forensics/why_change.h"

// A process with memory at the begin or the end of the change.
typedef struct {
    uint32_t series;
    history_identity_t who;
    uint64_t born_ms;
    uint64_t start_kb, end_kb;
    text_view_t name, unit;
    uint64_t uid;
    bool has_uid;
    bool folded; // into the row of its program
} member_t;

// Members next to each other.
typedef struct {
    size_t first, count;
    int64_t delta;
} group_t;

struct why {
    why_sources_t from;
    moment_t moments[TIMELINE_MOMENTS_MAX];
    uint64_t sums[TIMELINE_MOMENTS_MAX];
    size_t n_moments;
    member_t *members;
    size_t n_members, max_members;
    group_t *groups;
    size_t n_groups, max_groups;
    why_row_t rows[WHY_ROWS_MAX + 1 + LEDGER_LINES]; // one asked for by name
};

// Room for one more than `n`; false: there is no memory.
bool why_grow(void **array, size_t *max, size_t n, size_t size);

// Who had memory at the begin or at the end of the change and may be named; what the others had
// goes into the answer. 0 or -ENOMEM.
int why_find_members(why_t *w, const why_question_t *q, const change_t *change, why_answer_t *ret);
int64_t why_delta_of(const member_t *m);
// The one after `m`, which begins with series HISTORY_NONE; false: there is none. Its names come
// with why_identify(); false: nothing more is known of it.
bool why_next_member(const why_t *w, member_t *m);
bool why_identify(const why_t *w, member_t *m, owner_t *ret_owner);
bool why_lives_at(const member_t *m, uint64_t time_ms);
// What the members of a group had together when that was most, of the moments of the span.
uint64_t why_peak_of(why_t *w, const group_t *g);

// Where there are many more processes: how many, and what most are called, goes into that row of
// the kernel's memory for processes which grew most.
void why_name_newcomers(
        const why_t *w, const why_question_t *q, const why_answer_t *a, why_row_t *rows, size_t n);

// The rows of the answer, once the members are known. 0 or -ENOMEM.
int why_make_rows(why_t *w, const why_question_t *q, why_answer_t *ret);

#endif
