#include "tests/support/people.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/support/cmocka.h"
#include "tests/support/watcher.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

// ---- The daemon --------------------------------------------------------------------------------

// Any group but root's will do.
static void choose_group(people_t *p)
{
    const struct group *g;

    setgrent();
    while ((g = getgrent()) && (g->gr_gid == 0 || strlen(g->gr_name) >= sizeof(p->group)))
        ;
    assert_non_null(g);
    snprintf(p->group, sizeof(p->group), "%s", g->gr_name);
    p->group_gid = g->gr_gid;
    endgrent();
}

bool people_init(people_t *p, const char *daemon_path)
{
    struct statvfs fs;

    if (!process_sees_all()) {
        print_message("# skipped: only root with CAP_SYS_PTRACE can be several people\n");
        return false;
    }
    *p = (people_t){.daemon_path = daemon_path, .dir = temporary_new()};
    assert_int_equal(chmod(p->dir.path, 0755), 0);
    if (statvfs(p->dir.path, &fs) == 0 && fs.f_flag & ST_NOSUID) {
        print_message("# skipped: %s is mounted nosuid\n", p->dir.path);
        temporary_remove(&p->dir);
        return false;
    }
    choose_group(p);
    snprintf(p->socket, sizeof(p->socket), "%s", temporary_path(&p->dir, "socket"));
    return true;
}

void people_start_daemon(people_t *p)
{
    p->daemon = process_start((const char *const[]){
            p->daemon_path, "--socket", p->socket, "--group", p->group, NULL});
}

void people_done(people_t *p)
{
    process_stop(&p->daemon);
    temporary_remove(&p->dir);
}

void people_await_looks(const people_t *p)
{
    assert_true(watcher_await_looks(p->socket, PEOPLE_WAIT_MS));
}

// Whose connection it is is decided when it is made, by the effective user.
void people_play(const people_t *p, uid_t uid, bool member)
{
    assert_int_equal(seteuid(ROOT), 0);
    assert_int_equal(setgroups(member, &p->group_gid), 0);
    assert_int_equal(setegid(uid), 0);
    assert_int_equal(seteuid(uid), 0);
}

// ---- Who looks ---------------------------------------------------------------------------------

void onlooker_connect(const people_t *p, onlooker_t *o)
{
    message_t m;

    people_play(p, o->uid, o->member);
    raw_connect(&o->raw, p->socket);
    people_play(p, ROOT, false);
    assert_true(raw_hello(&o->raw));
    assert_true(raw_await(&o->raw, MESSAGE_HELLO, &m, PEOPLE_WAIT_MS));
    assert_int_equal(m.hello.uid, o->uid);
    assert_int_equal(m.hello.rights, o->rights);
    assert_true(raw_await(&o->raw, MESSAGE_TICK, NULL, PEOPLE_WAIT_MS));
}

bool onlooker_may_see(const onlooker_t *o, const worker_t *w)
{
    return o->everything || (o->uid == w->uid && !w->hidden);
}

static bool has_private(const details_message_t *d)
{
    const message_info_t *info = message_info(MESSAGE_DETAILS);

    for (size_t i = 0; i < info->n_fields; i++)
        if (info->fields[i].audience == FIELD_PRIVATE &&
                *(const bool *) ((const char *) d + info->fields[i].has_offset))
            return true;
    return false;
}

// Of this worker: what is still told of another one is left out.
static void await_details(onlooker_t *o, const worker_t *w, message_t *ret)
{
    do
        assert_true(raw_await(&o->raw, MESSAGE_DETAILS, ret, PEOPLE_WAIT_MS));
    while (ret->details.pid != (uint64_t) w->pid);
}

void onlooker_inspect(onlooker_t *o, const worker_t *w)
{
    uint64_t deadline = clock_monotonic_us() + PEOPLE_WAIT_MS * USEC_PER_MSEC;
    inspect_message_t inspect = {0};
    message_t m;

    MESSAGE_SET(&inspect, pid, (uint64_t) w->pid);
    assert_true(raw_say(&o->raw, MESSAGE_INSPECT, &inspect));
    if (!onlooker_may_see(o, w)) {
        for (int i = 0; i < 2; i++) {
            await_details(o, w, &m);
            assert_false(has_private(&m.details));
        }
        return;
    }
    // Its last capture may be from before it wrote.
    do
        await_details(o, w, &m);
    while (!(m.details.has.wchar && m.details.wchar == w->bytes && m.details.has.pss_kb &&
                   m.details.has.exe) &&
            clock_monotonic_us() < deadline);
    assert_true(m.details.has.wchar && m.details.has.pss_kb);
    assert_int_equal(m.details.wchar, w->bytes);
    assert_non_null(memmem(m.details.exe.data, m.details.exe.len, w->dir, strlen(w->dir)));
}

void onlooker_ask_history(onlooker_t *o, const worker_t *w, history_message_t *ret)
{
    history_request_message_t history = {0};
    message_t m;

    MESSAGE_SET(&history, request, 1);
    MESSAGE_SET(&history, pid, (uint64_t) w->pid);
    MESSAGE_SET(&history, span_ms, 110000);
    assert_true(raw_say(&o->raw, MESSAGE_HISTORY_REQUEST, &history));
    assert_true(raw_await(&o->raw, MESSAGE_HISTORY, &m, PEOPLE_WAIT_MS));
    *ret = m.history;
}

void onlooker_ask_why(onlooker_t *o, uint64_t from_ms, why_message_t *ret)
{
    why_request_message_t why = {0};
    message_t m;

    MESSAGE_SET(&why, request, 2);
    MESSAGE_SET(&why, from_ms, from_ms);
    assert_true(raw_say(&o->raw, MESSAGE_WHY_REQUEST, &why));
    assert_true(raw_await(&o->raw, MESSAGE_WHY, &m, PEOPLE_WAIT_MS));
    *ret = m.why;
}

void onlooker_ask_events(onlooker_t *o)
{
    events_request_message_t events = {0};
    message_t m;

    MESSAGE_SET(&events, request, 3);
    assert_true(raw_say(&o->raw, MESSAGE_EVENTS_REQUEST, &events));
    do
        assert_true(raw_await(&o->raw, MESSAGE_EVENT, &m, PEOPLE_WAIT_MS));
    while (!m.event.last);
    assert_false(m.event.more);
}

// ---- What was carried --------------------------------------------------------------------------

bool onlooker_got_number(const onlooker_t *o, uint64_t number)
{
    buffer_t b = {0};
    bool found;

    buffer_put_varint(&b, number);
    found = raw_carries(&o->raw, b.data, b.len);
    buffer_done(&b);
    return found;
}

bool onlooker_got_text(const onlooker_t *o, const char *text)
{
    return raw_carries(&o->raw, text, strlen(text));
}

bool onlooker_got_text_in(const onlooker_t *o, message_type_t type, const char *text)
{
    return raw_carries_in(&o->raw, type, text, strlen(text));
}

void onlooker_replay(onlooker_t *o, void (*look)(const replica_t *r, void *user), void *user)
{
    replica_t *r;
    frame_t f;

    assert_int_equal(replica_new(&r), 0);
    o->raw.parsed = 0;
    while (raw_next(&o->raw, &f)) {
        if (f.type != MESSAGE_TICK)
            continue;
        assert_int_equal(replica_apply(r, f.body, f.len), 0);
        look(r, user);
    }
    replica_free(r);
}

const process_snapshot_t *people_find(const replica_t *r, pid_t pid)
{
    const snapshot_t *s = replica_snapshot(r);

    for (size_t i = 0; i < s->n_slots; i++)
        if (s->processes[i].known && s->processes[i].pid == (uint64_t) pid)
            return &s->processes[i];
    return NULL;
}
