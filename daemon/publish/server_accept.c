// Who is let in. Nobody can be told from others before they were accepted: so this much CPU is
// spent on those at the door and no more, whoever they are, and those wait in the order they came.
// Then each user may have so many connections, and make so many anew.

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "daemon/publish/server_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define TURN_US 500                  // of CPU, for those who come at once
#define REST_US (10 * USEC_PER_MSEC) // before the next turn

#define ROOTS_OWN 8 // connections beyond the limit, so that nobody can lock root out

// Says why, then closes. A peer that does not read loses the reason, not the others their time.
static void refuse(int fd, unsigned code, const char *text)
{
    refused_message_t m = {0};
    buffer_t out = {0};

    MESSAGE_SET(&m, code, code);
    MESSAGE_SET_TEXT(&m, text, text, strlen(text));
    if (message_append(&out, MESSAGE_REFUSED, &m) == 0)
        (void) !send(fd, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    buffer_done(&out);
    close(fd);
}

// Whether there is room for one more of all users; refused otherwise, as in what follows.
static bool has_room(const server_t *s, int fd, const user_t *user)
{
    unsigned beyond = user->uid == 0 ? ROOTS_OWN : 0;
    char text[160];

    if (s->count < s->config.subscribers_max + beyond && fd - (int) beyond < s->fd_limit)
        return true;
    snprintf(text, sizeof(text),
            "%u viewers are attached, as many as this daemon serves: leave one or raise its %s",
            s->count, fd >= s->fd_limit ? "limit of open files" : "--max-subscribers");
    refuse(fd, REFUSED_LIMIT_TOTAL, text);
    return false;
}

static bool has_room_of_user(const server_t *s, int fd, const user_t *user)
{
    char text[160];

    if (user->uid == 0 || user->connections < s->config.subscribers_max_per_user)
        return true;
    snprintf(text, sizeof(text),
            "%u viewers of uid %u are attached, as many as one user may have: leave one",
            s->config.subscribers_max_per_user, (unsigned) user->uid);
    refuse(fd, REFUSED_LIMIT_USER, text);
    return false;
}

// Root, and whose the daemon is, could do worse to it.
static bool is_patient(int fd, user_t *user)
{
    char text[160];

    if (user->uid == 0 || user->uid == geteuid() || user_may_connect(user, clock_monotonic_us()))
        return true;
    snprintf(text, sizeof(text),
            "uid %u connects too often, %d times at once and then %d times a second are allowed: "
            "wait a second",
            (unsigned) user->uid, USER_CONNECTS_AT_ONCE, USER_CONNECTS_PER_S);
    if (!user->told)
        log_warning("refusing connections: %s", text);
    user->told = true;
    refuse(fd, REFUSED_LIMIT_USER, text);
    return false;
}

static void admit(server_t *s, int fd)
{
    user_t *user = NULL;
    peer_t peer;
    client_t *c;

    if (peer_identify(fd, &s->policy, &peer) == 0)
        user = users_get(&s->users, peer.uid);
    if (!user)
        close(fd);
    else if (is_patient(fd, user) && has_room(s, fd, user) && has_room_of_user(s, fd, user))
        server_add_client(s, fd, &peer, &c);
}

static int on_rested(sd_event_source *source, uint64_t usec, void *user)
{
    const server_t *s = user;

    (void) source;
    (void) usec;
    return sd_event_source_set_enabled(s->listener, SD_EVENT_ON);
}

static int on_listener(sd_event_source *source, int fd, uint32_t events, void *user)
{
    uint64_t until_us = clock_thread_cpu_us() + TURN_US;
    server_t *s = user;

    (void) events;
    do {
        int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (client >= 0) {
            admit(s, client);
        } else if (errno == EAGAIN) {
            return 0;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            // Without descriptors those who wait would keep the loop awake: on with the next tick.
            return sd_event_source_set_enabled(source, SD_EVENT_OFF);
        }
    } while (clock_thread_cpu_us() < until_us);
    sd_event_source_set_enabled(source, SD_EVENT_OFF);
    sd_event_source_set_time(s->rested, clock_monotonic_us() + REST_US);
    return sd_event_source_set_enabled(s->rested, SD_EVENT_ONESHOT);
}

int server_listen_fd(server_t *s, int fd)
{
    // systemd hands over what blocks.
    int r = fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;

    if (r == 0)
        r = sd_event_add_time(s->loop, &s->rested, CLOCK_MONOTONIC, 0, 1, on_rested, s);
    if (r >= 0)
        r = sd_event_source_set_enabled(s->rested, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_io(s->loop, &s->listener, fd, EPOLLIN, on_listener, s);
    if (r < 0) {
        close(fd);
        return r;
    }
    sd_event_source_set_io_fd_own(s->listener, true);
    return 0;
}

int server_listen(server_t *s, listener_t *l)
{
    int r = server_listen_fd(s, take_fd(&l->fd));

    if (r == 0) {
        s->listening = *l;
        *l = LISTENER_NONE;
    }
    return r;
}
