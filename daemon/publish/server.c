#include "common/cleanup.h"
#include "common/clock.h"
#include "common/procmap.h"
#include "daemon/publish/answers_events.h"
#include "daemon/publish/server_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define RESERVED_DESCRIPTORS 32          // that connections leave for reading /proc
#define HELD_MAX             (32u << 20) // of frames that clients stopped in

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
    c->owner->connections--;
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

// ---- Connections -------------------------------------------------------------------------------

static void serve(client_t *c, uint32_t events)
{
    user_t *owner = c->owner; // it stays where the client goes
    uint64_t before = clock_thread_cpu_us();

    settle(c, subscriber_dispatch(c->subscriber, events));
    owner->spent_us += clock_thread_cpu_us() - before;
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *user)
{
    (void) source;
    (void) fd;
    serve(user, events);
    return 0;
}

int server_add_client(server_t *s, int fd, const peer_t *peer, client_t **ret)
{
    client_t *c = calloc(1, sizeof(*c));
    user_t *owner = users_get(&s->users, peer->uid);
    subscriber_handlers_t handlers = {.request = server_request,
            .greeted = server_greeted,
            .may_ask = server_may_ask,
            .user = c};
    int r;

    if (!c || !owner) {
        free(c);
        close(fd);
        return -ENOMEM;
    }
    c->server = s;
    c->owner = owner;
    c->number = s->numbers++;
    owner->connections++; // it stays, also over a capture that is taken for this viewer
    // What others may see of whom has to be known as of now before anybody is shown it.
    if (!rights_see_all(peer->rights) && !capture_watch_owners(s->from.capture, true))
        s->config.want_capture(s->config.user);
    r = subscriber_new(&c->subscriber, fd, peer, s->audiences, &handlers, clock_monotonic_us());
    capture_watch_owners(s->from.capture, audiences_differ(s->audiences));
    if (r == 0)
        r = sd_event_add_io(s->loop, &c->source, fd, EPOLLIN, on_client, c);
    if (r < 0) {
        subscriber_free(c->subscriber);
        owner->connections--;
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

int server_adopt(server_t *s, int fd, void (*last_one)(void *user), void *user)
{
    peer_t peer;
    client_t *c;
    int r = fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : peer_identify(fd, &s->policy, &peer);

    if (r < 0) {
        close(fd);
        return r;
    }
    r = server_add_client(s, fd, &peer, &c);
    if (r < 0)
        return r;
    c->last_one = last_one;
    c->user = user;
    return 0;
}

int server_new(server_t **ret, sd_event *loop, const server_config_t *config, engine_t *engine)
{
    server_t *s = calloc(1, sizeof(*s));
    struct rlimit limit;
    int r;

    if (!s)
        return -ENOMEM;
    s->loop = sd_event_ref(loop);
    s->config = *config;
    s->from = (sources_t){.capture = engine_capture(engine),
            .history = engine_history(engine),
            .events = engine_events(engine),
            .why = engine_why(engine),
            .inspections = engine_inspections(engine)};
    s->listening = LISTENER_NONE;
    audience_policy_init(&s->policy, config->group, config->proc_root);
    s->policy.private_daemon = config->private_daemon;
    s->fd_limit = INT_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < INT_MAX)
        s->fd_limit = (int) limit.rlim_cur - RESERVED_DESCRIPTORS;
    if (getrandom(&s->instance, sizeof(s->instance), 0) != sizeof(s->instance))
        s->instance = clock_realtime_us();
    s->instance |= 1;
    r = details_new(&s->from.details, s->from.capture, engine_tags(engine),
            engine_chronicle(engine), engine_procfs(engine));
    if (r == 0)
        r = audiences_new(&s->audiences, s->from.capture);
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
        subscriber_refuse(c->subscriber, REFUSED_SHUTDOWN, "memscoped is stopping");
        subscriber_dispatch(c->subscriber, 0);
        client_free(c);
    }
    sd_event_source_disable_unref(s->listener);
    sd_event_source_disable_unref(s->rested);
    listener_done(&s->listening);
    audiences_free(s->audiences);
    details_free(s->from.details);
    users_done(&s->users);
    for (size_t i = 0; i < ARRAY_SIZE(s->shared); i++)
        buffer_done(&s->shared[i].bytes);
    sd_event_unref(s->loop);
    free(s);
}

void server_reading(server_t *s, const reader_result_t *result)
{
    uint32_t slot = capture_find(s->from.capture, result->request.pid, result->request.start_time);

    if (slot == PROCMAP_NONE)
        return; // the next tick will tell that it has ended
    server_keep_details(s, slot, result);
    for (client_t *c = s->clients, *next; c; c = next) {
        const inspected_t *i = subscriber_inspected(c->subscriber);

        next = c->next;
        if (i->pid != result->request.pid || i->start_time != result->request.start_time)
            continue;
        server_answer_details(c, slot, result);
        settle(c, subscriber_dispatch(c->subscriber, 0));
    }
}

// Bytes of all frames that clients stopped in. The frame of the client that stopped first is older
// than that of another one: else NULL.
static size_t held_bytes(server_t *s, client_t **ret_first)
{
    unsigned mark = ++s->mark;
    uint64_t least = UINT64_MAX, most = 0;
    size_t bytes = 0;

    *ret_first = NULL;
    for (client_t *c = s->clients; c; c = c->next) {
        size_t n = subscriber_held(c->subscriber, mark);
        uint64_t lag = subscriber_lag(c->subscriber);

        if (n == 0)
            continue;
        bytes += n;
        least = MIN(least, lag);
        if (lag > most)
            *ret_first = c;
        most = MAX(most, lag);
    }
    if (least >= most)
        *ret_first = NULL;
    return bytes;
}

// A frame stays whole as long as somebody is in the midst of it, and each may have stopped in
// another one. Who is cut off there comes back to a keyframe, as it would have got anyway.
static void bound_held(server_t *s)
{
    client_t *first;

    while (held_bytes(s, &first) > HELD_MAX && first)
        client_free(first);
}

void server_publish(server_t *s)
{
    uint64_t now = clock_monotonic_us();

    if (s->listener)
        sd_event_source_set_enabled(s->listener, SD_EVENT_ON);
    capture_watch_owners(s->from.capture, audiences_differ(s->audiences));
    if (audiences_advance(s->audiences) < 0)
        return;
    users_tick(&s->users, now);
    inspections_tick(s->from.inspections, capture_current(s->from.capture)->system.mono_ms);
    for (client_t *c = s->clients, *next; c; c = next) {
        next = c->next;
        c->inspections = c->whys = 0;
        wanted_tick(&c->wanted);
        if (subscriber_inspected(c->subscriber)->pid != 0)
            server_inspect(c);
        if (c->follows)
            answers_follow(c->subscriber, s->from.events, &c->told);
        settle(c, subscriber_publish(c->subscriber, now));
    }
    bound_held(s);
    // What had to wait for this tick comes after everybody has it.
    for (client_t *c = s->clients, *next; c; c = next) {
        next = c->next;
        if (subscriber_has_asked(c->subscriber))
            serve(c, 0);
    }
    server_keep_inspecting(s);
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
