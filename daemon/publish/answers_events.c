#include "daemon/publish/answers_events.h"
#include "common/cleanup.h"

#include <string.h>

// Room for the longest event there can be, and for the end of an answer.
#define ROOM (sizeof(event_t) + sizeof(event_before_t) + 512)

static bool is_visible(const subscriber_t *s, const event_t *e)
{
    bool see_private;

    return !(e->has & EVENT_HAS_PROCESS) ||
           audience_sees_owner(subscriber_audience(s), e->owner, &see_private);
}

// `see_others`: whether other users' processes may be told of.
static void set_event(const events_t *events, const event_t *e, bool see_others, event_message_t *m)
{
    const event_before_t *before = events_before(events, e->number);

    event_to_message(e, m);
    if (!see_others && e->others_at > 0)
        m->text.len = e->others_at;
    if (e->cgroup[0] && see_others)
        MESSAGE_SET_TEXT(m, cgroup, e->cgroup, strlen(e->cgroup));
    if (before && see_others)
        MESSAGE_SET_TEXT(m, grown, (const char *) before->grown, before->grown_len);
    if (before) {
        MESSAGE_SET_TEXT(m, used, (const char *) before->used, before->used_len);
        MESSAGE_SET(m, step_ms, before->step_ms);
    }
}

// `request` 0: it has just happened.
static bool send_event(subscriber_t *s, const events_t *events, const event_t *e, uint64_t request)
{
    event_message_t m = {0};

    if (request)
        MESSAGE_SET(&m, request, request);
    set_event(events, e, subscriber_peer(s)->rights != RIGHTS_HIDEPID, &m);
    return subscriber_answer(s, MESSAGE_EVENT, &m);
}

void answers_events(subscriber_t *s, const events_t *events, const events_request_message_t *q)
{
    uint64_t to_ms = q->has.to_ms ? q->to_ms : UINT64_MAX, number = q->after;
    event_message_t end = {0};
    unsigned sent = 0;
    const event_t *e;

    while ((e = events_next(events, number))) {
        bool wanted = e->time_ms >= q->from_ms && e->time_ms <= to_ms && is_visible(s, e);

        if (sent == EVENTS_PER_ANSWER || subscriber_room(s) < ROOM)
            break;
        if (wanted && !send_event(s, events, e, q->request))
            break;
        sent += wanted;
        number = e->number;
    }
    MESSAGE_SET(&end, request, q->request);
    MESSAGE_SET(&end, last, 1);
    MESSAGE_SET(&end, more, e != NULL);
    MESSAGE_SET(&end, number, number);
    MESSAGE_SET(&end, since_ms, events_since_ms(events));
    subscriber_answer(s, MESSAGE_EVENT, &end);
}

void answers_follow(subscriber_t *s, const events_t *events, uint64_t *number)
{
    const event_t *e;

    for (unsigned sent = 0; sent < EVENTS_PER_ANSWER && (e = events_next(events, *number));) {
        bool visible = is_visible(s, e);

        if (subscriber_room(s) < ROOM)
            return;
        if (visible && !send_event(s, events, e, 0))
            return;
        *number = e->number;
        sent += visible;
    }
}
