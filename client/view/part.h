#ifndef MEMSCOPE_CLIENT_VIEW_PART_H
#define MEMSCOPE_CLIENT_VIEW_PART_H

// A line that says what a part of something is, with a gauge: "Anon    [████░░░░]  180.1 MB  37%".

#include "client/model/ui.h"

#define VIEW_PART_WIDTH 38 // columns

typedef struct {
    const char *label;
    bool known;
    bool partly; // there is more than that
    uint64_t kb, whole_kb;
    bool of_whole; // a share of it can be told
} view_part_t;

void view_part(const ui_t *ui, const pane_t *p, int row, int col, const view_part_t *part);
// What stands over such lines, right above the shares; its last word is "RSS" or the like.
void view_part_heading(const pane_t *p, int row, int col, const char *title, const char *of);

#endif
