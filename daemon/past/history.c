#include "daemon/past/history.h"
#include "common/cleanup.h"
#include "daemon/past/history_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_MAX (5 + 4 * 10) // bytes of one coded run at most
#define AHEAD_KEPT (128 << 10)  // of chunks, and so many for some thousand busy processes

const history_level_t history_levels[HISTORY_LEVELS] = {{1, 120}, {10, 3600}, {60, 86400}};

int history_new(history_t **ret, size_t max_bytes)
{
    history_t *h = calloc(1, sizeof(*h));
    int r;

    if (!h)
        return -ENOMEM;
    r = arena_init(&h->series_arena, MAX(max_bytes / 3, (size_t) 1 << 16));
    if (r == 0)
        r = arena_init(&h->chunk_arena, MAX(max_bytes / 3 * 2, (size_t) 1 << 16));
    if (r < 0) {
        history_free(h);
        return r;
    }
    h->series = (series_t *) (void *) h->series_arena.base;
    h->chunks = (chunk_t *) (void *) h->chunk_arena.base;
    h->free_series = h->free_chunk = NO_CHUNK;
    history_dead_init(h);
    *ret = h;
    return 0;
}

void history_free(history_t *h)
{
    if (!h)
        return;
    arena_done(&h->series_arena);
    arena_done(&h->chunk_arena);
    procmap_done(&h->by_process);
    free(h);
}

// ---- Chunks ------------------------------------------------------------------------------------

static void release_chunk(history_t *h, uint32_t id)
{
    h->chunks[id].next = h->free_chunk;
    h->free_chunk = id;
    h->chunks_used--;
}

static void drop_head(history_t *h, level_t *l)
{
    uint32_t id = l->head;

    l->head = h->chunks[id].next;
    if (l->head == NO_CHUNK)
        l->tail = NO_CHUNK;
    release_chunk(h, id);
}

static void release_series(history_t *h, uint32_t id)
{
    series_t *s = &h->series[id];

    for (int i = 0; i < HISTORY_LEVELS; i++)
        while (s->level[i].head != NO_CHUNK)
            drop_head(h, &s->level[i]);
    procmap_remove(&h->by_process, s->pid, s->start_time);
    *s = (series_t){.older = h->free_series};
    h->free_series = id;
    h->series_used--;
}

static void drop_dead(history_t *h, uint32_t id)
{
    history_dead_remove(h, id);
    release_series(h, id);
}

static bool make_room(history_t *h)
{
    uint32_t id = history_dead_first(h);

    if (id != HISTORY_NONE)
        drop_dead(h, id);
    return id != HISTORY_NONE;
}

static uint32_t take_chunk(history_t *h)
{
    uint32_t id;

    do {
        if (h->free_chunk != NO_CHUNK) {
            id = h->free_chunk;
            h->free_chunk = h->chunks[id].next;
            h->chunks_used++;
            return id;
        }
        if (arena_alloc(&h->chunk_arena, sizeof(chunk_t), _Alignof(chunk_t))) {
            h->chunks_used++;
            return h->n_chunks++;
        }
    } while (make_room(h));
    return NO_CHUNK;
}

// ---- Coding ------------------------------------------------------------------------------------

static size_t put_varint(unsigned char *at, uint64_t v)
{
    size_t n = 0;

    for (; v >= 0x80; v >>= 7)
        at[n++] = (unsigned char) (v | 0x80);
    at[n++] = (unsigned char) v;
    return n;
}

static size_t put_difference(unsigned char *at, uint64_t from, uint64_t to)
{
    int64_t d = (int64_t) (to - from);

    return put_varint(at, (uint64_t) d << 1 ^ (uint64_t) (d >> 63));
}

// A run: count << 2 | ranged << 1 | gap, then rss and private, and where they are not all the same
// min and max against private.
static size_t code_run(unsigned char *at, const history_value_t *from, const history_value_t *value,
        uint32_t count)
{
    bool ranged = value && (value->private_min != value->private_last ||
                                   value->private_max != value->private_last);
    size_t n = put_varint(at, (uint64_t) count << 2 | (uint64_t) ranged << 1 | (value == NULL));

    if (!value)
        return n;
    n += put_difference(at + n, from->rss, value->rss);
    n += put_difference(at + n, from->private_last, value->private_last);
    if (ranged) {
        n += put_difference(at + n, value->private_last, value->private_min);
        n += put_difference(at + n, value->private_last, value->private_max);
    }
    return n;
}

static void append_run(
        history_t *h, level_t *l, const history_value_t *value, uint32_t first, uint32_t count)
{
    unsigned char coded[RECORD_MAX];
    size_t n = code_run(coded, &l->coded, value, count);
    chunk_t *c = l->tail == NO_CHUNK ? NULL : &h->chunks[l->tail];

    if (!c || c->used + n > CHUNK_DATA) {
        uint32_t id = take_chunk(h);

        if (id == NO_CHUNK && l->head != NO_CHUNK) {
            drop_head(h, l); // its own oldest makes room
            id = take_chunk(h);
        }
        if (id == NO_CHUNK)
            return;
        c = &h->chunks[id];
        *c = (chunk_t){.next = NO_CHUNK, .first = first, .base = l->coded};
        if (l->tail == NO_CHUNK)
            l->head = id;
        else
            h->chunks[l->tail].next = id;
        l->tail = id;
    }
    memcpy(c->data + c->used, coded, n);
    c->used = (uint8_t) (c->used + n);
    c->points += count;
    if (value)
        l->coded = *value;
}

static void expire(history_t *h, level_t *l, unsigned level, uint32_t index)
{
    uint32_t span = history_levels[level].span_s / history_levels[level].step_s;

    while (l->head != NO_CHUNK) {
        const chunk_t *c = &h->chunks[l->head];

        if (c->first + c->points + span > index)
            break;
        drop_head(h, l);
    }
}

static bool same(const history_value_t *a, const history_value_t *b)
{
    return a->rss == b->rss && a->private_last == b->private_last &&
           a->private_min == b->private_min && a->private_max == b->private_max;
}

static void finish_run(history_t *h, level_t *l)
{
    if (l->run_count > 0)
        append_run(h, l, &l->value, l->run_first, l->run_count);
    l->run_count = 0;
}

// A point at `index`, which is that of the last point or later.
static void add_point(
        history_t *h, level_t *l, unsigned level, uint32_t index, const history_value_t *value)
{
    uint32_t next = l->run_first + l->run_count;

    if (l->run_count > 0 && index + 1 == next) { // the same second again
        history_value_t both = *value;

        both.private_min = MIN(both.private_min, l->value.private_min);
        both.private_max = MAX(both.private_max, l->value.private_max);
        if (same(&l->value, &both))
            return;
        if (--l->run_count > 0)
            finish_run(h, l);
        l->value = both;
        l->run_first = index;
        l->run_count = 1;
        return;
    }
    if (l->run_count > 0 && index == next && same(&l->value, value)) {
        l->run_count++;
        return;
    }
    if (l->run_count > 0) {
        finish_run(h, l);
        if (index > next)
            append_run(h, l, NULL, next, index - next);
        expire(h, l, level, index);
    }
    l->value = *value;
    l->run_first = index;
    l->run_count = 1;
}

void history_record(
        history_t *h, uint32_t id, uint64_t now_ms, uint64_t rss_kb, uint64_t private_kb)
{
    history_value_t value = {rss_kb, private_kb, private_kb, private_kb};
    uint32_t now_s = (uint32_t) (now_ms / 1000);
    series_t *s;

    if (id == HISTORY_NONE)
        return;
    s = &h->series[id];
    s->peak_kb = MAX(s->peak_kb, private_kb);
    add_point(h, &s->level[0], 0, now_s, &value);
    for (unsigned i = 1; i < HISTORY_LEVELS; i++) {
        uint32_t bucket = now_s / history_levels[i].step_s;
        history_value_t *sum = &s->sum[i];

        if (s->has_bucket[i] && bucket != s->bucket[i])
            add_point(h, &s->level[i], i, s->bucket[i], sum);
        if (!s->has_bucket[i] || bucket != s->bucket[i]) {
            s->has_bucket[i] = true;
            s->bucket[i] = bucket;
            *sum = value;
            continue;
        }
        sum->rss = rss_kb;
        sum->private_last = private_kb;
        sum->private_min = MIN(sum->private_min, private_kb);
        sum->private_max = MAX(sum->private_max, private_kb);
    }
}

void history_prepare(history_t *h)
{
    arena_prepare(&h->chunk_arena, AHEAD_KEPT);
    arena_prepare(&h->series_arena, sizeof(series_t));
}

// ---- Series ------------------------------------------------------------------------------------

_Static_assert(HISTORY_NONE == PROCMAP_NONE, "a series that is not there");

uint32_t history_find(const history_t *h, uint64_t pid, uint64_t start_time)
{
    return procmap_get(&h->by_process, pid, start_time);
}

uint64_t history_peak_kb(const history_t *h, uint32_t series)
{
    return series == HISTORY_NONE ? 0 : h->series[series].peak_kb;
}

const history_shared_t *history_shared(const history_t *h, uint32_t series)
{
    return &h->series[series].shared;
}

void history_set_shared(history_t *h, uint32_t series, const history_shared_t *shared)
{
    h->series[series].shared = *shared;
}

static uint32_t take_series(history_t *h)
{
    do {
        uint32_t id = h->free_series;

        if (id != NO_CHUNK) {
            h->free_series = h->series[id].older;
            return id;
        }
        if (arena_alloc(&h->series_arena, sizeof(series_t), _Alignof(series_t)))
            return h->n_series++;
    } while (make_room(h));
    return HISTORY_NONE;
}

uint32_t history_open(history_t *h, uint64_t pid, uint64_t start_time)
{
    uint32_t id = history_find(h, pid, start_time);
    series_t *s;

    if (id != HISTORY_NONE) {
        if (h->series[id].died_ms) { // known from before a restart
            history_dead_remove(h, id);
            h->series[id].died_ms = 0;
        }
        return id;
    }
    id = take_series(h);
    if (id == HISTORY_NONE)
        return id;
    s = &h->series[id];
    *s = (series_t){.pid = pid, .start_time = start_time, .used = true};
    for (int i = 0; i < HISTORY_LEVELS; i++)
        s->level[i].head = s->level[i].tail = NO_CHUNK;
    h->series_used++;
    if (procmap_put(&h->by_process, pid, start_time, id) < 0) {
        release_series(h, id);
        return HISTORY_NONE;
    }
    return id;
}

uint32_t history_next(const history_t *h, uint32_t after, history_identity_t *ret)
{
    for (uint32_t id = after + 1; id < h->n_series; id++) {
        const series_t *s = &h->series[id];

        if (!s->used || s->pid == 0)
            continue;
        *ret = (history_identity_t){.pid = s->pid,
                .start_time = s->start_time,
                .died_ms = s->died_ms,
                .shared = s->shared};
        return id;
    }
    return HISTORY_NONE;
}

size_t history_series_max(const history_t *h)
{
    return h->series_arena.reserved / sizeof(series_t);
}

void history_close(history_t *h, uint32_t id, uint64_t now_ms, bool keep)
{
    const uint64_t kept_ms = HISTORY_KEEP_DEAD_S * UINT64_C(1000);
    series_t *s;

    if (id == HISTORY_NONE)
        return;
    s = &h->series[id];
    if (!keep) {
        release_series(h, id);
        return;
    }
    s->died_ms = now_ms;
    history_dead_add(h, id);
    while (now_ms > kept_ms && (id = history_dead_before(h, now_ms - kept_ms)) != HISTORY_NONE)
        drop_dead(h, id);
}

size_t history_bytes(const history_t *h)
{
    return h->series_used * sizeof(series_t) + h->chunks_used * sizeof(chunk_t);
}
