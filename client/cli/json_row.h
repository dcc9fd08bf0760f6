#ifndef MEMSCOPE_CLIENT_CLI_JSON_ROW_H
#define MEMSCOPE_CLIENT_CLI_JSON_ROW_H

// Rows of the list as JSON, under the keys of their columns.

#include "client/cli/json.h"
#include "client/model/export.h"

// Puts what a column has for the row; unknown: nothing.
void json_put_cell(
        json_t *o, const model_t *m, const row_t *row, group_kind_t kind, column_id_t id);
// All columns of a process.
void json_put_row(json_t *o, const model_t *m, const row_t *process);

#endif
