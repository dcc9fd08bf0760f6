#include "daemon/forensics/events.h"
#include "common/arena.h"
#include "common/cleanup.h"
#include "protocol/cursor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    event_t *at;
    size_t size, next, count;
} ring_t;

struct events {
    arena_t arena;
    ring_t rare, common;
    event_before_t *before;
    size_t next_before;
    uint64_t last;     // number
    uint64_t since_ms; // of the newest one that was pushed out, or the beginning
};

static void put_text(char *to, size_t cap, uint32_t *ret_len, const intern_t *strings, uint64_t id)
{
    size_t len;
    const char *text = intern_get(strings, (uint32_t) id, &len);

    len = MIN(len, cap);
    memcpy(to, text, len);
    *ret_len = (uint32_t) len;
}

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
    put_text(e.name, sizeof(e.name), &e.name_len, strings, p->name);
    put_text(e.unit, sizeof(e.unit), &e.unit_len, strings, p->unit);
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
    e->rare = (ring_t){.at = (event_t *) (void *) e->arena.base, .size = EVENTS_RARE};
    e->common = (ring_t){.at = e->rare.at + EVENTS_RARE, .size = EVENTS_COMMON};
    e->before = (event_before_t *) (void *) (e->arena.base + events);
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

uint64_t events_add(events_t *e, const event_t *event)
{
    ring_t *ring = is_rare(event) ? &e->rare : &e->common;
    event_t *at = &ring->at[ring->next];

    if (ring->count == ring->size)
        e->since_ms = MAX(e->since_ms, at->time_ms);
    else
        ring->count++;
    *at = *event;
    at->number = ++e->last;
    ring->next = (ring->next + 1) % ring->size;
    return at->number;
}

static const event_t *nth(const ring_t *ring, size_t n)
{
    return &ring->at[(ring->next + ring->size - ring->count + n) % ring->size];
}

static const event_t *next_in(const ring_t *ring, uint64_t after)
{
    size_t low = 0, high = ring->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (nth(ring, middle)->number > after)
            high = middle;
        else
            low = middle + 1;
    }
    return low < ring->count ? nth(ring, low) : NULL;
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

void events_keep_before(events_t *e, const event_before_t *before)
{
    e->before[e->next_before] = *before;
    e->next_before = (e->next_before + 1) % EVENTS_OOM;
}

const event_before_t *events_before(const events_t *e, uint64_t number)
{
    for (size_t i = 0; i < EVENTS_OOM; i++)
        if (e->before[i].number == number && number != 0)
            return &e->before[i];
    return NULL;
}

// ---- Restart -----------------------------------------------------------------------------------

typedef struct {
    uint64_t rare_next, rare_count, common_next, common_count, next_before, last, since_ms;
} saved_t;

uint64_t events_layout(void)
{
    return (uint64_t) sizeof(event_t) << 40 | (uint64_t) sizeof(event_before_t) << 16 | 2;
}

void events_save(const events_t *e, buffer_t *out)
{
    const saved_t s = {e->rare.next, e->rare.count, e->common.next, e->common.count, e->next_before,
            e->last, e->since_ms};

    buffer_put(out, &s, sizeof(s));
    buffer_put(out, e->rare.at, e->rare.count * sizeof(event_t));
    buffer_put(out, e->common.at, e->common.count * sizeof(event_t));
    buffer_put(out, e->before, EVENTS_OOM * sizeof(event_before_t));
}

int events_load(events_t *e, const void *data, size_t len)
{
    const unsigned char *at = data;
    size_t rare, common;
    saved_t s;

    if (len < sizeof(s))
        return -EBADMSG;
    memcpy(&s, at, sizeof(s));
    rare = s.rare_count * sizeof(event_t);
    common = s.common_count * sizeof(event_t);
    if (s.rare_count > EVENTS_RARE || s.common_count > EVENTS_COMMON ||
            s.rare_next >= EVENTS_RARE || s.common_next >= EVENTS_COMMON ||
            s.next_before > EVENTS_OOM ||
            len != sizeof(s) + rare + common + EVENTS_OOM * sizeof(event_before_t))
        return -EBADMSG;
    memcpy(e->rare.at, at + sizeof(s), rare);
    memcpy(e->common.at, at + sizeof(s) + rare, common);
    memcpy(e->before, at + sizeof(s) + rare + common, EVENTS_OOM * sizeof(event_before_t));
    e->rare.next = s.rare_next;
    e->rare.count = s.rare_count;
    e->common.next = s.common_next;
    e->common.count = s.common_count;
    e->next_before = s.next_before;
    e->last = s.last;
    e->since_ms = s.since_ms;
    return 0;
}
