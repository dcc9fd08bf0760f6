// The session's handlers and requests, as the app has them.

#include "client/loop.h"

#include "client/link/send_signal.h"
#include "common/clock.h"

#define GIVE_UP_US (USEC_PER_SEC / 2)

static void on_tick(void *user, bool keyframe, bool new_instance)
{
    loop_t *l = user;

    (void) keyframe;
    (void) new_instance;
    app_tick(l->app, replica_snapshot(session_replica(l->attach.session)));
}

static void on_message(void *user, message_type_t type, const message_t *m)
{
    app_message(((loop_t *) user)->app, type, m);
}

static void on_state(void *user, session_state_t state)
{
    loop_t *l = user;
    session_t *s = l->attach.session;

    switch (state) {
    case SESSION_CONNECTING:
        app_link(l->app, LINK_CONNECTING, "", NULL);
        break;
    case SESSION_LIVE:
        l->was_live = true;
        app_link(l->app, LINK_LIVE, "", session_hello(s));
        break;
    case SESSION_RECONNECTING:
        app_link(l->app, LINK_RECONNECTING, session_error(s), NULL);
        break;
    case SESSION_FAILED:
        // How a private daemon ended says more than that its connection did.
        app_link(l->app, LINK_LOST, l->ended[0] ? l->ended : session_error(s), NULL);
        // A private daemon that could not start has a better reason to give than its silence.
        if (!l->was_live)
            l->give_up_us = clock_monotonic_us() + (l->attach.daemon ? GIVE_UP_US : 0);
        break;
    }
}

session_handlers_t loop_handlers(loop_t *l)
{
    return (session_handlers_t){
            .tick = on_tick, .message = on_message, .state = on_state, .user = l};
}

static int ask_inspect(void *user, uint64_t pid, uint64_t start_time)
{
    return session_inspect(((loop_t *) user)->attach.session, pid, start_time);
}

static int ask_history(
        void *user, uint64_t pid, uint64_t start_time, uint64_t span_ms, uint64_t step_ms)
{
    session_t *s = ((loop_t *) user)->attach.session;

    return session_request_history(s, pid, start_time, span_ms, step_ms);
}

static int ask_pause(void *user, bool paused)
{
    return session_pause(((loop_t *) user)->attach.session, paused);
}

static int ask_events(void *user, uint64_t after, bool follow)
{
    return session_request_events(((loop_t *) user)->attach.session, NULL, after, follow);
}

static int ask_why(void *user, uint64_t from_ms, unsigned by, unsigned limit)
{
    session_span_t span = {.from_ms = from_ms};

    return session_request_why(((loop_t *) user)->attach.session, &span, by, limit);
}

static int ask_signal(void *user, uint64_t pid, uint64_t start_time, int number)
{
    (void) user;
    return send_signal(pid, start_time, number);
}

ui_requests_t loop_requests(loop_t *l)
{
    return (ui_requests_t){.inspect = ask_inspect,
            .history = ask_history,
            .pause = ask_pause,
            .events = ask_events,
            .why = ask_why,
            .signal = ask_signal,
            .user = l};
}
