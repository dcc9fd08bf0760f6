#include "protocol/requests.h"
#include "protocol/message.h"

void requests_inspect(requests_t *r, uint64_t pid, uint64_t start_time)
{
    r->inspect_pid = pid;
    r->inspect_start_time = start_time;
    r->inspect_due = true;
}

void requests_pause(requests_t *r, bool paused)
{
    r->paused = paused;
    r->pause_due = true;
}

void requests_keyframe(requests_t *r)
{
    r->keyframe_due = true;
}

void requests_follow(requests_t *r, bool follow)
{
    r->follow = follow;
    r->follow_due = false;
}

void requests_event(requests_t *r, uint64_t number)
{
    if (number > r->event_after)
        r->event_after = number;
}

void requests_restart(requests_t *r)
{
    r->inspect_due = r->inspect_pid != 0;
    r->pause_due = r->paused;
    r->keyframe_due = false;
    r->follow_due = r->follow;
}

bool requests_due(const requests_t *r, bool synced)
{
    return r->inspect_due || r->keyframe_due || r->follow_due || (r->pause_due && synced);
}

static void append_inspect(requests_t *r, buffer_t *out)
{
    inspect_message_t m = {0};

    MESSAGE_SET(&m, pid, r->inspect_pid);
    if (r->inspect_start_time > 0)
        MESSAGE_SET(&m, start_time, r->inspect_start_time);
    r->inspect_due = message_append(out, MESSAGE_INSPECT, &m) < 0;
}

static void append_keyframe(requests_t *r, buffer_t *out)
{
    keyframe_request_message_t m = {0};

    r->keyframe_due = message_append(out, MESSAGE_KEYFRAME_REQUEST, &m) < 0;
}

static void append_pause(requests_t *r, buffer_t *out)
{
    pause_message_t m = {0};

    MESSAGE_SET(&m, paused, r->paused);
    r->pause_due = message_append(out, MESSAGE_PAUSE, &m) < 0;
}

// Without a number of its own: nothing is answered, what was missed comes as if it happened now.
static void append_follow(requests_t *r, buffer_t *out)
{
    events_request_message_t m = {0};

    MESSAGE_SET(&m, after, r->event_after);
    MESSAGE_SET(&m, follow, 1);
    r->follow_due = message_append(out, MESSAGE_EVENTS_REQUEST, &m) < 0;
}

void requests_append(requests_t *r, bool synced, buffer_t *out)
{
    if (r->inspect_due)
        append_inspect(r, out);
    if (r->keyframe_due)
        append_keyframe(r, out);
    if (r->follow_due)
        append_follow(r, out);
    if (r->pause_due && synced)
        append_pause(r, out);
}
