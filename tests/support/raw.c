#include "tests/support/raw.h"

#include "common/cleanup.h"
#include "common/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define CONNECT_TRIES 2400
#define TRY_US        25000

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "raw: %s: %s\n", what, strerror(errno));
    exit(1);
}

void raw_connect(raw_t *r, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *r = (raw_t){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (r->fd < 0)
        give_up("socket");
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    for (int i = 0; connect(r->fd, (struct sockaddr *) &address, sizeof(address)) < 0; i++) {
        if (i == CONNECT_TRIES)
            give_up(path);
        usleep(TRY_US);
    }
}

void raw_close(raw_t *r)
{
    close(r->fd);
    buffer_done(&r->stream);
    r->fd = -1;
}

bool raw_send(raw_t *r, const void *data, size_t len)
{
    return send(r->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t) len;
}

bool raw_say(raw_t *r, message_type_t type, const void *message)
{
    buffer_t out = {0};
    bool sent;

    if (message_append(&out, type, message) < 0)
        give_up("message");
    sent = raw_send(r, out.data, out.len);
    buffer_done(&out);
    return sent;
}

bool raw_hello(raw_t *r)
{
    hello_message_t m = {0};

    MESSAGE_SET(&m, magic, PROTOCOL_MAGIC);
    MESSAGE_SET(&m, version_min, PROTOCOL_VERSION_MIN);
    MESSAGE_SET(&m, version_max, PROTOCOL_VERSION_MAX);
    MESSAGE_SET(&m, features, FEATURE_HISTORY | FEATURE_EVENTS | FEATURE_WHY | FEATURE_STATUS);
    return raw_say(r, MESSAGE_HELLO, &m);
}

void raw_receive(raw_t *r, int timeout_ms)
{
    struct pollfd p = {.fd = r->fd, .events = POLLIN};
    char bytes[65536];
    ssize_t n;

    if (r->closed || poll(&p, 1, timeout_ms) <= 0)
        return;
    while ((n = recv(r->fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
        buffer_put(&r->stream, bytes, (size_t) n);
    r->closed = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

bool raw_next(raw_t *r, frame_t *ret)
{
    cursor_t c = cursor_of(r->stream.data + r->parsed, r->stream.len - r->parsed);
    size_t length;

    if (cursor_left(&c) < FRAME_HEADER_SIZE)
        return false;
    length = cursor_u32(&c);
    if (length == 0 || cursor_left(&c) < length)
        return false;
    ret->type = cursor_u8(&c);
    ret->len = length - 1;
    ret->body = c.at;
    r->parsed += FRAME_HEADER_SIZE + ret->len;
    return true;
}

void raw_skip(raw_t *r)
{
    frame_t f;

    raw_receive(r, 0);
    while (raw_next(r, &f))
        ;
}

bool raw_await(raw_t *r, message_type_t type, message_t *ret, int timeout_ms)
{
    uint64_t deadline = clock_monotonic_us() + (uint64_t) timeout_ms * USEC_PER_MSEC;
    frame_t f;

    for (;;) {
        while (raw_next(r, &f))
            if (f.type == type)
                return !ret || message_decode(type, f.body, f.len, ret) == 0;
        if (r->closed || clock_monotonic_us() >= deadline)
            return false;
        raw_receive(r, 100);
    }
}

bool raw_carries(const raw_t *r, const void *bytes, size_t len)
{
    return memmem(r->stream.data, r->stream.len, bytes, len) != NULL;
}

bool raw_carries_in(const raw_t *r, message_type_t type, const void *bytes, size_t len)
{
    raw_t copy = {.stream = r->stream};
    frame_t f;

    while (raw_next(&copy, &f))
        if (f.type == type && memmem(f.body, f.len, bytes, len))
            return true;
    return false;
}
