#include "client/model/list.h"

#include "client/model/tree.h"
#include "common/cleanup.h"
#include <errno.h>
#include <stdio.h>

void list_init(list_t *l)
{
    *l = (list_t){.order = {.column = COLUMN_RSS}};
}

void list_done(list_t *l)
{
    filter_free(l->filter);
    free(l->indexes);
    *l = (list_t){0};
}

static const rows_t *rows_of(const list_t *l, const model_t *m)
{
    return l->kind == GROUP_NONE ? &m->processes : &m->groups;
}

// What stands in the list's way of showing everything, decided once for each process.
static void mark_listed(const list_t *l, model_t *m)
{
    m->partial = false;
    for (size_t i = 0; i < m->processes.n; i++) {
        row_t *r = &m->processes.items[i];
        bool listed = (!l->tagged || r->tags) &&
                      (l->within_kind == GROUP_NONE ||
                              identity_equal(model_group_of(m, r, l->within_kind), l->within)) &&
                      filter_passes(l->filter, m, r);

        m->partial |= !listed;
        r->flags = (uint8_t) (listed ? r->flags | ROW_LISTED : r->flags & ~ROW_LISTED);
    }
}

static bool is_shown(const row_t *r)
{
    return (r->flags & (ROW_LISTED | ROW_GROUP)) != 0;
}

static int reserve(list_t *l, size_t n)
{
    size_t cap = n + n / 8 + 64;
    uint32_t *grown;

    if (n <= l->cap)
        return 0;
    grown = realloc(l->indexes, cap * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    l->indexes = grown;
    l->cap = cap;
    return 0;
}

// Those that were there the last time, in their order, which is nearly sorted; then the others.
static void collect(list_t *l, rows_t *rows)
{
    size_t n = 0;

    for (size_t i = 0; i < l->n; i++) {
        uint32_t index = l->indexes[i];

        if (index < rows->n && is_shown(&rows->items[index])) {
            rows->items[index].flags |= ROW_PLACED;
            l->indexes[n++] = index;
        }
    }
    for (size_t i = 0; i < rows->n; i++) {
        row_t *r = &rows->items[i];

        if (is_shown(r) && !(r->flags & ROW_PLACED))
            l->indexes[n++] = (uint32_t) i;
        r->flags = (uint8_t) (r->flags & ~ROW_PLACED);
    }
    l->n = n;
}

static int put_in_order(list_t *l, model_t *m)
{
    rows_t *rows = l->kind == GROUP_NONE ? &m->processes : &m->groups;
    int r = reserve(l, rows->n);

    if (r < 0) {
        l->n = 0;
        return r;
    }
    if (l->tree)
        return tree_order(m, l->indexes, &l->n, l->order);
    collect(l, rows);
    return sort_rows(m, rows->items, l->indexes, l->n, l->order);
}

static void put_cursor(list_t *l, const model_t *m, size_t place)
{
    l->cursor = l->n > 0 ? MIN(place, l->n - 1) : 0;
    // An empty list keeps in mind who was selected.
    if (l->n > 0)
        l->selected = list_row(l, m, l->cursor)->id;
}

// Where the cursor is to be once the list is made anew.
static void aim_at(list_t *l, identity_t id)
{
    l->selected = l->chosen = id;
}

// The viewer's choice.
static void choose(list_t *l, const model_t *m, size_t place)
{
    put_cursor(l, m, place);
    l->chosen = l->selected;
    l->moved = true;
}

// Whether it lives, listed or not.
static bool is_there(const list_t *l, const model_t *m, identity_t id)
{
    if (l->kind == GROUP_NONE)
        return model_find(m, id) != NULL;
    for (size_t i = 0; i < m->processes.n; i++)
        if (identity_equal(model_group_of(m, &m->processes.items[i], l->kind), id))
            return true;
    return false;
}

// The line of the chosen row; while something hides it, of the one that took its place; where that
// is gone, the line that it had.
static void follow_selected(list_t *l, const model_t *m)
{
    size_t place = SIZE_MAX;
    bool found = false;

    for (size_t i = 0; i < l->n && !found; i++) {
        identity_t id = list_row(l, m, i)->id;

        found = identity_equal(id, l->chosen);
        if (found || identity_equal(id, l->selected))
            place = i;
    }
    // A cursor that nobody has moved does not drag the screen away from the top.
    if (place != SIZE_MAX)
        put_cursor(l, m, l->moved || place < l->page ? place : 0);
    else
        put_cursor(l, m, l->cursor);
    if (found || !is_there(l, m, l->chosen))
        l->chosen = l->selected;
}

static void scroll_to_cursor(list_t *l)
{
    if (l->cursor < l->top)
        l->top = l->cursor;
    if (l->page > 0 && l->cursor >= l->top + l->page)
        l->top = l->cursor - l->page + 1;
    if (l->top + l->page > l->n)
        l->top = l->n > l->page ? l->n - l->page : 0;
}

int list_rebuild(list_t *l, model_t *m, size_t page)
{
    int r = 0;

    l->page = page;
    if (column_on_screen(l->order.column) && !column_title(l->order.column, l->kind, l->tree))
        l->order = (sort_order_t){.column = COLUMN_RSS};
    mark_listed(l, m);
    if (l->kind != GROUP_NONE)
        r = model_group(m, l->kind);
    if (r == 0)
        r = put_in_order(l, m);
    else
        l->n = 0;
    follow_selected(l, m);
    scroll_to_cursor(l);
    return r;
}

const row_t *list_row(const list_t *l, const model_t *m, size_t place)
{
    return &rows_of(l, m)->items[l->indexes[place]];
}

const row_t *list_selected(const list_t *l, const model_t *m)
{
    return l->n > 0 ? list_row(l, m, l->cursor) : NULL;
}

void list_move(list_t *l, const model_t *m, long lines)
{
    size_t size = (size_t) labs(lines);

    if (lines < 0)
        choose(l, m, l->cursor > size ? l->cursor - size : 0);
    else
        choose(l, m, l->cursor + size);
    scroll_to_cursor(l);
}

void list_home(list_t *l, const model_t *m)
{
    choose(l, m, 0);
    l->moved = false;
    scroll_to_cursor(l);
}

void list_end(list_t *l, const model_t *m)
{
    choose(l, m, l->n);
    scroll_to_cursor(l);
}

int list_set_filter(list_t *l, const char *text, char *ret_error, size_t cap)
{
    filter_t *f;
    int r = filter_new(&f, text, ret_error, cap);

    if (r < 0)
        return r;
    filter_free(l->filter);
    l->filter = f;
    snprintf(l->filter_text, sizeof(l->filter_text), "%s", text);
    return 0;
}

bool list_search(list_t *l, const model_t *m, size_t place, int step, bool here)
{
    for (size_t i = here ? 0 : 1; i < l->n + !here; i++) {
        size_t at = (place + (step > 0 ? i : l->n - i)) % l->n;

        if (!filter_finds(m, list_row(l, m, at), l->search))
            continue;
        choose(l, m, at);
        scroll_to_cursor(l);
        return true;
    }
    return false;
}

void list_sort_by(list_t *l, column_id_t column, bool invert)
{
    // What is first in the new order is worth seeing, as far as the cursor is not too far below.
    l->top = 0;
    l->order = (sort_order_t){.column = column, .inverted = invert && !l->order.inverted};
    if (!l->moved) {
        l->cursor = 0;
        aim_at(l, (identity_t){0});
    }
}

static void forget_place(list_t *l)
{
    aim_at(l, (identity_t){0});
    l->cursor = 0;
    l->top = 0;
    l->moved = false;
}

void list_cycle_groups(list_t *l, const model_t *m)
{
    group_kind_t from = l->within_kind != GROUP_NONE ? l->within_kind : l->kind;
    const row_t *selected = list_selected(l, m);
    bool process = selected && l->kind == GROUP_NONE;
    group_kind_t to = (from + 1) % GROUP_KINDS;
    bool moved = l->moved;

    forget_place(l);
    l->within_kind = GROUP_NONE;
    l->tree = false;
    l->kind = to;
    if (process && to != GROUP_NONE) {
        aim_at(l, model_group_of(m, selected, to));
        l->moved = moved;
    }
}

void list_toggle_tree(list_t *l)
{
    if (l->kind != GROUP_NONE) {
        forget_place(l);
        l->kind = GROUP_NONE;
        l->tree = false;
    }
    l->tree = !l->tree;
}

void list_show_members(list_t *l, group_kind_t kind, identity_t group, const char *name)
{
    l->within_kind = kind;
    l->within = group;
    snprintf(l->within_name, sizeof(l->within_name), "%s", name);
    l->kind = GROUP_NONE;
    forget_place(l);
}

void list_enter_group(list_t *l, const char *name)
{
    if (l->kind == GROUP_NONE || l->n == 0)
        return;
    l->outer_selected = l->selected;
    l->outer_top = l->top;
    list_show_members(l, l->kind, l->selected, name);
}

bool list_leave_group(list_t *l)
{
    if (l->within_kind == GROUP_NONE)
        return false;
    l->kind = l->within_kind;
    l->within_kind = GROUP_NONE;
    l->tree = false;
    forget_place(l);
    aim_at(l, l->outer_selected);
    l->top = l->outer_top;
    l->moved = true;
    return true;
}
