#include "client/cli/why_print.h"

#include "client/cli/wrapped.h"
#include "common/cleanup.h"
#include "common/text.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SIZE_LEN          32
#define NAME_MAX_WIDTH    34
#define NAME_MIN_WIDTH    12
#define LEDGER_NAME_WIDTH 23
#define USER_WIDTH        8
#define SIZES_WIDTH       30 // start, end and peak
#define SHARE_WIDTH       8  // with what is between it and the name
#define CHANGE_WIDTH      11 // the same
#define WIDE              90 // columns from which the change stands beside what it comes from
#define NARROW            70 // columns from which the user does
#define NOTE_INDENT       4

static char *put_when(const why_view_t *v, uint64_t boot_ms, char *buf)
{
    return when_format(buf, WHEN_MAX, when_real_ms(&v->clock, boot_ms), v->clock.now_ms);
}

static const char *what(const why_view_t *v)
{
    return v->replay ? "private memory" : "used memory";
}

bool why_is_recorded(const why_view_t *v, const ledger_line_t *l)
{
    return !v->replay || l->kind == LEDGER_PROCESSES || l->kind == LEDGER_SWAP;
}

bool why_is_cut(const why_view_t *v)
{
    const why_message_t *m = &v->reasons->message;

    return v->asked_from_ms + m->step_ms < when_real_ms(&v->clock, m->known_ms);
}

char *why_sentence(const why_view_t *v, char buf[WHY_SENTENCE_MAX])
{
    const why_message_t *m = &v->reasons->message;
    char from[WHEN_MAX], to[WHEN_MAX], known[WHEN_MAX];
    reasons_wording_t wording = {.what = what(v),
            .from = put_when(v, m->change_from_ms, from),
            .to = put_when(v, m->change_to_ms, to)};

    // That shall not look as if nothing had happened.
    if (why_is_cut(v))
        wording.known = put_when(v, m->known_ms, known);
    return reasons_sentence(v->reasons, &wording, v->utf8, buf, WHY_SENTENCE_MAX);
}

// What there is room for.
typedef struct {
    size_t columns; // SIZE_MAX: no limit
    size_t name;
    bool change, owner;
} table_t;

static table_t table_for(size_t columns)
{
    table_t t = {.columns = columns ? columns : SIZE_MAX};
    size_t taken = SIZES_WIDTH + SHARE_WIDTH;

    t.change = t.columns >= WIDE;
    t.owner = t.columns >= NARROW;
    taken += (t.change ? CHANGE_WIDTH : 0) + (t.owner ? 2 + USER_WIDTH : 0);
    t.name = t.columns < taken + NAME_MIN_WIDTH ? NAME_MIN_WIDTH
                                                : MIN(t.columns - taken, (size_t) NAME_MAX_WIDTH);
    return t;
}

// Left-aligned in so many columns, cut where it is longer.
static void print_cell(const char *text, size_t width)
{
    size_t columns, len = text_fit(text, width, &columns);

    printf("%.*s%*s", (int) len, text, (int) (width - columns), "");
}

static void print_size(const char *size)
{
    printf("  %8s", size);
}

static void print_sizes(const int64_t *kb, size_t n)
{
    char size[SIZE_LEN];

    for (size_t i = 0; i < n; i++)
        print_size(reasons_size(size, sizeof(size), kb[i], false));
}

// What is looked for first: how much of it.
static void print_change(const table_t *t, int64_t kb, double share)
{
    char size[SIZE_LEN];

    if (t->change)
        printf("%9s  ", reasons_size(size, sizeof(size), kb, true));
    printf("%5.1f%%  ", fabs(share) < 0.0005 ? 0 : share * 100); // no -0
}

static size_t unit_column(const table_t *t)
{
    return (t->change ? CHANGE_WIDTH : 0) + SHARE_WIDTH + t->name + SIZES_WIDTH + 2 + USER_WIDTH +
           2;
}

static void print_owner(const table_t *t, const reason_t *line)
{
    size_t at = unit_column(t), columns;

    fputs("  ", stdout);
    print_cell(line->user[0] ? line->user : "-", USER_WIDTH);
    if (line->unit[0] && at < t->columns)
        printf("  %.*s", (int) text_fit(line->unit, t->columns - at, &columns), line->unit);
}

// What else is known of it, below.
static void print_notes(const table_t *t, const reason_t *line)
{
    char more[REASONS_NAME_MAX + 64], text[sizeof(more) + NOTE_INDENT];

    if (line->row.story > 1)
        printf("%*sleaks, as %" PRIu64 " before it did\n", NOTE_INDENT, "", line->row.story - 1);
    if (line->writer[0]) {
        snprintf(text, sizeof(text), "%*slikely written by %s[%" PRIu64 "]", NOTE_INDENT, "",
                line->writer, line->row.pid);
        wrapped_print(text, t->columns == SIZE_MAX ? 0 : t->columns, NOTE_INDENT);
    } else if (reasons_more(line, more, sizeof(more))[0]) {
        snprintf(text, sizeof(text), "%*s%s", NOTE_INDENT, "", more);
        wrapped_print(text, t->columns == SIZE_MAX ? 0 : t->columns, NOTE_INDENT);
    }
}

static void print_row(const table_t *t, const reasons_t *r, const reason_t *line)
{
    char shown[REASONS_NAME_MAX], name[REASONS_NAME_MAX + 48], which[48];
    bool owned = line->kind == REASON_PROCESSES && r->by == WHY_BY_PROCESS;
    const int64_t kb[] = {
            (int64_t) line->row.start_kb, (int64_t) line->row.end_kb, (int64_t) line->row.peak_kb};
    size_t columns, len;

    which[0] = '\0';
    if (owned && line->row.pid)
        snprintf(which, sizeof(which), "[%" PRIu64 "]%s", line->row.pid,
                line->row.exited_ms ? " ended" : "");
    else if (line->kind == REASON_PROCESSES)
        snprintf(which, sizeof(which), " (%" PRIu64 ")", line->count);
    // A name that is too long gives way.
    text_name(shown, sizeof(shown), line->name, strlen(line->name), true);
    len = text_fit(shown, t->name - MIN(strlen(which), t->name), &columns);
    snprintf(name, sizeof(name), "%.*s%s", (int) len, shown, which);
    print_change(t, line->change_kb, line->share);
    print_cell(name, t->name);
    print_sizes(kb, ARRAY_SIZE(kb));
    if (owned && t->owner)
        print_owner(t, line);
    putchar('\n');
    print_notes(t, line);
}

static void print_headings(const table_t *t, const reasons_t *r)
{
    bool owner = t->owner && r->by == WHY_BY_PROCESS;
    bool unit = owner && unit_column(t) < t->columns;

    if (t->change)
        printf("%9s  ", "Change");
    printf("%6s  ", "Share");
    print_cell("Who took it", t->name);
    printf("  %8s  %8s  %8s%s%s\n", "Start", "End", "Peak", owner ? "  User" : "",
            unit ? "      Unit" : "");
}

static void print_rows(const table_t *t, const why_view_t *v)
{
    const reasons_t *r = v->reasons;
    const int64_t used[] = {(int64_t) r->message.change_from_kb, (int64_t) r->message.change_to_kb};

    print_headings(t, r);
    for (size_t i = 0; i < r->n_rows; i++)
        print_row(t, r, &r->lines[i]);
    for (size_t i = r->n_rows; i < r->n; i++) {
        print_change(t, r->lines[i].change_kb, r->lines[i].share);
        puts(r->lines[i].name);
    }
    print_change(t, r->change_kb, 1);
    print_cell(what(v), t->name);
    print_sizes(used, ARRAY_SIZE(used));
    putchar('\n');
}

static void print_ledger(const table_t *t, const why_view_t *v)
{
    const reasons_t *r = v->reasons;
    bool of_ram = t->owner && !v->replay && r->message.mem_total_kb > 0;
    char size[SIZE_LEN];

    print_cell(v->replay ? "Recorded" : "Ledger of RAM", MAX(t->name, (size_t) LEDGER_NAME_WIDTH));
    printf("  %8s  %8s  %9s%s\n", "Start", "End", "Change", of_ram ? "  Of RAM" : "");
    for (size_t i = 0; i < r->n_ledger; i++) {
        const ledger_line_t *l = &r->ledger[i];
        const int64_t kb[] = {l->start_kb, l->end_kb};

        if (!why_is_recorded(v, l) ||
                (l->kind == LEDGER_SWAP && l->start_kb == 0 && l->end_kb == 0))
            continue;
        print_cell(ledger_name(l->kind), MAX(t->name, (size_t) LEDGER_NAME_WIDTH));
        print_sizes(kb, ARRAY_SIZE(kb));
        printf("  %9s", reasons_size(size, sizeof(size), l->end_kb - l->start_kb, true));
        if (of_ram && l->kind != LEDGER_SWAP)
            printf("  %5.1f%%", (double) l->end_kb / (double) r->message.mem_total_kb * 100);
        putchar('\n');
    }
}

void why_print(const why_view_t *v)
{
    const reasons_t *r = v->reasons;
    const why_message_t *m = &r->message;
    const table_t t = table_for(v->columns);
    char text[WHY_SENTENCE_MAX], a[WHEN_MAX], b[WHEN_MAX], x[SIZE_LEN], y[SIZE_LEN];

    wrapped_print(why_sentence(v, text), v->columns, 0);
    snprintf(text, sizeof(text), "From %s to %s %s went from %s to %s.", put_when(v, m->from_ms, a),
            put_when(v, m->to_ms, b), what(v),
            reasons_size(x, sizeof(x), (int64_t) m->used_from_kb, false),
            reasons_size(y, sizeof(y), (int64_t) m->used_to_kb, false));
    putchar('\n');
    wrapped_print(text, v->columns, 0);
    if (reasons_steepest(r, put_when(v, m->steepest_from_ms, a), text, sizeof(text))[0])
        wrapped_print(text, v->columns, 0);
    if (reasons_estimated(r, text, sizeof(text))[0])
        wrapped_print(text, v->columns, 0);
    if (m->has.unseen_to_ms) {
        snprintf(text, sizeof(text), "Nothing was seen from %s to %s.",
                put_when(v, m->unseen_from_ms, a), put_when(v, m->unseen_to_ms, b));
        wrapped_print(text, v->columns, 0);
    }
    putchar('\n');
    print_rows(&t, v);
    putchar('\n');
    print_ledger(&t, v);
}
