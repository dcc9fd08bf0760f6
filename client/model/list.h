#ifndef MEMSCOPE_CLIENT_MODEL_LIST_H
#define MEMSCOPE_CLIENT_MODEL_LIST_H

// A list as the viewer sees it: which rows, in which order, and where the cursor is. The cursor
// belongs to a process (or a group), not to a line. Rows and order change only in list_rebuild,
// which is called right before drawing: a key always meets what the drawn frame showed.

#include "client/model/filter.h"
#include "client/model/sort.h"

#define LIST_NAME_MAX 128

typedef struct {
    // What is shown.
    group_kind_t kind;        // groups of that kind
    bool tree;                // processes below their parents; kind is GROUP_NONE then
    group_kind_t within_kind; // only processes of the group `within`; GROUP_NONE: all
    identity_t within;
    char within_name[LIST_NAME_MAX]; // as people call it, safe to show
    filter_t *filter;                // NULL: none
    char filter_text[FILTER_TEXT_MAX];
    bool tagged; // only processes that have a tag
    sort_order_t order;
    bool command;                 // command lines instead of names
    char search[FILTER_TEXT_MAX]; // what was searched for last

    // What came of it.
    uint32_t *indexes; // into the processes or groups of the model; no two are the same
    size_t n, cap;

    size_t cursor;       // place of the selected row, 0 if there is none
    identity_t selected; // counts where n > 0
    identity_t chosen;   // where the cursor goes back to when a filter lets it
    bool moved;          // the viewer has put the cursor where it is
    size_t top;          // first line on the screen
    size_t page;         // lines on the screen when it was last drawn

    // Where ESC leads to from the members of a group.
    identity_t outer_selected;
    size_t outer_top;
} list_t;

void list_init(list_t *l);
void list_done(list_t *l);

// Takes up the model's present rows; `page` lines are to be drawn. 0 or -ENOMEM.
int list_rebuild(list_t *l, model_t *m, size_t page);

// The row at a place, and the selected one (NULL: the list is empty).
const row_t *list_row(const list_t *l, const model_t *m, size_t place);
const row_t *list_selected(const list_t *l, const model_t *m);

void list_move(list_t *l, const model_t *m, long lines);
void list_home(list_t *l, const model_t *m);
void list_end(list_t *l, const model_t *m);

// 0, or -errno with a few words in `ret_error` and the filter as it was.
int list_set_filter(list_t *l, const char *text, char *ret_error, size_t cap);

// Moves to the next row (`step` 1) or the one before (-1) in which `search` is found, from `place`
// on and round; with `here` also the row at `place`. False: there is none.
bool list_search(list_t *l, const model_t *m, size_t place, int step, bool here);

// In the column's natural direction, or with `invert` against the one it has now.
void list_sort_by(list_t *l, column_id_t column, bool invert);

// By name, by user, by unit, not at all. The cursor goes to the group of the selected process.
void list_cycle_groups(list_t *l, const model_t *m);
// Between a tree and a flat list of processes.
void list_toggle_tree(list_t *l);
// From the selected group to its members, and back (false: there is nowhere to go back to).
void list_enter_group(list_t *l, const char *name);
// The members of a group that is not listed.
void list_show_members(list_t *l, group_kind_t kind, identity_t group, const char *name);
bool list_leave_group(list_t *l);

#endif
