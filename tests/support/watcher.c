#include "tests/support/watcher.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "protocol/cursor.h"

#include <poll.h>
#include <string.h>

static void on_tick(void *user, bool keyframe, bool new_instance)
{
    watcher_t *w = user;

    w->ticks++;
    w->keyframes += keyframe;
    w->instances += new_instance;
}

static uint64_t gap_of(const history_message_t *h)
{
    cursor_t c = cursor_of(h->points.data, h->points.len);
    uint64_t gap = 0;

    while (!c.failed && cursor_left(&c) > 0) {
        uint64_t run = cursor_varint(&c);

        if (run & 1) {
            gap += run >> 1;
        } else {
            cursor_zigzag(&c);
            cursor_zigzag(&c);
        }
    }
    return gap;
}

static void on_message(void *user, message_type_t type, const message_t *m)
{
    watcher_t *w = user;

    if (type == MESSAGE_DETAILS)
        w->details = m->details;
    else if (type == MESSAGE_ERROR)
        w->error = m->error;
    if (type != MESSAGE_HISTORY)
        return;
    w->history = m->history;
    w->history_gap = gap_of(&m->history);
}

void watcher_start(watcher_t *w, const char *socket_path)
{
    const session_handlers_t handlers = {.tick = on_tick, .message = on_message, .user = w};

    memset(w, 0, sizeof(*w));
    if (session_new_path(&w->session, socket_path, &handlers) < 0) {
        fputs("watcher: no session\n", stderr);
        exit(1);
    }
}

void watcher_stop(watcher_t *w)
{
    session_free(w->session);
    w->session = NULL;
}

bool watcher_wait(
        watcher_t *w, bool (*holds)(const watcher_t *w, void *user), void *user, int timeout_ms)
{
    uint64_t deadline = clock_monotonic_us() + (uint64_t) timeout_ms * USEC_PER_MSEC;

    while (!holds(w, user)) {
        uint64_t now = clock_monotonic_us();
        uint64_t until = MIN(deadline, session_deadline_us(w->session));
        struct pollfd p = {.fd = session_fd(w->session), .events = session_poll_events(w->session)};

        if (now >= deadline || session_state(w->session) == SESSION_FAILED)
            return false;
        poll(&p, 1, until > now ? (int) ((until - now + 999) / 1000) : 0);
        session_dispatch(w->session, clock_monotonic_us());
    }
    return true;
}

static bool has_ticks(const watcher_t *w, void *user)
{
    return w->ticks >= *(const uint64_t *) user;
}

bool watcher_wait_ticks(watcher_t *w, uint64_t more, int timeout_ms)
{
    uint64_t wanted = w->ticks + more;

    return watcher_wait(w, has_ticks, &wanted, timeout_ms);
}

void watcher_skip(watcher_t *w)
{
    struct pollfd p = {.fd = session_fd(w->session), .events = POLLIN};

    while (poll(&p, 1, 0) > 0) {
        session_dispatch(w->session, clock_monotonic_us());
        p.fd = session_fd(w->session); // none while it is without a connection
    }
}

bool watcher_await_looks(const char *socket_path, int timeout_ms)
{
    watcher_t w;
    bool looked;

    watcher_start(&w, socket_path);
    looked = watcher_wait_ticks(&w, 3, timeout_ms); // the first tells of the look before
    watcher_stop(&w);
    return looked;
}

const process_snapshot_t *watcher_find(const watcher_t *w, pid_t pid)
{
    const snapshot_t *s = replica_snapshot(session_replica(w->session));

    for (size_t slot = 0; s && slot < s->n_slots; slot++)
        if (s->processes[slot].known != 0 && s->processes[slot].pid == (uint64_t) pid)
            return &s->processes[slot];
    return NULL;
}
