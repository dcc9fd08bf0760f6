#ifndef MEMSCOPE_CLIENT_CLI_SNAPSHOT_PRINT_H
#define MEMSCOPE_CLIENT_CLI_SNAPSHOT_PRINT_H

// A sample as JSON, CSV or a table on stdout; which columns is decided before.

#include "client/model/export.h"
#include "client/model/list.h"

#define SNAPSHOT_SCHEMA 1 // of the JSON; grows when a key changes its meaning

typedef struct {
    const model_t *model;
    const list_t *list; // which rows, and in which order
    const column_id_t *columns;
    size_t n_columns;
    const glyphs_t *glyphs;
    int width; // of the screen; 0: no limit. Columns of the least rank give way
} sample_view_t;

void snapshot_print_json(const sample_view_t *v);
void snapshot_print_csv(const sample_view_t *v, bool header);
// 0 or -ENOMEM.
int snapshot_print_table(const sample_view_t *v);

#endif
