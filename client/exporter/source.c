#include "client/exporter/source.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "config.h"
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>

#define RETRY_US (2 * USEC_PER_SEC)

const struct source_event source_events[SOURCE_EVENTS] = {
        {EVENT_SUSPECTED, TAG_LEAK, "leak_suspected"},
        {EVENT_SET, TAG_LEAK, "leak"},
        {EVENT_CLEARED, TAG_LEAK, "leak_cleared"},
        {EVENT_SET, TAG_SPIKE, "spike"},
        {EVENT_CLEARED, TAG_SPIKE, "spike_ended"},
        {EVENT_SET, TAG_ZOMBIE, "zombie"},
        {EVENT_CLEARED, TAG_ZOMBIE, "zombie_cleared"},
        {EVENT_SET, TAG_UNREAPED, "unreaped"},
        {EVENT_CLEARED, TAG_UNREAPED, "unreaped_cleared"},
        {EVENT_OOM_KILL, 0, "oom_kill"},
        {EVENT_EXIT, 0, "exit"},
        {0, 0, "unknown"},
};

__attribute__((format(printf, 2, 3))) static void tell(const source_t *s, const char *format, ...)
{
    char text[ATTACH_ERROR_MAX + 64];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (s->say)
        s->say(text);
}

// ---- Events ------------------------------------------------------------------------------------

static void count_event(source_t *s, const event_message_t *m)
{
    size_t place = 0;

    while (source_events[place].kind &&
            (source_events[place].kind != m->kind ||
                    (source_events[place].tag && source_events[place].tag != m->tag)))
        place++;
    s->events[place]++;
}

// What was missed while the daemon was away counts, what was before the exporter does not; another
// run of the daemon numbers anew, and tells again what this one was told.
static void on_message(void *user, message_type_t type, const message_t *m)
{
    const event_message_t *event = &m->event;
    source_t *s = user;

    if (type != MESSAGE_EVENT || event->last)
        return;
    if (event->number <= s->event_number || event->time_ms < s->events_from_ms)
        return;
    s->event_number = event->number;
    count_event(s, event);
}

static void follow_events(source_t *s, uint64_t now_ms)
{
    const hello_message_t *hello = source_hello(s);
    session_span_t span;

    if (s->instance != hello->instance) {
        s->events_from_ms = s->instance ? s->sample_ms + 1 : now_ms + 1;
        s->event_number = 0;
        s->instance = hello->instance;
    }
    if (s->follows_events || !(hello->features & FEATURE_EVENTS))
        return;
    span = (session_span_t){.from_ms = s->events_from_ms};
    s->follows_events = session_request_events(s->attach.session, &span, s->event_number, true) > 0;
}

// ---- The session -------------------------------------------------------------------------------

static void on_tick(void *user, bool keyframe, bool new_instance)
{
    source_t *s = user;
    const snapshot_t *sample = replica_snapshot(session_replica(s->attach.session));

    (void) keyframe;
    new_instance |= s->instance != 0 && s->instance != source_hello(s)->instance;
    follow_events(s, sample->system.mono_ms);
    s->sample_ms = sample->system.mono_ms;
    s->heard_us = clock_monotonic_us();
    s->rates |= sample->system.interval_us > 0;
    s->samples++;
    if (tally_update(s->tally, sample, new_instance) < 0)
        tell(s, "out of memory: this sample has no groups");
}

static void say(source_t *s, const char *error)
{
    if (strcmp(s->said, error) == 0)
        return;
    snprintf(s->said, sizeof(s->said), "%s", error);
    tell(s, s->once ? "%s; memscope_up is 0" : "%s; waiting for it", error);
}

static void on_state(void *user, session_state_t state)
{
    source_t *s = user;

    if (state == SESSION_LIVE) {
        s->connections++;
        if (s->said[0])
            tell(s, "the daemon is there");
        s->said[0] = '\0';
    } else if (state == SESSION_RECONNECTING) {
        s->heard_us = 0;
        tally_clear(s->tally);
        say(s, session_error(s->attach.session));
    }
}

static int open_session(source_t *s, char *ret_error)
{
    const session_handlers_t handlers = {
            .tick = on_tick, .message = on_message, .state = on_state, .user = s};
    const char *path = s->target.socket[0] ? s->target.socket : MEMSCOPE_SOCKET_PATH;
    int r;

    s->follows_events = false;
    s->heard_us = s->retry_us = 0;
    if (s->target.private_daemon || s->may_start_daemon)
        return attach(&s->attach, &s->target, &handlers, ret_error);
    s->attach = (attach_t){.errors_fd = -1};
    r = session_new_path(&s->attach.session, path, &handlers);
    if (r < 0)
        snprintf(ret_error, ATTACH_ERROR_MAX, "cannot connect to %.200s: %s", path, strerror(-r));
    return r;
}

int source_open(source_t *s, char *ret_error)
{
    s->attach = (attach_t){.errors_fd = -1};
    snprintf(ret_error, ATTACH_ERROR_MAX, "out of memory");
    if (tally_new(&s->tally, s->by, s->top) < 0)
        return -ENOMEM;
    return open_session(s, ret_error);
}

void source_close(source_t *s)
{
    attach_done(&s->attach);
    tally_free(s->tally);
    s->tally = NULL;
}

int source_fd(const source_t *s)
{
    return s->attach.session ? session_fd(s->attach.session) : -1;
}

short source_poll_events(const source_t *s)
{
    return s->attach.session ? session_poll_events(s->attach.session) : 0;
}

uint64_t source_deadline_us(const source_t *s)
{
    if (s->retry_us)
        return s->retry_us;
    return s->attach.session ? session_deadline_us(s->attach.session) : UINT64_MAX;
}

// A refusal ends a session, but not the exporter: there may be room again, or a newer daemon.
static int failed(source_t *s, uint64_t now_us)
{
    char error[ATTACH_ERROR_MAX];

    tally_clear(s->tally);
    s->heard_us = 0;
    snprintf(error, sizeof(error), "%s", session_error(s->attach.session));
    if (s->attach.daemon > 0) {
        attach_reap(&s->attach);
        attach_read_errors(&s->attach);
        tell(s, "the private daemon ended: %s", s->attach.errors[0] ? s->attach.errors : error);
        return -ECONNRESET;
    }
    say(s, error);
    attach_done(&s->attach);
    s->retry_us = now_us + RETRY_US;
    return 0;
}

int source_dispatch(source_t *s, uint64_t now_us)
{
    char error[ATTACH_ERROR_MAX];

    if (s->retry_us && now_us < s->retry_us)
        return 0;
    if (s->retry_us && open_session(s, error) < 0) {
        say(s, error);
        s->retry_us = now_us + RETRY_US;
        return 0;
    }
    attach_read_errors(&s->attach);
    session_dispatch(s->attach.session, now_us);
    if (session_state(s->attach.session) == SESSION_FAILED)
        return failed(s, now_us);
    if (session_state(s->attach.session) == SESSION_CONNECTING &&
            session_error(s->attach.session)[0])
        say(s, session_error(s->attach.session));
    return 0;
}

const snapshot_t *source_sample(const source_t *s, uint64_t now_us)
{
    if (s->heard_us == 0 || now_us - s->heard_us > SOURCE_STALE_US || !s->attach.session ||
            session_state(s->attach.session) != SESSION_LIVE)
        return NULL;
    return replica_snapshot(session_replica(s->attach.session));
}

const hello_message_t *source_hello(const source_t *s)
{
    return s->attach.session ? session_hello(s->attach.session) : NULL;
}
