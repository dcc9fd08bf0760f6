// An event as it goes over the wire.

#include "common/cleanup.h"
#include "daemon/forensics/events.h"

#include <string.h>

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

void event_to_message(const event_t *e, event_message_t *m)
{
    if (e->number != 0)
        MESSAGE_SET(m, number, e->number);
    MESSAGE_SET(m, time_ms, e->time_ms);
    MESSAGE_SET(m, kind, e->kind);
    if (e->tag != 0)
        MESSAGE_SET(m, tag, e->tag);
    set_process(e, m);
    set_numbers(e, m);
    MESSAGE_SET_TEXT(m, text, e->text, strlen(e->text));
}
