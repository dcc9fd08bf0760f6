#include "daemon/publish/subscriber.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "daemon/publish/subscriber_private.h"
#include "protocol/frame.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

int subscriber_new(subscriber_t **ret, int fd, const peer_t *peer, audiences_t *audiences,
        const subscriber_handlers_t *handlers, uint64_t now_us)
{
    subscriber_t *s = calloc(1, sizeof(*s));
    int size = SUBSCRIBER_SNDBUF;

    if (!s) {
        close(fd);
        return -ENOMEM;
    }
    s->fd = fd;
    s->peer = *peer;
    s->audiences = audiences;
    s->handlers = *handlers;
    s->outbox.max = SUBSCRIBER_OUTBOX_MAX;
    s->deadline_us = now_us + SUBSCRIBER_GREETING_US;
    s->owes_keyframe = true;
    frame_reader_init(&s->in, FRAME_MAX_TO_DAEMON);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    s->audience = audience_acquire(audiences, peer);
    if (!s->audience) {
        subscriber_free(s);
        return -ENOMEM;
    }
    *ret = s;
    return 0;
}

void subscriber_free(subscriber_t *s)
{
    if (!s)
        return;
    tick_frame_done(&s->frame);
    audience_release(s->audiences, s->audience);
    frame_reader_done(&s->in);
    buffer_done(&s->outbox);
    close(s->fd);
    free(s);
}

const peer_t *subscriber_peer(const subscriber_t *s)
{
    return &s->peer;
}

audience_t *subscriber_audience(const subscriber_t *s)
{
    return s->audience;
}

bool subscriber_is_greeted(const subscriber_t *s)
{
    return s->greeted;
}

uint64_t subscriber_lag(const subscriber_t *s)
{
    return s->skipped;
}

inspected_t *subscriber_inspected(subscriber_t *s)
{
    return &s->inspected;
}

static bool may_take_requests(const subscriber_t *s)
{
    return !s->closing && s->requests < SUBSCRIBER_REQUESTS &&
           s->outbox.len - s->outbox_sent <= SUBSCRIBER_OUTBOX_MAX / 4 &&
           (!s->handlers.may_ask || s->handlers.may_ask(s->handlers.user));
}

uint32_t subscriber_events(const subscriber_t *s)
{
    bool output =
            s->frame_left > 0 || s->outbox_sent < s->outbox.len || subscriber_may_begin_keyframe(s);

    return (may_take_requests(s) ? EPOLLIN : 0u) | (output ? EPOLLOUT : 0u);
}

// ---- Input -------------------------------------------------------------------------------------

static void greet(subscriber_t *s, const hello_message_t *hello)
{
    if (!hello->has.magic || hello->magic != PROTOCOL_MAGIC) {
        subscriber_refuse(
                s, REFUSED_PROTOCOL, "this is memscoped's socket: HELLO has no magic number");
        return;
    }
    s->greeted = s->handlers.greeted(s->handlers.user, s, hello);
}

static void take_message(subscriber_t *s, message_type_t type, const message_t *m)
{
    if (!s->greeted) {
        if (type == MESSAGE_HELLO)
            greet(s, &m->hello);
        else
            subscriber_refuse(s, REFUSED_PROTOCOL, "the first message has to be HELLO");
        return;
    }
    switch (type) {
    case MESSAGE_KEYFRAME_REQUEST:
        s->owes_keyframe = true;
        break;
    case MESSAGE_PAUSE:
        if (s->paused && !m->pause.paused)
            s->owes_keyframe = true;
        s->paused = m->pause.paused != 0;
        break;
    case MESSAGE_INSPECT:
    case MESSAGE_HISTORY_REQUEST:
    case MESSAGE_EVENTS_REQUEST:
    case MESSAGE_WHY_REQUEST:
    case MESSAGE_STATUS_REQUEST:
        s->handlers.request(s->handlers.user, s, type, m);
        break;
    default:
        break; // not for a daemon: nothing to do
    }
}

// Takes requests as long as there is room for answers; the number that it took.
static unsigned take_frames(subscriber_t *s)
{
    unsigned taken = 0;

    for (; may_take_requests(s); taken++) {
        frame_t f;
        message_t m;
        int r = frame_reader_next(&s->in, &f);

        if (r < 0)
            subscriber_refuse(s, REFUSED_PROTOCOL, "a message longer than a client may send");
        if (r <= 0)
            break;
        s->requests++;
        subscriber_compact(s);
        r = message_decode((message_type_t) f.type, f.body, f.len, &m);
        if (r == -EOPNOTSUPP)
            continue; // of a newer version: skipped
        if (r < 0)
            subscriber_refuse(s, REFUSED_PROTOCOL, "a malformed message");
        else
            take_message(s, (message_type_t) f.type, &m);
    }
    return taken;
}

// Requests and answers in turn, until there is nothing to take or no way to send.
static int work(subscriber_t *s)
{
    unsigned taken;
    int r;

    do {
        taken = take_frames(s);
        r = subscriber_flush(s);
    } while (r == 0 && taken > 0);
    return r;
}

static int receive(subscriber_t *s)
{
    size_t space;
    void *at = frame_reader_space(&s->in, &space);
    ssize_t n;

    if (!at)
        return -ENOMEM;
    do
        n = recv(s->fd, at, space, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        return -ECONNRESET;
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
    frame_reader_filled(&s->in, (size_t) n);
    return 0;
}

int subscriber_publish(subscriber_t *s, uint64_t now_us)
{
    int r;

    if (s->closing)
        return -ECONNRESET; // it had its time to read why
    if (!s->greeted && now_us > s->deadline_us)
        subscriber_refuse(s, REFUSED_TIMEOUT, "no HELLO came in time");
    if (!s->greeted)
        return subscriber_flush(s);
    s->requests = s->keyframes = 0;
    s->skipped++;
    r = subscriber_send_pending(s);
    if (r < 0 && r != -EAGAIN)
        return r;
    if (s->paused || r == -EAGAIN)
        s->owes_keyframe = true;
    else if (!s->owes_keyframe && subscriber_begin_frame(s, false) < 0)
        s->owes_keyframe = true;
    return subscriber_flush(s);
}

bool subscriber_has_asked(const subscriber_t *s)
{
    return s->in.len > s->in.consumed;
}

int subscriber_dispatch(subscriber_t *s, uint32_t events)
{
    int r = 0;

    if (events & EPOLLIN)
        r = receive(s);
    if (r == 0 && (events & (EPOLLHUP | EPOLLERR)) && !(events & EPOLLIN))
        return -ECONNRESET;
    return r < 0 ? r : work(s);
}
