#include "common/cleanup.h"
#include "common/text.h"
#include "protocol/session_private.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUT_MAX            (64u << 10)
#define READS_PER_DISPATCH 64
#define QUEUE_US           (10 * USEC_PER_MSEC)

// ---- Connection --------------------------------------------------------------------------------

void session_set_state(session_t *s, session_state_t state)
{
    if (s->state == state)
        return;
    s->state = state;
    if (state == SESSION_LIVE)
        s->error[0] = '\0';
    if (s->handlers.state)
        s->handlers.state(s->handlers.user, state);
}

void session_set_error(session_t *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(s->error, sizeof(s->error), format, args);
    va_end(args);
}

// The connection is over, and so is the session unless it can be made anew.
static void lose(session_t *s, bool for_good)
{
    channel_close(&s->channel);
    s->greeted = s->synced = false;
    replica_invalidate(s->replica);
    if (for_good || s->address.sun_path[0] == '\0') {
        s->deadline_us = UINT64_MAX;
        session_set_state(s, SESSION_FAILED);
        return;
    }
    s->deadline_us = s->now_us + s->backoff_us;
    s->backoff_us = MIN(s->backoff_us * 2, SESSION_BACKOFF_MAX_US);
    if (s->state != SESSION_CONNECTING)
        session_set_state(s, SESSION_RECONNECTING);
}

static void start(session_t *s, int fd)
{
    static const char build[] = "memscope " MEMSCOPE_VERSION;
    hello_message_t m = {0};

    channel_open(&s->channel, fd);
    // Whoever handed a descriptor in has just started the daemon, and notices if it ends.
    s->deadline_us = s->now_us + (s->address.sun_path[0] ? SESSION_KEYFRAME_US : SESSION_START_US);
    requests_restart(&s->requests);
    MESSAGE_SET(&m, magic, PROTOCOL_MAGIC);
    MESSAGE_SET(&m, version_min, PROTOCOL_VERSION_MIN);
    MESSAGE_SET(&m, version_max, PROTOCOL_VERSION_MAX);
    MESSAGE_SET(&m, features, FEATURE_HISTORY | FEATURE_EVENTS | FEATURE_WHY | FEATURE_STATUS);
    MESSAGE_SET_TEXT(&m, build, build, sizeof(build) - 1);
    message_append(&s->channel.out, MESSAGE_HELLO, &m);
}

// Where others are waiting to be let in, only who waits is next: for less than a frame of a screen.
static int connect_in_line(const struct sockaddr_un *address, int *ret_fd)
{
    const struct timeval in_line = {.tv_usec = QUEUE_US};
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &in_line, sizeof(in_line)) < 0 ||
            connect(fd, (const struct sockaddr *) address, sizeof(*address)) < 0 ||
            fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        return -errno;
    *ret_fd = take_fd(&fd);
    return 0;
}

static void connect_path(session_t *s)
{
    int fd = -1;

    s->connect_error = connect_in_line(&s->address, &fd);
    if (s->connect_error < 0) {
        char path[sizeof(s->address.sun_path)];

        text_sanitize(path, sizeof(path), s->address.sun_path, strlen(s->address.sun_path), true);
        session_set_error(s, "cannot connect to %s: %s", path, strerror(-s->connect_error));
        lose(s, false);
        return;
    }
    start(s, fd);
}

static int new_session(session_t **ret, const session_handlers_t *handlers)
{
    session_t *s = calloc(1, sizeof(*s));

    if (!s)
        return -ENOMEM;
    s->handlers = *handlers;
    s->now_us = clock_monotonic_us();
    s->backoff_us = SESSION_BACKOFF_MIN_US;
    channel_init(&s->channel, OUT_MAX);
    if (replica_new(&s->replica) < 0) {
        session_free(s);
        return -ENOMEM;
    }
    *ret = s;
    return 0;
}

int session_new_path(session_t **ret, const char *path, const session_handlers_t *handlers)
{
    size_t len = strlen(path);
    session_t *s;
    int r;

    if (len == 0 || len >= sizeof(s->address.sun_path))
        return len == 0 ? -EINVAL : -ENAMETOOLONG;
    r = new_session(&s, handlers);
    if (r < 0)
        return r;
    s->address.sun_family = AF_UNIX;
    memcpy(s->address.sun_path, path, len + 1);
    connect_path(s);
    *ret = s;
    return 0;
}

int session_new_fd(session_t **ret, int fd, const session_handlers_t *handlers)
{
    _cleanup_close_ int owned = fd;
    int flags = fcntl(fd, F_GETFL);
    session_t *s;
    int r;

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -errno;
    r = new_session(&s, handlers);
    if (r < 0)
        return r;
    start(s, take_fd(&owned));
    *ret = s;
    return 0;
}

void session_free(session_t *s)
{
    if (!s)
        return;
    channel_done(&s->channel);
    replica_free(s->replica);
    free(s);
}

session_state_t session_state(const session_t *s)
{
    return s->state;
}

const char *session_error(const session_t *s)
{
    return s->error;
}

const hello_message_t *session_hello(const session_t *s)
{
    return s->has_hello ? &s->hello : NULL;
}

const replica_t *session_replica(const session_t *s)
{
    return s->replica;
}

int session_connect_error(const session_t *s)
{
    return s->connect_error;
}

int session_fd(const session_t *s)
{
    return s->channel.fd;
}

uint64_t session_deadline_us(const session_t *s)
{
    return s->deadline_us;
}

// ---- Receiving and sending --------------------------------------------------------------------

static int handle_frames(session_t *s)
{
    frame_t frame;
    int r;

    while ((r = frame_reader_next(&s->channel.in, &frame)) > 0) {
        r = session_handle_frame(s, &frame);
        if (r < 0)
            return r;
    }
    if (r < 0)
        session_set_error(s, s->greeted ? "the daemon sent a frame of impossible length"
                                        : "what answers is not memscoped");
    return r;
}

static int receive(session_t *s)
{
    for (int i = 0; i < READS_PER_DISPATCH; i++) {
        int r = channel_receive(&s->channel);

        if (r == -ECONNRESET)
            session_set_error(s, "the daemon closed the connection");
        else if (r < 0)
            session_set_error(s, "the connection broke: %s", strerror(-r));
        if (r > 0)
            r = handle_frames(s);
        else
            return r;
        if (r < 0)
            return r;
    }
    return 0;
}

// 0, also while the socket is full; -errno when the connection is lost.
static int send_output(session_t *s)
{
    int r = channel_send(&s->channel);

    if (r == 0 && s->greeted && requests_due(&s->requests, s->synced)) {
        requests_append(&s->requests, s->synced, &s->channel.out);
        r = channel_send(&s->channel);
    }
    return r == -EAGAIN ? 0 : r;
}

void session_dispatch(session_t *s, uint64_t now_us)
{
    int r;

    if (s->state == SESSION_FAILED)
        return;
    s->now_us = now_us;
    if (now_us >= s->deadline_us) {
        if (s->channel.fd < 0) {
            connect_path(s);
        } else {
            session_set_error(s, "the daemon does not answer");
            lose(s, false);
        }
    }
    if (s->channel.fd < 0)
        return;
    r = receive(s);
    // What made sending fail may be explained by what came in the meantime.
    if (r == 0 && send_output(s) < 0) {
        r = receive(s);
        if (r == 0) {
            session_set_error(s, "the daemon closed the connection");
            r = -ECONNRESET;
        }
    }
    if (r < 0)
        lose(s, r == -ECONNREFUSED);
}

short session_poll_events(const session_t *s)
{
    bool output = channel_has_output(&s->channel) ||
                  (s->greeted && requests_due(&s->requests, s->synced));

    return output ? POLLIN | POLLOUT : POLLIN;
}
