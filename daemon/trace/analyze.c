#include "daemon/trace/analyze.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "config.h"
#include "daemon/trace/judge.h"
#include "protocol/cursor.h"
#include "protocol/frame.h"
#include "protocol/snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEND_BYTES    (64u << 10)
#define ROWS_PER_LOOK 4096 // between two looks at the clock
#define PROGRESS_US   (100 * USEC_PER_MSEC)

typedef struct {
    int client_fd, trace_fd;
    trace_t *trace;
    judge_t *judge;
    buffer_t out;
    uint64_t told_us;
    int error; // of sending
} analysis_t;

// ---- The client --------------------------------------------------------------------------------

static int send_out(analysis_t *a)
{
    size_t sent = 0;

    while (sent < a->out.len && a->error == 0) {
        ssize_t n = send(a->client_fd, a->out.data + sent, a->out.len - sent, MSG_NOSIGNAL);

        if (n >= 0)
            sent += (size_t) n;
        else if (errno != EINTR)
            a->error = -errno;
    }
    if (a->out.failed && a->error == 0)
        a->error = a->out.error;
    buffer_reset(&a->out);
    return a->error;
}

// The client's HELLO is the first that it sends; all that comes later is of no interest.
static int receive_hello(analysis_t *a)
{
    frame_reader_t in;
    frame_t frame;
    message_t m;
    int r = 0;

    frame_reader_init(&in, FRAME_MAX_TO_DAEMON);
    while (r == 0) {
        size_t room;
        void *space = frame_reader_space(&in, &room);
        ssize_t n = space ? recv(a->client_fd, space, room, 0) : -1;

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            r = -ECONNRESET;
            break;
        }
        frame_reader_filled(&in, (size_t) n);
        r = frame_reader_next(&in, &frame);
    }
    if (r > 0)
        r = frame.type == MESSAGE_HELLO &&
                            message_decode(MESSAGE_HELLO, frame.body, frame.len, &m) == 0 &&
                            m.hello.magic == PROTOCOL_MAGIC
                    ? 0
                    : -EBADMSG;
    frame_reader_done(&in);
    return r;
}

// A session is live once it has a picture: here it is one of nobody.
static int greet(analysis_t *a)
{
    static const char build[] = "memscoped " MEMSCOPE_VERSION;
    snapshot_t nobody = {0};
    snapshot_encoder_t encoder = {0};
    hello_message_t m = {0};
    intern_t *strings;
    size_t mark;
    int r;

    MESSAGE_SET(&m, magic, PROTOCOL_MAGIC);
    MESSAGE_SET(&m, version_min, PROTOCOL_VERSION_MAX);
    MESSAGE_SET(&m, version_max, PROTOCOL_VERSION_MAX);
    MESSAGE_SET(&m, features, 0);
    MESSAGE_SET_TEXT(&m, build, build, sizeof(build) - 1);
    MESSAGE_SET(&m, instance, 1);
    MESSAGE_SET(&m, rights, RIGHTS_SESSION);
    MESSAGE_SET(&m, uid, geteuid());
    r = message_append(&a->out, MESSAGE_HELLO, &m);
    if (r == 0)
        r = intern_new(&strings);
    if (r < 0)
        return r;
    nobody.strings = strings;
    SYSTEM_SET(&nobody.system, tick, 1);
    mark = frame_begin(&a->out, MESSAGE_TICK);
    r = snapshot_encode(&encoder, &a->out, NULL, NULL, &nobody, NULL);
    frame_end(&a->out, mark);
    snapshot_encoder_done(&encoder);
    intern_free(strings);
    return r < 0 ? r : send_out(a);
}

// `why`: what is wrong with the row read last; `error`: with anything else.
static void tell(analysis_t *a, bool finished, const char *why, const char *error)
{
    static const judge_counts_t none = {0};
    const judge_counts_t *counts = a->judge ? judge_counts(a->judge) : &none;
    analysis_message_t m = {0};

    MESSAGE_SET(&m, rows, counts->rows);
    MESSAGE_SET(&m, samples, counts->samples);
    MESSAGE_SET(&m, processes, counts->processes);
    MESSAGE_SET(&m, bytes, trace_bytes(a->trace));
    if (finished)
        MESSAGE_SET(&m, finished, 1);
    if (error)
        MESSAGE_SET_TEXT(&m, error, error, strlen(error));
    if (why) {
        MESSAGE_SET_TEXT(&m, error, why, strlen(why));
        MESSAGE_SET(&m, line, trace_line(a->trace));
        MESSAGE_SET(&m, column, trace_column(a->trace));
    }
    message_append(&a->out, MESSAGE_ANALYSIS, &m);
    send_out(a);
}

static void on_found(void *user, const event_message_t *m)
{
    analysis_t *a = user;

    if (message_append(&a->out, MESSAGE_EVENT, m) < 0 && a->error == 0)
        a->error = -ENOMEM;
    if (a->out.len >= SEND_BYTES)
        send_out(a);
}

// ---- The trace ---------------------------------------------------------------------------------

// Before reading may block: what was found goes out, and a client that is gone ends the wait.
static int wait_for_more(analysis_t *a)
{
    struct pollfd fds[] = {
            {.fd = a->trace_fd, .events = POLLIN}, {.fd = a->client_fd, .events = POLLRDHUP}};

    if (poll(fds, 1, 0) == 0 && send_out(a) < 0)
        return a->error;
    while (poll(fds, ARRAY_SIZE(fds), -1) < 0)
        if (errno != EINTR)
            return -errno;
    return fds[1].revents ? -ECONNRESET : 0;
}

static void tell_progress(analysis_t *a)
{
    uint64_t now = clock_monotonic_us();

    if (now - a->told_us < PROGRESS_US)
        return;
    a->told_us = now;
    tell(a, false, NULL, NULL);
}

static int judge_rows(analysis_t *a, const char **ret_why)
{
    trace_row_t row;
    int r;

    for (uint64_t n = 0;; n++) {
        if (n % ROWS_PER_LOOK == 0)
            tell_progress(a);
        r = trace_is_drained(a->trace) ? wait_for_more(a) : 0;
        if (r == 0)
            r = trace_read_row(a->trace, &row);
        if (r == -EBADMSG)
            *ret_why = trace_error(a->trace);
        if (r > 0)
            r = judge_row(a->judge, &row, ret_why);
        else if (r == 0)
            return 0;
        if (r == -E2BIG)
            *ret_why = "more processes at one time than this program takes";
        if (r < 0 || a->error < 0)
            return r < 0 ? r : a->error;
    }
}

static int judge_trace(analysis_t *a, const char **ret_why)
{
    uint64_t mem_total_kb;
    int r = trace_read_head(a->trace, &mem_total_kb);

    if (r == -EBADMSG)
        *ret_why = trace_error(a->trace);
    if (r == 0)
        r = judge_new(&a->judge, mem_total_kb, on_found, a);
    if (r == 0)
        r = judge_rows(a, ret_why);
    if (r == 0)
        judge_end(a->judge);
    return r;
}

static int serve(analysis_t *a)
{
    const char *why = NULL;
    char rest[256];
    int r = receive_hello(a);

    if (r == 0)
        r = greet(a);
    if (r == 0)
        r = trace_new(&a->trace, a->trace_fd);
    if (r < 0)
        return r;
    r = judge_trace(a, &why);
    if (a->error < 0 || r == -ECONNRESET)
        return 0; // the client has seen enough
    tell(a, true, why, r < 0 ? strerror(-r) : NULL);
    while (recv(a->client_fd, rest, sizeof(rest), 0) > 0)
        continue;
    return 0;
}

int analyze_run(int client_fd, int trace_fd)
{
    _cleanup_close_ int client = client_fd, file = trace_fd;
    analysis_t a = {.client_fd = client, .trace_fd = file};
    int r = serve(&a);

    if (r < 0)
        log_error("cannot judge the trace: %s", strerror(-r));
    trace_free(a.trace);
    judge_free(a.judge);
    buffer_done(&a.out);
    return r < 0 ? 1 : 0;
}
