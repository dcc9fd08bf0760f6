#include "daemon/core/history.h"
#include "common/arena.h"
#include "common/cleanup.h"
#include "common/procmap.h"
#include "protocol/cursor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_DATA 76
#define RECORD_MAX (5 + 4 * 10) // bytes of one coded run at most
#define NO_CHUNK   UINT32_MAX

const history_level_t history_levels[HISTORY_LEVELS] = {{1, 120}, {10, 3600}, {60, 86400}};

// Finished runs, oldest first. The first run's values are absolute in `base`.
typedef struct {
    uint32_t next;
    uint32_t first; // index (time / step) of the first run's first point
    uint32_t points;
    uint8_t used;
    history_value_t base;
    unsigned char data[CHUNK_DATA];
} chunk_t;

typedef struct {
    uint32_t head, tail;
    uint32_t run_first, run_count; // the run under way; count 0: nothing yet
    history_value_t value;         // of the run under way
    history_value_t coded; // of the last finished run with a value: what the next differs from
} level_t;

typedef struct {
    uint64_t pid, start_time;
    uint64_t died_ms;      // 0: lives
    uint64_t peak_kb;      // of private memory
    uint32_t older, newer; // among the dead
    bool used;
    level_t level[HISTORY_LEVELS];
    uint32_t bucket[HISTORY_LEVELS]; // index of the bucket under way, levels 1 and up
    history_value_t sum[HISTORY_LEVELS];
    bool has_bucket[HISTORY_LEVELS];
} series_t;

struct history {
    arena_t series_arena, chunk_arena;
    series_t *series;
    chunk_t *chunks;
    uint32_t n_series, n_chunks;
    uint32_t free_series, free_chunk; // lists through `older` and `next`
    uint32_t oldest_dead, newest_dead;
    size_t chunks_used, series_used;
    procmap_t by_process;
};

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
    h->oldest_dead = h->newest_dead = HISTORY_NONE;
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

static void remove_from_dead(history_t *h, uint32_t id)
{
    series_t *s = &h->series[id];

    if (s->older != HISTORY_NONE)
        h->series[s->older].newer = s->newer;
    else
        h->oldest_dead = s->newer;
    if (s->newer != HISTORY_NONE)
        h->series[s->newer].older = s->older;
    else
        h->newest_dead = s->older;
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

static bool drop_oldest_dead(history_t *h)
{
    uint32_t id = h->oldest_dead;

    if (id == HISTORY_NONE)
        return false;
    remove_from_dead(h, id);
    release_series(h, id);
    return true;
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
    } while (drop_oldest_dead(h));
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

// ---- Series ------------------------------------------------------------------------------------

uint32_t history_find(const history_t *h, uint64_t pid, uint64_t start_time)
{
    return procmap_get(&h->by_process, pid, start_time);
}

uint64_t history_peak_kb(const history_t *h, uint32_t series)
{
    return series == HISTORY_NONE ? 0 : h->series[series].peak_kb;
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
    } while (drop_oldest_dead(h));
    return HISTORY_NONE;
}

uint32_t history_open(history_t *h, uint64_t pid, uint64_t start_time)
{
    uint32_t id = history_find(h, pid, start_time);
    series_t *s;

    if (id != PROCMAP_NONE) {
        if (h->series[id].died_ms) { // known from before a restart
            remove_from_dead(h, id);
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
        *ret = (history_identity_t){
                .pid = s->pid, .start_time = s->start_time, .died_ms = s->died_ms};
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
    series_t *s;

    if (id == HISTORY_NONE)
        return;
    s = &h->series[id];
    if (!keep) {
        release_series(h, id);
        return;
    }
    s->died_ms = now_ms;
    s->newer = HISTORY_NONE;
    s->older = h->newest_dead;
    if (h->newest_dead != HISTORY_NONE)
        h->series[h->newest_dead].newer = id;
    else
        h->oldest_dead = id;
    h->newest_dead = id;
    while (now_ms - h->series[h->oldest_dead].died_ms > HISTORY_KEEP_DEAD_S * UINT64_C(1000))
        drop_oldest_dead(h);
}

// ---- Reading -----------------------------------------------------------------------------------

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

size_t history_bytes(const history_t *h)
{
    return h->series_used * sizeof(series_t) + h->chunks_used * sizeof(chunk_t);
}

// ---- Restart -----------------------------------------------------------------------------------

typedef struct {
    uint64_t n_series, n_chunks, chunks_used, series_used;
    uint32_t free_series, free_chunk, oldest_dead, newest_dead;
} saved_t;

uint64_t history_layout(void)
{
    return (uint64_t) sizeof(series_t) << 40 | (uint64_t) sizeof(chunk_t) << 16 | 2;
}

void history_save(const history_t *h, buffer_t *out)
{
    const saved_t s = {h->n_series, h->n_chunks, h->chunks_used, h->series_used, h->free_series,
            h->free_chunk, h->oldest_dead, h->newest_dead};

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
    if (len != sizeof(s) + series + chunks)
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
    h->oldest_dead = s.oldest_dead;
    h->newest_dead = s.newest_dead;
    return index_series(h, now_ms);
}
