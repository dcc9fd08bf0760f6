#include "protocol/channel.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

void channel_init(channel_t *c, size_t max_out)
{
    *c = (channel_t){.fd = -1, .out.max = max_out};
    frame_reader_init(&c->in, FRAME_MAX);
}

void channel_done(channel_t *c)
{
    channel_close(c);
    frame_reader_done(&c->in);
    buffer_done(&c->out);
}

void channel_open(channel_t *c, int fd)
{
    channel_close(c);
    c->fd = fd;
}

void channel_close(channel_t *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    c->sent = 0;
    buffer_reset(&c->out);
    frame_reader_reset(&c->in);
}

int channel_receive(channel_t *c)
{
    size_t len;
    void *space = frame_reader_space(&c->in, &len);
    ssize_t n;

    if (!space)
        return -ENOMEM;
    do
        n = recv(c->fd, space, len, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN ? 0 : -errno;
    if (n == 0)
        return -ECONNRESET;
    frame_reader_filled(&c->in, (size_t) n);
    return 1;
}

int channel_send(channel_t *c)
{
    while (channel_has_output(c)) {
        ssize_t n = send(
                c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            c->sent += (size_t) n;
    }
    c->sent = 0;
    buffer_reset(&c->out);
    return 0;
}
