#ifndef MEMSCOPE_CLIENT_MODEL_SORT_H
#define MEMSCOPE_CLIENT_MODEL_SORT_H

#include "client/model/columns.h"

typedef struct {
    column_id_t column;
    bool inverted; // against the column's natural direction
} sort_order_t;

// Orders n indexes into `rows`. What the column does not know comes last in either direction, and
// equals are in order of their identity, so that the same rows always have the same order.
// What is nearly in order takes little more than one look at each. 0 or -ENOMEM.
int sort_rows(const model_t *m, const row_t *rows, uint32_t *indexes, size_t n, sort_order_t order);

#endif
