// History over a restart.

#include "common/cleanup.h"
#include "daemon/past/history_private.h"
#include "protocol/cursor.h"

#include <errno.h>
#include <string.h>

typedef struct {
    uint64_t n_series, n_chunks, chunks_used, series_used;
    uint32_t free_series, free_chunk;
    dead_list_t dead[DEAD_LISTS];
} saved_t;

uint64_t history_layout(void)
{
    return (uint64_t) sizeof(series_t) << 40 | (uint64_t) sizeof(chunk_t) << 16 | 3;
}

void history_save(const history_t *h, buffer_t *out)
{
    saved_t s = {h->n_series, h->n_chunks, h->chunks_used, h->series_used, h->free_series,
            h->free_chunk, {{0}}};

    memcpy(s.dead, h->dead, sizeof(s.dead));
    buffer_put(out, &s, sizeof(s));
    buffer_put(out, h->series, h->n_series * sizeof(series_t));
    buffer_put(out, h->chunks, h->n_chunks * sizeof(chunk_t));
}

static int index_series(history_t *h, uint64_t now_ms)
{
    for (uint32_t id = 0; id < h->n_series; id++) {
        series_t *s = &h->series[id];

        if (!s->used)
            continue;
        if (procmap_put(&h->by_process, s->pid, s->start_time, id) < 0)
            return -ENOMEM;
        if (s->died_ms == 0)
            history_close(h, id, now_ms, true);
    }
    return 0;
}

static bool is_sound(const history_shared_t *s)
{
    if (s->n_points > HISTORY_SHARED_POINTS)
        return false;
    for (size_t i = 1; i < s->n_points; i++)
        if (s->points[i].at_ms <= s->points[i - 1].at_ms || s->points[i].kb > s->points[i - 1].kb)
            return false;
    return true;
}

static bool are_sound(const unsigned char *at, uint64_t n_series)
{
    series_t s;

    for (uint64_t i = 0; i < n_series; i++) {
        memcpy(&s, at + i * sizeof(s), sizeof(s));
        if (!is_sound(&s.shared))
            return false;
    }
    return true;
}

int history_load(history_t *h, const void *data, size_t len, uint64_t now_ms)
{
    const unsigned char *at = data;
    size_t series, chunks;
    saved_t s;

    if (len < sizeof(s) || h->n_series > 0)
        return -EBADMSG;
    memcpy(&s, at, sizeof(s));
    if (s.n_series > len / sizeof(series_t) || s.n_chunks > len / sizeof(chunk_t))
        return -EBADMSG;
    series = s.n_series * sizeof(series_t);
    chunks = s.n_chunks * sizeof(chunk_t);
    if (len != sizeof(s) + series + chunks || !are_sound(at + sizeof(s), s.n_series))
        return -EBADMSG;
    if (!arena_alloc(&h->series_arena, series, _Alignof(series_t)) ||
            !arena_alloc(&h->chunk_arena, chunks, _Alignof(chunk_t))) {
        arena_reset(&h->series_arena, 0);
        return -ENOMEM; // the cap is lower now
    }
    memcpy(h->series, at + sizeof(s), series);
    memcpy(h->chunks, at + sizeof(s) + series, chunks);
    h->n_series = (uint32_t) s.n_series;
    h->n_chunks = (uint32_t) s.n_chunks;
    h->chunks_used = s.chunks_used;
    h->series_used = s.series_used;
    h->free_series = s.free_series;
    h->free_chunk = s.free_chunk;
    memcpy(h->dead, s.dead, sizeof(h->dead));
    return index_series(h, now_ms);
}
