#include "client/cli/link.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GIVE_UP_US  (USEC_PER_SEC / 2) // for a private daemon to say why it does not start
#define PATIENCE_US (5 * USEC_PER_SEC) // with a socket behind which nobody is

void cli_link_end(cli_link_t *l, int status)
{
    if (!l->done)
        l->status = status;
    l->done = true;
}

void cli_link_refused(cli_link_t *l, const error_message_t *e)
{
    cli_link_end(l, cli_fail(e->code == ERROR_NOT_PERMITTED ? CLI_NOT_PERMITTED : CLI_FAILURE,
                            "%.*s", (int) MIN(e->text.len, (size_t) 256), e->text.data));
}

bool cli_link_is_private(const cli_link_t *l)
{
    const hello_message_t *hello = session_hello(l->attach.session);

    return hello && hello->has.rights && hello->rights == RIGHTS_SESSION;
}

void cli_link_say_known(const cli_link_t *l, const char *when)
{
    if (cli_link_is_replay(l))
        cli_fail(0, "%s tells nothing of the time before %s", l->attach.replayed, when);
    else if (cli_link_is_private(l))
        cli_fail(0,
                "a private daemon has seen only what happened since it began, at %s: start "
                "memscoped to know of the past",
                when);
    else
        cli_fail(0, "nothing is known of the time before %s", when);
}

// A trace whose time does not count from 1970 says what it says in every zone.
static void take_zone(const system_snapshot_t *s)
{
    if (snapshot_has_calendar(s))
        return;
    setenv("TZ", "UTC0", 1);
    tzset();
}

// ---- The session -------------------------------------------------------------------------------

static void show_reading(cli_link_t *l, const system_snapshot_t *s)
{
    char text[64];
    uint64_t s_in_trace = s->real_ms / 1000;

    snprintf(text, sizeof(text), "reading, at second %" PRIu64, s_in_trace);
    progress_show(&l->progress, 0, 0, text);
}

static void on_tick(void *user, bool keyframe, bool new_instance)
{
    cli_link_t *l = user;
    const snapshot_t *s = replica_snapshot(session_replica(l->attach.session));

    (void) keyframe;
    (void) new_instance;
    if (cli_link_is_replay(l) && !(s->system.system_flags & SYSTEM_ENDED)) {
        show_reading(l, &s->system);
        return;
    }
    progress_hide(&l->progress);
    take_zone(&s->system);
    l->live = true;
    if (l->tick && !l->done)
        l->tick(l, s);
}

static void on_message(void *user, message_type_t type, const message_t *m)
{
    cli_link_t *l = user;

    if (l->message && !l->done)
        l->message(l, type, m);
}

static void on_state(void *user, session_state_t state)
{
    cli_link_t *l = user;

    if (state == SESSION_LIVE)
        l->said_lost = false;
    if (state != SESSION_RECONNECTING || l->said_lost)
        return;
    l->said_lost = true;
    cli_fail(0, "%s; waiting for it to come back", session_error(l->attach.session));
}

static session_handlers_t begin(cli_link_t *l)
{
    l->attach = (attach_t){.errors_fd = -1};
    l->progress = progress_begin();
    return (session_handlers_t){
            .tick = on_tick, .message = on_message, .state = on_state, .user = l};
}

// ---- The loop ----------------------------------------------------------------------------------

// A private daemon that could not start has a better reason to give than its silence.
static void give_up(cli_link_t *l)
{
    uint64_t until = clock_monotonic_us() + GIVE_UP_US;
    char why[ATTACH_ERROR_MAX + 64];

    while (l->attach.daemon > 0 && !attach_reap(&l->attach) && clock_monotonic_us() < until)
        poll(NULL, 0, 5);
    attach_read_errors(&l->attach);
    progress_hide(&l->progress);
    cli_link_end(l, cli_fail(CLI_FAILURE, "%s", attach_ending(&l->attach, why, sizeof(why))));
}

// systemd listens for a daemon that may not be able to start.
static bool is_hopeless(const cli_link_t *l)
{
    const session_t *s = l->attach.session;

    return session_state(s) == SESSION_CONNECTING && session_fd(s) < 0 && session_error(s)[0] &&
           clock_monotonic_us() >= l->patient_until_us;
}

static int timeout_ms(const cli_link_t *l)
{
    uint64_t now = clock_monotonic_us(), deadline = session_deadline_us(l->attach.session), left;

    if (l->wake_us)
        deadline = MIN(deadline, l->wake_us);
    if (deadline == UINT64_MAX)
        return -1;
    left = deadline > now ? deadline - now : 0;
    return (int) MIN((left + USEC_PER_MSEC - 1) / USEC_PER_MSEC, UINT64_C(60000));
}

static void wait_and_take(cli_link_t *l)
{
    session_t *s = l->attach.session;
    struct pollfd fds[] = {
            {.fd = session_fd(s), .events = session_poll_events(s)},
            {.fd = l->attach.errors_fd, .events = POLLIN},
            {.fd = STDOUT_FILENO}, // its reader may go while there is nothing to write
    };
    uint64_t now;

    if (poll(fds, ARRAY_SIZE(fds), timeout_ms(l)) < 0)
        return;
    if (fds[1].revents)
        attach_read_errors(&l->attach);
    if (fds[2].revents & (POLLERR | POLLHUP))
        cli_link_end(l, CLI_OK);
    now = clock_monotonic_us();
    if (!l->done && (fds[0].revents || now >= session_deadline_us(s)))
        session_dispatch(s, now);
    if (!l->done && l->wake_us && now >= l->wake_us) {
        l->wake_us = 0;
        if (l->wake)
            l->wake(l);
    }
}

static void converse(cli_link_t *l)
{
    l->patient_until_us = clock_monotonic_us() + PATIENCE_US;
    while (!l->done) {
        if (session_state(l->attach.session) == SESSION_FAILED)
            give_up(l);
        else if (is_hopeless(l))
            cli_link_end(l, cli_fail(CLI_FAILURE,
                                    "%s; 'journalctl -u memscoped' may say why, --private does "
                                    "without it",
                                    session_error(l->attach.session)));
        else
            wait_and_take(l);
    }
}

// `r` and `error`: of attaching.
static int run(cli_link_t *l, int r, const char *error)
{
    if (r == 0)
        converse(l);
    else
        l->status = cli_fail(
                r == -EACCES || r == -EPERM ? CLI_NOT_PERMITTED : CLI_FAILURE, "%s", error);
    progress_hide(&l->progress);
    attach_done(&l->attach);
    return l->status;
}

int cli_link_run(cli_link_t *l, const cli_common_t *o)
{
    session_handlers_t handlers = begin(l);
    char error[ATTACH_ERROR_MAX];
    int r = o->replay ? attach_replay(&l->attach, o->replay, "max", &handlers, error)
                      : attach(&l->attach, &o->target, &handlers, error);

    return run(l, r, error);
}

int cli_link_run_file(cli_link_t *l, const char *option, int fd)
{
    session_handlers_t handlers = begin(l);
    char error[ATTACH_ERROR_MAX];
    int r = attach_file(&l->attach, option, fd, &handlers, error);

    return run(l, r, error);
}
