#include "tests/bench/wire_clients.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "protocol/cursor.h"
#include "protocol/message.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#define CONNECT_TRIES 500
#define TRY_US        20000

_Noreturn void bench_fail(const char *what, const char *why)
{
    fprintf(stderr, "bench-wire: %s: %s\n", what, why);
    exit(1);
}

double bench_now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}

// ---- Series ------------------------------------------------------------------------------------

void series_add(series_t *s, double value)
{
    if (s->n == s->cap) {
        s->cap = MAX(s->cap * 2, (size_t) 64);
        s->values = realloc(s->values, s->cap * sizeof(*s->values));
        if (!s->values)
            bench_fail("measurements", strerror(ENOMEM));
    }
    s->values[s->n++] = value;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

double series_quantile(series_t *s, double q)
{
    if (s->n == 0)
        return 0;
    qsort(s->values, s->n, sizeof(*s->values), by_size);
    return s->values[(size_t) (q * (double) (s->n - 1) + 0.5)];
}

void series_done(series_t *s)
{
    free(s->values);
    *s = (series_t){0};
}

// ---- Connections by hand -----------------------------------------------------------------------

static void say(int fd, message_type_t type, const void *message)
{
    buffer_t out = {0};

    if (message_append(&out, type, message) < 0)
        bench_fail("encoding", strerror(ENOMEM));
    // What there is no room for is not said.
    (void) !send(fd, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    buffer_done(&out);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    hello_message_t hello = {0};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        bench_fail("socket", strerror(errno));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    for (int i = 0; connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0; i++) {
        if (i == CONNECT_TRIES)
            bench_fail("connecting to memscoped", strerror(errno));
        usleep(TRY_US);
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    MESSAGE_SET(&hello, magic, PROTOCOL_MAGIC);
    MESSAGE_SET(&hello, version_min, PROTOCOL_VERSION_MIN);
    MESSAGE_SET(&hello, version_max, PROTOCOL_VERSION_MAX);
    MESSAGE_SET(&hello, features, FEATURE_STATUS);
    say(fd, MESSAGE_HELLO, &hello);
    return fd;
}

int *stalled_start(const char *path, size_t n)
{
    int *fds = calloc(n + 1, sizeof(int));

    for (size_t i = 0; fds && i < n; i++)
        fds[i] = connect_to(path);
    return fds;
}

void stalled_ask(const int *fds, size_t n)
{
    status_request_message_t status = {0};

    MESSAGE_SET(&status, request, 1);
    for (size_t i = 0; i < n; i++) {
        say(fds[i], MESSAGE_KEYFRAME_REQUEST, &(keyframe_request_message_t){0});
        for (int k = 0; k < 64; k++)
            say(fds[i], MESSAGE_STATUS_REQUEST, &status);
    }
}

void stalled_stop(int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        close(fds[i]);
    free(fds);
}

// ---- The tap -----------------------------------------------------------------------------------

void tap_start(tap_t *t, const char *path)
{
    *t = (tap_t){.fd = connect_to(path), .out = calloc(1, sizeof(buffer_t))};
    frame_reader_init(&t->in, FRAME_MAX);
    if (!t->out || replica_new(&t->replica) < 0)
        bench_fail("tap", strerror(ENOMEM));
}

void tap_done(tap_t *t)
{
    close(t->fd);
    frame_reader_done(&t->in);
    replica_free(t->replica);
    snapshot_encoder_done(&t->encoder);
    free(t->before.processes);
    buffer_done(t->out);
    free(t->out);
    series_done(&t->encode_us);
    series_done(&t->apply_us);
}

static void keep_before(tap_t *t)
{
    const snapshot_t *s = replica_snapshot(t->replica);

    if (s->n_slots > t->before_cap) {
        t->before_cap = s->n_slots * 2;
        t->before.processes =
                realloc(t->before.processes, t->before_cap * sizeof(*t->before.processes));
        if (!t->before.processes)
            bench_fail("tap", strerror(ENOMEM));
    }
    t->before.system = s->system;
    t->before.strings = s->strings;
    t->before.n_slots = s->n_slots;
    if (s->n_slots > 0)
        memcpy(t->before.processes, s->processes, s->n_slots * sizeof(*s->processes));
}

// Where the end of capture is cut to whole milliseconds, latency is never understated.
static void add_latency(series_t *s, const system_snapshot_t *system)
{
    series_add(s, (double) clock_boottime_us() - (double) system->mono_ms * 1e3);
}

static size_t count_changed(const tap_t *t)
{
    const snapshot_t *s = replica_snapshot(t->replica);
    size_t changed = 0;

    for (size_t i = 0; i < MAX(s->n_slots, t->before.n_slots); i++)
        changed += i >= s->n_slots || i >= t->before.n_slots ||
                   memcmp(&s->processes[i], &t->before.processes[i], sizeof(*s->processes)) != 0;
    return changed;
}

static void take_tick(tap_t *t, const frame_t *frame)
{
    cursor_t c = cursor_of(frame->body, frame->len);
    uint64_t tick = cursor_varint(&c), distance = cursor_varint(&c);
    double start, applied;
    int r;

    (void) tick;
    keep_before(t);
    start = bench_now_us();
    r = replica_apply(t->replica, frame->body, frame->len);
    applied = bench_now_us();
    if (r < 0)
        bench_fail("applying a tick", strerror(-r));
    if (t->latency_us && distance > 0)
        add_latency(t->latency_us, &replica_snapshot(t->replica)->system);
    t->last_missed = replica_snapshot(t->replica)->system.missed_ticks;
    if (distance == 0) {
        if (t->keyframes++ == 0)
            t->first_missed = t->last_missed;
        t->keyframe_bytes = frame->len + FRAME_HEADER_SIZE;
        return;
    }
    t->ticks++;
    t->diff_bytes += frame->len + FRAME_HEADER_SIZE;
    t->changed += count_changed(t);
    series_add(&t->apply_us, applied - start);
    buffer_reset(t->out);
    start = bench_now_us();
    r = snapshot_encode(&t->encoder, t->out, &t->before, NULL, replica_snapshot(t->replica), NULL);
    if (r < 0)
        bench_fail("encoding a tick", strerror(-r));
    series_add(&t->encode_us, bench_now_us() - start);
}

void tap_read(tap_t *t)
{
    for (;;) {
        size_t space;
        void *at = frame_reader_space(&t->in, &space);
        ssize_t n = at ? recv(t->fd, at, space, 0) : -1;
        frame_t frame;
        int r;

        if (n < 0 && at && errno == EAGAIN)
            return;
        if (n <= 0)
            bench_fail("tap", n < 0 ? strerror(errno) : "memscoped closed the connection");
        frame_reader_filled(&t->in, (size_t) n);
        while ((r = frame_reader_next(&t->in, &frame)) > 0)
            if (frame.type == MESSAGE_TICK)
                take_tick(t, &frame);
        if (r < 0)
            bench_fail("tap", "an impossible frame");
    }
}

// ---- Viewers -----------------------------------------------------------------------------------

static void on_tick(void *user, bool keyframe, bool new_instance)
{
    viewer_t *v = user;

    (void) new_instance;
    v->ticks++;
    v->keyframes += keyframe;
    if (!keyframe)
        add_latency(v->latency_us, &replica_snapshot(session_replica(v->session))->system);
}

viewer_t *viewers_start(const char *path, size_t n, series_t *latency_us)
{
    viewer_t *viewers = calloc(n + 1, sizeof(*viewers));

    for (size_t i = 0; viewers && i < n; i++) {
        const session_handlers_t handlers = {.tick = on_tick, .user = &viewers[i]};

        viewers[i].latency_us = latency_us;
        if (session_new_path(&viewers[i].session, path, &handlers) < 0)
            bench_fail("session", strerror(ENOMEM));
    }
    return viewers;
}

void viewers_stop(viewer_t *viewers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        session_free(viewers[i].session);
    free(viewers);
}

// A session that was turned away at the listener's backlog has another descriptor after a while.
static void watch(int epoll, viewer_t *v, size_t index, int *known_fd)
{
    int fd = session_fd(v->session);
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = index};

    if (session_poll_events(v->session) & POLLOUT || fd < 0)
        session_dispatch(v->session, clock_monotonic_us());
    fd = session_fd(v->session);
    if (fd == *known_fd)
        return;
    if (fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) < 0 && errno != EEXIST)
        bench_fail("epoll", strerror(errno));
    *known_fd = fd;
}

void viewers_run(viewer_t *viewers, size_t n, tap_t *tap, double seconds)
{
    double end = bench_now_us() + seconds * 1e6;
    _cleanup_close_ int epoll = epoll_create1(EPOLL_CLOEXEC);
    _cleanup_free_ int *fds = calloc(n + 1, sizeof(int));
    struct epoll_event events[64];
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = n};
    double looked = 0;

    if (epoll < 0 || !fds || epoll_ctl(epoll, EPOLL_CTL_ADD, tap->fd, &e) < 0)
        bench_fail("epoll", strerror(errno));
    for (size_t i = 0; i < n; i++)
        fds[i] = -1;
    for (double now; (now = bench_now_us()) < end;) {
        int ready;

        if (now - looked > 50e3) {
            for (size_t i = 0; i < n; i++)
                watch(epoll, &viewers[i], i, &fds[i]);
            looked = now;
        }
        ready = epoll_wait(epoll, events, ARRAY_SIZE(events), 50);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.u64 == n)
                tap_read(tap);
            else
                session_dispatch(viewers[events[i].data.u64].session, clock_monotonic_us());
        }
    }
}
