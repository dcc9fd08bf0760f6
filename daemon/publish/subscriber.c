#include "daemon/publish/subscriber.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "protocol/frame.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define OUTBOX_KEPT 4096 // of its memory, when it is empty

struct subscriber {
    int fd;
    peer_t peer;
    audiences_t *audiences;
    audience_t *audience;
    subscriber_handlers_t handlers;
    frame_reader_t in;
    buffer_t outbox; // whole messages
    size_t outbox_sent;
    tick_frame_t frame; // under way while frame_left > 0
    size_t frame_size, frame_left;
    uint64_t deadline_us;         // for HELLO
    unsigned requests, keyframes; // since the last tick
    uint64_t skipped;
    inspected_t inspected;
    bool greeted, paused, owes_keyframe, closing;
};

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

int subscriber_fd(const subscriber_t *s)
{
    return s->fd;
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

static bool may_begin_keyframe(const subscriber_t *s)
{
    return s->owes_keyframe && s->greeted && !s->paused && !s->closing &&
           s->keyframes < SUBSCRIBER_KEYFRAMES;
}

uint32_t subscriber_events(const subscriber_t *s)
{
    bool output = s->frame_left > 0 || s->outbox_sent < s->outbox.len || may_begin_keyframe(s);

    return (may_take_requests(s) ? EPOLLIN : 0u) | (output ? EPOLLOUT : 0u);
}

// ---- Output ------------------------------------------------------------------------------------

static int send_some(subscriber_t *s, struct iovec *iov, size_t n, size_t skip, size_t *ret_sent)
{
    struct msghdr m = {.msg_iov = iov, .msg_iovlen = n};
    ssize_t sent;

    while (m.msg_iovlen > 0 && skip >= m.msg_iov->iov_len) {
        skip -= m.msg_iov->iov_len;
        m.msg_iov++;
        m.msg_iovlen--;
    }
    if (m.msg_iovlen > 0) {
        m.msg_iov->iov_base = (char *) m.msg_iov->iov_base + skip;
        m.msg_iov->iov_len -= skip;
    }
    do
        sent = sendmsg(s->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    *ret_sent = (size_t) sent;
    return 0;
}

static struct iovec part(packet_t *p)
{
    return (struct iovec){.iov_base = p ? p->data : NULL, .iov_len = p ? p->len : 0};
}

static int send_frame(subscriber_t *s)
{
    while (s->frame_left > 0) {
        struct iovec iov[] = {{.iov_base = s->frame.header, .iov_len = sizeof(s->frame.header)},
                part(s->frame.shared), part(s->frame.own)};
        size_t sent;
        int r = send_some(s, iov, ARRAY_SIZE(iov), s->frame_size - s->frame_left, &sent);

        if (r < 0)
            return r;
        s->frame_left -= sent;
    }
    tick_frame_done(&s->frame);
    return 0;
}

static int send_outbox(subscriber_t *s)
{
    while (s->outbox_sent < s->outbox.len) {
        struct iovec iov = {.iov_base = s->outbox.data, .iov_len = s->outbox.len};
        size_t sent;
        int r = send_some(s, &iov, 1, s->outbox_sent, &sent);

        if (r < 0)
            return r;
        s->outbox_sent += sent;
    }
    if (s->outbox.cap > OUTBOX_KEPT) {
        buffer_done(&s->outbox);
        s->outbox.max = SUBSCRIBER_OUTBOX_MAX;
    }
    buffer_reset(&s->outbox);
    s->outbox_sent = 0;
    return 0;
}

// What was sent makes room for other answers.
static void compact_outbox(subscriber_t *s)
{
    if (s->outbox_sent == 0)
        return;
    s->outbox.len -= s->outbox_sent;
    memmove(s->outbox.data, s->outbox.data + s->outbox_sent, s->outbox.len);
    s->outbox_sent = 0;
}

static int begin_frame(subscriber_t *s, bool keyframe)
{
    int r = audience_encode(s->audiences, s->audience, keyframe, &s->frame);

    if (r < 0)
        return r;
    s->frame_size = sizeof(s->frame.header) + (s->frame.shared ? s->frame.shared->len : 0) +
                    s->frame.own->len;
    s->frame_left = s->frame_size;
    s->owes_keyframe = false;
    s->skipped = 0;
    return 0;
}

// What was begun, and then answers.
static int send_pending(subscriber_t *s)
{
    int r = send_frame(s);

    return r == 0 ? send_outbox(s) : r;
}

// Whole frames in turn until the socket is full.
static int flush(subscriber_t *s)
{
    int r = send_pending(s);

    if (r == 0 && may_begin_keyframe(s)) {
        r = begin_frame(s, true);
        s->keyframes++;
        if (r == 0)
            r = send_frame(s);
    }
    if (r == 0 && s->closing)
        return -ECONNRESET;
    return r == -EAGAIN ? 0 : r;
}

bool subscriber_answer(subscriber_t *s, message_type_t type, const void *message)
{
    return !s->closing && message_append(&s->outbox, type, message) == 0;
}

bool subscriber_answer_bytes(subscriber_t *s, const void *frame, size_t len)
{
    if (s->closing || len > subscriber_room(s))
        return false;
    buffer_put(&s->outbox, frame, len);
    return !s->outbox.failed;
}

size_t subscriber_room(const subscriber_t *s)
{
    return SUBSCRIBER_OUTBOX_MAX - MIN(s->outbox.len, (size_t) SUBSCRIBER_OUTBOX_MAX);
}

bool subscriber_error(subscriber_t *s, uint64_t request, unsigned code, const char *text)
{
    error_message_t m = {0};

    MESSAGE_SET(&m, request, request);
    MESSAGE_SET(&m, code, code);
    MESSAGE_SET_TEXT(&m, text, text, strlen(text));
    return subscriber_answer(s, MESSAGE_ERROR, &m);
}

void subscriber_refuse(subscriber_t *s, unsigned code, const char *text)
{
    refused_message_t m = {0};

    MESSAGE_SET(&m, code, code);
    MESSAGE_SET_TEXT(&m, text, text, strlen(text));
    subscriber_answer(s, MESSAGE_REFUSED, &m);
    s->closing = true;
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
        compact_outbox(s);
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
        r = flush(s);
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
        return flush(s);
    s->requests = s->keyframes = 0;
    s->skipped++;
    r = send_pending(s);
    if (r < 0 && r != -EAGAIN)
        return r;
    if (s->paused || r == -EAGAIN)
        s->owes_keyframe = true;
    else if (!s->owes_keyframe && begin_frame(s, false) < 0)
        s->owes_keyframe = true;
    return work(s);
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
