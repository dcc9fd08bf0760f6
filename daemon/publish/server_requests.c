#include "common/cleanup.h"
#include "common/procmap.h"
#include "config.h"
#include "daemon/publish/answers_events.h"
#include "daemon/publish/answers_why.h"
#include "daemon/publish/server_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define INSPECTIONS_AT_ONCE 4    // of a connection between two ticks; more wait for the next
#define WHYS_OF_ONE         2    // questions why of a connection between two ticks
#define WHYS_OF_USER        8    // of all connections of a user
#define VIEWERS_MAX         4096 // bytes in a STATUS: some 400, or the outbox would be too small

bool server_greeted(void *user, subscriber_t *sub, const hello_message_t *hello)
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

// Whom a client asks about: a living process, or one that has ended.
typedef struct {
    uint32_t slot;               // PROCMAP_NONE: it has ended
    const exit_record_t *exited; // then
    uint64_t start_time;
    bool see_private;
} subject_t;

// False: there is none that the client may see. `start_time` 0: whoever has the PID now.
static bool find_subject(const client_t *c, uint64_t pid, uint64_t start_time, subject_t *ret)
{
    const capture_t *capture = c->server->from.capture;
    const audience_t *au = subscriber_audience(c->subscriber);
    subject_t x = {.slot = capture_find(capture, pid, start_time)};

    if (x.slot != PROCMAP_NONE) {
        if (!audience_sees(au, x.slot))
            return false;
        x.start_time = capture_current(capture)->processes[x.slot].start_time;
        x.see_private = audience_sees_private(au, x.slot);
    } else {
        x.exited = capture_find_exit(capture, pid, start_time);
        if (!x.exited || !audience_sees_owner(au, x.exited->owner, &x.see_private))
            return false;
        x.start_time = x.exited->last.start_time;
    }
    *ret = x;
    return true;
}

// Who owns it is known of the last capture, and the process may have changed hands before it was
// read: then what was read is not for those who saw it then.
static bool sees(
        const audience_t *au, uint32_t slot, const reader_result_t *reading, bool *ret_private)
{
    bool by_now = true;

    if (!audience_sees(au, slot))
        return false;
    if (reading && reader_result_is_private(reading) &&
            !audience_sees_owner(au, reading->owner, &by_now))
        return false;
    *ret_private = audience_sees_private(au, slot) && by_now;
    return true;
}

void server_answer_details(client_t *c, uint32_t slot, const reader_result_t *reading)
{
    server_t *s = c->server;
    const audience_t *au = subscriber_audience(c->subscriber);
    const snapshot_t *now = capture_current(s->from.capture);
    const process_snapshot_t *p = &now->processes[slot];
    uint64_t reading_ms = reading ? reading->time_ms : 0;
    shared_details_t *d;
    details_message_t m;
    bool see_private;

    if (!sees(au, slot, reading, &see_private))
        return;
    d = &s->shared[see_private];
    if (!d->valid || d->pid != p->pid || d->start_time != p->start_time ||
            d->tick != now->system.tick || d->reading_ms != reading_ms) {
        details_of(s->from.details, slot, reading, see_private, &m);
        buffer_reset(&d->bytes);
        d->pid = p->pid;
        d->start_time = p->start_time;
        d->tick = now->system.tick;
        d->reading_ms = reading_ms;
        d->valid = message_append(&d->bytes, MESSAGE_DETAILS, &m) == 0;
    }
    if (d->valid)
        subscriber_answer_bytes(c->subscriber, d->bytes.data, d->bytes.len);
}

// False: there is nothing to read.
static bool ask_reader(server_t *s, uint32_t slot)
{
    const process_snapshot_t *p = &capture_current(s->from.capture)->processes[slot];
    bool has_memory = !(p->flags & PROCESS_KERNEL_THREAD) && p->state != 'Z';

    return has_memory && p->blocked_s == 0 &&
           capture_read_details(s->from.capture, slot) != -ENODATA;
}

static bool is_its_turn(client_t *c, uint32_t slot)
{
    const capture_t *capture = c->server->from.capture;
    uint64_t cost_us = capture_details_cost_us(capture, slot);
    uint64_t turns = user_reading_turns(c->owner, &c->wanted, cost_us);

    return (capture_current(capture)->system.tick + c->number) % turns == 0;
}

// Who may not see what smaps says does not make the daemon read it either: that takes the process's
// mmap lock, which the kernel would not let this viewer do.
static void inspect_living(client_t *c, uint64_t pid, const subject_t *x)
{
    server_t *s = c->server;

    if (x->see_private && (!is_its_turn(c, x->slot) || ask_reader(s, x->slot)))
        inspections_add(s->from.inspections,
                &(inspection_t){pid, x->start_time, subscriber_peer(c->subscriber)->uid});
    else
        server_answer_details(c, x->slot, NULL);
}

void server_inspect(client_t *c)
{
    inspected_t *i = subscriber_inspected(c->subscriber);
    details_message_t m;
    subject_t x;
    bool found = find_subject(c, i->pid, i->start_time, &x);

    if (found && !x.exited) {
        i->start_time = x.start_time;
        inspect_living(c, i->pid, &x);
        return;
    }
    if (found) {
        details_of_exit(c->server->from.details, x.exited, x.see_private, &m);
        subscriber_answer(c->subscriber, MESSAGE_DETAILS, &m);
    } else {
        subscriber_error(c->subscriber, 0, ERROR_NO_PROCESS,
                "there is no such process; it may have ended long ago");
    }
    *i = (inspected_t){0}; // nothing more will come of it
}

void server_keep_inspecting(server_t *s)
{
    inspections_t *l = s->from.inspections;

    for (size_t i = 0; i < l->kept_count;) {
        uint32_t slot = capture_find(s->from.capture, l->kept[i].pid, l->kept[i].start_time);

        if (slot != PROCMAP_NONE && ask_reader(s, slot))
            i++;
        else
            inspections_drop(l, i);
    }
}

// Should it end before its viewer is back: these are its last figures then.
void server_keep_details(server_t *s, uint32_t slot, const reader_result_t *reading)
{
    details_message_t m;

    if (inspections_keeps(s->from.inspections, reading->request.pid, reading->request.start_time))
        details_of(s->from.details, slot, reading, true, &m);
}

static void answer_history(client_t *c, const history_request_message_t *q)
{
    server_t *s = c->server;
    subject_t x = {.start_time = q->start_time}; // of PID 0, the system, which everybody sees
    history_message_t m = {0};
    uint32_t series = HISTORY_NONE;

    if (q->pid == 0 || find_subject(c, q->pid, q->start_time, &x))
        series = history_find(s->from.history, q->pid, x.start_time);
    if (series == HISTORY_NONE) {
        subscriber_error(c->subscriber, q->request, ERROR_NO_PROCESS,
                "nothing is known of the past of such a process");
        return;
    }
    MESSAGE_SET(&m, request, q->request);
    MESSAGE_SET(&m, pid, q->pid);
    MESSAGE_SET(&m, start_time, x.start_time);
    if (details_history(s->from.details, s->from.history, series,
                capture_current(s->from.capture)->system.mono_ms, q->span_ms, q->step_ms, &m) == 0)
        subscriber_answer(c->subscriber, MESSAGE_HISTORY, &m);
}

static void answer_events(client_t *c, const events_request_message_t *q)
{
    const events_t *events = c->server->from.events;

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

    if (c->whys++ < WHYS_OF_ONE && c->owner->whys++ < WHYS_OF_USER)
        answers_why(
                c->subscriber, s->from.why, capture_current(s->from.capture)->system.mono_ms, q);
    else
        subscriber_error(c->subscriber, q->request, ERROR_LIMIT,
                "too many questions at once: ask again in a second");
}

// As many as there is room for, whole.
static void put_viewers(const server_t *s, buffer_t *out)
{
    out->max = VIEWERS_MAX;
    for (const client_t *i = s->clients; i; i = i->next) {
        const peer_t *peer = subscriber_peer(i->subscriber);
        size_t before = out->len;

        buffer_put_varint(out, peer->uid);
        buffer_put_varint(out, (uint64_t) peer->pid);
        buffer_put_varint(out, peer->rights);
        buffer_put_varint(out, subscriber_lag(i->subscriber));
        if (out->failed) {
            buffer_truncate(out, before);
            return;
        }
    }
}

static void answer_status(client_t *c, const status_request_message_t *q)
{
    server_t *s = c->server;
    status_message_t m = {0};
    buffer_t viewers = {0};

    s->config.status(s->config.user, &m);
    MESSAGE_SET(&m, request, q->request);
    MESSAGE_SET(&m, subscribers, s->count);
    if (rights_see_all(subscriber_peer(c->subscriber)->rights)) {
        put_viewers(s, &viewers);
        MESSAGE_SET_TEXT(&m, viewers, (const char *) viewers.data, viewers.len);
    }
    subscriber_answer(c->subscriber, MESSAGE_STATUS, &m);
    buffer_done(&viewers);
}

bool server_may_ask(void *user)
{
    const client_t *c = user;

    return c->owner->spent_us < USER_BUDGET_US;
}

void server_request(void *user, subscriber_t *sub, message_type_t type, const message_t *m)
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
            server_inspect(c);
        break;
    default:
        break;
    }
}
