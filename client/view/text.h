#ifndef MEMSCOPE_CLIENT_VIEW_TEXT_H
#define MEMSCOPE_CLIENT_VIEW_TEXT_H

#include "client/widget/grid.h"

// Writes text in lines of at most `width` columns, broken at blanks where there are any. Returns
// the lines it took, at least 1.
int view_put_wrapped(const pane_t *p, int row, int col, int width, int style, const char *text);

#endif
