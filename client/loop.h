#ifndef MEMSCOPE_CLIENT_LOOP_H
#define MEMSCOPE_CLIENT_LOOP_H

#include "client/app/app.h"
#include "client/link/attach.h"

// The handlers of a session feed an app; `user` is a loop_t.
typedef struct {
    app_t *app;
    attach_t attach;
    int signal_fd;
    int names_fd;  // readable when names of users have come, -1: they are waited for
    bool was_live; // something was received
    bool done;
    bool blocked;        // the terminal takes nothing at the moment
    bool sampled;        // there is something to show
    uint64_t hold_us;    // until then the first picture waits to be whole; 0: it was shown
    uint64_t give_up_us; // the session failed before anything came; 0: it did not
    bool urgent;         // a key waits to be seen
    uint64_t next_us;    // when the next picture is due, counting those that came early for a key
    char ended[ATTACH_ERROR_MAX + 64]; // how the private daemon did, "" as long as it runs
    char error[ATTACH_ERROR_MAX + 64]; // why it ends, "" if because it was told to
} loop_t;

// Blocks the signals that the loop takes from a descriptor, before the terminal is opened. 0 or
// -errno.
int loop_init(loop_t *l, app_t *app);
// Both in loop_session.c.
session_handlers_t loop_handlers(loop_t *l);
ui_requests_t loop_requests(loop_t *l);

// Runs between an open terminal and an attached session until the viewer, a signal, the end of
// stdin or a failure ends it. 0, or -errno with `error` set.
int loop_run(loop_t *l);
void loop_done(loop_t *l);

#endif
