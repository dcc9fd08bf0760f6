#include "daemon/trace/replay.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "daemon/engine/status.h"
#include "daemon/publish/server.h"
#include "daemon/settings/settings.h"
#include "daemon/trace/feed.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <systemd/sd-event.h>

typedef struct {
    double speed;
    sd_event *loop;
    engine_t *engine;
    trace_t *trace;
    feed_t feed;
    server_t *server;
    status_t status;
    sd_event_source *tick;
    uint64_t began_us, first_ms; // when the first sample was shown, and its time in the trace
} replay_t;

// ---- Playing -----------------------------------------------------------------------------------

// The client puts the file's name in place of "memscoped: trace".
static void say_why(const replay_t *p, int r)
{
    if (p->feed.error)
        log_error("trace:%" PRIu64 ":%" PRIu64 ": %s", trace_line(p->trace), trace_column(p->trace),
                p->feed.error);
    else
        log_error("trace: cannot be replayed: %s", strerror(-r));
}

// Counted from the first sample, so that nothing adds up.
static uint64_t due_us(const replay_t *p)
{
    double ahead_ms = (double) (p->feed.next_ms - p->first_ms);

    if (p->speed <= REPLAY_SPEED_MAX)
        return 0;
    return p->began_us + (uint64_t) (ahead_ms * USEC_PER_MSEC / p->speed);
}

static int play(replay_t *p)
{
    int r;

    status_tick_begin(&p->status);
    r = feed_sample(&p->feed);
    if (r < 0) {
        say_why(p, r);
        return r;
    }
    server_publish(p->server);
    status_tick_end(&p->status, p->engine);
    return 0;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *user)
{
    replay_t *p = user;

    (void) usec;
    if (play(p) < 0)
        return sd_event_exit(p->loop, 1);
    if (p->feed.ended)
        return 0;
    sd_event_source_set_time(source, due_us(p));
    return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void on_client_gone(void *user)
{
    sd_event_exit(((replay_t *) user)->loop, 0);
}

static void on_status(void *user, status_message_t *ret)
{
    replay_t *p = user;

    status_fill(&p->status, p->engine, ret);
}

// ---- Putting it together -----------------------------------------------------------------------

static int build(replay_t *p)
{
    const engine_config_t engine = {.given_ms = TRACE_CLOCK_MS + p->feed.next_ms};
    const server_config_t server = {.subscribers_max = 1,
            .subscribers_max_per_user = 1,
            .proc_root = "/proc",
            .private_daemon = true,
            .status = on_status,
            .user = p};
    int r = engine_new(&p->engine, &engine, NULL, NULL);

    return r < 0 ? r : server_new(&p->server, p->loop, &server, p->engine);
}

// The first sample is there before the client is, so that it never sees an empty host.
static int start(replay_t *p, int client_fd)
{
    int r = play(p);

    if (r < 0)
        return r;
    p->began_us = clock_monotonic_us();
    p->first_ms = p->feed.time_ms;
    r = server_adopt(p->server, client_fd, on_client_gone, p);
    if (r < 0 || p->feed.ended)
        return r;
    r = sd_event_add_time(p->loop, &p->tick, CLOCK_MONOTONIC, due_us(p), USEC_PER_MSEC, on_tick, p);
    // A client that asks is answered before time goes on.
    return r < 0 ? r : sd_event_source_set_priority(p->tick, SD_EVENT_PRIORITY_IDLE);
}

static int run(replay_t *p, int *client_fd, int trace_fd)
{
    int r = trace_new(&p->trace, trace_fd);

    if (r == 0)
        r = feed_begin(&p->feed, p->trace);
    if (r == 0)
        r = sd_event_new(&p->loop);
    if (r >= 0)
        r = build(p);
    if (r < 0) {
        say_why(p, r);
        return 1;
    }
    p->feed.engine = p->engine;
    r = start(p, take_fd(client_fd));
    return r < 0 || sd_event_loop(p->loop) != 0 ? 1 : 0;
}

int replay_run(int client_fd, int trace_fd, double speed)
{
    _cleanup_close_ int client = client_fd, file = trace_fd;
    replay_t p = {.speed = speed};
    int status;

    status_init(&p.status, 0);
    status = run(&p, &client, file);
    sd_event_source_disable_unref(p.tick);
    server_free(p.server);
    engine_free(p.engine);
    trace_free(p.trace);
    sd_event_unref(p.loop);
    return status;
}
