#include "client/model/series.h"

#include "client/widget/sparkline.h"
#include "common/cleanup.h"
#include "protocol/cursor.h"
#include <errno.h>
#include <string.h>

#define COUNT_MAX 65536

void series_reset(series_t *s, uint64_t span_ms)
{
    s->n = 0;
    s->span_ms = span_ms;
    s->step_ms = 1000;
}

uint64_t series_step_ms(uint64_t span_ms)
{
    return MAX(span_ms / (SERIES_MAX / 4), UINT64_C(1000));
}

static void drop_first(series_t *s, size_t count)
{
    s->n -= count;
    memmove(s->points, s->points + count, s->n * sizeof(s->points[0]));
}

void series_add(series_t *s, series_point_t point)
{
    uint64_t newest = s->n > 0 ? s->points[s->n - 1].ms : 0;
    size_t old = 0;

    if (s->n > 0 && point.ms < newest + MAX(s->span_ms / (SERIES_MAX / 2), UINT64_C(1)))
        return;
    while (old < s->n && s->points[old].ms + s->span_ms < point.ms)
        old++;
    if (old == 0 && s->n == SERIES_MAX)
        old = 1;
    drop_first(s, old);
    s->points[s->n++] = point;
}

typedef struct {
    cursor_t in;
    uint64_t left; // points of the present run
    bool gap;
    int64_t rss_kb, private_kb;
} reader_t;

// 1: a point; 0: a gap; -EBADMSG.
static int next_point(reader_t *r)
{
    if (r->left == 0) {
        uint64_t run = cursor_varint(&r->in);

        r->left = run >> 1;
        r->gap = run & 1;
        if (!r->gap) {
            r->rss_kb = (int64_t) ((uint64_t) r->rss_kb + (uint64_t) cursor_zigzag(&r->in));
            r->private_kb = (int64_t) ((uint64_t) r->private_kb + (uint64_t) cursor_zigzag(&r->in));
        }
        if (r->in.failed || r->left == 0)
            return -EBADMSG;
    }
    r->left--;
    if (r->gap)
        return 0;
    return r->rss_kb < 0 || r->private_kb < 0 ? -EBADMSG : 1;
}

int series_read(const history_message_t *h, series_take_t take, void *user)
{
    reader_t r = {.in = cursor_of(h->points.data, h->points.len)};

    if (h->count > COUNT_MAX || h->step_ms == 0 || h->step_ms > UINT64_MAX / COUNT_MAX ||
            h->end_ms < (h->count ? h->count - 1 : 0) * h->step_ms)
        return -EBADMSG;
    for (uint64_t i = 0; i < h->count; i++) {
        int known = next_point(&r);

        if (known < 0)
            return known;
        if (known)
            take(user, h->end_ms - (h->count - 1 - i) * h->step_ms, r.rss_kb, r.private_kb);
    }
    return 0;
}

typedef struct {
    series_t *series;
    uint64_t end_ms;
} past_t;

// Keeps the last `SERIES_MAX` points that lie within the span.
static void take_point(void *user, uint64_t ms, int64_t rss_kb, int64_t private_kb)
{
    past_t *p = user;

    (void) private_kb;
    if (ms + p->series->span_ms < p->end_ms)
        return;
    if (p->series->n == SERIES_MAX)
        drop_first(p->series, SERIES_MAX / 2);
    p->series->points[p->series->n++] = (series_point_t){ms, rss_kb};
}

int series_merge(series_t *s, const history_message_t *h)
{
    _cleanup_free_ series_t *past = calloc(1, sizeof(*past));
    int r;

    if (!past)
        return -ENOMEM;
    series_reset(past, s->span_ms);
    r = series_read(h, take_point, &(past_t){past, h->end_ms});
    if (r < 0)
        return r;
    past->step_ms = h->step_ms;
    for (size_t i = 0; i < s->n; i++)
        if (s->points[i].ms > h->end_ms)
            series_add(past, s->points[i]);
    *s = *past;
    return 0;
}

void series_columns(const series_t *s, int64_t *values, size_t n)
{
    double width = (double) s->span_ms / (double) n;
    double patience = MAX(width, (double) s->step_ms) * 1.6;
    uint64_t end;

    for (size_t i = 0; i < n; i++)
        values[i] = SPARKLINE_GAP;
    if (s->n == 0 || n == 0)
        return;
    end = s->points[s->n - 1].ms;
    for (size_t i = 0; i < s->n; i++) {
        // Points come about once a column: half a column keeps their jitter from emptying one.
        double age = ((double) (end - s->points[i].ms) + width / 2) / width;
        size_t column;

        if (age >= (double) n)
            continue;
        column = n - 1 - (size_t) age;
        values[column] = MAX(values[column], s->points[i].rss_kb);
        // A point stands until the next one, unless that is too far away.
        if (i + 1 < s->n && (double) (s->points[i + 1].ms - s->points[i].ms) < patience) {
            double next = ((double) (end - s->points[i + 1].ms) + width / 2) / width;

            for (size_t c = column + 1; c < n - 1 - (size_t) MIN(next, (double) (n - 1)); c++)
                values[c] = MAX(values[c], s->points[i].rss_kb);
        }
    }
}

bool series_range(const series_t *s, int64_t *ret_least, int64_t *ret_greatest, int64_t *ret_last)
{
    bool any = false;

    for (size_t i = 0; i < s->n; i++) {
        int64_t v = s->points[i].rss_kb;

        if (s->points[i].ms + s->span_ms < s->points[s->n - 1].ms)
            continue;
        *ret_least = any ? MIN(*ret_least, v) : v;
        *ret_greatest = any ? MAX(*ret_greatest, v) : v;
        *ret_last = v;
        any = true;
    }
    return any;
}
