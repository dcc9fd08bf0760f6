#include "client/model/sort.h"

#include <errno.h>
#include <stdlib.h>

typedef struct {
    int64_t key;
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

// What was in order a second ago needs few moves to be so again. False: it needs more than that.
static bool mend_order(item_t *items, size_t n, compare_t compare, context_t *c)
{
    size_t moves = n;

    for (size_t i = 1; i < n; i++) {
        item_t item = items[i];
        size_t at = i;

        for (; at > 0 && compare(&items[at - 1], &item, c) > 0; at--, moves--) {
            if (moves == 0)
                break;
            items[at] = items[at - 1];
        }
        items[at] = item;
        if (moves == 0)
            return false;
    }
    return true;
}

int sort_rows(const model_t *m, const row_t *rows, uint32_t *indexes, size_t n, sort_order_t order)
{
    const column_t *column = &columns[order.column];
    context_t c = {m, rows, column, order.inverted ? -1 : 1};
    compare_t compare = column->compare ? by_text : by_key;
    item_t *items;

    if (n < 2)
        return 0;
    items = malloc(n * sizeof(*items));
    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const row_t *r = &rows[indexes[i]];
        // A group has no PID of its own: what stands in that column is how many it counts.
        value_t v =
                column->value == VALUE_PID && r->flags & ROW_GROUP ? VALUE_COUNT : column->value;

        items[i] = (item_t){.index = indexes[i]};
        if (v == VALUE_MAX)
            continue;
        items[i].unknown = !row_knows(r, v);
        items[i].key = column->ascending == order.inverted ? -r->values[v] : r->values[v];
        if (v == VALUE_COUNT)
            items[i].key = -items[i].key;
    }
    if (!mend_order(items, n, compare, &c))
        qsort_r(items, n, sizeof(*items), compare, &c);
    for (size_t i = 0; i < n; i++)
        indexes[i] = items[i].index;
    free(items);
    return 0;
}
