#include "client/model/tree.h"

#include "common/cleanup.h"
#include "common/procmap.h"
#include <errno.h>

#define NOBODY UINT32_MAX

typedef struct {
    uint32_t parent, child, brother; // first child, next brother
    uint16_t depth;
    bool visited;
    bool shown; // listed, or an ancestor of one that is
} node_t;

typedef struct {
    node_t *nodes;
    row_t *sums;     // rows as if a subtree were one process
    uint32_t *order; // parents before their children
    uint32_t *stack;
    size_t n, n_order;
} tree_t;

static void tree_done(tree_t *t)
{
    free(t->nodes);
    free(t->sums);
    free(t->order);
    free(t->stack);
}

static int tree_init(tree_t *t, const model_t *m)
{
    size_t n = MAX(m->processes.n, (size_t) 1);

    *t = (tree_t){
            .nodes = calloc(n, sizeof(*t->nodes)),
            .sums = malloc(n * sizeof(*t->sums)),
            .order = malloc(n * sizeof(*t->order)),
            .stack = malloc(n * sizeof(*t->stack)),
            .n = m->processes.n,
    };
    return t->nodes && t->sums && t->order && t->stack ? 0 : -ENOMEM;
}

static int find_parents(tree_t *t, const model_t *m)
{
    procmap_t by_pid = {0};
    int r = 0;

    for (size_t i = 0; i < t->n && r == 0; i++)
        r = procmap_put(&by_pid, m->processes.items[i].id.pid, 0, (uint32_t) i);
    for (size_t i = 0; i < t->n; i++) {
        uint32_t parent = procmap_get(&by_pid, m->processes.items[i].ppid, 0);

        t->nodes[i].parent = parent == PROCMAP_NONE || parent == i ? NOBODY : parent;
    }
    procmap_done(&by_pid);
    return r;
}

// Makes the lists of children, in the order of `sorted`.
static void link_children(tree_t *t, const uint32_t *sorted)
{
    for (size_t i = 0; i < t->n; i++)
        t->nodes[i].child = t->nodes[i].brother = NOBODY;
    for (size_t i = t->n; i-- > 0;) {
        uint32_t me = sorted[i], parent = t->nodes[me].parent;

        if (parent == NOBODY)
            continue;
        t->nodes[me].brother = t->nodes[parent].child;
        t->nodes[parent].child = me;
    }
}

// The subtree of `root`, parents first. Every node goes onto the stack at most once.
static void walk(tree_t *t, uint32_t root)
{
    size_t top = 0;

    t->nodes[root].visited = true;
    t->stack[top++] = root;
    while (top > 0) {
        uint32_t me = t->stack[--top];
        size_t first = top;

        t->order[t->n_order++] = me;
        for (uint32_t c = t->nodes[me].child; c != NOBODY; c = t->nodes[c].brother) {
            if (t->nodes[c].visited)
                continue;
            t->nodes[c].visited = true;
            t->nodes[c].depth = (uint16_t) MIN(t->nodes[me].depth + 1, UINT16_MAX);
            t->stack[top++] = c;
        }
        // The first child is to come first off the stack.
        for (size_t a = first, b = top; a + 1 < b; a++, b--) {
            uint32_t swap = t->stack[a];

            t->stack[a] = t->stack[b - 1];
            t->stack[b - 1] = swap;
        }
    }
}

static void walk_all(tree_t *t, const uint32_t *sorted)
{
    t->n_order = 0;
    for (size_t i = 0; i < t->n; i++) {
        t->nodes[i].visited = false;
        t->nodes[i].depth = 0;
    }
    for (size_t i = 0; i < t->n; i++)
        if (t->nodes[sorted[i]].parent == NOBODY)
            walk(t, sorted[i]);
    // Who is his own ancestor in a torn sample has no root above him.
    for (size_t i = 0; i < t->n; i++)
        if (!t->nodes[sorted[i]].visited)
            walk(t, sorted[i]);
}

static void add_up(tree_t *t, const model_t *m)
{
    for (size_t i = 0; i < t->n; i++) {
        row_t *sum = &t->sums[i];

        *sum = m->processes.items[i];
        t->nodes[i].shown = (sum->flags & ROW_LISTED) != 0;
        if (row_knows(sum, VALUE_PSS))
            row_set(sum, VALUE_MEM, sum->values[VALUE_PSS]);
    }
    for (size_t i = t->n_order; i-- > 0;) {
        uint32_t me = t->order[i], parent = t->nodes[me].parent;

        // Depth 0 with a parent: where a circle was cut.
        if (parent == NOBODY || t->nodes[me].depth == 0)
            continue;
        t->nodes[parent].shown |= t->nodes[me].shown;
        for (value_t v = 0; v < VALUE_MAX; v++)
            if (v != VALUE_PID && row_knows(&t->sums[me], v))
                row_add(&t->sums[parent], v, t->sums[me].values[v]);
    }
}

// Where lines go on beside what is shown.
static void lay_rails(rows_t *rows, const uint32_t *indexes, size_t n)
{
    uint32_t rails = 0;

    for (size_t i = n; i-- > 0;) {
        row_t *row = &rows->items[indexes[i]];
        unsigned depth = MIN(row->depth, 31);
        uint32_t above = (UINT32_C(2) << depth) - 1;

        // What is deeper are its own.
        rails &= above;
        row->rails = rails;
        rails |= UINT32_C(1) << depth;
    }
}

int tree_order(model_t *m, uint32_t *indexes, size_t *ret_n, sort_order_t order)
{
    _cleanup_(tree_done) tree_t t = {0};
    size_t n = 0;
    int r = tree_init(&t, m);

    if (r == 0)
        r = find_parents(&t, m);
    if (r < 0)
        return r;
    for (size_t i = 0; i < t.n; i++)
        indexes[i] = (uint32_t) i;
    link_children(&t, indexes);
    walk_all(&t, indexes);
    add_up(&t, m);
    r = sort_rows(m, t.sums, indexes, t.n, order);
    if (r < 0)
        return r;
    link_children(&t, indexes);
    walk_all(&t, indexes);
    for (size_t i = 0; i < t.n_order; i++) {
        uint32_t me = t.order[i];
        row_t *row = &m->processes.items[me];

        row->depth = t.nodes[me].depth;
        if (row_knows(&t.sums[me], VALUE_MEM))
            row_set(row, VALUE_SUBTREE, t.sums[me].values[VALUE_MEM]);
        if (t.nodes[me].shown)
            indexes[n++] = me;
    }
    lay_rails(&m->processes, indexes, n);
    *ret_n = n;
    return 0;
}
