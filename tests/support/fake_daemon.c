// A daemon that sees what a test tells it to see: `fake-daemon SOCKET`. Four samples a second of a
// made-up host with the units web, db, other and a hostile one. One command a line on standard
// input, each answered with "ok" when it is done:
//
//     leak PID      tags it, with an event      calm PID     takes the tag away
//     grow PID MB   of private memory           exit PID     it is gone
//     hush, talk    no samples any more, and samples again
//     able MASK     says to who comes that it can do that (FEATURE_*): at first it has events
//     deny CODE     answers INSPECT and WHY_REQUEST with that error; 0: with nothing, as at first
//     away, back    leaves the socket, and comes back as another run of the daemon

#include "common/clock.h"
#include "protocol/cursor.h"
#include "protocol/frame.h"
#include "protocol/message.h"
#include "protocol/snapshot.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TICK_US     250000
#define CLIENTS_MAX 8
#define PROCESSES   4

typedef struct {
    int fd; // -1: none
    bool follows;
} client_t;

static struct {
    const char *path;
    int listener;
    client_t clients[CLIENTS_MAX];
    uint64_t instance, events, features, denial;
    bool hushed;
    process_snapshot_t processes[PROCESSES];
    snapshot_t snapshot;
    intern_t *strings;
    snapshot_encoder_t encoder;
    buffer_t out;
} d = {.listener = -1, .instance = 1, .features = FEATURE_EVENTS};

static void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "fake-daemon: %s: %s\n", what, strerror(errno));
    exit(1);
}

// ---- The host ----------------------------------------------------------------------------------

static void add_process(size_t slot, uint64_t pid, const char *name, const char *unit, uint64_t mb)
{
    process_snapshot_t *p = &d.processes[slot];

    PROCESS_SET(p, pid, pid);
    PROCESS_SET(p, start_time, pid);
    PROCESS_SET(p, ppid, 1);
    PROCESS_SET(p, uid, 0);
    PROCESS_SET(p, state, 'S');
    PROCESS_SET(p, threads, 1);
    PROCESS_SET(p, anon_kb, mb * 1024);
    PROCESS_SET(p, file_kb, 4096);
    PROCESS_SET(p, shmem_kb, 0);
    PROCESS_SET(p, swap_kb, 0);
    PROCESS_SET(p, cpu_permille, 500);
    PROCESS_SET(p, tags, 0);
    PROCESS_SET(p, name, intern_ref(d.strings, name, strlen(name)));
    PROCESS_SET(p, unit, intern_ref(d.strings, unit, strlen(unit)));
}

static void make_host(void)
{
    system_snapshot_t *s = &d.snapshot.system;

    check(intern_new(&d.strings) == 0, "memory");
    d.snapshot.strings = d.strings;
    d.snapshot.processes = d.processes;
    d.snapshot.n_slots = PROCESSES;
    SYSTEM_SET(s, mem_total_kb, 16000000);
    SYSTEM_SET(s, mem_free_kb, 8000000);
    SYSTEM_SET(s, mem_available_kb, 9000000);
    SYSTEM_SET(s, anon_kb, 3000000);
    SYSTEM_SET(s, cached_kb, 2000000);
    SYSTEM_SET(s, psi_some, 250);
    SYSTEM_SET(s, psi_full, 50);
    SYSTEM_SET(s, psi_some_total_us, 12345678);
    SYSTEM_SET(s, psi_full_total_us, 2000);
    SYSTEM_SET(s, oom_kill, 3);
    SYSTEM_SET(s, processes, PROCESSES);
    add_process(0, 100, "web", "web.service", 200);
    add_process(1, 200, "db", "db.service", 300);
    add_process(2, 300, "other", "other", 100);
    add_process(3, 400, "evil", "a\"b\\c\nd\xff}{.service", 50);
}

static process_snapshot_t *find(uint64_t pid)
{
    for (size_t i = 0; i < PROCESSES; i++)
        if (d.processes[i].pid == pid)
            return &d.processes[i];
    check(false, "no such process");
    return NULL;
}

// ---- Clients -----------------------------------------------------------------------------------

static void send_out(client_t *c)
{
    if (c->fd >= 0 && send(c->fd, d.out.data, d.out.len, MSG_NOSIGNAL) != (ssize_t) d.out.len) {
        close(c->fd);
        c->fd = -1;
    }
    buffer_reset(&d.out);
}

static void send_message(client_t *c, message_type_t type, const void *m)
{
    check(message_append(&d.out, type, m) == 0, "message");
    send_out(c);
}

static void send_tick(client_t *c)
{
    size_t mark = frame_begin(&d.out, MESSAGE_TICK);

    check(snapshot_encode(&d.encoder, &d.out, NULL, NULL, &d.snapshot, NULL) == 0, "tick");
    frame_end(&d.out, mark);
    send_out(c);
}

static void tick(void)
{
    system_snapshot_t *s = &d.snapshot.system;

    SYSTEM_SET(s, tick, s->tick + 1);
    SYSTEM_SET(s, mono_ms, clock_boottime_us() / USEC_PER_MSEC);
    SYSTEM_SET(s, real_ms, clock_realtime_us() / USEC_PER_MSEC);
    SYSTEM_SET(s, interval_us, TICK_US);
    SYSTEM_SET(s, capture_us, 1234);
    SYSTEM_SET(s, missed_ticks, 2);
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (d.clients[i].fd >= 0)
            send_tick(&d.clients[i]);
}

static void send_event(uint64_t pid, unsigned kind)
{
    event_message_t m = {0};

    d.events++;
    MESSAGE_SET(&m, number, d.events);
    MESSAGE_SET(&m, time_ms, clock_boottime_us() / USEC_PER_MSEC);
    MESSAGE_SET(&m, kind, kind);
    MESSAGE_SET(&m, tag, TAG_LEAK);
    MESSAGE_SET(&m, pid, pid);
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (d.clients[i].fd >= 0 && d.clients[i].follows)
            send_message(&d.clients[i], MESSAGE_EVENT, &m);
}

static void greet(client_t *c)
{
    hello_message_t m = {0};

    MESSAGE_SET(&m, magic, PROTOCOL_MAGIC);
    MESSAGE_SET(&m, version_min, 1);
    MESSAGE_SET(&m, version_max, 1);
    MESSAGE_SET(&m, features, d.features);
    MESSAGE_SET(&m, instance, d.instance);
    MESSAGE_SET(&m, rights, RIGHTS_ALL);
    MESSAGE_SET_TEXT(&m, build, "fake", 4);
    send_message(c, MESSAGE_HELLO, &m);
    send_tick(c);
}

static void answer_events(client_t *c, const events_request_message_t *request)
{
    event_message_t m = {0};

    c->follows = request->follow != 0;
    if (!request->has.request)
        return;
    MESSAGE_SET(&m, request, request->request);
    MESSAGE_SET(&m, last, 1);
    MESSAGE_SET(&m, number, d.events);
    send_message(c, MESSAGE_EVENT, &m);
}

static void deny(client_t *c, const uint64_t *request)
{
    error_message_t m = {0};

    if (d.denial == 0)
        return;
    if (request)
        MESSAGE_SET(&m, request, *request);
    MESSAGE_SET(&m, code, d.denial);
    MESSAGE_SET_TEXT(&m, text, "not by this daemon", 18);
    send_message(c, MESSAGE_ERROR, &m);
}

static void take_request(client_t *c, const frame_t *frame)
{
    message_t m;

    if (message_decode(frame->type, frame->body, frame->len, &m) < 0)
        return;
    if (frame->type == MESSAGE_EVENTS_REQUEST)
        answer_events(c, &m.events_request);
    else if (frame->type == MESSAGE_WHY_REQUEST)
        deny(c, &m.why_request.request);
    else if (frame->type == MESSAGE_INSPECT)
        deny(c, NULL);
}

static void take_requests(client_t *c)
{
    static unsigned char bytes[65536];
    frame_reader_t in;
    frame_t frame;
    ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);
    size_t len;

    if (n <= 0) {
        close(c->fd);
        c->fd = -1;
        return;
    }
    frame_reader_init(&in, FRAME_MAX_TO_DAEMON);
    for (ssize_t at = 0; at < n;) {
        void *space = frame_reader_space(&in, &len);

        len = len < (size_t) (n - at) ? len : (size_t) (n - at);
        memcpy(space, bytes + at, len);
        frame_reader_filled(&in, len);
        at += (ssize_t) len;
        while (frame_reader_next(&in, &frame) > 0)
            take_request(c, &frame);
    }
    frame_reader_done(&in);
}

static void take_client(void)
{
    int fd = accept4(d.listener, NULL, NULL, SOCK_CLOEXEC);

    for (size_t i = 0; fd >= 0 && i < CLIENTS_MAX; i++) {
        if (d.clients[i].fd >= 0)
            continue;
        d.clients[i] = (client_t){.fd = fd};
        greet(&d.clients[i]);
        return;
    }
    close(fd);
}

static void listen_there(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    check(strlen(d.path) < sizeof(address.sun_path), "the path is too long");
    strcpy(address.sun_path, d.path);
    d.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(d.listener >= 0 && bind(d.listener, (struct sockaddr *) &address, sizeof(address)) == 0 &&
                    listen(d.listener, CLIENTS_MAX) == 0,
            d.path);
}

static void leave(void)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        if (d.clients[i].fd >= 0)
            close(d.clients[i].fd);
        d.clients[i].fd = -1;
    }
    close(d.listener);
    d.listener = -1;
    unlink(d.path);
}

// ---- Commands ----------------------------------------------------------------------------------

static void obey(const char *line)
{
    unsigned long pid = 0, mb = 0;
    char word[16] = "";

    check(sscanf(line, "%15s %lu %lu", word, &pid, &mb) > 0, "no command");
    if (strcmp(word, "leak") == 0) {
        find(pid)->tags = TAG_LEAK;
        send_event(pid, EVENT_SET);
    } else if (strcmp(word, "calm") == 0) {
        find(pid)->tags = 0;
        send_event(pid, EVENT_CLEARED);
    } else if (strcmp(word, "grow") == 0) {
        find(pid)->anon_kb += mb * 1024;
    } else if (strcmp(word, "exit") == 0) {
        *find(pid) = (process_snapshot_t){0};
    } else if (strcmp(word, "able") == 0) {
        d.features = pid;
    } else if (strcmp(word, "deny") == 0) {
        d.denial = pid;
    } else if (strcmp(word, "away") == 0) {
        leave();
    } else if (strcmp(word, "back") == 0) {
        d.instance++;
        d.events = 0;
        listen_there();
    } else {
        d.hushed = strcmp(word, "hush") == 0;
        check(d.hushed || strcmp(word, "talk") == 0, word);
    }
    puts("ok");
    fflush(stdout);
}

static void wait_for_work(int timeout_ms)
{
    struct pollfd fds[CLIENTS_MAX + 2] = {
            {.fd = STDIN_FILENO, .events = POLLIN}, {.fd = d.listener, .events = POLLIN}};
    char line[256];

    for (size_t i = 0; i < CLIENTS_MAX; i++)
        fds[i + 2] = (struct pollfd){.fd = d.clients[i].fd, .events = POLLIN};
    if (poll(fds, CLIENTS_MAX + 2, timeout_ms) <= 0)
        return;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (fds[i + 2].revents)
            take_requests(&d.clients[i]);
    if (fds[1].revents)
        take_client();
    if (!fds[0].revents)
        return;
    if (!fgets(line, sizeof(line), stdin)) {
        leave();
        exit(0);
    }
    obey(line);
}

int main(int argc, char **argv)
{
    uint64_t due = clock_monotonic_us();

    check(argc == 2, "usage: fake-daemon SOCKET");
    setvbuf(stdin, NULL, _IONBF, 0);
    d.path = argv[1];
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        d.clients[i].fd = -1;
    make_host();
    tick();
    listen_there();
    puts("ok");
    fflush(stdout);
    while (true) {
        uint64_t now = clock_monotonic_us();

        if (now >= due && !d.hushed)
            tick();
        if (now >= due)
            due = now + TICK_US;
        wait_for_work((int) ((due - now) / 1000) + 1);
    }
}
