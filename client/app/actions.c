#include "client/app/actions.h"

#include "client/view/views.h"
#include "common/cleanup.h"
#include <stdio.h>
#include <string.h>

void actions_forget_inspect(app_t *a)
{
    if (a->inspect && a->requests.inspect)
        a->requests.inspect(a->requests.user, 0, 0);
    inspect_free(a->inspect);
    a->inspect = NULL;
    a->pane_below = VIEW_LIST;
}

static void close_inspect(app_t *a)
{
    actions_forget_inspect(a);
    // The pane below it may have been left for another one since.
    a->view = a->inspect_below == VIEW_WHY && !a->why ? VIEW_LIST : a->inspect_below;
}

void actions_inspect(app_t *a, identity_t id, const char *name, view_t below)
{
    const row_t *row = model_find(&a->model, id);

    inspect_free(a->inspect);
    a->inspect = NULL;
    if (inspect_new(&a->inspect, id) < 0) {
        a->view = VIEW_LIST;
        app_say(a, "out of memory");
        return;
    }
    receipt_forget(a);
    a->view = VIEW_INSPECT;
    a->inspect_below = below;
    a->inspect_scroll = 0;
    a->inspect->system = a->model.system;
    a->inspect->row.id = id;
    if (row)
        a->inspect->row = *row;
    snprintf(a->inspect->name, sizeof(a->inspect->name), "%s", name);
    // After a newer tick the row's strings may be another process's: that tick will bring them.
    if (a->snapshot && !a->pending)
        inspect_update(a->inspect, &a->model, a->snapshot);
    if (a->requests.inspect)
        a->requests.inspect(a->requests.user, id.pid, id.start_time);
    app_ask_history(a);
    panes_want_events(a);
}

void actions_open(app_t *a)
{
    const row_t *row = list_selected(&a->list, &a->model);
    char name[LIST_NAME_MAX];

    if (!row)
        return;
    if (!(row->flags & ROW_GROUP)) {
        list_move(&a->list, &a->model, 0); // whoever is opened was chosen
        actions_inspect(a, row->id, "", VIEW_LIST);
        return;
    }
    if (a->list.kind == GROUP_USER && model_user(&a->model, row))
        snprintf(name, sizeof(name), "%s", model_user(&a->model, row));
    else if (a->list.kind == GROUP_UNIT)
        model_string(&a->model, row->unit, name, sizeof(name));
    else
        model_name(&a->model, row, name, sizeof(name));
    list_enter_group(&a->list, name);
    a->stale = true;
}

void actions_sort(app_t *a, column_id_t column, bool invert)
{
    list_sort_by(&a->list, column, invert);
    a->stale = true;
}

// The next column to the right (or left) that can be sorted by.
static void sort_beside(app_t *a, int step)
{
    int id = (int) a->list.order.column;

    do {
        id += step;
        if (id < 0 || id >= COLUMN_MAX)
            return;
    } while (!columns[id].sortable || !column_title((column_id_t) id, a->list.kind, a->list.tree));
    actions_sort(a, (column_id_t) id, false);
}

static void reset_baselines(app_t *a)
{
    model_reset_baselines(&a->model);
    if (a->inspect && row_knows(&a->inspect->row, VALUE_DELTA))
        row_set(&a->inspect->row, VALUE_DELTA, 0);
    a->stale = true;
    app_say(a, "baseline reset: DELTA counts from now");
}

// What was restricted last is lifted first.
static void go_back(app_t *a)
{
    list_t *l = &a->list;

    if (l->filter) {
        list_set_filter(l, "", NULL, 0);
        a->stale = true;
    } else if (l->tagged) {
        l->tagged = false;
        a->stale = true;
    } else if (panes_leave_members(a) || list_leave_group(l)) {
        a->stale = true;
    } else {
        a->quit = true;
    }
}

bool actions_search(app_t *a, size_t place, int step, bool here)
{
    bool found = list_search(&a->list, &a->model, place, step, here);
    char text[UI_MESSAGE_MAX];

    snprintf(text, sizeof(text), "no match for '%s'", a->list.search);
    if (!found)
        app_say(a, a->list.search[0] ? text : "nothing was searched for yet: press /");
    return found;
}

static void change_theme(app_t *a)
{
    char text[64];

    a->theme = theme_next(a->theme);
    snprintf(text, sizeof(text), "colours: %s", a->theme->name);
    app_say(a, text);
}

static void freeze(app_t *a)
{
    a->frozen = !a->frozen;
    if (a->requests.pause)
        a->requests.pause(a->requests.user, a->frozen);
}

static void sort_action(app_t *a, action_t action)
{
    switch (action) {
    case ACTION_SORT_MEM:
        actions_sort(a, COLUMN_RSS, false);
        break;
    case ACTION_SORT_CPU:
        actions_sort(a, COLUMN_CPU, false);
        break;
    case ACTION_SORT_DELTA:
        actions_sort(a, COLUMN_DELTA, false);
        break;
    case ACTION_SORT_PID:
        actions_sort(a, COLUMN_PID, false);
        break;
    case ACTION_SORT_LEFT:
        sort_beside(a, -1);
        break;
    case ACTION_SORT_RIGHT:
        sort_beside(a, 1);
        break;
    case ACTION_INVERT:
        actions_sort(a, a->list.order.column, true);
        break;
    default:
        break;
    }
}

static void list_action(app_t *a, action_t action)
{
    list_t *l = &a->list;
    long page = (long) MAX(l->page, (size_t) 1);

    switch (action) {
    case ACTION_UP:
        list_move(l, &a->model, -1);
        break;
    case ACTION_DOWN:
        list_move(l, &a->model, 1);
        break;
    case ACTION_PAGE_UP:
        list_move(l, &a->model, -page);
        break;
    case ACTION_PAGE_DOWN:
        list_move(l, &a->model, page);
        break;
    case ACTION_HOME:
        list_home(l, &a->model);
        break;
    case ACTION_END:
        list_end(l, &a->model);
        break;
    case ACTION_OPEN:
        actions_open(a);
        break;
    case ACTION_BACK:
        go_back(a);
        break;
    case ACTION_GROUP:
        list_cycle_groups(l, &a->model);
        a->stale = true;
        break;
    case ACTION_COMMAND:
        l->command = !l->command;
        break;
    case ACTION_SEARCH:
        prompt_open(&a->prompt, PROMPT_SEARCH, l->search, l->cursor);
        break;
    case ACTION_SEARCH_NEXT:
        actions_search(a, l->cursor, 1, false);
        break;
    case ACTION_SEARCH_BEFORE:
        actions_search(a, l->cursor, -1, false);
        break;
    case ACTION_FILTER:
        prompt_open(&a->prompt, PROMPT_FILTER, l->filter_text, l->cursor);
        break;
    case ACTION_TREE:
        list_toggle_tree(l);
        a->stale = true;
        break;
    case ACTION_TAGGED:
        l->tagged = !l->tagged;
        a->stale = true;
        break;
    default:
        sort_action(a, action);
    }
}

void actions_scroll(int *scroll, int page, action_t action)
{
    switch (action) {
    case ACTION_UP:
        *scroll = MAX(*scroll - 1, 0);
        break;
    case ACTION_DOWN:
        *scroll += 1;
        break;
    case ACTION_PAGE_UP:
        *scroll = MAX(*scroll - page, 0);
        break;
    case ACTION_PAGE_DOWN:
        *scroll += page;
        break;
    case ACTION_HOME:
        *scroll = 0;
        break;
    case ACTION_END:
        *scroll = GRID_MAX_SIDE * 8;
        break;
    default:
        break;
    }
}

static void inspect_action(app_t *a, action_t action)
{
    switch (action) {
    case ACTION_BACK:
        close_inspect(a);
        break;
    case ACTION_LONGER:
    case ACTION_SHORTER:
        if (inspect_zoom(a->inspect, action == ACTION_LONGER ? 1 : -1))
            app_ask_history(a);
        break;
    default:
        actions_scroll(&a->inspect_scroll, MAX(a->grid.rows - 4, 1), action);
    }
}

static void help_action(app_t *a, action_t action)
{
    if (action == ACTION_BACK || action == ACTION_HELP)
        a->view = a->before_help;
    else
        actions_scroll(&a->help_scroll, MAX(a->grid.rows - 4, 1), action);
}

// What a key does that is not the same everywhere.
static void (*const view_actions[])(app_t *a, action_t action) = {
        [VIEW_LIST] = list_action,
        [VIEW_INSPECT] = inspect_action,
        [VIEW_EVENTS] = panes_events_action,
        [VIEW_WHY] = panes_why_action,
        [VIEW_HELP] = help_action,
};

void actions_do(app_t *a, action_t action)
{
    if (action == ACTION_QUIT) {
        a->quit = true;
    } else if (action == ACTION_RESET_BASELINE) {
        reset_baselines(a);
    } else if (action == ACTION_REDRAW) {
        a->redraw = true;
    } else if (action == ACTION_FREEZE) {
        freeze(a);
    } else if (action == ACTION_COPY) {
        report_copy(a);
    } else if (action == ACTION_SIGNAL) {
        signals_ask(a);
    } else if (action == ACTION_THEME) {
        change_theme(a);
    } else if (action == ACTION_HELP && a->view != VIEW_HELP) {
        a->before_help = a->view;
        a->view = VIEW_HELP;
        a->help_scroll = 0;
    } else if (action == ACTION_EVENTS || action == ACTION_WHY) {
        panes_toggle(a, action == ACTION_EVENTS ? VIEW_EVENTS : VIEW_WHY);
    } else {
        view_actions[a->view](a, action);
    }
}

// For those who try what other programs have there.
static void say_unused(app_t *a, int code)
{
    char text[64];

    if (code <= ' ' || code >= KEY_CODE_BACKSPACE || a->view == VIEW_HELP)
        return;
    snprintf(text, sizeof(text), "%c does nothing here: ? shows the keys", code);
    app_say(a, text);
    a->dirty = true;
}

void app_key(app_t *a, int code)
{
    action_t action = key_action(code, a->view);

    if (action == ACTION_NONE && a->prompt.kind == PROMPT_NONE) {
        say_unused(a, code);
        return;
    }
    // The key before changed what is listed: this one is meant for what comes of it.
    if (a->stale)
        app_take_up(a);
    a->dirty = true;
    if (a->prompt.kind != PROMPT_NONE)
        typing_key(a, code);
    else
        actions_do(a, action);
}
