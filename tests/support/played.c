#include "tests/support/played.h"

#include "common/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void on_tick(void *user, bool keyframe, bool new_instance)
{
    played_t *f = user;

    assert_true(replica_valid(session_replica(f->session)));
    f->ticks++;
    f->keyframes += keyframe;
    f->new_instances += new_instance;
}

static void on_message(void *user, message_type_t type, const message_t *m)
{
    played_t *f = user;

    f->messages++;
    f->last_message = type;
    if (type == MESSAGE_ERROR)
        snprintf(f->last_text, sizeof(f->last_text), "%.*s", (int) m->error.text.len,
                m->error.text.data);
}

static void on_state(void *user, session_state_t state)
{
    played_t *f = user;

    assert_true(f->n_states < 16);
    f->states[f->n_states++] = state;
}

session_handlers_t played_handlers(played_t *f)
{
    return (session_handlers_t){
            .tick = on_tick, .message = on_message, .state = on_state, .user = f};
}

int played_setup(void **state)
{
    static played_t f;

    memset(&f, 0, sizeof(f));
    f.listener = f.peer = -1;
    f.now = clock_monotonic_us();
    strcpy(f.dir, "/tmp/memscope-test-XXXXXX");
    if (!mkdtemp(f.dir))
        return -1;
    snprintf(f.path, sizeof(f.path), "%s/socket", f.dir);
    frame_reader_init(&f.in, FRAME_MAX_TO_DAEMON);
    world_init(&f.world, &(world_options_t){.seed = 3, .slots = 50, .changes = 10});
    *state = &f;
    return 0;
}

void played_hang_up(played_t *f)
{
    if (f->peer >= 0)
        close(f->peer);
    f->peer = -1;
    frame_reader_reset(&f->in);
}

void played_stop_listening(played_t *f)
{
    if (f->listener >= 0)
        close(f->listener);
    f->listener = -1;
    unlink(f->path);
}

int played_teardown(void **state)
{
    played_t *f = *state;

    session_free(f->session);
    played_hang_up(f);
    played_stop_listening(f);
    rmdir(f->dir);
    frame_reader_done(&f->in);
    buffer_done(&f->out);
    snapshot_encoder_done(&f->encoder);
    world_done(&f->world);
    return 0;
}

void played_listen(played_t *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    strcpy(address.sun_path, f->path);
    f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(f->listener >= 0);
    assert_int_equal(bind(f->listener, (struct sockaddr *) &address, sizeof(address)), 0);
    assert_int_equal(listen(f->listener, 8), 0);
}

bool played_answer(played_t *f)
{
    f->peer = accept(f->listener, NULL, NULL);
    return f->peer >= 0;
}

void played_dispatch(played_t *f)
{
    session_dispatch(f->session, f->now);
}

void played_deliver(played_t *f)
{
    assert_int_equal(write(f->peer, f->out.data, f->out.len), f->out.len);
    buffer_reset(&f->out);
    played_dispatch(f);
}

void played_say(played_t *f, message_type_t type, const void *m)
{
    assert_int_equal(message_append(&f->out, type, m), 0);
    played_deliver(f);
}

void played_say_hello(played_t *f, uint64_t instance)
{
    hello_message_t m = {0};

    MESSAGE_SET(&m, magic, PROTOCOL_MAGIC);
    MESSAGE_SET(&m, version_min, 1);
    MESSAGE_SET(&m, version_max, 1);
    MESSAGE_SET(&m, instance, instance);
    MESSAGE_SET_TEXT(&m, build, "test\x1b", 5);
    played_say(f, MESSAGE_HELLO, &m);
}

void played_say_tick(played_t *f, bool keyframe)
{
    size_t mark = frame_begin(&f->out, MESSAGE_TICK);

    assert_int_equal(
            snapshot_encode(&f->encoder, &f->out, keyframe ? NULL : &f->world.prev->snapshot, NULL,
                    &f->world.curr->snapshot, NULL),
            0);
    frame_end(&f->out, mark);
    played_deliver(f);
}

void played_say_refused(played_t *f, uint64_t code, const char *text)
{
    refused_message_t m = {0};

    MESSAGE_SET(&m, code, code);
    MESSAGE_SET_TEXT(&m, text, text, strlen(text));
    played_say(f, MESSAGE_REFUSED, &m);
}

message_type_t played_hear(played_t *f, message_t *ret)
{
    frame_t frame;

    played_dispatch(f);
    while (frame_reader_next(&f->in, &frame) == 0) {
        size_t len;
        void *space = frame_reader_space(&f->in, &len);
        ssize_t n = recv(f->peer, space, len, MSG_DONTWAIT);

        if (n <= 0)
            return 0;
        frame_reader_filled(&f->in, (size_t) n);
    }
    assert_int_equal(message_decode(frame.type, frame.body, frame.len, ret), 0);
    return frame.type;
}

void played_greet(played_t *f, uint64_t instance)
{
    message_t m;

    assert_int_equal(played_hear(f, &m), MESSAGE_HELLO);
    assert_int_equal(m.hello.magic, PROTOCOL_MAGIC);
    played_say_hello(f, instance);
    played_say_tick(f, true);
    assert_int_equal(session_state(f->session), SESSION_LIVE);
}

void played_begin_fd(played_t *f)
{
    session_handlers_t handlers = played_handlers(f);
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    f->peer = fds[0];
    assert_int_equal(session_new_fd(&f->session, fds[1], &handlers), 0);
}

void played_begin_path(played_t *f)
{
    session_handlers_t handlers = played_handlers(f);

    assert_int_equal(session_new_path(&f->session, f->path, &handlers), 0);
    f->now = clock_monotonic_us(); // the session began with the real one
}

void played_wait_for_attempt(played_t *f)
{
    assert_int_equal(session_fd(f->session), -1);
    assert_true(session_deadline_us(f->session) != UINT64_MAX);
    if (session_deadline_us(f->session) > f->now)
        f->now = session_deadline_us(f->session);
    played_dispatch(f);
}
