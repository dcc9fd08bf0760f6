// What a session asks for: states that are said again with each connection (protocol/requests.h),
// and questions that carry a number.

#include "protocol/session_private.h"

#include <errno.h>
#include <limits.h>

int session_inspect(session_t *s, uint64_t pid, uint64_t start_time)
{
    if (s->state == SESSION_FAILED)
        return -ENOTCONN;
    requests_inspect(&s->requests, pid, start_time);
    return 0;
}

int session_pause(session_t *s, bool paused)
{
    if (s->state == SESSION_FAILED)
        return -ENOTCONN;
    requests_pause(&s->requests, paused);
    return 0;
}

int session_request_keyframe(session_t *s)
{
    if (s->state == SESSION_FAILED)
        return -ENOTCONN;
    requests_keyframe(&s->requests);
    return 0;
}

// Sends a request that carries a number, which is set in it: that number, or -errno.
static int request(session_t *s, message_type_t type, const void *m, uint64_t *number, bool *has)
{
    int r;

    if (s->state != SESSION_LIVE)
        return -ENOTCONN;
    *number = s->last_request % INT_MAX + 1;
    *has = true;
    r = message_append(&s->channel.out, type, m);
    if (r < 0)
        return r == -E2BIG ? -ENOBUFS : r;
    s->last_request = *number;
    return (int) *number;
}

int session_request_history(
        session_t *s, uint64_t pid, uint64_t start_time, uint64_t span_ms, uint64_t step_ms)
{
    history_request_message_t m = {0};

    MESSAGE_SET(&m, pid, pid);
    MESSAGE_SET(&m, start_time, start_time);
    MESSAGE_SET(&m, span_ms, span_ms);
    MESSAGE_SET(&m, step_ms, step_ms);
    return request(s, MESSAGE_HISTORY_REQUEST, &m, &m.request, &m.has.request);
}

int session_request_events(session_t *s, const session_span_t *span, uint64_t after, bool follow)
{
    events_request_message_t m = {0};
    int r;

    if (span && span->from_ms > 0)
        MESSAGE_SET(&m, from_ms, span->from_ms);
    if (span && span->to_ms > 0)
        MESSAGE_SET(&m, to_ms, span->to_ms);
    MESSAGE_SET(&m, after, after);
    MESSAGE_SET(&m, follow, follow);
    r = request(s, MESSAGE_EVENTS_REQUEST, &m, &m.request, &m.has.request);
    if (r > 0)
        requests_follow(&s->requests, follow);
    return r;
}

int session_request_why(session_t *s, const session_span_t *span, unsigned by, unsigned limit)
{
    why_request_message_t m = {0};

    if (span && span->from_ms > 0)
        MESSAGE_SET(&m, from_ms, span->from_ms);
    if (span && span->to_ms > 0)
        MESSAGE_SET(&m, to_ms, span->to_ms);
    MESSAGE_SET(&m, by, by);
    MESSAGE_SET(&m, limit, limit);
    return request(s, MESSAGE_WHY_REQUEST, &m, &m.request, &m.has.request);
}

int session_request_status(session_t *s)
{
    status_request_message_t m = {0};

    return request(s, MESSAGE_STATUS_REQUEST, &m, &m.request, &m.has.request);
}
