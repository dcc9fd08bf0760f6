#include "client/view/views.h"

#include "client/view/figures.h"
#include "client/view/memory.h"
#include "common/cleanup.h"
#include "common/format.h"
#include "common/text.h"
#include <inttypes.h>
#include <string.h>

// Why the picture stands still; "" where it does not.
static const char *standstill(const ui_t *ui)
{
    switch (ui->link) {
    case LINK_CONNECTING:
        return "connecting";
    case LINK_RECONNECTING:
        return "reconnecting";
    case LINK_LOST:
        return "lost";
    case LINK_LIVE:
        break;
    }
    return ui->frozen ? "frozen" : "";
}

style_t view_state(const ui_t *ui, char *buf, size_t cap)
{
    const system_snapshot_t *y = &ui->model.system;
    const char *why = standstill(ui);
    uint64_t behind = ui->frozen ? 0 : ui_behind_s(ui);
    bool own = ui->rights == RIGHTS_SESSION || (y->system_flags & SYSTEM_PRIVATE);
    char when[32];

    if (behind > 0) {
        snprintf(buf, cap, "%s%s%" PRIu64 " s behind", why, why[0] ? ", " : "", behind);
        return STYLE_ALERT;
    }
    if (why[0]) {
        snprintf(buf, cap, "%s", why);
        return ui->link == LINK_CONNECTING ? STYLE_DIM : STYLE_ALERT;
    }
    if (y->system_flags & SYSTEM_REPLAY) {
        snprintf(buf, cap, "replay%s %s", y->system_flags & SYSTEM_ENDED ? " ended" : "",
                format_clock(when, sizeof(when), y, y->mono_ms));
        return y->system_flags & SYSTEM_ENDED ? STYLE_ALERT : STYLE_DIM;
    }
    snprintf(buf, cap, "%s", own ? "private" : "live");
    return STYLE_DIM;
}

void view_title(const ui_t *ui, const pane_t *p, const char *title)
{
    char state[64];
    style_t style = view_state(ui, state, sizeof(state));
    int room = p->cols - (int) strlen(state) - 1;

    pane_put(p, 0, 0, room, ALIGN_LEFT, STYLE_TITLE, title);
    pane_put(p, 0, room + 1, p->cols - room - 1, ALIGN_RIGHT, style, state);
    pane_fill(p, 1, 0, p->cols, STYLE_RULE, ui->glyphs->rule);
}

void view_place(const ui_t *ui, const pane_t *p, int scroll, int shown, int rows)
{
    char state[64], text[64];
    int right, len;

    if (rows <= shown)
        return;
    view_state(ui, state, sizeof(state));
    right = p->cols - (int) strlen(state) - 2;
    len = snprintf(text, sizeof(text), " %d-%d/%d", scroll + 1, scroll + shown, rows);
    pane_put(p, 0, right - len, len, ALIGN_LEFT, STYLE_DIM, text);
}

void view_scrolled(const ui_t *ui, const pane_t *p, int *ret_scroll,
        int (*draw)(const ui_t *ui, const pane_t *p))
{
    pane_t body = pane_part(p, VIEW_TITLE_ROWS, 0, p->rows - VIEW_TITLE_ROWS - 1, p->cols);
    int rows, most;

    body.scroll = *ret_scroll;
    rows = draw(ui, &body);
    most = MAX(rows - body.rows, 0);
    if (*ret_scroll > most) {
        *ret_scroll = body.scroll = most;
        pane_clear(&body);
        draw(ui, &body);
    }
    view_place(ui, p, body.scroll, body.rows, rows);
}

// What this viewer may not see, in as many words as there is room for.
static const char *describe_rights(const ui_t *ui, int room)
{
    bool own = ui->rights == RIGHTS_SESSION || ui->rights == RIGHTS_OWN ||
               (ui->model.system.system_flags & SYSTEM_PRIVATE);

    if (ui->rights == RIGHTS_HIDEPID)
        return room >= 42 ? "hidepid: only your own processes are shown" : "own processes only";
    if (!own || ui->uid == 0 || (ui->model.system.system_flags & SYSTEM_REPLAY))
        return "";
    return room >= 31 ? "other users' I/O and PSS show -" : "others' I/O+PSS: -";
}

// Half a remark says something else than the whole: what does not fit is left out.
static int put_part(const pane_t *p, int at, int room, int style, const char *text)
{
    int start = at > 0 ? at + 2 : 0;

    if (!text[0] || start + (int) text_width(text) > room)
        return at;
    return start + pane_put(p, 0, start, room - start, ALIGN_LEFT, style, text);
}

static int put_count(const ui_t *ui, const pane_t *p, int at, int room, uint32_t tag)
{
    size_t place = tag_place(tag), count = ui->model.tagged[place];
    char text[64];

    if (count == 0)
        return at;
    snprintf(text, sizeof(text), "%zu %s", count, tag_word(tag));
    return put_part(p, at, room, tag_infos[place].style, text);
}

// The most important first: what comes later may not fit.
static void put_facts(const ui_t *ui, const pane_t *p, int room)
{
    const model_t *m = &ui->model;
    const char *noun = p->cols < 76 ? "procs" : (m->processes.n == 1 ? "process" : "processes");
    char number[FORMAT_MAX], all[FORMAT_MAX], text[2 * FORMAT_MAX + 32], pressure[64];
    // A tall head has it already.
    bool told = view_head_rows(ui->grid.rows) == HEAD_ROWS_MIN &&
                view_pressure(&m->system, pressure, sizeof(pressure));
    bool pressed = told && m->system.psi_some >= VIEW_PRESSURE;
    int at;

    format_count(number, sizeof(number), m->processes.n);
    if (SYSTEM_KNOWN(&m->system, processes) && m->system.processes > m->processes.n)
        snprintf(text, sizeof(text), "%s of %s %s", number,
                format_count(all, sizeof(all), m->system.processes), noun);
    else
        snprintf(text, sizeof(text), "%s %s", number, noun);
    at = put_part(p, 0, room, STYLE_NORMAL, text);
    if (m->system.system_flags & SYSTEM_TRUNCATED)
        at = put_part(p, at, room, STYLE_ALERT, "TRUNCATED");
    at = put_count(ui, p, at, room, TAG_LEAK);
    at = put_count(ui, p, at, room, TAG_ZOMBIE);
    if (pressed)
        at = put_part(p, at, room, STYLE_ALERT, pressure);
    at = put_part(p, at, room, STYLE_DIM, describe_rights(ui, room - at - 2));
    at = put_count(ui, p, at, room, TAG_SPIKE);
    at = put_count(ui, p, at, room, TAG_LEAK_SUSPECTED);
    if (told && !pressed)
        put_part(p, at, room, STYLE_DIM, pressure);
}

// Whole words: half a number would be another one. `buf` has UI_MESSAGE_MAX + 8 bytes.
static const char *fit_remark(const ui_t *ui, char *buf, int room, const char *text)
{
    size_t len, taken;

    if (room <= 0)
        return "";
    if (text_width(text) <= (size_t) room)
        return text;
    len = text_fit(text, (size_t) MAX(room - (int) text_width(ui->glyphs->more), 0), &taken);
    while (len > 0 && text[len] != ' ')
        len--;
    while (len > 0 && strchr(" ,;:", text[len - 1]))
        len--;
    if (len == 0)
        return "";
    snprintf(buf, UI_MESSAGE_MAX + 8, "%.*s%s", (int) len, text, ui->glyphs->more);
    return buf;
}

static void put_remark(const ui_t *ui, const pane_t *p, int room, int style, const char *text)
{
    char buf[UI_MESSAGE_MAX + 8];

    pane_put(p, 0, 0, room, ALIGN_LEFT, style, fit_remark(ui, buf, room, text));
}

// The line that is being typed, with its end in sight. A remark leaves it half of the room, if it
// takes so much.
static void put_prompt(const ui_t *ui, const pane_t *p)
{
    const prompt_t *prompt = &ui->prompt;
    const char *text = prompt->text;
    char title[INSPECT_NAME_MAX + 64] = "Search: ", shown[sizeof(prompt->error)];
    char buf[UI_MESSAGE_MAX + 8];
    const char *remark;
    int at, room, typed;
    uint32_t c;

    snprintf(shown, sizeof(shown), "%s", prompt->error);
    if (prompt->kind == PROMPT_FILTER) {
        strcpy(title, "Filter: ");
        if (!shown[0])
            snprintf(shown, sizeof(shown), "%zu of %zu", ui->list.n, ui->model.processes.n);
    } else if (prompt->kind == PROMPT_SIGNAL) {
        snprintf(title, sizeof(title), "Signal to %s (PID %llu): ", ui->signal_name,
                (unsigned long long) ui->signal_to.pid);
        if ((int) text_width(title) > p->cols - 8)
            snprintf(title, sizeof(title), "PID %llu: ", (unsigned long long) ui->signal_to.pid);
        if (!shown[0] && p->cols - (int) text_width(title) >= 48)
            strcpy(shown, "TERM, KILL, INT, HUP, ...  ESC: none");
    }
    at = pane_put(p, 0, 0, p->cols, ALIGN_LEFT, STYLE_KEY, title);
    room = p->cols - at - 1;
    typed = MIN((int) text_width(text), shown[0] ? room / 2 : room);
    remark = fit_remark(ui, buf, room - typed - 2, shown);
    room -= remark[0] ? (int) text_width(remark) + 2 : 0;
    while ((int) text_width(text) > MAX(room, 1))
        text += text_decode(text, strlen(text), &c);
    at += pane_put(p, 0, at, MAX(room, 1), ALIGN_LEFT, STYLE_NORMAL, text);
    pane_put(p, 0, at, 1, ALIGN_LEFT, STYLE_KEY, "_");
    pane_put(p, 0, at + 2, p->cols - at - 2, ALIGN_RIGHT,
            prompt->error[0] ? STYLE_ALERT : STYLE_DIM, remark);
}

void view_foot(const ui_t *ui, const pane_t *p)
{
    static const char help[] = "?:help";
    char place[64] = "";
    int right = p->cols - (int) sizeof(help) + 1;
    bool narrow = p->rows == 1;
    pane_t last;

    if (p->rows > 1) {
        put_remark(ui, p, p->cols, STYLE_SUSPECT, ui->receipt);
        last = pane_part(p, 1, 0, 1, p->cols);
        p = &last;
    }
    if (ui->prompt.kind != PROMPT_NONE) {
        put_prompt(ui, p);
        return;
    }
    pane_put(p, 0, right, (int) sizeof(help) - 1, ALIGN_LEFT, STYLE_KEY, help);
    if (ui->view == VIEW_LIST && ui->list.n > 0) {
        snprintf(place, sizeof(place), "%zu/%zu", ui->list.cursor + 1, ui->list.n);
        right -= (int) strlen(place) + 2;
        pane_put(p, 0, right, (int) strlen(place), ALIGN_LEFT, STYLE_DIM, place);
    }
    right -= 2;
    if (ui->link != LINK_LIVE && ui->link_text[0]) {
        put_remark(ui, p, right, STYLE_ALERT, ui->link_text);
        return;
    }
    if (ui->message[0]) {
        put_remark(ui, p, right, STYLE_ALERT, ui->message);
        return;
    }
    if (narrow && ui->receipt[0])
        put_remark(ui, p, right, STYLE_SUSPECT, ui->receipt);
    else if (ui->snapshot)
        put_facts(ui, p, right);
}

void view_hints(const ui_t *ui, const pane_t *p, view_t view)
{
    int at = 0;

    if (ui->prompt.kind != PROMPT_NONE) {
        put_prompt(ui, p);
        return;
    }
    if (ui->message[0]) {
        put_remark(ui, p, p->cols, STYLE_ALERT, ui->message);
        return;
    }
    for (size_t i = 0; i < n_key_bindings; i++) {
        const key_binding_t *k = &key_bindings[i];
        char text[64];

        if (!k->hint || !(k->views >> view & 1))
            continue;
        snprintf(text, sizeof(text), "%s %s", key_label(k, ui->utf8), k->hint);
        at = put_part(p, at, p->cols, STYLE_DIM, text);
    }
}
