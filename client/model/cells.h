#ifndef MEMSCOPE_CLIENT_MODEL_CELLS_H
#define MEMSCOPE_CLIENT_MODEL_CELLS_H

// What stands in the cells of a list: each writes at most CELL_MAX bytes that are safe to show and
// returns their style. What is unknown is "-".

#include "client/model/columns.h"

style_t format_pid(const cell_context_t *c, const row_t *r, char *buf);
style_t format_user(const cell_context_t *c, const row_t *r, char *buf);
style_t format_name(const cell_context_t *c, const row_t *r, char *buf);
style_t format_command(const cell_context_t *c, const row_t *r, char *buf);
style_t format_state(const cell_context_t *c, const row_t *r, char *buf);
style_t format_rss(const cell_context_t *c, const row_t *r, char *buf);
style_t format_basis(const cell_context_t *c, const row_t *r, char *buf);
style_t format_subtree(const cell_context_t *c, const row_t *r, char *buf);
style_t format_pss(const cell_context_t *c, const row_t *r, char *buf);
style_t format_swap(const cell_context_t *c, const row_t *r, char *buf);
style_t format_cpu(const cell_context_t *c, const row_t *r, char *buf);
style_t format_threads(const cell_context_t *c, const row_t *r, char *buf);
style_t format_read(const cell_context_t *c, const row_t *r, char *buf);
style_t format_write(const cell_context_t *c, const row_t *r, char *buf);
style_t format_delta(const cell_context_t *c, const row_t *r, char *buf);
style_t format_rate(const cell_context_t *c, const row_t *r, char *buf);
style_t format_trend(const cell_context_t *c, const row_t *r, char *buf);
style_t format_tags(const cell_context_t *c, const row_t *r, char *buf);

#endif
