#include "client/app/app.h"

#include "client/app/actions.h"
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
    a->theme = theme_get("default");
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
    free(a->clipboard);
    inspect_free(a->inspect);
    events_free(a->events);
    why_free(a->why);
    list_done(&a->list);
    if (a->has_list_before)
        list_done(&a->list_before);
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
    past_tick(a);
    panes_tick(a);
}

// ---- The daemon --------------------------------------------------------------------------------

void app_ask_history(app_t *a)
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
    if (type == MESSAGE_HISTORY && past_answer(a, m->history.request))
        a->dirty |= tracks_history(&a->model.tracks, &m->history);
    else if (type == MESSAGE_ERROR)
        past_answer(a, m->error.request);
    else if (type == MESSAGE_DETAILS)
        receipt_details(a, &m->details);
    panes_message(a, type, m);
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
        a->features = hello->features;
        a->instance = hello->instance;
    }
    a->dirty = true;
    // An answer that was awaited on the old connection will not come any more.
    if (again) {
        past_forget(a);
        receipt_forget(a);
        panes_again(a);
    }
    if (again && a->inspect)
        app_ask_history(a);
}

void app_names(app_t *a)
{
    if (!userdb_take(a->model.users))
        return;
    a->dirty = true;
    // What is listed, and in which order, may follow from names: with the next picture.
    a->pending = true;
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
    behind = a->frozen ? 0 : ui_behind_s(a);
    if (behind != a->shown_behind_s) {
        a->shown_behind_s = behind;
        a->dirty = true;
    }
}

uint64_t app_deadline_ms(const app_t *a)
{
    uint64_t deadline = a->message[0] ? a->message_until_ms : UINT64_MAX;

    // Lagging shows once a second has passed.
    if (a->snapshot && !a->frozen)
        deadline = MIN(deadline, a->now_ms + 1000);
    return deadline;
}

void app_say(app_t *a, const char *text)
{
    snprintf(a->message, sizeof(a->message), "%s", text);
    a->message_until_ms = a->now_ms + MESSAGE_MS;
}

void app_take_up(app_t *a)
{
    uint64_t before = a->model.system.tick;

    if (a->pending && a->snapshot) {
        if (model_update(&a->model, a->snapshot, a->now_ms) < 0)
            app_say(a, "out of memory: some processes are missing");
        if (a->inspect)
            inspect_update(a->inspect, &a->model, a->snapshot);
        // A recording may be played faster than pictures are drawn: its past has what they lack.
        if (a->inspect && !a->inspect->request && a->model.system.tick > before + 1 &&
                (a->model.system.system_flags & SYSTEM_REPLAY))
            app_ask_history(a);
        a->pending = false;
        a->stale = true;
    }
    if (!a->stale)
        return;
    a->stale = false;
    if (list_rebuild(&a->list, &a->model, (size_t) view_list_page(a)) < 0)
        app_say(a, "out of memory: some processes are missing");
    if (a->list.within_kind != GROUP_NONE)
        model_sum(&a->model, &a->sum);
}

char *app_take_clipboard(app_t *a)
{
    return take_ptr(a->clipboard);
}

// ---- The picture -------------------------------------------------------------------------------

static void draw_too_small(const pane_t *p)
{
    char text[64];

    pane_put(p, 0, 0, p->cols, ALIGN_LEFT, STYLE_ALERT, "too small");
    snprintf(text, sizeof(text), "needs %dx%d", VIEW_MIN_COLS, VIEW_MIN_ROWS);
    pane_put(p, 1, 0, p->cols, ALIGN_LEFT, STYLE_NORMAL, text);
}

bool app_settle(app_t *a)
{
    // What is asked for follows from what is seen.
    if (a->pending) {
        app_draw(a);
        a->dirty = true;
    }
    return a->snapshot && !past_awaited(a);
}

const grid_t *app_draw(app_t *a)
{
    static void (*const draw[])(ui_t * ui, const pane_t *p) = {
            [VIEW_LIST] = view_list,
            [VIEW_INSPECT] = view_inspect,
            [VIEW_EVENTS] = view_events,
            [VIEW_WHY] = view_why,
            [VIEW_HELP] = view_help,
    };
    pane_t all = pane_all(&a->grid);

    app_take_up(a);
    receipt_ask(a);
    grid_clear(&a->grid);
    if (all.rows < VIEW_MIN_ROWS || all.cols < VIEW_MIN_COLS)
        draw_too_small(&all);
    else
        draw[a->view](a, &all);
    past_ask(a);
    a->dirty = false;
    return &a->grid;
}
