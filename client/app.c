#include "client/app.h"

#include "client/view/views.h"
#include "common/cleanup.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_MS 3000

int app_new(app_t **ret, bool utf8, const ui_requests_t *requests)
{
    app_t *a = calloc(1, sizeof(*a));
    int r;

    if (!a)
        return -ENOMEM;
    a->utf8 = utf8;
    a->glyphs = glyphs_get(utf8);
    if (requests)
        a->requests = *requests;
    list_init(&a->list);
    a->dirty = true;
    r = model_init(&a->model, utf8);
    if (r == 0)
        r = grid_resize(&a->grid, 24, 80);
    if (r < 0) {
        app_free(a);
        return r;
    }
    *ret = a;
    return 0;
}

void app_free(app_t *a)
{
    if (!a)
        return;
    inspect_free(a->inspect);
    list_done(&a->list);
    model_done(&a->model);
    grid_done(&a->grid);
    free(a);
}

int app_resize(app_t *a, int rows, int cols)
{
    a->dirty = true;
    a->stale = true;
    return grid_resize(&a->grid, rows, cols);
}

void app_tick(app_t *a, const snapshot_t *s)
{
    a->snapshot = s;
    a->pending = true;
    a->dirty = true;
}

// ---- The daemon --------------------------------------------------------------------------------

static void ask_history(app_t *a)
{
    inspect_t *i = a->inspect;
    uint64_t span_ms = (uint64_t) inspect_spans[i->span] * 1000;
    int r;

    i->request = 0;
    if (!a->requests.history || (i->row.flags & ROW_KERNEL_THREAD))
        return;
    r = a->requests.history(
            a->requests.user, i->id.pid, i->id.start_time, span_ms, series_step_ms(span_ms));
    if (r > 0)
        i->request = (uint64_t) r;
}

void app_message(app_t *a, message_type_t type, const message_t *m)
{
    if (!a->inspect)
        return;
    if (type == MESSAGE_DETAILS)
        a->dirty |= inspect_details(a->inspect, &m->details);
    else if (type == MESSAGE_HISTORY)
        a->dirty |= inspect_history(a->inspect, &m->history);
}

void app_link(app_t *a, link_state_t state, const char *text, const hello_message_t *hello)
{
    bool again = state == LINK_LIVE && a->link != LINK_LIVE;

    a->link = state;
    snprintf(a->link_text, sizeof(a->link_text), "%s", text ? text : "");
    if (hello) {
        a->rights = hello->has.rights ? hello->rights : 0;
        a->uid = hello->has.uid ? hello->uid : UINT64_MAX;
    }
    a->dirty = true;
    // An answer that was awaited on the old connection will not come any more.
    if (again && a->inspect)
        ask_history(a);
}

// ---- Time --------------------------------------------------------------------------------------

void app_time(app_t *a, uint64_t now_ms)
{
    uint64_t behind;

    a->now_ms = now_ms;
    if (a->message[0] && now_ms >= a->message_until_ms) {
        a->message[0] = '\0';
        a->dirty = true;
    }
    behind = a->link == LINK_LIVE ? ui_behind_s(a) : 0;
    if (behind != a->shown_behind_s) {
        a->shown_behind_s = behind;
        a->dirty = true;
    }
}

uint64_t app_deadline_ms(const app_t *a)
{
    uint64_t deadline = a->message[0] ? a->message_until_ms : UINT64_MAX;

    // Lagging shows once a second has passed.
    if (a->link == LINK_LIVE && a->snapshot)
        deadline = MIN(deadline, a->now_ms + 1000);
    return deadline;
}

static void say(app_t *a, const char *text)
{
    snprintf(a->message, sizeof(a->message), "%s", text);
    a->message_until_ms = a->now_ms + MESSAGE_MS;
}

static void take_up(app_t *a)
{
    if (a->pending && a->snapshot) {
        if (model_update(&a->model, a->snapshot, a->now_ms) < 0)
            say(a, "out of memory: some processes are missing");
        if (a->inspect)
            inspect_update(a->inspect, &a->model, a->snapshot);
        a->pending = false;
        a->stale = true;
    }
    if (a->stale && list_rebuild(&a->list, &a->model, (size_t) view_list_page(a->grid.rows)) < 0)
        say(a, "out of memory: some processes are missing");
    a->stale = false;
}

// ---- Keys --------------------------------------------------------------------------------------

static void close_inspect(app_t *a)
{
    inspect_free(a->inspect);
    a->inspect = NULL;
    a->view = VIEW_LIST;
    if (a->requests.inspect)
        a->requests.inspect(a->requests.user, 0, 0);
}

static void open_inspect(app_t *a, const row_t *row)
{
    identity_t id = row->id;

    if (inspect_new(&a->inspect, id) < 0) {
        say(a, "out of memory");
        return;
    }
    a->view = VIEW_INSPECT;
    a->inspect_scroll = 0;
    a->inspect->row = *row;
    a->inspect->system = a->model.system;
    // After a newer tick the row's strings may be another process's: that tick will bring them.
    if (a->snapshot && !a->pending)
        inspect_update(a->inspect, &a->model, a->snapshot);
    if (a->requests.inspect)
        a->requests.inspect(a->requests.user, id.pid, id.start_time);
    ask_history(a);
}

static void open_selected(app_t *a)
{
    const row_t *row = list_selected(&a->list, &a->model);

    if (!row)
        return;
    if (!(row->flags & ROW_GROUP)) {
        open_inspect(a, row);
        return;
    }
    if (a->list.kind == GROUP_USER && model_user(&a->model, row))
        snprintf(a->within_name, sizeof(a->within_name), "%s", model_user(&a->model, row));
    else
        model_string(&a->model, a->list.kind == GROUP_UNIT ? row->unit : row->name, a->within_name,
                sizeof(a->within_name));
    list_enter_group(&a->list);
    a->stale = true;
}

static void sort_by(app_t *a, column_id_t column)
{
    list_sort_by(&a->list, &a->model, column);
    a->stale = true;
}

// The next column to the right (or left) that can be sorted by.
static void sort_beside(app_t *a, int step)
{
    bool groups = a->list.kind != GROUP_NONE;
    int id = (int) a->list.order.column;

    do {
        id += step;
        if (id < 0 || id >= COLUMN_MAX)
            return;
    } while (!columns[id].sortable || !column_title((column_id_t) id, groups));
    sort_by(a, (column_id_t) id);
}

static void reset_baselines(app_t *a)
{
    model_reset_baselines(&a->model);
    if (a->inspect && row_knows(&a->inspect->row, VALUE_DELTA))
        row_set(&a->inspect->row, VALUE_DELTA, 0);
    a->stale = true;
    say(a, "baseline reset: DELTA counts from now");
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
        open_selected(a);
        break;
    case ACTION_BACK:
        if (list_leave_group(l))
            a->stale = true;
        else
            a->quit = true;
        break;
    case ACTION_GROUP:
        list_cycle_groups(l, &a->model);
        a->stale = true;
        break;
    case ACTION_SORT_MEM:
        sort_by(a, COLUMN_RSS);
        break;
    case ACTION_SORT_CPU:
        sort_by(a, COLUMN_CPU);
        break;
    case ACTION_SORT_DELTA:
        sort_by(a, COLUMN_DELTA);
        break;
    case ACTION_SORT_PID:
        sort_by(a, COLUMN_PID);
        break;
    case ACTION_SORT_LEFT:
        sort_beside(a, -1);
        break;
    case ACTION_SORT_RIGHT:
        sort_beside(a, 1);
        break;
    case ACTION_INVERT:
        l->order.inverted = !l->order.inverted;
        a->stale = true;
        break;
    case ACTION_COMMAND:
        l->command = !l->command;
        break;
    default:
        break;
    }
}

static void scroll_action(int *scroll, int page, action_t action)
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
    case ACTION_ZOOM_OUT:
    case ACTION_ZOOM_IN:
        if (inspect_zoom(a->inspect, action == ACTION_ZOOM_OUT ? 1 : -1))
            ask_history(a);
        break;
    default:
        scroll_action(&a->inspect_scroll, MAX(a->grid.rows - 4, 1), action);
    }
}

static void help_action(app_t *a, action_t action)
{
    if (action == ACTION_BACK || action == ACTION_HELP)
        a->view = a->before_help;
    else
        scroll_action(&a->help_scroll, MAX(a->grid.rows - 4, 1), action);
}

void app_key(app_t *a, int code)
{
    action_t action = key_action(code, a->view);

    if (action == ACTION_NONE)
        return;
    // The key before changed what is listed: this one is meant for what comes of it.
    if (a->stale)
        take_up(a);
    a->dirty = true;
    if (action == ACTION_QUIT) {
        a->quit = true;
    } else if (action == ACTION_RESET_BASELINE) {
        reset_baselines(a);
    } else if (action == ACTION_HELP && a->view != VIEW_HELP) {
        a->before_help = a->view;
        a->view = VIEW_HELP;
        a->help_scroll = 0;
    } else if (a->view == VIEW_LIST) {
        list_action(a, action);
    } else if (a->view == VIEW_INSPECT) {
        inspect_action(a, action);
    } else {
        help_action(a, action);
    }
}

// ---- The picture -------------------------------------------------------------------------------

static void draw_too_small(const pane_t *p)
{
    char text[64];

    pane_put(p, 0, 0, p->cols, ALIGN_LEFT, STYLE_ALERT, "too small");
    snprintf(text, sizeof(text), "needs %dx%d", VIEW_MIN_COLS, VIEW_MIN_ROWS);
    pane_put(p, 1, 0, p->cols, ALIGN_LEFT, STYLE_NORMAL, text);
}

const grid_t *app_draw(app_t *a)
{
    pane_t all = pane_all(&a->grid);

    take_up(a);
    grid_clear(&a->grid);
    if (all.rows < VIEW_MIN_ROWS || all.cols < VIEW_MIN_COLS)
        draw_too_small(&all);
    else if (a->view == VIEW_HELP)
        view_help(a, &all);
    else if (a->view == VIEW_INSPECT)
        view_inspect(a, &all);
    else
        view_list(a, &all);
    a->dirty = false;
    return &a->grid;
}
