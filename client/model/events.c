#include "client/model/events.h"

#include "common/cleanup.h"
#include "common/text.h"
#include <errno.h>
#include <string.h>

#define TEXT_MAX 1024

int events_new(events_t **ret)
{
    events_t *e = calloc(1, sizeof(*e));

    if (!e)
        return -ENOMEM;
    *ret = e;
    return 0;
}

void events_clear(events_t *e)
{
    for (size_t i = 0; i < e->n; i++)
        free(e->items[i].text);
    *e = (events_t){0};
}

void events_free(events_t *e)
{
    if (!e)
        return;
    events_clear(e);
    free(e);
}

static char *keep_text(const text_view_t *text, bool utf8)
{
    char safe[TEXT_MAX];

    if (text->len == 0)
        return NULL;
    text_sanitize(safe, sizeof(safe), text->data, text->len, utf8);
    return strdup(safe);
}

// Where an event of that number belongs; *ret_there: it is there already.
static size_t place_of(const events_t *e, uint64_t number, bool *ret_there)
{
    size_t i = e->n;

    while (i > 0 && e->items[i - 1].number >= number)
        i--;
    *ret_there = i < e->n && e->items[i].number == number;
    return i;
}

static void add(events_t *e, const event_message_t *m, bool utf8)
{
    bool there;
    size_t at = place_of(e, m->number, &there);
    event_t event = {
            .number = m->number,
            .time_ms = m->time_ms,
            .kind = m->kind,
            .tag = m->tag,
            .id = {m->pid, m->start_time},
    };

    if (there || (at == 0 && e->n == EVENTS_MAX))
        return;
    if (m->has.name)
        text_name(event.name, sizeof(event.name), m->name.data, m->name.len, utf8);
    event.text = keep_text(&m->text, utf8);
    if (e->n == EVENTS_MAX) {
        free(e->items[0].text);
        memmove(e->items, e->items + 1, --e->n * sizeof(event));
        at--;
    }
    memmove(e->items + at + 1, e->items + at, (e->n++ - at) * sizeof(event));
    e->items[at] = event;
}

bool events_take(events_t *e, const event_message_t *m, bool utf8)
{
    if (!m->last) {
        if (m->has.number && m->number > 0)
            add(e, m, utf8);
        return false;
    }
    if (e->request == 0 || m->request != e->request)
        return false;
    e->request = 0;
    if (m->has.since_ms)
        e->since_ms = m->since_ms;
    // Without progress there would be no end of asking.
    if (m->more && m->number > e->asked) {
        e->asked = m->number;
        return true;
    }
    e->asked = MAX(e->asked, m->number);
    e->complete = true;
    return false;
}

const event_t *events_newest(const events_t *e, size_t i)
{
    return i < e->n ? &e->items[e->n - 1 - i] : NULL;
}

size_t events_place(const events_t *e)
{
    bool there;
    size_t at;

    if (e->cursor == 0 || e->n == 0)
        return 0;
    at = place_of(e, e->cursor, &there);
    return e->n - 1 - MIN(at, e->n - 1);
}

void events_move(events_t *e, long lines)
{
    long place = (long) events_place(e) + lines;

    if (e->n == 0)
        return;
    place = MIN(MAX(place, 0), (long) e->n - 1);
    e->cursor = place == 0 ? 0 : events_newest(e, (size_t) place)->number;
}
