// What the kernel keeps for each process, its page tables, stacks and slab, is no process's private
// memory: where there are many more processes than before, they are what it is for.

#include "common/cleanup.h"
#include "daemon/forensics/why_private.h"

#include <string.h>

#define LEAST    100 // so many more
#define STACK_KB 8   // that kernel stacks must have grown by for each: no kernel has smaller ones

typedef struct {
    const why_t *w;
    const why_question_t *q;
    uint64_t from_ms, to_ms;
    member_t m; // the present one
} walk_t;

// 1: born between; -1: ended between. Those that may not be named are left out, and there is no
// next one at 0.
static int next_change(walk_t *k)
{
    while (why_next_member(k->w, &k->m)) {
        bool before = why_lives_at(&k->m, k->from_ms), after = why_lives_at(&k->m, k->to_ms);
        owner_t owner = {OWNER_ROOT_ONLY, OWNER_ROOT_ONLY};
        bool see_private;

        if (before == after || !why_identify(k->w, &k->m, &owner) ||
                (k->q->sees && !k->q->sees(k->q->user, owner, &see_private)))
            continue;
        return after ? 1 : -1;
    }
    return 0;
}

static bool is_called(const member_t *m, text_view_t name)
{
    return m->name.len == name.len && memcmp(m->name.data, name.data, name.len) == 0;
}

// How many more there are. The name in *ret_name is that of most of those that were born, if any
// is.
static int64_t count_more(walk_t k, text_view_t *ret_name)
{
    int64_t more = 0, votes = 0;
    int change;

    k.m = (member_t){.series = HISTORY_NONE};
    while ((change = next_change(&k))) {
        more += change;
        if (change < 0)
            continue;
        if (votes == 0)
            *ret_name = k.m.name;
        votes += is_called(&k.m, *ret_name) ? 1 : -1;
    }
    return more;
}

static bool are_most(walk_t k, text_view_t name)
{
    int64_t votes = 0;
    int change;

    k.m = (member_t){.series = HISTORY_NONE};
    while ((change = next_change(&k)))
        if (change > 0)
            votes += is_called(&k.m, name) ? 1 : -1;
    return votes > 0;
}

void why_name_newcomers(
        const why_t *w, const why_question_t *q, const why_answer_t *a, why_row_t *rows, size_t n)
{
    int64_t stacks_kb = a->end->kb[LEDGER_KERNEL_STACKS] - a->start->kb[LEDGER_KERNEL_STACKS];
    walk_t k = {.w = w, .q = q, .from_ms = a->start->time_ms, .to_ms = a->end->time_ms};
    why_row_t *most = NULL;
    text_view_t name = {0};
    int64_t more;

    if (stacks_kb < LEAST * STACK_KB)
        return;
    more = count_more(k, &name);
    if (more < LEAST || stacks_kb < more * STACK_KB)
        return;
    for (size_t i = 0; i < n; i++) {
        why_row_t *r = &rows[i];

        if ((r->kind == LEDGER_PAGE_TABLES || r->kind == LEDGER_KERNEL_STACKS ||
                    r->kind == LEDGER_SLAB) &&
                r->end_kb > r->start_kb &&
                (!most || r->end_kb - r->start_kb > most->end_kb - most->start_kb))
            most = r;
    }
    if (!most)
        return;
    most->count = (uint64_t) more;
    if (are_most(k, name))
        most->name = name;
}
