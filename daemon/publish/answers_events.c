#include "daemon/publish/answers_events.h"
#include "common/cleanup.h"

#include <string.h>

// Room for the longest event there can be, and for the end of an answer.
#define ROOM (sizeof(event_t) + sizeof(event_before_t) + 512)

static bool is_visible(const subscriber_t *s, const event_t *e)
{
    const exit_record_t owner = {.owner = e->owner};
    bool see_private;

    return !(e->has & EVENT_HAS_PROCESS) ||
           audience_sees_exit(subscriber_audience(s), &owner, &see_private);
}

static void set_process(const event_t *e, event_message_t *m)
{
    if (e->has & EVENT_HAS_PROCESS) {
        MESSAGE_SET(m, pid, e->pid);
        MESSAGE_SET(m, start_time, e->start_time);
        MESSAGE_SET_TEXT(m, name, e->name, e->name_len);
        MESSAGE_SET_TEXT(m, unit, e->unit, e->unit_len);
    }
    if (e->has & EVENT_HAS_UID)
        MESSAGE_SET(m, uid, e->uid);
}

static void set_numbers(const event_t *e, event_message_t *m)
{
    const struct {
        uint32_t bit;
        uint64_t value, *to;
        bool *has;
    } numbers[] = {
            {EVENT_HAS_SINCE, e->since_ms, &m->since_ms, &m->has.since_ms},
            {EVENT_HAS_SIZE, e->size_kb, &m->size_kb, &m->has.size_kb},
            {EVENT_HAS_PEAK, e->peak_kb, &m->peak_kb, &m->has.peak_kb},
            {EVENT_HAS_RATE, e->rate, &m->rate, &m->has.rate},
            {EVENT_HAS_RATE, e->rate_low, &m->rate_low, &m->has.rate_low},
            {EVENT_HAS_RATE, e->rate_high, &m->rate_high, &m->has.rate_high},
            {EVENT_HAS_CONFIDENCE, e->confidence, &m->confidence, &m->has.confidence},
            {EVENT_HAS_CONFIDENCE, e->ruled_out, &m->ruled_out, &m->has.ruled_out},
            {EVENT_HAS_LEFT, e->left_s, &m->left_s, &m->has.left_s},
            {EVENT_HAS_DURATION, e->duration_ms, &m->duration_ms, &m->has.duration_ms},
            {EVENT_HAS_OUTCOME, e->given_back, &m->given_back, &m->has.given_back},
            {EVENT_HAS_COUNT, e->count, &m->count, &m->has.count},
            {EVENT_HAS_STORY, e->story, &m->story, &m->has.story},
            {EVENT_HAS_STORY, e->story_ms, &m->story_ms, &m->has.story_ms},
            {EVENT_HAS_STORY, e->story_kb, &m->story_kb, &m->has.story_kb},
    };

    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (!(e->has & numbers[i].bit))
            continue;
        *numbers[i].to = numbers[i].value;
        *numbers[i].has = true;
    }
}

// `see_others`: whether other users' processes may be told of.
static void set_event(const events_t *events, const event_t *e, bool see_others, event_message_t *m)
{
    const event_before_t *before = events_before(events, e->number);

    MESSAGE_SET(m, number, e->number);
    MESSAGE_SET(m, time_ms, e->time_ms);
    MESSAGE_SET(m, kind, e->kind);
    if (e->tag != 0)
        MESSAGE_SET(m, tag, e->tag);
    set_process(e, m);
    set_numbers(e, m);
    MESSAGE_SET_TEXT(m, text, e->text, strlen(e->text));
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
