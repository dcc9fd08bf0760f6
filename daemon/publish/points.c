#include "daemon/publish/points.h"
#include "common/cleanup.h"

#include <errno.h>

typedef struct {
    buffer_t *out;
    uint64_t rss, private_kb; // of the point before
    uint64_t count, end_s, step_s;
} points_t;

static void put_run(points_t *p, uint64_t count, const history_value_t *value)
{
    buffer_put_varint(p->out, count << 1 | (value == NULL));
    if (value) {
        buffer_put_zigzag(p->out, (int64_t) (value->rss - p->rss));
        buffer_put_zigzag(p->out, (int64_t) (value->private_last - p->private_kb));
        p->rss = value->rss;
        p->private_kb = value->private_last;
    }
    p->count += count;
}

static void add_run(void *user, uint64_t first_s, uint32_t count, const history_value_t *value)
{
    points_t *p = user;

    if (p->count > 0 && first_s > p->end_s + p->step_s)
        put_run(p, (first_s - p->end_s) / p->step_s - 1, NULL);
    put_run(p, count, value);
    p->end_s = first_s + (uint64_t) (count - 1) * p->step_s;
}

int points_of(buffer_t *points, const history_t *history, uint32_t series, uint64_t now_ms,
        uint64_t span_ms, uint64_t step_ms, history_message_t *ret)
{
    points_t p = {.out = points};
    uint64_t now_s = now_ms / 1000, span_s;
    unsigned level = 0;

    while (level + 1 < HISTORY_LEVELS && (span_ms / 1000 > history_levels[level].span_s ||
                                                 step_ms / 1000 > history_levels[level].step_s))
        level++;
    span_s = MIN(span_ms / 1000, history_levels[level].span_s);
    p.step_s = history_levels[level].step_s;
    buffer_reset(points);
    history_read(history, series, level, now_s - MIN(now_s, span_s), now_s, add_run, &p);
    if (points->failed)
        return -ENOMEM;
    MESSAGE_SET(ret, step_ms, p.step_s * 1000);
    MESSAGE_SET(ret, end_ms, p.end_s * 1000);
    MESSAGE_SET(ret, count, p.count);
    MESSAGE_SET_TEXT(ret, points, (const char *) points->data, points->len);
    return 0;
}
