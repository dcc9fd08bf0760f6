#include "client/cli/snapshot_print.h"

#include "client/cli/json_row.h"
#include "common/cleanup.h"
#include "common/format.h"
#include "common/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CELL_WIDTH_MAX 48 // of a table; the last column takes what it wants

// ---- JSON --------------------------------------------------------------------------------------

// Row by row: a host may have more processes than are worth holding twice.
static void print_rows(const sample_view_t *v)
{
    for (size_t i = 0; i < v->list->n; i++) {
        const row_t *row = list_row(v->list, v->model, i);
        json_t *o = json_new();

        for (size_t c = 0; c < v->n_columns; c++)
            json_put_cell(o, v->model, row, v->list->kind, v->columns[c]);
        if (i > 0)
            putchar(',');
        json_print(o);
    }
}

void snapshot_print_json(const sample_view_t *v)
{
    const system_snapshot_t *s = &v->model->system;

    printf("{\"schema\":%d,\"time\":", SNAPSHOT_SCHEMA);
    json_print(json_time_ms(s->real_ms));
    fputs(",\"system\":", stdout);
    json_print(json_system(s, v->model->strings));
    if (v->list->kind != GROUP_NONE)
        printf(",\"group\":\"%s\"", group_kind_names[v->list->kind]);
    fputs(",\"processes\":[", stdout);
    print_rows(v);
    puts("]}");
}

// ---- CSV ---------------------------------------------------------------------------------------

// Made safe to show: CSV is looked at on terminals as well.
static void put_csv_text(const char *s, size_t len)
{
    char text[INTERN_MAX_LEN * 3 + 1];

    text_sanitize(text, sizeof(text), s, len, true);
    if (!strpbrk(text, "\",") && text[0] != ' ' &&
            (text[0] == '\0' || text[strlen(text) - 1] != ' ')) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (const char *at = text; *at; at++) {
        if (*at == '"')
            putchar('"');
        putchar(*at);
    }
    putchar('"');
}

static void put_csv_tags(uint32_t set)
{
    const char *before = "";
    const tag_info_t *t;

    for (; (t = tags_urgent(set)) != NULL; set &= ~t->tag, before = " ")
        printf("%s%s", before, tag_word(t->tag));
}

static void put_csv_datum(const datum_t *d)
{
    switch (d->kind) {
    case DATUM_UNKNOWN:
        break;
    case DATUM_INTEGER:
        printf("%" PRId64, d->integer);
        break;
    case DATUM_NUMBER:
        printf("%.*f", d->decimals, d->number);
        break;
    case DATUM_FLAG:
        fputs(d->integer ? "true" : "false", stdout);
        break;
    case DATUM_TEXT:
        put_csv_text(d->text, d->len);
        break;
    case DATUM_TAGS:
        put_csv_tags(d->tags);
        break;
    }
}

void snapshot_print_csv(const sample_view_t *v, bool header)
{
    datum_t d;

    if (header) {
        fputs("time", stdout);
        for (size_t c = 0; c < v->n_columns; c++)
            printf(",%s", export_key(v->columns[c], v->list->kind));
        putchar('\n');
    }
    for (size_t i = 0; i < v->list->n; i++) {
        const row_t *row = list_row(v->list, v->model, i);

        printf("%.3f", (double) v->model->system.real_ms / 1000);
        for (size_t c = 0; c < v->n_columns; c++) {
            putchar(',');
            export_value(v->columns[c], v->model, row, &d);
            put_csv_datum(&d);
        }
        putchar('\n');
    }
}

// ---- Table -------------------------------------------------------------------------------------

static const char *heading(column_id_t id, group_kind_t kind)
{
    const char *title = column_title(id, kind, false);

    return title ? title : columns[id].sort_name;
}

// The cell as on the screen; columns that are not there as their data.
static void cell_text(const sample_view_t *v, column_id_t id, const row_t *row, char *buf)
{
    const cell_context_t context = {
            .model = v->model,
            .glyphs = v->glyphs,
            .kind = v->list->kind,
            .width = CELL_MAX - 1,
            .value = columns[id].value,
    };
    char number[FORMAT_MAX];
    datum_t d;

    buf[0] = '\0';
    if (columns[id].format) {
        columns[id].format(&context, row, buf);
        return;
    }
    export_value(id, v->model, row, &d);
    if (d.kind == DATUM_TEXT)
        text_sanitize(buf, CELL_MAX, d.text, d.len, v->model->utf8);
    else if (d.kind == DATUM_FLAG)
        snprintf(buf, CELL_MAX, "%s", d.integer ? "yes" : "no");
    else if (d.kind == DATUM_NUMBER)
        snprintf(buf, CELL_MAX, "%.*f", d.decimals, d.number);
    else if (d.kind == DATUM_INTEGER && columns[id].out.as == COLUMN_AS_KB)
        snprintf(buf, CELL_MAX, "%s",
                format_kb(number, sizeof(number), (uint64_t) d.integer / 1024));
    else if (d.kind == DATUM_INTEGER)
        snprintf(buf, CELL_MAX, "%" PRId64, d.integer);
    else
        snprintf(buf, CELL_MAX, "-");
}

static void measure(const sample_view_t *v, size_t *widths)
{
    char cell[CELL_MAX];

    for (size_t c = 0; c < v->n_columns; c++) {
        widths[c] = text_width(heading(v->columns[c], v->list->kind));
        for (size_t i = 0; i < v->list->n; i++) {
            cell_text(v, v->columns[c], list_row(v->list, v->model, i), cell);
            widths[c] = MAX(widths[c], text_width(cell));
        }
        if (c + 1 < v->n_columns)
            widths[c] = MIN(widths[c], (size_t) CELL_WIDTH_MAX);
    }
}

// Leaves columns out until the rest fits: width 0 says so.
static void make_fit(const sample_view_t *v, size_t *widths)
{
    while (v->width > 0) {
        size_t sum = 0, worst = 0;

        for (size_t c = 0; c < v->n_columns; c++) {
            sum += widths[c] > 0 ? widths[c] + 2 : 0;
            if (widths[c] > 0 && (widths[worst] == 0 || columns[v->columns[c]].rank >
                                                                columns[v->columns[worst]].rank))
                worst = c;
        }
        if (sum <= (size_t) v->width + 2 || columns[v->columns[worst]].rank <= COLUMN_RANK_CORE)
            return;
        widths[worst] = 0;
    }
}

static void put_cell(const char *text, size_t width, align_t align, bool last, bool *first)
{
    size_t taken, len = text_fit(text, last ? SIZE_MAX : width, &taken);
    size_t blanks = width > taken ? width - taken : 0;

    if (last && !text[0])
        return;
    printf("%s%*s%.*s", *first ? "" : "  ", align == ALIGN_RIGHT ? (int) blanks : 0, "", (int) len,
            text);
    if (align == ALIGN_LEFT && !last)
        printf("%*s", (int) blanks, "");
    *first = false;
}

static void print_summary(const system_snapshot_t *s)
{
    char used[FORMAT_MAX], total[FORMAT_MAX], when[64] = "-";
    time_t t = (time_t) (s->real_ms / 1000);
    struct tm tm;

    if (SYSTEM_KNOWN(s, real_ms) && localtime_r(&t, &tm))
        strftime(when, sizeof(when), snapshot_has_calendar(s) ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S",
                &tm);
    fputs(when, stdout);
    if (SYSTEM_KNOWN(s, mem_total_kb) && SYSTEM_KNOWN(s, mem_available_kb))
        printf("  memory: %s of %s used",
                format_kb(used, sizeof(used),
                        s->mem_total_kb - MIN(s->mem_total_kb, s->mem_available_kb)),
                format_kb(total, sizeof(total), s->mem_total_kb));
    if (SYSTEM_KNOWN(s, swap_total_kb) && SYSTEM_KNOWN(s, swap_free_kb) && s->swap_total_kb > 0)
        printf("  swap: %s of %s used",
                format_kb(used, sizeof(used),
                        s->swap_total_kb - MIN(s->swap_total_kb, s->swap_free_kb)),
                format_kb(total, sizeof(total), s->swap_total_kb));
    if (SYSTEM_KNOWN(s, processes))
        printf("  processes: %" PRIu64, s->processes);
    putchar('\n');
}

int snapshot_print_table(const sample_view_t *v)
{
    _cleanup_free_ size_t *widths = calloc(MAX(v->n_columns, (size_t) 1), sizeof(*widths));
    char cell[CELL_MAX];

    if (!widths)
        return -ENOMEM;
    measure(v, widths);
    make_fit(v, widths);
    print_summary(&v->model->system);
    for (size_t i = 0; i <= v->list->n; i++) {
        bool first = true;

        for (size_t c = 0; c < v->n_columns; c++) {
            column_id_t id = v->columns[c];

            if (widths[c] == 0)
                continue;
            if (i == 0)
                snprintf(cell, sizeof(cell), "%s", heading(id, v->list->kind));
            else
                cell_text(v, id, list_row(v->list, v->model, i - 1), cell);
            put_cell(cell, widths[c], columns[id].align, c + 1 == v->n_columns, &first);
        }
        putchar('\n');
    }
    return 0;
}
