// Runs as they were coded by history.c, and the questions that they answer.

#include "common/cleanup.h"
#include "daemon/past/history_private.h"

static uint64_t get_varint(const unsigned char **at)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        unsigned char b = *(*at)++;

        v |= (uint64_t) (b & 0x7f) << shift;
        if (!(b & 0x80))
            break;
    }
    return v;
}

static uint64_t get_difference(const unsigned char **at, uint64_t from)
{
    uint64_t z = get_varint(at);

    return from + ((z >> 1) ^ (0 - (z & 1)));
}

// `value` has the last run's values, or the chunk's base; false: a gap.
static bool decode_run(const unsigned char **at, history_value_t *value, uint32_t *ret_count)
{
    uint64_t head = get_varint(at);

    *ret_count = (uint32_t) (head >> 2);
    if (head & 1)
        return false;
    value->rss = get_difference(at, value->rss);
    value->private_last = get_difference(at, value->private_last);
    value->private_min = value->private_max = value->private_last;
    if (head & 2) {
        value->private_min = get_difference(at, value->private_last);
        value->private_max = get_difference(at, value->private_last);
    }
    return true;
}

typedef struct {
    uint32_t step, from, to; // indexes, inclusive
    void (*run)(void *user, uint64_t first_s, uint32_t count, const history_value_t *value);
    void *user;
} range_t;

static void emit(const range_t *r, uint32_t first, uint32_t count, const history_value_t *value)
{
    uint32_t last = first + count - 1;

    if (count == 0 || last < r->from || first > r->to)
        return;
    first = MAX(first, r->from);
    last = MIN(last, r->to);
    r->run(r->user, (uint64_t) first * r->step, last - first + 1, value);
}

void history_read(const history_t *h, uint32_t id, unsigned level, uint64_t from_s, uint64_t to_s,
        void (*run)(void *user, uint64_t first_s, uint32_t count, const history_value_t *value),
        void *user)
{
    range_t range = {.step = history_levels[level].step_s, .run = run, .user = user};
    const series_t *s;
    const level_t *l;

    if (id == HISTORY_NONE || from_s > to_s)
        return;
    range.from = (uint32_t) (from_s / range.step);
    range.to = (uint32_t) MIN(to_s / range.step, UINT32_MAX - 1);
    s = &h->series[id];
    l = &s->level[level];
    for (uint32_t c = l->head; c != NO_CHUNK; c = h->chunks[c].next) {
        const chunk_t *chunk = &h->chunks[c];
        const unsigned char *at = chunk->data, *end = chunk->data + chunk->used;
        history_value_t value = chunk->base;
        uint32_t index = chunk->first, count;

        for (; at < end; index += count) {
            bool known = decode_run(&at, &value, &count);

            emit(&range, index, count, known ? &value : NULL);
        }
    }
    emit(&range, l->run_first, l->run_count, &l->value);
    if (level > 0 && s->has_bucket[level]) {
        uint32_t next = l->run_first + l->run_count;

        if (l->run_count > 0 && s->bucket[level] > next)
            emit(&range, next, s->bucket[level] - next, NULL);
        emit(&range, s->bucket[level], 1, &s->sum[level]);
    }
}
