// A daemon that says anything: the session goes on or ends with a reason, and never waits for more
// than the daemon may send.

#include "protocol/rows.h"
#include "protocol/session.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define INPUT_MAX (64u << 10) // what a socket takes without a reader

static session_t *session;

static void on_tick(void *user, bool keyframe, bool new_instance)
{
    (void) user;
    (void) keyframe;
    (void) new_instance;
    FUZZ_CHECK(replica_valid(session_replica(session)));
    FUZZ_CHECK(session_state(session) == SESSION_LIVE);
}

static void unpack(const why_message_t *m)
{
    cursor_t c = cursor_of(m->rows.data, m->rows.len);
    ledger_line_t line;
    why_row_t row;

    while (why_row_next(&c, &row))
        FUZZ_CHECK(row.name.len <= m->rows.len && row.unit.len <= m->rows.len);
    c = cursor_of(m->ledger.data, m->ledger.len);
    while (ledger_line_next(&c, &line))
        FUZZ_CHECK(!c.failed);
}

static void on_message(void *user, message_type_t type, const message_t *m)
{
    char text[300];

    (void) user;
    FUZZ_CHECK(type == MESSAGE_DETAILS || type == MESSAGE_HISTORY || type == MESSAGE_ERROR ||
               type == MESSAGE_EVENT || type == MESSAGE_WHY || type == MESSAGE_STATUS ||
               type == MESSAGE_ANALYSIS);
    if (type == MESSAGE_WHY)
        unpack(&m->why);
    message_print(type, m, text, sizeof(text));
    session_inspect(session, 1, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const session_handlers_t handlers = {.tick = on_tick, .message = on_message};
    int fds[2];

    if (len > INPUT_MAX)
        len = INPUT_MAX;
    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    FUZZ_CHECK(session_new_fd(&session, fds[0], &handlers) == 0);
    FUZZ_CHECK(send(fds[1], data, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t) len || len == 0);
    session_dispatch(session, 0);
    if (session_state(session) == SESSION_FAILED)
        FUZZ_CHECK(strlen(session_error(session)) > 0 && session_fd(session) < 0);
    close(fds[1]);
    for (int i = 0; i < 4; i++)
        session_dispatch(session, 0);
    FUZZ_CHECK(session_state(session) == SESSION_FAILED);
    session_free(session);
    return 0;
}
