#ifndef MEMSCOPE_CLIENT_VIEW_VIEWS_H
#define MEMSCOPE_CLIENT_VIEW_VIEWS_H

// The screens: each draws a part of the app's state into a pane. They change nothing but how far
// they are scrolled, where that went beyond the end.

#include "client/model/ui.h"

#define VIEW_MIN_ROWS 8
#define VIEW_MIN_COLS 40

// Above every list: the head, of which a tall screen shows more, and the columns' headings.
#define HEAD_ROWS_MIN 2
#define HEADING_ROWS  2
#define VIEW_TALL     30

static inline int view_head_rows(int rows)
{
    return rows >= VIEW_TALL ? HEAD_ROWS_MIN + 1 : HEAD_ROWS_MIN;
}

// Below it.
static inline int view_foot_rows(int rows)
{
    return rows >= VIEW_TALL ? 2 : 1;
}

// Above what is not a list: title and rule; the events have headings as well.
#define VIEW_TITLE_ROWS 2
#define VIEW_EVENTS_TOP (VIEW_TITLE_ROWS + 1)

void view_head(const ui_t *ui, const pane_t *p);
void view_foot(const ui_t *ui, const pane_t *p);

// The members of a group have what they are together above them, where there is room.
#define VIEW_SUM_ROWS 5
#define VIEW_SUM_TALL 20
#define VIEW_SUM_COLS 80
void view_sum(const ui_t *ui, const pane_t *p);

// The row of the columns' headings, and how many processes the list below shows.
int view_list_top(const ui_t *ui);
int view_list_page(const ui_t *ui);
void view_list(ui_t *ui, const pane_t *p);
void view_inspect(ui_t *ui, const pane_t *p);
void view_events(ui_t *ui, const pane_t *p);
void view_why(ui_t *ui, const pane_t *p);
void view_help(ui_t *ui, const pane_t *p);

// The first two rows of a screen that is not the list.
void view_title(const ui_t *ui, const pane_t *p, const char *title);

// In the title: which rows are shown of those that there are, if that is not all.
void view_place(const ui_t *ui, const pane_t *p, int scroll, int shown, int rows);

// Draws below the title of a screen what may be longer, `*ret_scroll` rows down, which goes no
// further than there is something to see. `draw` returns how many rows there are.
void view_scrolled(const ui_t *ui, const pane_t *p, int *ret_scroll,
        int (*draw)(const ui_t *ui, const pane_t *p));

// How many events a screen of that many rows shows.
int view_events_page(int rows);

// What the keys of a view do, in a line.
void view_hints(const ui_t *ui, const pane_t *p, view_t view);

// "live", "private", "3 s behind", …: how the picture comes about, and whether that is a concern.
style_t view_state(const ui_t *ui, char *buf, size_t cap);

#endif
