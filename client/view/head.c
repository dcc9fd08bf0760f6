// The head of a list: in which order, how the picture comes about, memory, and what is listed.

#include "client/view/memory.h"
#include "client/view/views.h"
#include "common/cleanup.h"
#include "common/format.h"
#include "common/text.h"
#include <stdio.h>

// What the members of a group are together.
static int describe_sum(const ui_t *ui, char *buf, size_t cap, int width)
{
    const row_t *sum = &ui->sum.row;
    char mem[FORMAT_MAX] = "-", swap[FORMAT_MAX] = "-", delta[FORMAT_MAX] = "-";

    if (row_knows(sum, VALUE_MEM))
        format_kb(mem, sizeof(mem), (uint64_t) sum->values[VALUE_MEM]);
    if (row_knows(sum, VALUE_SWAP))
        format_kb(swap, sizeof(swap), (uint64_t) sum->values[VALUE_SWAP]);
    if (row_knows(sum, VALUE_DELTA))
        format_delta_kb(delta, sizeof(delta), sum->values[VALUE_DELTA]);
    if (width < 60)
        return snprintf(buf, cap, ": MEM %s", mem);
    return snprintf(buf, cap, ": together MEM %s%s, SWAP %s, DELTA %s", mem,
            sum->from_pss == 0 ? " (RSS)" : "", swap, delta);
}

// How the list was made; "" where it simply shows all processes.
static void describe_rows(const ui_t *ui, char *buf, size_t cap, int width)
{
    static const char *const names[] = {"", "NAME", "USER", "UNIT"};
    const list_t *l = &ui->list;
    int at = 0;

    buf[0] = '\0';
    if (ui->view != VIEW_LIST)
        return;
    if (l->within_kind != GROUP_NONE)
        at = snprintf(buf, cap, "%s = %s", names[l->within_kind], l->within_name);
    if (l->within_kind != GROUP_NONE)
        at += describe_sum(ui, buf + at, cap - (size_t) at, width);
    if (l->tagged)
        at += snprintf(buf + at, cap - (size_t) at, "%sTAGGED", at ? ", " : "");
    if (l->filter)
        at += snprintf(buf + at, cap - (size_t) at, "%sFILTER: %s", at ? ", " : "", l->filter_text);
    if (l->kind == GROUP_NONE)
        return;
    if (at > 0)
        snprintf(buf + at, cap - (size_t) at, ", BY %s", names[l->kind]);
    else if (width >= 76)
        snprintf(buf, cap,
                "BY %s: MEM = PSS, or RSS where unknown (counts shared pages repeatedly)",
                names[l->kind]);
    else
        snprintf(buf, cap, "BY %s: MEM = PSS, else RSS (repeats shared)", names[l->kind]);
}

void view_head(const ui_t *ui, const pane_t *p)
{
    const sort_order_t *order = &ui->list.order;
    char text[UI_MESSAGE_MAX], state[64];
    int at, taken, rule = p->rows - 1;
    style_t style;

    at = pane_put(p, 0, 0, p->cols, ALIGN_LEFT, STYLE_TITLE, "MEMSCOPE");
    snprintf(text, sizeof(text), " [SORT: %s%s%s]", columns[order->column].sort_name,
            order->inverted ? " " : "", order->inverted ? ui->glyphs->up : "");
    at += pane_put(p, 0, at, p->cols - at, ALIGN_LEFT, STYLE_NORMAL, text);
    style = view_state(ui, state, sizeof(state));
    at += 1 + pane_put(p, 0, at + 1, p->cols - at - 1, ALIGN_LEFT, style, state);
    view_memory_gauges(ui, p, p->cols - at - 1);
    if (rule > 1)
        view_memory_parts(ui, p, 1);
    pane_fill(p, rule, 0, p->cols, STYLE_RULE, ui->glyphs->rule);
    describe_rows(ui, text, sizeof(text), p->cols - 4);
    if (text[0]) {
        char spaced[UI_MESSAGE_MAX + 2];

        snprintf(spaced, sizeof(spaced), " %s ", text);
        taken = (int) MIN(text_width(spaced), (size_t) p->cols - 4);
        pane_put(p, rule, 2, taken, ALIGN_LEFT, STYLE_HEADING, spaced);
    }
}
