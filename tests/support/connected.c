#include "tests/support/connected.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "protocol/tick.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROCESSES 100

static void on_request(void *user, subscriber_t *s, message_type_t type, const message_t *m)
{
    connected_t *f = user;
    static char text[4000];
    error_message_t answer = {0};

    (void) type;
    (void) m;
    f->requests++;
    MESSAGE_SET(&answer, code, ERROR_NO_PROCESS);
    MESSAGE_SET_TEXT(&answer, text, text, sizeof(text));
    subscriber_answer(s, MESSAGE_ERROR, &answer);
}

static bool on_greeted(void *user, subscriber_t *s, const hello_message_t *hello)
{
    connected_t *f = user;
    hello_message_t m = {0};

    (void) hello;
    if (f->refuses) {
        subscriber_refuse(s, REFUSED_VERSION, "no");
        return false;
    }
    MESSAGE_SET(&m, magic, PROTOCOL_MAGIC);
    return subscriber_answer(s, MESSAGE_HELLO, &m);
}

static bool on_may_ask(void *user)
{
    const connected_t *f = user;

    return !f->busy;
}

static void populate(connected_t *f)
{
    proctree_process_t x = captured_postgres;

    for (x.pid = 1000; x.pid < 1000 + PROCESSES; x.pid++)
        proctree_process(&f->host.tree, &x);
}

// Something changes with every process, though no file does.
static void change_host(connected_t *f)
{
    snapshot_t *s = capture_current_writable(f->host.capture);

    for (uint32_t slot = 0; slot < s->n_slots; slot++)
        PROCESS_SET(&s->processes[slot], baseline_kb, s->system.tick * (slot + 977) % 20011);
}

void connected_start(connected_t *f)
{
    const subscriber_handlers_t handlers = {
            .request = on_request, .greeted = on_greeted, .may_ask = on_may_ask, .user = f};
    const peer_t peer = {.uid = 0, .rights = RIGHTS_ALL};
    int fds[2];

    *f = (connected_t){.peer = -1};
    captured_init(&f->host, true);
    populate(f);
    captured_tick(&f->host);
    change_host(f);
    assert_int_equal(audiences_new(&f->audiences, f->host.capture), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    assert_int_equal(
            subscriber_new(&f->s, fds[0], &peer, f->audiences, &handlers, clock_monotonic_us()), 0);
    f->peer = fds[1];
    frame_reader_init(&f->in, FRAME_MAX);
    assert_int_equal(replica_new(&f->replica), 0);
}

void connected_stop(connected_t *f)
{
    subscriber_free(f->s);
    audiences_free(f->audiences);
    captured_done(&f->host);
    close(f->peer);
    frame_reader_done(&f->in);
    replica_free(f->replica);
}

void connected_say(connected_t *f, message_type_t type, const void *m)
{
    buffer_t out = {0};

    assert_int_equal(message_append(&out, type, m), 0);
    assert_int_equal(send(f->peer, out.data, out.len, MSG_NOSIGNAL), out.len);
    buffer_done(&out);
}

void connected_say_hello(connected_t *f)
{
    hello_message_t m = {0};

    MESSAGE_SET(&m, magic, PROTOCOL_MAGIC);
    MESSAGE_SET(&m, version_min, 1);
    MESSAGE_SET(&m, version_max, 1);
    connected_say(f, MESSAGE_HELLO, &m);
}

int connected_dispatch(connected_t *f)
{
    return subscriber_dispatch(f->s, EPOLLIN | EPOLLOUT);
}

int connected_tick(connected_t *f)
{
    captured_tick(&f->host);
    change_host(f);
    assert_int_equal(audiences_advance(f->audiences), 0);
    return subscriber_publish(f->s, clock_monotonic_us());
}

int connected_publish(connected_t *f)
{
    int r = connected_tick(f);

    return r < 0 ? r : subscriber_dispatch(f->s, 0);
}

static void take(connected_t *f, const frame_t *frame)
{
    message_t m;

    if (frame->type == MESSAGE_TICK) {
        tick_reader_t reader;

        assert_int_equal(replica_apply(f->replica, frame->body, frame->len), 0);
        assert_int_equal(tick_reader_init(&reader, frame->body, frame->len), 0);
        f->ticks++;
        f->keyframes += reader.base == 0;
        return;
    }
    assert_int_equal(message_decode(frame->type, frame->body, frame->len, &m), 0);
    f->hellos += frame->type == MESSAGE_HELLO;
    f->answers += frame->type == MESSAGE_ERROR;
    if (frame->type == MESSAGE_REFUSED)
        f->refused = (unsigned) m.refused.code;
}

// Reads at most `most` bytes; how many there were, -1 at the end of the stream.
ssize_t connected_listen_for(connected_t *f, size_t most)
{
    size_t space;
    void *at = frame_reader_space(&f->in, &space);
    ssize_t n = recv(f->peer, at, MIN(space, most), MSG_DONTWAIT);
    frame_t frame;

    if (n <= 0)
        return n == 0 ? -1 : 0;
    frame_reader_filled(&f->in, (size_t) n);
    while (frame_reader_next(&f->in, &frame) > 0)
        take(f, &frame);
    return n;
}

void connected_hear(connected_t *f)
{
    while (connected_listen_for(f, SIZE_MAX) > 0)
        ;
}

void connected_assert_current(const connected_t *f)
{
    const snapshot_t *s = capture_current(f->host.capture), *r = replica_snapshot(f->replica);

    assert_true(replica_valid(f->replica));
    assert_int_equal(r->system.tick, s->system.tick);
    for (uint32_t slot = 0; slot < s->n_slots; slot++) {
        const process_snapshot_t *p = &s->processes[slot];
        uint32_t at = replica_find(f->replica, p->pid, p->start_time);

        assert_true(at != UINT32_MAX);
        assert_int_equal(r->processes[at].anon_kb, p->anon_kb);
        assert_int_equal(r->processes[at].baseline_kb, p->baseline_kb);
    }
}

void connected_greet(connected_t *f)
{
    connected_say_hello(f);
    assert_int_equal(connected_dispatch(f), 0);
    connected_hear(f);
    assert_int_equal(f->hellos, 1);
    assert_int_equal(f->keyframes, 1);
    connected_assert_current(f);
}
