#ifndef MEMSCOPE_TESTS_SUPPORT_PLAYED_H
#define MEMSCOPE_TESTS_SUPPORT_PLAYED_H

// A session against a daemon that the test plays itself, with a clock that the test turns.

#include "protocol/cursor.h"
#include "protocol/frame.h"
#include "protocol/session.h"
#include "tests/support/cmocka.h"
#include "tests/support/world.h"

typedef struct {
    session_t *session;
    uint64_t now;
    // What the handlers saw.
    int ticks, keyframes, new_instances, messages;
    message_type_t last_message;
    char last_text[64];
    session_state_t states[16];
    int n_states;
    // The daemon.
    char dir[32], path[64];
    int listener, peer;
    frame_reader_t in;
    buffer_t out;
    snapshot_encoder_t encoder;
    world_t world;
} played_t;

// Of each test.
int played_setup(void **state);
int played_teardown(void **state);

// What notes down in `f` what the session tells.
session_handlers_t played_handlers(played_t *f);
// The session begins, on a descriptor or on a path that somebody may listen on.
void played_begin_fd(played_t *f);
void played_begin_path(played_t *f);
void played_dispatch(played_t *f);
// Turns the clock to the next attempt.
void played_wait_for_attempt(played_t *f);

// The daemon's side.
void played_listen(played_t *f);
void played_stop_listening(played_t *f);
bool played_answer(played_t *f);
void played_hang_up(played_t *f);
void played_deliver(played_t *f); // what is in `out`
void played_say(played_t *f, message_type_t type, const void *m);
void played_say_hello(played_t *f, uint64_t instance);
void played_say_tick(played_t *f, bool keyframe);
void played_say_refused(played_t *f, uint64_t code, const char *text);
// The next message that the session sent.
message_type_t played_hear(played_t *f, message_t *ret);
// Takes its HELLO, and gives it one and a keyframe.
void played_greet(played_t *f, uint64_t instance);

#endif
