// Any bytes from a client, to the daemon's own server with an engine behind it: it answers or it
// refuses, what it says is understood by a client, and then the connection is gone without a trace.

#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/engine/engine.h"
#include "daemon/publish/server.h"
#include "daemon/publish/subscriber.h"
#include "protocol/frame.h"
#include "protocol/replica.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/proctree.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROCESSES 5
#define INPUT_MAX (16u << 10) // what the socket takes without a reader
#define TURNS     4

static proctree_t tree;
static engine_t *engine;
static server_t *server;
static sd_event *loop;

static void want_capture(void *user)
{
    (void) user;
}

static void fill_status(void *user, status_message_t *ret)
{
    (void) user;
    MESSAGE_SET(ret, pid, 1);
}

static void remove_tree(void)
{
    proctree_free(&tree);
}

static void start(void)
{
    const server_config_t config = {.subscribers_max = 4,
            .subscribers_max_per_user = 4,
            .proc_root = "/proc",
            .private_daemon = true,
            .want_capture = want_capture,
            .status = fill_status};
    engine_config_t e = {.memory_max = 16 << 20, .descriptors_max = 64};

    log_open("fuzz", 0);
    tree = proctree_new();
    atexit(remove_tree);
    proctree_system(&tree, 8 << 20, true);
    for (uint64_t pid = 1; pid <= PROCESSES; pid++)
        proctree_process(&tree, &(proctree_process_t){.pid = pid,
                                        .name = "sleeper",
                                        .start_time = 100 + pid,
                                        .anon_pages = 300 * pid,
                                        .shared_pages = 500,
                                        .pss_kb = 1200 * pid});
    e.proc_root = tree.path;
    FUZZ_CHECK(sd_event_new(&loop) >= 0);
    FUZZ_CHECK(engine_new(&engine, &e, NULL, NULL) == 0);
    FUZZ_CHECK(engine_tick(engine) == 0 && engine_tick(engine) == 0);
    FUZZ_CHECK(server_new(&server, loop, &config, engine) == 0);
}

// Reads what came, as a client does. False: the connection is over.
static bool hear(int fd, frame_reader_t *in, replica_t *replica)
{
    frame_t frame;
    message_t m;
    ssize_t n;
    int more;

    do {
        size_t space;
        void *at = frame_reader_space(in, &space);

        FUZZ_CHECK(at);
        n = recv(fd, at, space, MSG_DONTWAIT);
        if (n > 0)
            frame_reader_filled(in, (size_t) n);
        while ((more = frame_reader_next(in, &frame)) > 0) {
            if (frame.type == MESSAGE_TICK)
                FUZZ_CHECK(replica_apply(replica, frame.body, frame.len) == 0);
            else
                FUZZ_CHECK(message_decode(frame.type, frame.body, frame.len, &m) == 0);
        }
        FUZZ_CHECK(more == 0);
    } while (n > 0);
    return n < 0;
}

static void tick(void)
{
    FUZZ_CHECK(engine_tick(engine) == 0);
    server_publish(server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    frame_reader_t in;
    replica_t *replica;
    bool open = true;
    int fds[2];

    if (!server)
        start();
    len = MIN(len, (size_t) INPUT_MAX);
    frame_reader_init(&in, FRAME_MAX);
    FUZZ_CHECK(replica_new(&replica) == 0);
    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    FUZZ_CHECK(server_adopt(server, fds[0], NULL, NULL) == 0);
    FUZZ_CHECK(len == 0 || send(fds[1], data, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t) len);
    for (int turn = 0; turn < TURNS && open; turn++) {
        while (sd_event_run(loop, 0) > 0)
            if (!hear(fds[1], &in, replica))
                break;
        open = hear(fds[1], &in, replica);
        tick();
    }
    close(fds[1]);
    for (int i = 0; i < 100 && server_subscribers(server) > 0; i++) {
        sd_event_run(loop, 0);
        tick();
    }
    FUZZ_CHECK(server_subscribers(server) == 0);
    frame_reader_done(&in);
    replica_free(replica);
    return 0;
}
