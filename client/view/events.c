#include "client/view/events.h"

#include "client/view/figures.h"
#include "client/view/text.h"
#include "client/view/views.h"
#include "common/cleanup.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TIME_WIDTH  19 // with a date
#define PID_WIDTH   8
#define NAME_WIDTH  16
#define NAME_NARROW 12
#define LABEL_WIDTH 14
#define NARROW      80
#define WITH_DATE   100 // columns from which there is room for one
#define DETAIL_ROWS 3

style_t event_label(const event_t *e, char buf[EVENT_LABEL_MAX])
{
    const tag_info_t *about = tags_urgent((uint32_t) e->tag);
    const char *tag = about ? tag_word(about->tag) : "";
    style_t style = about ? about->style : STYLE_NORMAL;

    switch (e->kind) {
    case EVENT_OOM_KILL:
        snprintf(buf, EVENT_LABEL_MAX, "OOM KILL");
        return STYLE_LEAK;
    case EVENT_EXIT:
        snprintf(buf, EVENT_LABEL_MAX, "exit%s%s", tag[0] ? " " : "", tag);
        return tag[0] ? style : STYLE_NORMAL;
    case EVENT_CLEARED:
        snprintf(buf, EVENT_LABEL_MAX, "%s ended", tag);
        return STYLE_DIM;
    case EVENT_SUSPECTED:
        snprintf(buf, EVENT_LABEL_MAX, "LEAK?");
        return STYLE_SUSPECT;
    default:
        snprintf(buf, EVENT_LABEL_MAX, "%s", tag[0] ? tag : "-");
        return style;
    }
}

const char *event_text(const event_t *e)
{
    size_t word = e->text ? strspn(e->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ? ") : 0;

    if (!e->text)
        return "";
    return word > 0 && strncmp(e->text + word, ": ", 2) == 0 ? e->text + word + 2 : e->text;
}

static int detail_rows(int rows)
{
    return rows >= 20 ? DETAIL_ROWS : 1;
}

int view_events_page(int rows)
{
    // Title and rule, headings, what the selected one says under a rule, keys.
    return MAX(rows - 2 - 1 - 1 - detail_rows(rows) - 1, 0);
}

typedef struct {
    int time, pid, name, label, text; // where each begins
    int name_width;
} places_t;

static places_t places_of(int cols)
{
    places_t p = {.time = 0,
            .pid = (cols >= WITH_DATE ? TIME_WIDTH : 8) + 1,
            .name_width = cols >= NARROW ? NAME_WIDTH : NAME_NARROW};

    p.name = p.pid + PID_WIDTH + 1;
    p.label = p.name + p.name_width + 1;
    p.text = p.label + LABEL_WIDTH + 1;
    return p;
}

static void draw_line(const ui_t *ui, const pane_t *p, int row, const event_t *e)
{
    places_t at = places_of(p->cols);
    char time[64], pid[24] = "-", label[EVENT_LABEL_MAX];
    style_t style = event_label(e, label);
    const char *clock;

    format_clock(time, sizeof(time), &ui->model.system, e->time_ms);
    if (e->id.pid != 0)
        snprintf(pid, sizeof(pid), "%" PRIu64, e->id.pid);
    // Of a date that has no room the time is left.
    clock = at.pid - 1 < TIME_WIDTH ? strrchr(time, ' ') : NULL;
    pane_put(p, row, at.time, at.pid - 1, ALIGN_LEFT, STYLE_DIM, clock ? clock + 1 : time);
    pane_put(p, row, at.pid, PID_WIDTH, ALIGN_RIGHT, STYLE_NORMAL, pid);
    pane_put(p, row, at.name, at.name_width, ALIGN_LEFT, STYLE_NORMAL, e->name[0] ? e->name : "-");
    pane_put(p, row, at.label, LABEL_WIDTH, ALIGN_LEFT, style, label);
    pane_put(p, row, at.text, p->cols - at.text, ALIGN_LEFT, STYLE_NORMAL, event_text(e));
}

static void draw_headings(const pane_t *p, int row)
{
    places_t at = places_of(p->cols);

    pane_put(p, row, at.time, at.pid - 1, ALIGN_LEFT, STYLE_HEADING, "TIME");
    pane_put(p, row, at.pid, PID_WIDTH, ALIGN_RIGHT, STYLE_HEADING, "PID");
    pane_put(p, row, at.name, at.name_width, ALIGN_LEFT, STYLE_HEADING, "NAME");
    pane_put(p, row, at.label, LABEL_WIDTH, ALIGN_LEFT, STYLE_HEADING, "EVENT");
    pane_put(p, row, at.text, p->cols - at.text, ALIGN_LEFT, STYLE_HEADING, "ABOUT");
}

static void draw_lines(ui_t *ui, const pane_t *p)
{
    events_t *e = ui->events;
    size_t place = events_place(e), page = (size_t) p->rows;

    if (place < e->top)
        e->top = place;
    if (page > 0 && place >= e->top + page)
        e->top = place - page + 1;
    for (size_t i = 0; i < page && e->top + i < e->n; i++) {
        draw_line(ui, p, (int) i, events_newest(e, e->top + i));
        if (e->top + i == place)
            pane_mark(p, (int) i, 0, p->cols, STYLE_SELECTED);
    }
}

static const char *nothing(const ui_t *ui)
{
    if (!ui_has_feature(ui, FEATURE_EVENTS))
        return "this daemon is too old to keep events: update memscoped";
    return ui->events && ui->events->complete ? "nothing has happened so far"
                                              : "waiting for the daemon";
}

void view_events(ui_t *ui, const pane_t *p)
{
    int page = view_events_page(p->rows), detail = detail_rows(p->rows);
    pane_t lines = pane_part(p, 3, 0, page, p->cols);
    pane_t about = pane_part(p, 3 + page, 0, 1 + detail, p->cols);
    pane_t foot = pane_part(p, p->rows - 1, 0, 1, p->cols);
    const event_t *selected;
    char title[96], since[64] = "";

    if (ui->events && ui->events->since_ms > 0)
        format_clock(since, sizeof(since), &ui->model.system, ui->events->since_ms);
    snprintf(title, sizeof(title), "EVENTS%s%s", since[0] ? " since " : "", since);
    view_title(ui, p, title);
    draw_headings(p, 2);
    if (ui->events)
        draw_lines(ui, &lines);
    selected = ui->events ? events_newest(ui->events, events_place(ui->events)) : NULL;
    pane_fill(&about, 0, 0, p->cols, STYLE_RULE, ui->glyphs->rule);
    if (!selected)
        pane_put(&lines, 1, 2, p->cols - 2, ALIGN_LEFT, STYLE_DIM, nothing(ui));
    else
        view_put_wrapped(&about, 1, 0, p->cols, STYLE_NORMAL, event_text(selected));
    view_hints(ui, &foot, VIEW_EVENTS);
}
