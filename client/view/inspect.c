#include "client/view/views.h"

#include "client/view/facts.h"
#include "client/view/figures.h"
#include "client/view/part.h"
#include "client/widget/sparkline.h"
#include "common/cleanup.h"
#include "common/format.h"
#include <inttypes.h>
#include <string.h>

#define LEFT_WIDTH   40
#define SIDE_BY_SIDE 68  // columns from which the trend stands beside the breakdown
#define CHART_ROWS   7   // at least
#define CHART_TALL   16  // at most
#define CHART_MAX    128 // columns
#define SECONDS_MAX  64  // columns of the shortest span, or twice as many

typedef struct {
    bool known;
    uint64_t kb;
} amount_t;

#define AMOUNT(has, value) ((amount_t){(has), (has) ? (value) : 0})

typedef struct {
    amount_t rss, uss, anon, file, shmem, swap, locked, page_tables, pss;
    bool pss_estimated;
    bool pss_sampled; // with the sample, so long before:
    uint64_t pss_age_ms;
} breakdown_t;

static void take_sampled_pss(breakdown_t *b, const inspect_t *i)
{
    b->pss.known = snapshot_pss_kb(
            &i->last, i->system.mono_ms, &b->pss.kb, &b->pss_estimated, &b->pss_age_ms);
    b->pss_sampled = b->pss.known;
}

static breakdown_t from_snapshot(const inspect_t *i)
{
    const process_snapshot_t *s = &i->last;
    breakdown_t b = {
            .uss = AMOUNT(PROCESS_KNOWN(s, uss_kb), s->uss_kb),
            .anon = AMOUNT(PROCESS_KNOWN(s, anon_kb), s->anon_kb),
            .file = AMOUNT(PROCESS_KNOWN(s, file_kb), s->file_kb),
            .shmem = AMOUNT(PROCESS_KNOWN(s, shmem_kb), s->shmem_kb),
            .swap = AMOUNT(PROCESS_KNOWN(s, swap_kb), s->swap_kb),
    };

    b.rss.known = snapshot_rss_kb(s, &b.rss.kb);
    take_sampled_pss(&b, i);
    if (b.pss_estimated)
        b.uss.known = false; // it was read with that one, and is not what it was
    return b;
}

static breakdown_t from_details(const details_message_t *d)
{
    return (breakdown_t){
            .rss = AMOUNT(d->has.rss_kb, d->rss_kb),
            .uss = AMOUNT(d->has.private_clean_kb && d->has.private_dirty_kb,
                    d->private_clean_kb + d->private_dirty_kb),
            .anon = AMOUNT(d->has.anon_kb, d->anon_kb),
            .file = AMOUNT(d->has.file_kb, d->file_kb),
            .shmem = AMOUNT(d->has.shmem_kb, d->shmem_kb),
            .swap = AMOUNT(d->has.swap_kb, d->swap_kb),
            .pss = AMOUNT(d->has.pss_kb, d->pss_kb),
    };
}

static breakdown_t breakdown_of(const inspect_t *i)
{
    // Those of a zombie are empty: what the snapshot had before is more.
    bool details = i->has_details && i->details.has.rss_kb &&
                   (i->details.rss_kb > 0 || i->row.state != 'Z');
    breakdown_t b = details ? from_details(&i->details) : from_snapshot(i);

    if (details && !b.pss.known)
        take_sampled_pss(&b, i);
    if (i->has_details) {
        b.locked = AMOUNT(i->details.has.locked_kb, i->details.locked_kb);
        b.page_tables = AMOUNT(i->details.has.page_tables_kb, i->details.page_tables_kb);
    }
    return b;
}

static char *amount_text(char *buf, amount_t a)
{
    if (a.known)
        format_mb(buf, FORMAT_MAX, a.kb, 1);
    else
        memcpy(buf, "-", 2);
    return buf;
}

static view_part_t part_of(const char *label, amount_t part, amount_t whole)
{
    return (view_part_t){label, part.known, false, part.kb, whole.kb, whole.known};
}

static void put_source(const inspect_t *i, const pane_t *p, int row)
{
    static const char *const names[] = {"-", "smaps_rollup", "smaps", "status"};
    const details_message_t *d = &i->details;
    char text[128], age[FORMAT_MAX] = "";
    int at;

    if (i->system.system_flags & SYSTEM_REPLAY) {
        snprintf(text, sizeof(text), "Source: the recording");
    } else if (!i->has_details) {
        snprintf(text, sizeof(text), "Source: the latest sample");
    } else {
        uint64_t now = MAX(d->has.mono_ms ? d->mono_ms : 0, i->system.mono_ms);

        // It may have been read after the sample that came with it.
        if (d->has.breakdown_ms)
            format_duration(
                    age, sizeof(age), now > d->breakdown_ms ? (now - d->breakdown_ms) / 1000 : 0);
        snprintf(text, sizeof(text), "Source: %s%s%s%s",
                names[d->has.source && d->source < ARRAY_SIZE(names) ? d->source : 0],
                age[0] ? ", " : "", age, age[0] ? " ago" : "");
    }
    at = pane_put(p, row, 0, p->cols, ALIGN_LEFT, STYLE_DIM, text);
    if (!i->has_details || !d->has.read_us)
        return;
    snprintf(text, sizeof(text), " (%.1f ms)", (double) d->read_us / 1000);
    if (at + (int) strlen(text) <= p->cols)
        pane_put(p, row, at, p->cols - at, ALIGN_LEFT, STYLE_DIM, text);
}

static void put_totals(const inspect_t *i, const pane_t *p, int row, const breakdown_t *b)
{
    char text[128], amount[FORMAT_MAX];
    int at;

    snprintf(text, sizeof(text), "Total RSS: %s", amount_text(amount, b->rss));
    at = pane_put(p, row, 0, p->cols, ALIGN_LEFT, STYLE_NORMAL, text);
    if (row_knows(&i->row, VALUE_DELTA)) {
        int64_t delta = i->row.values[VALUE_DELTA];
        int len = snprintf(
                text, sizeof(text), "  %s private", format_delta_kb(amount, sizeof(amount), delta));

        if (len > p->cols - at) // half a word is worse than none
            snprintf(text, sizeof(text), "  %s", amount);
        pane_put(p, row, at, p->cols - at, ALIGN_LEFT,
                delta > 0 ? STYLE_GROWTH : (delta < 0 ? STYLE_SHRINK : STYLE_DIM), text);
    }
    snprintf(text, sizeof(text), "Total PSS: %s%s", b->pss_estimated ? "~" : "",
            amount_text(amount, b->pss));
    at = pane_put(p, row + 1, 0, p->cols, ALIGN_LEFT, STYLE_NORMAL, text);
    if (!b->pss_sampled)
        return;
    format_duration(amount, sizeof(amount), b->pss_age_ms / 1000);
    snprintf(text, sizeof(text), ", read %s ago", amount);
    if ((int) strlen(text) > p->cols - at)
        snprintf(text, sizeof(text), ", %s ago", amount);
    pane_put(p, row + 1, at, p->cols - at, ALIGN_LEFT, STYLE_DIM, text);
}

// Returns the rows it took.
static int draw_breakdown(const ui_t *ui, const pane_t *p, int row)
{
    const inspect_t *i = ui->inspect;
    breakdown_t b = breakdown_of(i);
    // What is swapped out is not resident: its share is that of all the process has.
    amount_t all = {b.rss.known && b.swap.known, b.rss.kb + b.swap.kb};
    // Address space may be locked before there is memory behind it.
    amount_t resident = b.locked.kb <= b.rss.kb ? b.rss : (amount_t){0};
    const view_part_t parts[] = {
            part_of("Private", b.uss, b.rss),
            part_of("Anon", b.anon, b.rss),
            part_of("File", b.file, b.rss),
            part_of("Shmem", b.shmem, b.rss),
            part_of("Swap", b.swap, all),
            part_of("Locked", b.locked, resident),
            part_of("PageTbl", b.page_tables, b.rss),
    };
    int n = (int) ARRAY_SIZE(parts);

    view_part_heading(p, row, 0, "MEMORY BREAKDOWN", "of RSS");
    for (int k = 0; k < n; k++)
        view_part(ui, p, row + 1 + k, 0, &parts[k]);
    put_totals(i, p, row + 1 + n, &b);
    put_source(i, p, row + 3 + n);
    return 4 + n;
}

static void put_range(
        const inspect_t *i, const pane_t *p, int row, int64_t least, int64_t greatest, int64_t last)
{
    char low[FORMAT_MAX], high[FORMAT_MAX], text[3 * FORMAT_MAX];

    format_range(low, high, (uint64_t) least, (uint64_t) greatest);
    snprintf(text, sizeof(text), "Range: %s - %s", low, high);
    pane_put(p, row, 0, p->cols, ALIGN_LEFT, STYLE_NORMAL, text);
    snprintf(text, sizeof(text), "%s: %s", i->exited ? "Last" : "Current",
            format_mb(low, sizeof(low), (uint64_t) last, 2));
    pane_put(p, row + 1, 0, p->cols, ALIGN_LEFT, STYLE_NORMAL, text);
}

// "64 s ago" below the oldest column of the chart, "now" below the newest.
static void put_times(const inspect_t *i, const pane_t *p, int row, int left, int width)
{
    const char *end = i->exited ? "its end" : "now";
    char start[FORMAT_MAX + 8], span[FORMAT_MAX];

    snprintf(start, sizeof(start), "%s %s", format_span(span, sizeof(span), inspect_spans[i->span]),
            i->exited ? "before" : "ago");
    if (width < (int) (strlen(start) + strlen(end)) + 1)
        return;
    pane_put(p, row, left, (int) strlen(start), ALIGN_LEFT, STYLE_DIM, start);
    pane_put(p, row, left + width - (int) strlen(end), (int) strlen(end), ALIGN_LEFT, STYLE_DIM,
            end);
}

static size_t chart_columns(const inspect_t *i, int room)
{
    int n = MIN(MAX(room, 1), CHART_MAX);

    // Seconds are to be equally wide.
    if (i->span == 0 && n >= SECONDS_MAX)
        n -= n % SECONDS_MAX;
    return (size_t) n;
}

static int draw_trend(const ui_t *ui, const pane_t *p, int row)
{
    int rows = MIN(MAX(ui->grid.rows / 3 - 1, CHART_ROWS), CHART_TALL);
    const inspect_t *i = ui->inspect;
    unsigned seconds = inspect_spans[i->span];
    char text[96], span[FORMAT_MAX];
    int64_t values[CHART_MAX], least, greatest, last;
    chart_axis_t axis;
    size_t n;

    snprintf(
            text, sizeof(text), "MEMORY TREND (last %s)", format_span(span, sizeof(span), seconds));
    pane_put(p, row, 0, p->cols, ALIGN_LEFT, STYLE_HEADING, text);
    if (!series_range(&i->series, &least, &greatest, &last)) {
        pane_put(p, row + 1, 0, p->cols, ALIGN_LEFT, STYLE_DIM,
                i->exited ? "nothing is known of it" : "waiting for the first sample");
        return 2;
    }
    axis = chart_axis(least, greatest, rows);
    n = chart_columns(i, p->cols - axis.width);
    series_columns(&i->series, values, n);
    chart_draw(p, ui->glyphs, &axis, row + 1, rows, values, n);
    put_times(i, p, row + 1 + rows, axis.width, (int) n);
    put_range(i, p, row + 2 + rows, least, greatest, last);
    return 4 + rows;
}

static int draw_memory(const ui_t *ui, const pane_t *p, int row)
{
    pane_t left = pane_part(p, 0, 0, p->rows, MIN(LEFT_WIDTH, p->cols));
    pane_t right = pane_part(p, 0, LEFT_WIDTH + 1, p->rows, p->cols - LEFT_WIDTH - 1);
    int taken;

    left.scroll = right.scroll = p->scroll;
    if (p->cols < SIDE_BY_SIDE) {
        taken = draw_breakdown(ui, p, row) + 1;
        return taken + draw_trend(ui, p, row + taken);
    }
    taken = draw_breakdown(ui, &left, row);
    return MAX(taken, draw_trend(ui, &right, row));
}

static int draw_all(const ui_t *ui, const pane_t *p)
{
    const inspect_t *i = ui->inspect;
    int row = view_status(i, p, 0);

    row += view_verdict(ui, p, row);
    row += row > 0;
    if (view_has_memory(i))
        row += draw_memory(ui, p, row) + 1;
    return row + view_facts(ui, p, row);
}

void view_inspect(ui_t *ui, const pane_t *p)
{
    pane_t foot = pane_part(p, p->rows - 1, 0, 1, p->cols);
    const inspect_t *i = ui->inspect;
    char title[INSPECT_NAME_MAX + 64];

    snprintf(title, sizeof(title), "INSPECT: %s%s(PID %" PRIu64 ")", i->name, i->name[0] ? " " : "",
            i->id.pid);
    view_title(ui, p, title);
    view_scrolled(ui, p, &ui->inspect_scroll, draw_all);
    view_hints(ui, &foot, VIEW_INSPECT);
}
