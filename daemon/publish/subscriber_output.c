#include "common/cleanup.h"
#include "daemon/publish/subscriber_private.h"
#include "protocol/frame.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define OUTBOX_KEPT 4096 // of its memory, when it is empty

bool subscriber_may_begin_keyframe(const subscriber_t *s)
{
    return s->owes_keyframe && s->greeted && !s->paused && !s->closing &&
           s->keyframes < SUBSCRIBER_KEYFRAMES;
}

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

void subscriber_compact(subscriber_t *s)
{
    if (s->outbox_sent == 0)
        return;
    s->outbox.len -= s->outbox_sent;
    memmove(s->outbox.data, s->outbox.data + s->outbox_sent, s->outbox.len);
    s->outbox_sent = 0;
}

int subscriber_begin_frame(subscriber_t *s, bool keyframe)
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

static size_t count(packet_t *p, unsigned mark)
{
    if (!p || p->mark == mark)
        return 0;
    p->mark = mark;
    return p->len;
}

size_t subscriber_held(const subscriber_t *s, unsigned mark)
{
    if (s->frame_left == 0 || s->skipped == 0)
        return 0;
    return count(s->frame.shared, mark) + count(s->frame.own, mark);
}

int subscriber_send_pending(subscriber_t *s)
{
    int r = send_frame(s);

    return r == 0 ? send_outbox(s) : r;
}

int subscriber_flush(subscriber_t *s)
{
    int r = subscriber_send_pending(s);

    if (r == 0 && subscriber_may_begin_keyframe(s)) {
        r = subscriber_begin_frame(s, true);
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
