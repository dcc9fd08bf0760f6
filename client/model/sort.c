#include "client/model/sort.h"

#include <errno.h>
#include <stdlib.h>

typedef struct {
    int64_t key;
    uint64_t pid;
    uint32_t index;
    bool unknown;
} item_t;

typedef struct {
    const model_t *model;
    const row_t *rows;
    const column_t *column;
    int sign;
} context_t;

static int by_identity(const row_t *a, const row_t *b)
{
    if (a->id.pid != b->id.pid)
        return a->id.pid < b->id.pid ? -1 : 1;
    return (a->id.start_time > b->id.start_time) - (a->id.start_time < b->id.start_time);
}

static int by_key(const void *a_item, const void *b_item, void *user)
{
    const item_t *a = a_item, *b = b_item;
    const context_t *c = user;

    if (a->unknown != b->unknown)
        return a->unknown ? 1 : -1;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    if (a->pid != b->pid) // without a look at the rows, for many are equal
        return a->pid < b->pid ? -1 : 1;
    return by_identity(&c->rows[a->index], &c->rows[b->index]);
}

static int by_text(const void *a_item, const void *b_item, void *user)
{
    const item_t *a = a_item, *b = b_item;
    const context_t *c = user;
    int r = c->column->compare(c->model, &c->rows[a->index], &c->rows[b->index]);

    return r ? r * c->sign : by_identity(&c->rows[a->index], &c->rows[b->index]);
}

typedef int (*compare_t)(const void *a, const void *b, void *user);

// What was in order a second ago nearly is so still: of two that are not, both are taken out, and
// those few are sorted and merged with the others. `aside` has room for all of them.
static void order_items(item_t *items, size_t n, item_t *aside, compare_t compare, context_t *c)
{
    size_t kept = 0, taken = 0;

    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || compare(&items[kept - 1], &items[i], c) <= 0) {
            items[kept++] = items[i];
        } else {
            aside[taken++] = items[--kept];
            aside[taken++] = items[i];
        }
    }
    qsort_r(aside, taken, sizeof(*aside), compare, c);
    // From the end, so that what is moved goes to where nobody is any more.
    while (taken > 0) {
        bool later = kept > 0 && compare(&items[kept - 1], &aside[taken - 1], c) > 0;
        size_t at = kept + taken - 1;

        items[at] = later ? items[--kept] : aside[--taken];
    }
}

int sort_rows(const model_t *m, const row_t *rows, uint32_t *indexes, size_t n, sort_order_t order)
{
    const column_t *column = &columns[order.column];
    context_t c = {m, rows, column, order.inverted ? -1 : 1};
    compare_t compare = column->compare ? by_text : by_key;
    item_t *items;

    if (n < 2)
        return 0;
    items = malloc(2 * n * sizeof(*items));
    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const row_t *r = &rows[indexes[i]];
        // A group has no PID of its own: what stands in that column is how many it counts.
        value_t v =
                column->value == VALUE_PID && r->flags & ROW_GROUP ? VALUE_COUNT : column->value;

        items[i] = (item_t){.index = indexes[i], .pid = r->id.pid};
        if (v == VALUE_MAX)
            continue;
        items[i].unknown = !row_knows(r, v);
        items[i].key = column->ascending == order.inverted ? -r->values[v] : r->values[v];
        if (v == VALUE_COUNT)
            items[i].key = -items[i].key;
    }
    order_items(items, n, items + n, compare, &c);
    for (size_t i = 0; i < n; i++)
        indexes[i] = items[i].index;
    free(items);
    return 0;
}
