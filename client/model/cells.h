#ifndef MEMSCOPE_CLIENT_MODEL_CELLS_H
#define MEMSCOPE_CLIENT_MODEL_CELLS_H

// What stands in the cells of a list: each writes at most CELL_MAX bytes that are safe to show and
// returns their style. What is unknown is "-".

#include "client/model/columns.h"

// The value of the column.
style_t cell_memory(const cell_context_t *c, const row_t *r, char *buf); // KiB
style_t cell_change(const cell_context_t *c, const row_t *r, char *buf); // KiB, with its sign
style_t cell_growth(const cell_context_t *c, const row_t *r, char *buf); // KiB a minute, likewise
style_t cell_speed(const cell_context_t *c, const row_t *r, char *buf);  // KiB/s
style_t cell_share(const cell_context_t *c, const row_t *r, char *buf);  // per mille
style_t cell_number(const cell_context_t *c, const row_t *r, char *buf);

// What is more than a value.
style_t cell_pid(const cell_context_t *c, const row_t *r, char *buf);
style_t cell_user(const cell_context_t *c, const row_t *r, char *buf);
style_t cell_name(const cell_context_t *c, const row_t *r, char *buf);
style_t cell_command(const cell_context_t *c, const row_t *r, char *buf);
style_t cell_state(const cell_context_t *c, const row_t *r, char *buf);
style_t cell_basis(const cell_context_t *c, const row_t *r, char *buf);
style_t cell_pss(const cell_context_t *c, const row_t *r, char *buf);
style_t cell_trend(const cell_context_t *c, const row_t *r, char *buf);
style_t cell_tags(const cell_context_t *c, const row_t *r, char *buf);

#endif
