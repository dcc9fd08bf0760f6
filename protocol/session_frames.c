#include "common/text.h"
#include "protocol/session_private.h"
#include "protocol/tick.h"

#include <errno.h>
#include <inttypes.h>

static int handle_hello(session_t *s, const hello_message_t *m)
{
    if (!m->has.magic || m->magic != PROTOCOL_MAGIC || s->greeted) {
        session_set_error(s, "what answers is not memscoped");
        return -EBADMSG;
    }
    if (m->version_max < PROTOCOL_VERSION_MIN || m->version_min > PROTOCOL_VERSION_MAX) {
        session_set_error(s,
                "the daemon speaks protocol version %" PRIu64
                ", this program %d to %d: update the older one",
                m->version_max, PROTOCOL_VERSION_MIN, PROTOCOL_VERSION_MAX);
        return -ECONNREFUSED;
    }
    if (s->has_instance && m->instance != s->instance)
        s->requests.event_after = 0;
    s->hello = *m;
    s->hello.build.len =
            text_sanitize(s->build, sizeof(s->build), m->build.data, m->build.len, true);
    s->hello.build.data = s->build;
    s->has_hello = s->greeted = true;
    return 0;
}

static int handle_refused(session_t *s, const refused_message_t *m)
{
    char text[SESSION_TEXT_SIZE];

    text_sanitize(text, sizeof(text), m->text.data, m->text.len, true);
    session_set_error(s, "the daemon refused: %s", m->text.len > 0 ? text : "no reason given");
    switch (m->code) {
    case REFUSED_SHUTDOWN:
    case REFUSED_TIMEOUT:
        return -ESHUTDOWN;
    case REFUSED_LIMIT_TOTAL:
    case REFUSED_LIMIT_USER:
        // After a restart everybody comes back at once, the former connections' ends perhaps later.
        return s->has_instance ? -ESHUTDOWN : -ECONNREFUSED;
    default:
        return -ECONNREFUSED;
    }
}

static int handle_misfit(session_t *s)
{
    replica_invalidate(s->replica);
    if (!s->synced)
        return 0; // a keyframe is on its way
    s->synced = false;
    s->deadline_us = s->now_us + SESSION_KEYFRAME_US;
    requests_keyframe(&s->requests);
    session_set_error(s, "a tick is missing, waiting for a whole one");
    session_set_state(s, SESSION_RECONNECTING);
    return 0;
}

static int handle_tick(session_t *s, const frame_t *frame)
{
    int r = replica_apply(s->replica, frame->body, frame->len);
    bool keyframe, other;
    tick_reader_t reader;

    if (r == -ESTALE)
        return handle_misfit(s);
    if (r < 0) {
        session_set_error(s, r == -ENOMEM ? "out of memory" : "the daemon sent a malformed tick");
        return -EBADMSG;
    }
    tick_reader_init(&reader, frame->body, frame->len);
    keyframe = reader.base == 0;
    other = s->has_instance && s->instance != s->hello.instance;
    s->instance = s->hello.instance;
    s->has_instance = true;
    s->synced = true;
    s->deadline_us = UINT64_MAX;
    s->backoff_us = SESSION_BACKOFF_MIN_US;
    session_set_state(s, SESSION_LIVE);
    if (s->handlers.tick)
        s->handlers.tick(s->handlers.user, keyframe, other);
    return 0;
}

int session_handle_frame(session_t *s, const frame_t *frame)
{
    const message_info_t *info = message_info(frame->type);
    message_t m;

    if (!s->greeted && frame->type != MESSAGE_HELLO && frame->type != MESSAGE_REFUSED) {
        session_set_error(s, "what answers is not memscoped");
        return -EBADMSG;
    }
    if (!info || info->direction == DIRECTION_TO_DAEMON)
        return 0;
    if (frame->type == MESSAGE_TICK)
        return handle_tick(s, frame);
    if (message_decode(info->type, frame->body, frame->len, &m) < 0) {
        session_set_error(s, "the daemon sent a malformed %s", info->name);
        return -EBADMSG;
    }
    if (frame->type == MESSAGE_HELLO)
        return handle_hello(s, &m.hello);
    if (frame->type == MESSAGE_REFUSED)
        return handle_refused(s, &m.refused);
    if (frame->type == MESSAGE_EVENT)
        requests_event(&s->requests, m.event.number);
    if (s->handlers.message)
        s->handlers.message(s->handlers.user, info->type, &m);
    return 0;
}
