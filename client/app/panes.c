#include "client/app/actions.h"

#include "client/view/views.h"
#include "common/cleanup.h"

// Between two looks at who took memory: the daemon does few of these for all its clients. An answer
// that takes longer is waited for: asking again would be in vain as often.
#define WHY_MS     5000
#define WHY_MAX_MS 60000

// ---- Asking ------------------------------------------------------------------------------------

static void ask_events(app_t *a)
{
    events_t *e = a->events;
    int r;

    if (!e || !a->requests.events || a->link != LINK_LIVE || !ui_has_feature(a, FEATURE_EVENTS))
        return;
    if (e->instance != a->instance)
        events_clear(e);
    e->instance = a->instance;
    r = a->requests.events(a->requests.user, e->asked, true);
    e->request = r > 0 ? (uint64_t) r : 0;
}

void panes_want_events(app_t *a)
{
    if (a->events)
        return;
    if (events_new(&a->events) < 0)
        app_say(a, "out of memory");
    else
        ask_events(a);
}

static void ask_why(app_t *a)
{
    why_t *w = a->why;
    uint64_t now_ms = a->model.system.mono_ms, span_ms = (uint64_t) inspect_spans[w->span] * 1000;
    int r;

    w->asked_ms = a->now_ms;
    w->from_ms = now_ms > span_ms ? now_ms - span_ms : 1;
    w->request = 0;
    if (!a->requests.why || a->link != LINK_LIVE || !ui_has_feature(a, FEATURE_WHY))
        return;
    r = a->requests.why(a->requests.user, w->from_ms, w->by, WHY_ROWS);
    w->request = r > 0 ? (uint64_t) r : 0;
}

void panes_tick(app_t *a)
{
    const why_t *w = a->why;

    if (w && a->view == VIEW_WHY && a->now_ms >= w->asked_ms + (w->request ? WHY_MAX_MS : WHY_MS))
        ask_why(a);
}

void panes_again(app_t *a)
{
    if (a->events)
        ask_events(a);
    if (a->why)
        ask_why(a);
}

void panes_message(app_t *a, message_type_t type, const message_t *m)
{
    if (type == MESSAGE_EVENT && a->events) {
        if (events_take(a->events, &m->event, a->utf8))
            ask_events(a);
        a->dirty |= a->view == VIEW_EVENTS || a->view == VIEW_INSPECT;
    } else if (type == MESSAGE_WHY && a->why) {
        a->dirty |= why_take(a->why, &m->why, a->model.users, a->utf8);
    } else if (type == MESSAGE_ERROR && a->why) {
        a->dirty |= why_failed(a->why, &m->error, a->utf8);
    }
}

// ---- Showing -----------------------------------------------------------------------------------

static void leave(app_t *a)
{
    why_free(a->why);
    a->why = NULL;
    a->view = a->pane_below;
}

static void enter(app_t *a, view_t view)
{
    why_t *why = NULL;

    if (view == VIEW_EVENTS)
        panes_want_events(a);
    else if (view == VIEW_WHY && why_new(&why, a->inspect ? a->inspect->span : WHY_SPAN_USUAL) < 0)
        app_say(a, "out of memory");
    if ((view == VIEW_EVENTS && !a->events) || (view == VIEW_WHY && !why))
        return;
    if (a->view == VIEW_LIST || a->view == VIEW_INSPECT)
        a->pane_below = a->view;
    why_free(a->why);
    a->why = why;
    a->view = view;
    if (why) {
        a->why_scroll = 0;
        ask_why(a);
    }
}

void panes_toggle(app_t *a, view_t view)
{
    if (a->view == view)
        leave(a);
    else
        enter(a, view);
}

void panes_open_event(app_t *a)
{
    const event_t *e = a->events ? events_newest(a->events, events_place(a->events)) : NULL;

    if (!e || e->id.pid == 0)
        return;
    a->pane_below = VIEW_LIST;
    actions_inspect(a, e->id, e->name, VIEW_EVENTS);
}

void panes_events_action(app_t *a, action_t action)
{
    long page = MAX(view_events_page(a->grid.rows), 1);

    switch (action) {
    case ACTION_BACK:
        leave(a);
        break;
    case ACTION_UP:
        events_move(a->events, -1);
        break;
    case ACTION_DOWN:
        events_move(a->events, 1);
        break;
    case ACTION_PAGE_UP:
        events_move(a->events, -page);
        break;
    case ACTION_PAGE_DOWN:
        events_move(a->events, page);
        break;
    case ACTION_HOME:
        events_move(a->events, -EVENTS_MAX);
        break;
    case ACTION_END:
        events_move(a->events, EVENTS_MAX);
        break;
    case ACTION_OPEN:
        panes_open_event(a);
        break;
    default:
        break;
    }
}

// The viewer's own list, with its filter and its place, is there again afterwards.
static void list_members(app_t *a, const reason_t *line)
{
    sort_order_t order = a->list.order;
    bool command = a->list.command;
    identity_t group;
    group_kind_t kind = why_group(a->why, line, &a->model, &group);

    if (kind == GROUP_NONE) {
        app_say(a, "none of these processes lives any more");
        return;
    }
    actions_forget_inspect(a);
    if (a->has_list_before)
        list_done(&a->list);
    else
        a->list_before = a->list;
    a->has_list_before = true;
    list_init(&a->list);
    a->list.order = order;
    a->list.command = command;
    list_show_members(&a->list, kind, group, line->name);
    a->view = VIEW_LIST;
    a->stale = true;
}

bool panes_leave_members(app_t *a)
{
    if (!a->has_list_before)
        return false;
    list_done(&a->list);
    a->list = a->list_before;
    a->has_list_before = false;
    if (a->why)
        a->view = VIEW_WHY;
    return true;
}

static void inspect_reason(app_t *a, const reason_t *line)
{
    actions_inspect(a, (identity_t){line->row.pid, line->row.start_time},
            line->writer[0] ? line->writer : line->name, VIEW_WHY);
    // The daemon may keep nothing of it but that.
    if (a->inspect && line->row.exited_ms != 0) {
        a->inspect->exited = true;
        a->inspect->exited_ms = line->row.exited_ms;
    }
}

void panes_open_reason(app_t *a)
{
    const reason_t *line = why_selected(a->why);

    if (!line)
        return;
    if (!a->why->follow) // out of sight: first it is shown who is meant
        a->why->follow = true;
    else if (line->row.pid != 0) // also who likely wrote what is in tmpfs
        inspect_reason(a, line);
    else if (line->kind == REASON_PROCESSES)
        list_members(a, line);
    else
        app_say(a, "that is the kernel's: there is no process to open");
}

// The cursor moves over the rows; what is below them comes into sight after the last.
static void why_step(app_t *a, int step)
{
    why_t *w = a->why;

    if (w->follow && why_move(w, step))
        return;
    w->follow = false;
    a->why_scroll = MAX(a->why_scroll + step, 0);
}

void panes_why_action(app_t *a, action_t action)
{
    int page = MAX(a->grid.rows - 4, 1);
    why_t *w = a->why;
    unsigned span = w->span;

    switch (action) {
    case ACTION_BACK:
        leave(a);
        return;
    case ACTION_UP:
    case ACTION_DOWN:
        why_step(a, action == ACTION_UP ? -1 : 1);
        break;
    case ACTION_PAGE_UP:
    case ACTION_PAGE_DOWN:
        why_step(a, action == ACTION_PAGE_UP ? -page : page);
        break;
    case ACTION_OPEN:
        panes_open_reason(a);
        break;
    case ACTION_HOME:
        w->cursor = 0;
        w->follow = true;
        break;
    case ACTION_LONGER:
        w->span = MIN(span + 1, n_inspect_spans - 1);
        break;
    case ACTION_SHORTER:
        w->span = span > 0 ? span - 1 : 0;
        break;
    case ACTION_GROUP:
        w->by = w->by == WHY_BY_PROCESS ? WHY_BY_NAME : w->by - 1;
        ask_why(a);
        break;
    default:
        w->follow = false;
        actions_scroll(&a->why_scroll, page, action);
    }
    if (w->span != span)
        ask_why(a);
}
