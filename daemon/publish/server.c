#include "daemon/publish/server.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/procmap.h"
#include "config.h"
#include "daemon/publish/answers_events.h"
#include "daemon/publish/answers_why.h"
#include "daemon/publish/subscriber.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define ACCEPTS_AT_ONCE      64
#define RESERVED_DESCRIPTORS 32 // that connections leave for reading /proc
#define INSPECTIONS_AT_ONCE  4  // of a connection between two ticks; more wait for the next
#define WHYS_OF_ONE          2  // questions why of a connection between two ticks
#define WHYS_AT_ONCE         16 // of all connections

typedef struct client {
    struct client *next, *prev;
    server_t *server;
    subscriber_t *subscriber;
    sd_event_source *source;
    unsigned inspections, whys; // since the last tick
    bool follows;               // wants events as they happen
    uint64_t told;              // number of the last of them
    void (*last_one)(void *user);
    void *user;
} client_t;

struct server {
    sd_event *loop;
    server_config_t config;
    audience_policy_t policy;
    capture_t *capture;
    details_t *details;
    history_t *history;
    const events_t *events;
    why_t *why;
    unsigned whys; // asked since the last tick
    audiences_t *audiences;
    client_t *clients;
    unsigned count;
    sd_event_source *listener;
    int fd_limit;         // connections have descriptors below
    listener_t listening; // what is removed in the end
    uint64_t instance;
};

static uint32_t events_of(const client_t *c)
{
    return subscriber_events(c->subscriber);
}

static void client_free(client_t *c)
{
    server_t *s = c->server;
    void (*last_one)(void *user) = c->last_one;
    void *user = c->user;

    if (c->prev)
        c->prev->next = c->next;
    else
        s->clients = c->next;
    if (c->next)
        c->next->prev = c->prev;
    s->count--;
    sd_event_source_disable_unref(c->source);
    subscriber_free(c->subscriber);
    free(c);
    if (last_one)
        last_one(user);
}

// After anything that may have changed what it waits for, or ended it.
static void settle(client_t *c, int result)
{
    if (result < 0) {
        client_free(c);
        return;
    }
    sd_event_source_set_io_events(c->source, events_of(c));
}

// ---- Requests ----------------------------------------------------------------------------------

static bool greeted(void *user, subscriber_t *sub, const hello_message_t *hello)
{
    client_t *c = user;
    server_t *s = c->server;
    const peer_t *peer = subscriber_peer(sub);
    hello_message_t m = {0};

    if (!hello->has.version_min || !hello->has.version_max ||
            hello->version_min > PROTOCOL_VERSION_MAX ||
            hello->version_max < PROTOCOL_VERSION_MIN) {
        char text[128];

        snprintf(text, sizeof(text),
                "this daemon speaks protocol versions %d to %d: install a client of "
                "version " MEMSCOPE_VERSION,
                PROTOCOL_VERSION_MIN, PROTOCOL_VERSION_MAX);
        subscriber_refuse(sub, REFUSED_VERSION, text);
        return false;
    }
    MESSAGE_SET(&m, magic, PROTOCOL_MAGIC);
    MESSAGE_SET(&m, version_min, MIN(hello->version_max, (uint64_t) PROTOCOL_VERSION_MAX));
    MESSAGE_SET(&m, version_max, m.version_min);
    MESSAGE_SET(&m, features,
            hello->features & (FEATURE_HISTORY | FEATURE_EVENTS | FEATURE_WHY | FEATURE_STATUS));
    MESSAGE_SET_TEXT(
            &m, build, "memscoped " MEMSCOPE_VERSION, strlen("memscoped " MEMSCOPE_VERSION));
    MESSAGE_SET(&m, instance, s->instance);
    MESSAGE_SET(&m, rights, peer->rights);
    MESSAGE_SET(&m, uid, peer->uid);
    return subscriber_answer(sub, MESSAGE_HELLO, &m);
}

static void answer_details(client_t *c, uint32_t slot, const reader_result_t *reading)
{
    server_t *s = c->server;
    const audience_t *au = subscriber_audience(c->subscriber);
    details_message_t m;

    if (!audience_sees(au, slot))
        return;
    details_of(s->details, slot, reading, audience_sees_private(au, slot), &m);
    subscriber_answer(c->subscriber, MESSAGE_DETAILS, &m);
}

// Asks the reader where there is something to read. Who may not see what smaps says does not make
// the daemon read it either: that takes the process's mmap lock, which the kernel would not let
// this viewer do.
static void inspect_slot(client_t *c, uint32_t slot)
{
    server_t *s = c->server;
    const process_snapshot_t *p = &capture_current(s->capture)->processes[slot];
    bool has_memory = !(p->flags & PROCESS_KERNEL_THREAD) && p->state != 'Z';

    if (has_memory && p->blocked_s == 0 &&
            audience_sees_private(subscriber_audience(c->subscriber), slot))
        capture_read_details(s->capture, slot);
    else
        answer_details(c, slot, NULL);
}

static void inspect(client_t *c)
{
    server_t *s = c->server;
    inspected_t *i = subscriber_inspected(c->subscriber);
    const audience_t *au = subscriber_audience(c->subscriber);
    uint32_t slot = capture_find(s->capture, i->pid, i->start_time);
    const exit_record_t *e;
    bool see_private;

    if (slot != PROCMAP_NONE && audience_sees(au, slot)) {
        i->start_time = capture_current(s->capture)->processes[slot].start_time;
        inspect_slot(c, slot);
        return;
    }
    e = slot == PROCMAP_NONE ? capture_find_exit(s->capture, i->pid, i->start_time) : NULL;
    if (e && audience_sees_exit(au, e, &see_private)) {
        details_message_t m;

        details_of_exit(s->details, e, see_private, &m);
        subscriber_answer(c->subscriber, MESSAGE_DETAILS, &m);
    } else {
        subscriber_error(c->subscriber, 0, ERROR_NO_PROCESS,
                "there is no such process; it may have ended long ago");
    }
    *i = (inspected_t){0}; // nothing more will come of it
}

static void answer_history(client_t *c, const history_request_message_t *q)
{
    server_t *s = c->server;
    const audience_t *au = subscriber_audience(c->subscriber);
    history_message_t m = {0};
    uint32_t slot = capture_find(s->capture, q->pid, q->start_time), series;
    uint64_t start_time = q->start_time;
    const exit_record_t *e = NULL;
    bool see_private, visible = q->pid == 0;

    if (q->pid != 0 && slot != PROCMAP_NONE) {
        start_time = capture_current(s->capture)->processes[slot].start_time;
        visible = audience_sees(au, slot);
    } else if (q->pid != 0) {
        e = capture_find_exit(s->capture, q->pid, q->start_time);
        visible = e && audience_sees_exit(au, e, &see_private);
    }
    series = visible ? history_find(s->history, q->pid, start_time) : PROCMAP_NONE;
    if (series == PROCMAP_NONE) {
        subscriber_error(c->subscriber, q->request, ERROR_NO_PROCESS,
                "nothing is known of the past of such a process");
        return;
    }
    MESSAGE_SET(&m, request, q->request);
    MESSAGE_SET(&m, pid, q->pid);
    MESSAGE_SET(&m, start_time, start_time);
    if (details_history(s->details, s->history, series, capture_current(s->capture)->system.mono_ms,
                q->span_ms, q->step_ms, &m) == 0)
        subscriber_answer(c->subscriber, MESSAGE_HISTORY, &m);
}

static void answer_events(client_t *c, const events_request_message_t *q)
{
    const events_t *events = c->server->events;

    if (q->has.follow && q->follow && !c->follows)
        c->told = q->has.request ? events_last(events) : q->after;
    if (q->has.follow)
        c->follows = q->follow != 0;
    if (q->has.request)
        answers_events(c->subscriber, events, q);
}

static void answer_why(client_t *c, const why_request_message_t *q)
{
    server_t *s = c->server;

    if (c->whys++ < WHYS_OF_ONE && s->whys++ < WHYS_AT_ONCE)
        answers_why(c->subscriber, s->why, capture_current(s->capture)->system.mono_ms, q);
    else
        subscriber_error(c->subscriber, q->request, ERROR_LIMIT,
                "too many questions at once: ask again in a second");
}

static void answer_status(client_t *c, const status_request_message_t *q)
{
    server_t *s = c->server;
    unsigned rights = subscriber_peer(c->subscriber)->rights;
    status_message_t m = {0};
    buffer_t viewers = {0};

    s->config.status(s->config.user, &m);
    MESSAGE_SET(&m, request, q->request);
    MESSAGE_SET(&m, subscribers, s->count);
    for (const client_t *i = s->clients; i; i = i->next) {
        const peer_t *peer = subscriber_peer(i->subscriber);

        buffer_put_varint(&viewers, peer->uid);
        buffer_put_varint(&viewers, (uint64_t) peer->pid);
        buffer_put_varint(&viewers, peer->rights);
        buffer_put_varint(&viewers, subscriber_lag(i->subscriber));
    }
    if ((rights == RIGHTS_ALL || rights == RIGHTS_SESSION) && !viewers.failed)
        MESSAGE_SET_TEXT(&m, viewers, (const char *) viewers.data, viewers.len);
    subscriber_answer(c->subscriber, MESSAGE_STATUS, &m);
    buffer_done(&viewers);
}

static void request(void *user, subscriber_t *sub, message_type_t type, const message_t *m)
{
    client_t *c = user;

    switch (type) {
    case MESSAGE_HISTORY_REQUEST:
        answer_history(c, &m->history_request);
        break;
    case MESSAGE_EVENTS_REQUEST:
        answer_events(c, &m->events_request);
        break;
    case MESSAGE_WHY_REQUEST:
        answer_why(c, &m->why_request);
        break;
    case MESSAGE_STATUS_REQUEST:
        answer_status(c, &m->status_request);
        break;
    case MESSAGE_INSPECT:
        *subscriber_inspected(sub) = (inspected_t){m->inspect.pid, m->inspect.start_time};
        if (m->inspect.pid != 0 && c->inspections++ < INSPECTIONS_AT_ONCE)
            inspect(c);
        break;
    default:
        break;
    }
}

void server_reading(server_t *s, const reader_result_t *result)
{
    uint32_t slot = capture_find(s->capture, result->request.pid, result->request.start_time);

    if (slot == PROCMAP_NONE)
        return; // the next tick will tell that it has ended
    for (client_t *c = s->clients, *next; c; c = next) {
        const inspected_t *i = subscriber_inspected(c->subscriber);

        next = c->next;
        if (i->pid != result->request.pid || i->start_time != result->request.start_time)
            continue;
        answer_details(c, slot, result);
        settle(c, subscriber_dispatch(c->subscriber, 0));
    }
}

// ---- Connections -------------------------------------------------------------------------------

static int on_client(sd_event_source *source, int fd, uint32_t events, void *user)
{
    client_t *c = user;

    (void) source;
    (void) fd;
    settle(c, subscriber_dispatch(c->subscriber, events));
    return 0;
}

static int add_client(server_t *s, int fd, const peer_t *peer, client_t **ret)
{
    client_t *c = calloc(1, sizeof(*c));
    subscriber_handlers_t handlers = {.request = request, .greeted = greeted, .user = c};
    int r;

    if (!c) {
        close(fd);
        return -ENOMEM;
    }
    c->server = s;
    // What others may see of whom has to be known as of now before anybody is shown it.
    if (peer->rights != RIGHTS_ALL && peer->rights != RIGHTS_SESSION &&
            !capture_watch_owners(s->capture, true))
        s->config.want_capture(s->config.user);
    r = subscriber_new(&c->subscriber, fd, peer, s->audiences, &handlers, clock_monotonic_us());
    capture_watch_owners(s->capture, audiences_differ(s->audiences));
    if (r < 0) {
        free(c);
        return r;
    }
    r = sd_event_add_io(s->loop, &c->source, fd, EPOLLIN, on_client, c);
    if (r < 0) {
        subscriber_free(c->subscriber);
        free(c);
        return r;
    }
    c->next = s->clients;
    if (c->next)
        c->next->prev = c;
    s->clients = c;
    s->count++;
    *ret = c;
    return 0;
}

static unsigned count_of_user(const server_t *s, uid_t uid)
{
    unsigned n = 0;

    for (const client_t *c = s->clients; c; c = c->next)
        n += subscriber_peer(c->subscriber)->uid == uid;
    return n;
}

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

static void admit(server_t *s, int fd)
{
    char text[160];
    peer_t peer;
    client_t *c;

    if (peer_identify(fd, &s->policy, &peer) < 0) {
        close(fd);
        return;
    }
    if (s->count >= s->config.subscribers_max || fd >= s->fd_limit) {
        snprintf(text, sizeof(text),
                "%u viewers are attached, as many as this daemon serves: leave one or raise its "
                "%s",
                s->count, fd >= s->fd_limit ? "limit of open files" : "--max-subscribers");
        refuse(fd, REFUSED_LIMIT_TOTAL, text);
        return;
    }
    if (peer.uid != 0 && count_of_user(s, peer.uid) >= s->config.subscribers_max_per_user) {
        snprintf(text, sizeof(text),
                "%u viewers of uid %u are attached, as many as one user may "
                "have: leave one",
                s->config.subscribers_max_per_user, (unsigned) peer.uid);
        refuse(fd, REFUSED_LIMIT_USER, text);
        return;
    }
    add_client(s, fd, &peer, &c);
}

static int on_listener(sd_event_source *source, int fd, uint32_t events, void *user)
{
    (void) events;
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (client < 0) {
            // Without descriptors those who wait would keep the loop awake: on with the next tick.
            if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
                sd_event_source_set_enabled(source, SD_EVENT_OFF);
            break;
        }
        admit(user, client);
    }
    return 0;
}

int server_listen_fd(server_t *s, int fd)
{
    // systemd hands over what blocks.
    int r = fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;

    if (r == 0)
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

int server_adopt(server_t *s, int fd, void (*last_one)(void *user), void *user)
{
    peer_t peer;
    client_t *c;
    int r = fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : peer_identify(fd, &s->policy, &peer);

    if (r < 0) {
        close(fd);
        return r;
    }
    r = add_client(s, fd, &peer, &c);
    if (r < 0)
        return r;
    c->last_one = last_one;
    c->user = user;
    return 0;
}

int server_new(server_t **ret, sd_event *loop, const server_config_t *config,
        const server_sources_t *sources)
{
    server_t *s = calloc(1, sizeof(*s));
    struct rlimit limit;
    int r;

    if (!s)
        return -ENOMEM;
    s->loop = sd_event_ref(loop);
    s->config = *config;
    s->capture = sources->capture;
    s->details = sources->details;
    s->history = sources->history;
    s->events = sources->events;
    s->why = sources->why;
    s->listening = LISTENER_NONE;
    audience_policy_init(&s->policy, config->group, config->proc_root);
    s->policy.private_daemon = config->private_daemon;
    s->fd_limit = INT_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < INT_MAX)
        s->fd_limit = (int) limit.rlim_cur - RESERVED_DESCRIPTORS;
    if (getrandom(&s->instance, sizeof(s->instance), 0) != sizeof(s->instance))
        s->instance = clock_realtime_us();
    s->instance |= 1;
    r = audiences_new(&s->audiences, s->capture);
    if (r < 0) {
        server_free(s);
        return r;
    }
    *ret = s;
    return 0;
}

void server_free(server_t *s)
{
    if (!s)
        return;
    while (s->clients) {
        client_t *c = s->clients;

        c->last_one = NULL;
        subscriber_refuse(c->subscriber, REFUSED_SHUTDOWN, "memscoped ends");
        subscriber_dispatch(c->subscriber, 0);
        client_free(c);
    }
    sd_event_source_disable_unref(s->listener);
    listener_done(&s->listening);
    audiences_free(s->audiences);
    sd_event_unref(s->loop);
    free(s);
}

void server_publish(server_t *s)
{
    uint64_t now = clock_monotonic_us();

    if (s->listener)
        sd_event_source_set_enabled(s->listener, SD_EVENT_ON);
    capture_watch_owners(s->capture, audiences_differ(s->audiences));
    if (audiences_advance(s->audiences) < 0)
        return;
    s->whys = 0;
    for (client_t *c = s->clients, *next; c; c = next) {
        next = c->next;
        c->inspections = c->whys = 0;
        if (subscriber_inspected(c->subscriber)->pid != 0)
            inspect(c);
        if (c->follows)
            answers_follow(c->subscriber, s->events, &c->told);
        settle(c, subscriber_publish(c->subscriber, now));
    }
}

void server_set_limits(server_t *s, unsigned max, unsigned max_per_user)
{
    s->config.subscribers_max = max;
    s->config.subscribers_max_per_user = max_per_user;
}

unsigned server_subscribers(const server_t *s)
{
    return s->count;
}
