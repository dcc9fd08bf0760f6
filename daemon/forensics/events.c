#include "daemon/forensics/events.h"
#include "common/arena.h"
#include "common/cleanup.h"
#include "daemon/past/places.h"
#include "protocol/cursor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    places_t places;
    event_t *at;
} shelf_t;

struct events {
    arena_t arena;
    shelf_t rare, common;
    places_t befores;
    event_before_t *before;
    uint64_t last;     // number
    uint64_t since_ms; // of the newest one that was pushed out, or the beginning
};

event_t event_of(unsigned kind, uint64_t time_ms, const process_snapshot_t *p, owner_t owner,
        const intern_t *strings)
{
    event_t e = {.time_ms = time_ms,
            .kind = kind,
            .has = EVENT_HAS_PROCESS,
            .pid = p->pid,
            .start_time = p->start_time,
            .uid = p->uid,
            .owner = owner};

    if (PROCESS_KNOWN(p, uid))
        e.has |= EVENT_HAS_UID;
    e.name_len = (uint32_t) intern_copy(strings, (uint32_t) p->name, e.name, sizeof(e.name));
    e.unit_len = (uint32_t) intern_copy(strings, (uint32_t) p->unit, e.unit, sizeof(e.unit));
    return e;
}

void event_say(event_t *e, const char *format, ...)
{
    size_t len = strlen(e->text);
    va_list args;

    va_start(args, format);
    vsnprintf(e->text + len, sizeof(e->text) - len, format, args);
    va_end(args);
}

int events_new(events_t **ret, uint64_t now_ms)
{
    events_t *e = calloc(1, sizeof(*e));
    size_t events = (EVENTS_RARE + EVENTS_COMMON) * sizeof(event_t);
    int r;

    if (!e)
        return -ENOMEM;
    r = arena_init(&e->arena, events + EVENTS_OOM * sizeof(event_before_t));
    if (r < 0) {
        free(e);
        return r;
    }
    e->rare.at = (event_t *) (void *) e->arena.base;
    e->common.at = e->rare.at + EVENTS_RARE;
    e->before = (event_before_t *) (void *) (e->arena.base + events);
    places_init(&e->rare.places, EVENTS_RARE);
    places_init(&e->common.places, EVENTS_COMMON);
    places_init(&e->befores, EVENTS_OOM);
    e->since_ms = now_ms;
    *ret = e;
    return 0;
}

void events_free(events_t *e)
{
    if (!e)
        return;
    arena_done(&e->arena);
    free(e);
}

static bool is_rare(const event_t *event)
{
    return event->kind == EVENT_OOM_KILL ||
           (event->tag == TAG_LEAK && event->kind != EVENT_SUSPECTED && event->kind != EVENT_EXIT);
}

static uint32_t user_of(const event_t *event)
{
    return event && (event->has & EVENT_HAS_UID) ? (uint32_t) event->uid : PLACES_NOBODY;
}

static event_t *put(events_t *e, const event_t *event)
{
    shelf_t *shelf = is_rare(event) ? &e->rare : &e->common;
    event_t *at = &shelf->at[places_take(&shelf->places, user_of(event))];

    if (at->number > 0)
        e->since_ms = MAX(e->since_ms, at->time_ms);
    *at = *event;
    return at;
}

uint64_t events_add(events_t *e, const event_t *event)
{
    put(e, event)->number = ++e->last;
    return e->last;
}

static const event_t *nth(const shelf_t *shelf, size_t n)
{
    return &shelf->at[places_nth(&shelf->places, n)];
}

static const event_t *next_in(const shelf_t *shelf, uint64_t after)
{
    size_t low = 0, high = shelf->places.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (nth(shelf, middle)->number > after)
            high = middle;
        else
            low = middle + 1;
    }
    return low < shelf->places.count ? nth(shelf, low) : NULL;
}

const event_t *events_next(const events_t *e, uint64_t after)
{
    const event_t *rare = next_in(&e->rare, after), *common = next_in(&e->common, after);

    if (!rare || !common)
        return rare ? rare : common;
    return rare->number < common->number ? rare : common;
}

uint64_t events_last(const events_t *e)
{
    return e->last;
}

uint64_t events_since_ms(const events_t *e)
{
    return e->since_ms;
}

static const event_t *find(const events_t *e, uint64_t number)
{
    const event_t *event = number > 0 ? events_next(e, number - 1) : NULL;

    return event && event->number == number ? event : NULL;
}

void events_keep_before(events_t *e, const event_before_t *before)
{
    e->before[places_take(&e->befores, user_of(find(e, before->number)))] = *before;
}

const event_before_t *events_before(const events_t *e, uint64_t number)
{
    for (size_t i = 0; i < e->befores.count; i++)
        if (e->before[i].number == number && number != 0)
            return &e->before[i];
    return NULL;
}

// ---- Restart -----------------------------------------------------------------------------------

typedef struct {
    uint64_t events, befores, last, since_ms;
} saved_t;

uint64_t events_layout(void)
{
    return (uint64_t) sizeof(event_t) << 40 | (uint64_t) sizeof(event_before_t) << 16 | 3;
}

// All in the order in which they came.
void events_save(const events_t *e, buffer_t *out)
{
    const saved_t s = {
            e->rare.places.count + e->common.places.count, e->befores.count, e->last, e->since_ms};

    buffer_put(out, &s, sizeof(s));
    for (const event_t *event = events_next(e, 0); event; event = events_next(e, event->number))
        buffer_put(out, event, sizeof(*event));
    for (size_t i = 0; i < e->befores.count; i++)
        buffer_put(out, &e->before[places_nth(&e->befores, i)], sizeof(event_before_t));
}

static bool is_event(const event_t *x, uint64_t after, uint64_t last)
{
    return x->number > after && x->number <= last && x->name_len <= EVENT_NAME_MAX &&
           x->unit_len <= EVENT_UNIT_MAX && memchr(x->cgroup, '\0', EVENT_CGROUP_MAX) &&
           memchr(x->text, '\0', EVENT_TEXT_MAX) && x->others_at <= strlen(x->text);
}

// Puts them where `e` is not NULL. False: something is wrong.
static bool load_all(events_t *e, const saved_t *s, const unsigned char *at)
{
    event_before_t before;
    uint64_t number = 0;
    event_t event;

    for (uint64_t i = 0; i < s->events; i++, at += sizeof(event)) {
        memcpy(&event, at, sizeof(event));
        if (!is_event(&event, number, s->last))
            return false;
        number = event.number;
        if (e)
            put(e, &event);
    }
    for (uint64_t i = 0; i < s->befores; i++, at += sizeof(before)) {
        memcpy(&before, at, sizeof(before));
        if (before.grown_len > EVENT_GROWN_MAX || before.used_len > EVENT_USED_MAX)
            return false;
        if (e)
            events_keep_before(e, &before);
    }
    return true;
}

int events_load(events_t *e, const void *data, size_t len)
{
    const unsigned char *at = data;
    saved_t s;

    if (len < sizeof(s))
        return -EBADMSG;
    memcpy(&s, at, sizeof(s));
    if (s.events > EVENTS_RARE + EVENTS_COMMON || s.befores > EVENTS_OOM ||
            len != sizeof(s) + s.events * sizeof(event_t) + s.befores * sizeof(event_before_t) ||
            !load_all(NULL, &s, at + sizeof(s)))
        return -EBADMSG;
    load_all(e, &s, at + sizeof(s));
    e->last = s.last;
    e->since_ms = s.since_ms;
    return 0;
}
