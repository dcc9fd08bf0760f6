#include "client/app/actions.h"

#include "client/view/views.h"

#define WHEEL_LINES 3

static void press_heading(app_t *a, int col)
{
    for (size_t i = 0; i < a->layout.n; i++) {
        const column_place_t *place = &a->layout.places[i];

        if (col < place->left || col >= place->left + place->width || !columns[place->id].sortable)
            continue;
        actions_sort(a, place->id, a->list.order.column == place->id);
    }
}

static void press_list(app_t *a, int row, int col)
{
    list_t *l = &a->list;
    int head = view_list_top(a);
    long line = row - head - HEADING_ROWS;

    if (row == head)
        press_heading(a, col);
    if (line < 0 || (size_t) line >= l->page || l->top + (size_t) line >= l->n)
        return;
    line += (long) l->top - (long) l->cursor;
    if (line == 0 && l->moved)
        actions_open(a);
    else
        list_move(l, &a->model, line);
}

static void press_event(app_t *a, int row)
{
    long line = row - VIEW_EVENTS_TOP;
    events_t *e = a->events;
    uint64_t number;

    if (!e || line < 0 || line >= view_events_page(a->grid.rows) || e->top + (size_t) line >= e->n)
        return;
    number = events_newest(e, e->top + (size_t) line)->number;
    events_move(e, line + (long) e->top - (long) events_place(e));
    if (number == e->pressed)
        panes_open_event(a);
    e->pressed = number;
}

static void press_reason(app_t *a, int row)
{
    long line = row - VIEW_TITLE_ROWS + a->why_scroll - a->why_first;
    why_t *w = a->why;

    if (row < VIEW_TITLE_ROWS || row > a->grid.rows - 2 || !w->known || line < 0 ||
            (size_t) line >= w->reasons.n_rows)
        return;
    w->cursor = (size_t) line;
    w->follow = true;
    if (w->pressed == w->cursor + 1)
        panes_open_reason(a);
    w->pressed = w->cursor + 1;
}

void app_mouse(app_t *a, mouse_t what, int row, int col)
{
    if (a->stale)
        app_take_up(a);
    a->dirty = true;
    if (what == MOUSE_PRESS) {
        if (a->view == VIEW_LIST)
            press_list(a, row, col);
        else if (a->view == VIEW_EVENTS)
            press_event(a, row);
        else if (a->view == VIEW_WHY)
            press_reason(a, row);
        return;
    }
    for (int i = 0; i < WHEEL_LINES; i++)
        actions_do(a, what == MOUSE_WHEEL_UP ? ACTION_UP : ACTION_DOWN);
}
