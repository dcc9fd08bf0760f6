#include "client/model/tracks.h"

#include "client/model/series.h"
#include "client/widget/sparkline.h"
#include "common/cleanup.h"
#include <errno.h>
#include <string.h>

#define RATE_MIN_MS 15000

void tracks_done(tracks_t *t)
{
    free(t->items);
    free(t->by_slot);
    procmap_done(&t->map);
    *t = (tracks_t){0};
}

// The place of the i-th oldest point.
static size_t place(const tracks_t *t, size_t i)
{
    return (t->at + TRACK_POINTS + 1 - t->filled + i) % TRACK_POINTS;
}

// The first tick makes places for what was before it.
static void lay_out_past(tracks_t *t, uint64_t now_ms)
{
    t->filled = (size_t) MIN(now_ms / TRACK_STEP_MS, (uint64_t) TRACK_POINTS - 1);
    t->at = t->filled > 0 ? t->filled - 1 : TRACK_POINTS - 1;
    for (size_t i = 0; i < t->filled; i++)
        t->times[i] = now_ms - (t->filled - i) * TRACK_STEP_MS;
}

static void begin_point(tracks_t *t)
{
    if (t->filled == 0)
        lay_out_past(t, t->now_ms);
    t->live = MIN(t->live + 1, (size_t) TRACK_POINTS);
    t->at = (t->at + 1) % TRACK_POINTS;
    t->filled = MIN(t->filled + 1, (size_t) TRACK_POINTS);
    t->times[t->at] = t->now_ms;
    for (size_t i = 0; i < t->n; i++)
        t->items[i].points[t->at] = TRACK_GAP;
}

void tracks_begin(tracks_t *t, uint64_t now_ms)
{
    t->tick++;
    t->now_ms = now_ms;
    t->sampling = t->filled == 0 || now_ms / TRACK_STEP_MS != t->times[t->at] / TRACK_STEP_MS;
    if (t->sampling)
        begin_point(t);
    t->recent = 0;
    while (t->recent < t->filled && now_ms - t->times[place(t, t->recent)] > TRACK_RATE_MS)
        t->recent++;
}

static int add(tracks_t *t, identity_t id, uint32_t *ret_index)
{
    track_t *track;
    int r;

    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 3 / 2 : 256;
        track_t *grown = realloc(t->items, cap * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        t->items = grown;
        t->cap = cap;
    }
    r = procmap_put(&t->map, id.pid, id.start_time, (uint32_t) t->n);
    if (r < 0)
        return r;
    track = &t->items[t->n];
    *track = (track_t){.id = id};
    for (size_t i = 0; i < TRACK_POINTS; i++)
        track->points[i] = TRACK_GAP;
    *ret_index = (uint32_t) t->n++;
    return 0;
}

static int reserve_slots(tracks_t *t, size_t n)
{
    size_t cap = n + n / 4 + 256;
    uint32_t *grown;

    if (n <= t->n_slots)
        return 0;
    grown = realloc(t->by_slot, cap * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    memset(grown + t->n_slots, 0xff, (cap - t->n_slots) * sizeof(*grown));
    t->by_slot = grown;
    t->n_slots = cap;
    return 0;
}

int tracks_touch(tracks_t *t, identity_t id, uint32_t slot, track_t **ret)
{
    int r = reserve_slots(t, (size_t) slot + 1);
    uint32_t index;

    if (r < 0)
        return r;
    index = t->by_slot[slot];
    if (index >= t->n || !identity_equal(t->items[index].id, id)) {
        index = procmap_get(&t->map, id.pid, id.start_time);
        if (index == PROCMAP_NONE)
            r = add(t, id, &index);
        if (r < 0)
            return r;
        t->by_slot[slot] = index;
    }
    *ret = &t->items[index];
    (*ret)->slot = slot;
    (*ret)->seen = t->tick;
    return 0;
}

void track_add(const tracks_t *t, track_t *track, uint64_t private_kb)
{
    uint32_t *point = &track->points[t->at];

    if (t->sampling)
        *point = (uint32_t) MIN(
                private_kb + (*point == TRACK_GAP ? 0 : *point), (uint64_t) TRACK_GAP - 1);
}

void tracks_end(tracks_t *t)
{
    for (size_t i = 0; i < t->n;) {
        identity_t id = t->items[i].id;

        if (t->tick - t->items[i].seen <= t->patience) {
            i++;
            continue;
        }
        procmap_remove(&t->map, id.pid, id.start_time);
        t->items[i] = t->items[--t->n];
        // Replaces an entry, for which no memory is needed.
        if (i < t->n)
            procmap_put(&t->map, t->items[i].id.pid, t->items[i].id.start_time, (uint32_t) i);
    }
}

const track_t *tracks_find(const tracks_t *t, identity_t id)
{
    uint32_t index = procmap_get(&t->map, id.pid, id.start_time);

    return index == PROCMAP_NONE ? NULL : &t->items[index];
}

typedef struct {
    const tracks_t *tracks;
    uint32_t points[TRACK_POINTS]; // by place
} past_t;

static void take_point(void *user, uint64_t ms, int64_t rss_kb, int64_t private_kb)
{
    past_t *p = user;

    (void) rss_kb;
    for (size_t i = 0; i < p->tracks->filled; i++) {
        size_t at = place(p->tracks, i);

        if (p->tracks->times[at] / TRACK_STEP_MS == ms / TRACK_STEP_MS)
            p->points[at] = (uint32_t) MIN(private_kb, (int64_t) TRACK_GAP - 1);
    }
}

bool tracks_history(tracks_t *t, const history_message_t *h)
{
    uint32_t index = procmap_get(&t->map, h->pid, h->start_time);
    past_t past = {.tracks = t};

    for (size_t i = 0; i < TRACK_POINTS; i++)
        past.points[i] = TRACK_GAP;
    if (index == PROCMAP_NONE || series_read(h, take_point, &past) < 0)
        return false;
    for (size_t i = 0; i < TRACK_POINTS; i++)
        if (t->items[index].points[i] == TRACK_GAP)
            t->items[index].points[i] = past.points[i];
    return true;
}

bool track_rate(const tracks_t *t, const track_t *track, uint64_t private_kb, int64_t *ret_kb)
{
    for (size_t i = t->recent; i < t->filled; i++) {
        size_t at = place(t, i);
        uint64_t age = t->now_ms - t->times[at];

        if (track->points[at] == TRACK_GAP)
            continue;
        if (age < RATE_MIN_MS)
            return false;
        // What a group has may be more than a point can say.
        private_kb = MIN(private_kb, (uint64_t) TRACK_GAP - 1);
        *ret_kb = ((int64_t) private_kb - track->points[at]) * 60000 / (int64_t) age;
        return true;
    }
    return false;
}

size_t track_series(
        const tracks_t *t, const track_t *track, bool live, int64_t values[TRACK_POINTS])
{
    for (size_t i = live ? t->filled - t->live : 0; i < t->filled; i++) {
        uint32_t point = track->points[place(t, i)];

        if (point != TRACK_GAP)
            values[i] = point + (values[i] == SPARKLINE_GAP ? 0 : values[i]);
    }
    return t->filled;
}
