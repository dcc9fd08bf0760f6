// What the members of a group are together, above their list.

#include "client/view/figures.h"
#include "client/view/views.h"
#include "client/widget/gauge.h"
#include "common/cleanup.h"
#include "common/format.h"
#include <stdio.h>

#define COL_WIDTH   40
#define LABEL_WIDTH 8
#define GAUGE_WIDTH 14
#define VALUE_WIDTH 11
#define SHARE_WIDTH 5

typedef struct {
    int64_t kb[VALUE_MAX];
    size_t known[VALUE_MAX]; // of how many members
    size_t n;                // that have memory at all
} sum_t;

static sum_t add_up(const model_t *m)
{
    sum_t s = {0};

    for (size_t i = 0; i < m->processes.n; i++) {
        const row_t *r = &m->processes.items[i];

        if (!(r->flags & ROW_LISTED) || r->flags & ROW_KERNEL_THREAD || r->state == 'Z')
            continue;
        s.n++;
        for (value_t v = 0; v < VALUE_MAX; v++) {
            s.kb[v] += row_knows(r, v) ? r->values[v] : 0;
            s.known[v] += row_knows(r, v);
        }
    }
    return s;
}

// What is not known of every member is more than that.
static char *amount(const sum_t *s, value_t v, char buf[FORMAT_MAX + 1])
{
    char text[FORMAT_MAX];

    if (s->known[v] == 0)
        snprintf(buf, FORMAT_MAX + 1, "-");
    else
        snprintf(buf, FORMAT_MAX + 1, "%s%s", s->known[v] < s->n ? ">" : "",
                format_mb(text, sizeof(text), (uint64_t) MAX(s->kb[v], INT64_C(0)), 1));
    return buf;
}

static void put_part(const ui_t *ui, const pane_t *p, int row, int col, const char *label,
        const sum_t *s, value_t v)
{
    uint64_t part = (uint64_t) MAX(s->kb[v], INT64_C(0)), whole = (uint64_t) s->kb[VALUE_RSS];
    char text[FORMAT_MAX + 1];

    if (v == VALUE_SWAP)
        whole += part;
    pane_put(p, row, col, LABEL_WIDTH, ALIGN_LEFT, STYLE_NORMAL, label);
    col += LABEL_WIDTH;
    gauge_draw(p, ui->glyphs, row, col, GAUGE_WIDTH, GAUGE_PLAIN, part, whole);
    col += GAUGE_WIDTH;
    pane_put(p, row, col, VALUE_WIDTH, ALIGN_RIGHT, s->known[v] ? STYLE_NORMAL : STYLE_DIM,
            amount(s, v, text));
    if (s->known[v] == 0)
        return;
    format_share(text, sizeof(text), part, whole);
    pane_put(p, row, col + VALUE_WIDTH, SHARE_WIDTH, ALIGN_RIGHT, STYLE_DIM, text);
}

void view_sum(const ui_t *ui, const pane_t *p)
{
    static const struct {
        const char *label;
        value_t value;
    } parts[][VIEW_SUM_ROWS - 1] = {
            {{"Anon", VALUE_ANON}, {"File", VALUE_FILE}, {"Shmem", VALUE_SHMEM}},
            {{"Private", VALUE_USS}, {"PSS", VALUE_PSS}, {"Swap", VALUE_SWAP}},
    };
    sum_t s = add_up(&ui->model);

    for (size_t col = 0; col < ARRAY_SIZE(parts); col++)
        for (size_t row = 0; row < ARRAY_SIZE(parts[col]); row++)
            put_part(ui, p, (int) row, (int) col * (COL_WIDTH + 2), parts[col][row].label, &s,
                    parts[col][row].value);
    pane_fill(p, VIEW_SUM_ROWS - 1, 0, p->cols, STYLE_RULE, ui->glyphs->rule);
}
