#include "daemon/manager.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/format.h"
#include "common/log.h"
#include "daemon/bus/bus.h"
#include "daemon/confine/privileges.h"
#include "daemon/confine/rlimits.h"
#include "daemon/endpoint.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/state.h"
#include "daemon/engine/status.h"
#include "daemon/journal.h"
#include "daemon/notify.h"
#include "daemon/publish/server.h"
#include "daemon/pulse.h"
#include "daemon/reload.h"
#include "daemon/watch.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <systemd/sd-event.h>

#define FIRST_PAIR_US    (200 * USEC_PER_MSEC) // rates need two captures
#define OUT_OF_TURN_US   (50 * USEC_PER_MSEC)  // least time between two captures
#define OUT_OF_TURN_REST 4                     // and so many times as long as one takes

struct manager {
    settings_t settings;
    sd_event *loop;
    engine_t *engine;
    capture_t *capture; // of the engine
    server_t *server;
    listener_t listener; // until the server has it
    sweeper_t sweeper;
    notify_t notify;
    status_t status;
    state_t *state; // NULL in a private daemon
    bus_t *bus;     // NULL in a private daemon
    watch_t watch;
    pulse_t pulse;
    sd_event_source *reader, *sigterm, *sigint, *sighup;
    uint64_t captured_us; // CLOCK_MONOTONIC
    uint64_t told;        // number of the last event that was
    bool failing;
};

// Of one client alone, which started it: without systemd, the bus and a past.
static bool is_private(const manager_t *m)
{
    return m->settings.private_fd >= 0;
}

// ---- The tick ----------------------------------------------------------------------------------

static void on_reading(void *user, const reader_result_t *result)
{
    manager_t *m = user;

    if (m->server)
        server_reading(m->server, result);
}

static void tell_events(manager_t *m)
{
    const events_t *events = engine_events(m->engine);
    const event_t *e;

    while ((e = events_next(events, m->told))) {
        journal_event(e);
        bus_event(m->bus, e);
        m->told = e->number;
    }
}

static void capture_now(manager_t *m)
{
    snapshot_t *s;
    int r;

    status_tick_begin(&m->status);
    r = engine_tick(m->engine);
    s = capture_current_writable(m->capture);
    m->captured_us = clock_monotonic_us();
    watch_captured(&m->watch,
            (meminfo_levels_t){.available_kb = s->system.mem_available_kb,
                    .taken_kb = s->system.anon_kb + s->system.shmem_kb},
            s->system.capture_us);
    if (r < 0 && !m->failing)
        log_error("cannot look for processes in %s: %s", m->settings.proc_root, strerror(-r));
    m->failing = r < 0;
    SYSTEM_SET(&s->system, missed_ticks, m->pulse.missed);
    if (is_private(m))
        SYSTEM_SET(&s->system, system_flags, s->system.system_flags | SYSTEM_PRIVATE);
    server_publish(m->server);
    status_tick_end(&m->status, m->engine);
    if (is_private(m))
        return;
    engine_prepare(m->engine);
    tell_events(m);
    bus_tick(m->bus);
    notify_status(&m->notify, s->system.processes, server_subscribers(m->server),
            tags_counts(engine_tags(m->engine))->leaking);
    state_tick(m->state, m->engine);
    m->status.state_bytes = state_bytes(m->state);
}

static unsigned count_subscribers(void *user)
{
    const manager_t *m = user;

    return server_subscribers(m->server);
}

static void on_status(void *user, status_message_t *ret)
{
    manager_t *m = user;

    status_fill(&m->status, m->engine, ret);
}

static void on_wanted(void *user)
{
    capture_now(user);
}

// ---- The loop ----------------------------------------------------------------------------------

static void on_fallen(void *user)
{
    manager_t *m = user;
    uint64_t cost_us = capture_current(m->capture)->system.capture_us;
    uint64_t rest_us = MAX((uint64_t) OUT_OF_TURN_US, cost_us * OUT_OF_TURN_REST);

    if (clock_monotonic_us() - m->captured_us >= rest_us)
        capture_now(m);
}

static void beat(manager_t *m)
{
    switch (pulse_take(&m->pulse, clock_monotonic_us())) {
    case PULSE_NONE:
        return;
    case PULSE_LOOK:
        if (watch_look(&m->watch, capture_current(m->capture)->system.mem_total_kb))
            on_fallen(m);
        return;
    case PULSE_TICK:
        m->status.late_ticks = m->pulse.late;
        capture_now(m);
        pulse_ticked(&m->pulse, clock_monotonic_us());
        return;
    }
}

// Of whatever else there is to do, one thing between two looks at the clock: a tick comes first.
static int run_loop(manager_t *m)
{
    int r, code;

    while (sd_event_get_state(m->loop) != SD_EVENT_FINISHED) {
        r = sd_event_run(m->loop, pulse_wait_us(&m->pulse, clock_monotonic_us()));
        if (r < 0)
            return r;
        beat(m);
    }
    r = sd_event_get_exit_code(m->loop, &code);
    return r < 0 ? r : code;
}

static int on_reader(sd_event_source *source, int fd, uint32_t events, void *user)
{
    manager_t *m = user;

    (void) source;
    (void) fd;
    (void) events;
    capture_collect(m->capture);
    return 0;
}

static void on_client_gone(void *user)
{
    manager_t *m = user;

    sd_event_exit(m->loop, 0);
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *user)
{
    manager_t *m = user;
    settings_t c;

    (void) source;
    (void) info;
    notify_reloading(&m->notify);
    if (m->settings.reload && m->settings.reload(m->settings.reload_user, &c))
        reload_apply(&m->settings, &c, m->capture, m->server, &m->status);
    else
        log_error("settings not reloaded: those from before stay in force");
    notify_ready(&m->notify);
    return 0;
}

static int add_sources(manager_t *m)
{
    sigset_t signals;
    int r;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    if (!is_private(m))
        sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    r = sd_event_add_signal(m->loop, &m->sigterm, SIGTERM, NULL, NULL);
    if (r >= 0)
        r = sd_event_add_signal(m->loop, &m->sigint, SIGINT, NULL, NULL);
    if (r >= 0 && !is_private(m))
        r = sd_event_add_signal(m->loop, &m->sighup, SIGHUP, on_hangup, m);
    if (r >= 0)
        r = sd_event_add_io(
                m->loop, &m->reader, capture_reader_fd(m->capture), EPOLLIN, on_reader, m);
    if (r >= 0)
        r = sd_event_set_watchdog(m->loop, !is_private(m));
    return r < 0 ? r : watch_start(&m->watch, m->loop, on_fallen, m);
}

// ---- Putting it together -----------------------------------------------------------------------

static int build(manager_t *m)
{
    const engine_config_t engine = {.proc_root = m->settings.proc_root,
            .memory_max = m->settings.memory_max,
            .copies = m->state ? STATE_COPIES : 0,
            .descriptors_max = rlimits_raise_files(m->settings.subscribers_max),
            .pss_budget_ppm = m->settings.pss_budget_ppm};
    const server_config_t server = {.subscribers_max = m->settings.subscribers_max,
            .subscribers_max_per_user = m->settings.subscribers_max_per_user,
            .group = m->settings.group,
            .proc_root = m->settings.proc_root,
            .private_daemon = is_private(m),
            .want_capture = on_wanted,
            .status = on_status,
            .user = m};
    bus_config_t bus = {.status = &m->status,
            .group = m->settings.group,
            .proc_root = m->settings.proc_root,
            .subscribers = count_subscribers,
            .user = m};
    int r = engine_new(&m->engine, &engine, on_reading, m);

    if (r < 0) {
        log_error("cannot watch %s: %s", m->settings.proc_root, strerror(-r));
        return r;
    }
    m->capture = engine_capture(m->engine);
    bus.engine = m->engine;
    r = server_new(&m->server, m->loop, &server, m->engine);
    if (r == 0 && !is_private(m))
        r = bus_new(&m->bus, m->loop, &bus);
    if (r < 0)
        log_error("cannot start: %s", strerror(-r));
    return r;
}

static int open_proc(manager_t *m)
{
    procfs_t fs;
    int r = procfs_init(&fs, m->settings.proc_root);

    if (r < 0) {
        log_error("cannot watch %s: %s", m->settings.proc_root, strerror(-r));
        return r;
    }
    if (procfs_is_root(&fs)) {
        // A trigger is written to, which is over once privileges are dropped.
        watch_init(&m->watch, fs.fd, fs.live);
    } else {
        log_error("cannot watch %s: no processes in it; --proc takes a directory like /proc",
                m->settings.proc_root);
        r = -ENOENT;
    }
    procfs_done(&fs);
    return r;
}

int manager_new(manager_t **ret, const settings_t *settings)
{
    manager_t *m = calloc(1, sizeof(*m));
    int r;

    if (!m)
        return -ENOMEM;
    m->settings = *settings;
    m->watch = WATCH_NONE;
    m->listener = LISTENER_NONE;
    notify_init(&m->notify);
    status_init(&m->status, settings->pss_budget_ppm);
    r = sd_event_default(&m->loop);
    if (r < 0)
        log_error("cannot make an event loop: %s", strerror(-r));
    else
        r = open_proc(m);
    if (r >= 0)
        r = endpoint_open(&m->listener, &m->sweeper, &m->settings);
    if (r >= 0 && !is_private(m))
        rlimits_lock_memory();
    if (r >= 0 && !is_private(m))
        r = state_new(&m->state, settings->state_fds, settings->state_directory);
    if (r >= 0)
        r = privileges_drop(PRIVILEGES_USER, true);
    if (r >= 0)
        r = build(m);
    if (r == 0)
        r = endpoint_serve(&m->listener, &m->settings, m->server, on_client_gone, m);
    if (r < 0) {
        manager_free(m);
        return r;
    }
    *ret = m;
    return 0;
}

void manager_free(manager_t *m)
{
    if (!m)
        return;
    sd_event_source_disable_unref(m->reader);
    sd_event_source_disable_unref(m->sigterm);
    sd_event_source_disable_unref(m->sigint);
    sd_event_source_disable_unref(m->sighup);
    bus_free(m->bus);
    state_free(m->state);
    server_free(m->server);
    listener_done(&m->listener);
    sweeper_finish(&m->sweeper);
    engine_free(m->engine);
    watch_done(&m->watch);
    sd_event_unref(m->loop);
    free(m);
}

int manager_run(manager_t *m)
{
    char count[FORMAT_MAX];
    int r = add_sources(m);

    if (r < 0) {
        log_error("cannot start the event loop: %s", strerror(-r));
        return 1;
    }
    if (m->state)
        state_load(m->state, m->engine);
    m->told = events_last(engine_events(m->engine)); // of the run before
    capture_now(m);
    if (!is_private(m))
        log_info("watching %s processes, listening on %s",
                format_count(count, sizeof(count), capture_current(m->capture)->system.processes),
                m->settings.listen_fd >= 0 ? "the socket handed over" : m->settings.socket_path);
    notify_ready(&m->notify);
    pulse_init(&m->pulse, clock_monotonic_us() + FIRST_PAIR_US, watch_can_look(&m->watch));
    r = run_loop(m);
    notify_stopping(&m->notify);
    if (m->state)
        state_store(m->state, m->engine);
    return r < 0 ? 1 : r;
}
