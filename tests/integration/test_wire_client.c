// A client in another language, written from the manual page, holds what the daemon holds.

#include "common/cleanup.h"
#include "protocol/cursor.h"
#include "protocol/frame.h"
#include "protocol/message.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/proctree.h"
#include "tests/support/temporary.h"
#include "tests/support/world.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_MAX_BYTES (3 * 4 * 4096 + 4096)
#define TICKS          25

typedef struct {
    world_t world;
    snapshot_encoder_t encoder;
    buffer_t out;
    temporary_t dir;
    int listener, peer;
    process_t client;
} fixture_t;

static void start_client(fixture_t *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char fields[1024] = "rss_kb";

    for (unsigned i = 0; i < PROCESS_FIELD_COUNT; i++)
        sprintf(fields + strlen(fields), ",%s", process_fields[i].name);
    f->dir = temporary_new();
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", temporary_path(&f->dir, "socket"));
    f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(f->listener >= 0);
    assert_int_equal(bind(f->listener, (struct sockaddr *) &address, sizeof(address)), 0);
    assert_int_equal(listen(f->listener, 1), 0);
    f->client = process_start((const char *const[]){PYTHON_PATH, WIRE_CLIENT_PATH, address.sun_path,
            "--ticks", "0", "--no-header", "--fields", fields, NULL});
    f->peer = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(f->peer >= 0);
}

static void say(fixture_t *f)
{
    size_t sent = 0;

    while (sent < f->out.len) {
        ssize_t n = send(f->peer, f->out.data + sent, f->out.len - sent, MSG_NOSIGNAL);

        assert_true(n > 0);
        sent += (size_t) n;
    }
    buffer_reset(&f->out);
}

static void hear_hello(fixture_t *f)
{
    unsigned char bytes[FRAME_MAX_TO_DAEMON];
    message_t m;
    size_t len;

    assert_int_equal(recv(f->peer, bytes, 4, MSG_WAITALL), 4);
    len = bytes[0] + 256u * bytes[1];
    assert_in_range(len, 1, sizeof(bytes));
    assert_int_equal(recv(f->peer, bytes, len, MSG_WAITALL), len);
    assert_int_equal(message_decode(bytes[0], bytes + 1, len - 1, &m), 0);
    assert_int_equal(bytes[0], MESSAGE_HELLO);
    assert_int_equal(m.hello.magic, PROTOCOL_MAGIC);
    assert_int_equal(m.hello.version_min, PROTOCOL_VERSION_MIN);
}

static void say_hello(fixture_t *f)
{
    hello_message_t m = {0};

    MESSAGE_SET(&m, magic, PROTOCOL_MAGIC);
    MESSAGE_SET(&m, version_min, 1);
    MESSAGE_SET(&m, version_max, 1);
    assert_int_equal(message_append(&f->out, MESSAGE_HELLO, &m), 0);
    say(f);
}

static void say_tick(fixture_t *f, bool keyframe, bool split)
{
    const world_moment_t *prev = keyframe ? NULL : f->world.prev, *curr = f->world.curr;
    const snapshot_t *before = prev ? &prev->snapshot : NULL;
    const snapshot_filter_t *filter = prev ? &prev->filter : NULL;
    size_t mark = frame_begin(&f->out, MESSAGE_TICK);

    if (split) {
        assert_int_equal(snapshot_encode_public(&f->encoder, &f->out, before, filter,
                                 &curr->snapshot, &curr->filter),
                0);
        assert_int_equal(snapshot_encode_private(&f->encoder, &f->out, before, filter,
                                 &curr->snapshot, &curr->filter),
                0);
    } else {
        assert_int_equal(snapshot_encode(&f->encoder, &f->out, before, filter, &curr->snapshot,
                                 &curr->filter),
                0);
    }
    frame_end(&f->out, mark);
    say(f);
}

// ---- The rows that the client should print -----------------------------------------------------

static void put_text(buffer_t *row, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char) text[i];
        char hex[8];

        snprintf(hex, sizeof(hex), "\\x%02x", c);
        if (c >= 0x20 && c < 0x7f && c != '\\')
            buffer_put_u8(row, c);
        else
            buffer_put(row, hex, 4);
    }
}

static void put_field(buffer_t *row, const world_t *w, const process_snapshot_t *p, uint64_t known,
        unsigned field)
{
    char number[24];
    size_t len;

    buffer_put_u8(row, '\t');
    if (!(known >> field & 1)) {
        buffer_put_u8(row, '-');
    } else if (process_string_mask >> field & 1) {
        const char *text = intern_get(w->strings, (uint32_t) p->values[field], &len);

        put_text(row, text, len);
    } else if (field == PROCESS_FIELD_state) {
        put_text(row, (char[]){(char) p->state}, 1);
    } else {
        snprintf(number, sizeof(number), "%" PRIu64, p->values[field]);
        buffer_put(row, number, strlen(number));
    }
}

static void make_row(buffer_t *row, const world_t *w, const process_snapshot_t *p, uint64_t known)
{
    __extension__ typedef unsigned __int128 wide_t;
    const uint64_t parts = UINT64_C(1) << PROCESS_FIELD_anon_kb | UINT64_C(1)
                                                                          << PROCESS_FIELD_file_kb;
    wide_t rss = (wide_t) p->anon_kb + p->file_kb + p->shmem_kb;
    char text[24] = "-";

    buffer_reset(row);
    // The client computes with numbers of any size, so sums beyond 64 bits are not compared.
    if ((known & parts) == parts)
        snprintf(text, sizeof(text), "%" PRIu64, (uint64_t) rss);
    buffer_put(row, rss > UINT64_MAX && text[0] != '-' ? "?" : text,
            rss > UINT64_MAX && text[0] != '-' ? 1 : strlen(text));
    for (unsigned i = 0; i < PROCESS_FIELD_COUNT; i++)
        put_field(row, w, p, known, i);
    buffer_put_u8(row, '\0');
}

static int by_identity(const void *a, const void *b)
{
    const process_snapshot_t *p = *(const process_snapshot_t *const *) a;
    const process_snapshot_t *q = *(const process_snapshot_t *const *) b;

    if (p->pid != q->pid)
        return p->pid < q->pid ? -1 : 1;
    return p->start_time < q->start_time ? -1 : p->start_time > q->start_time;
}

static void assert_rows(fixture_t *f)
{
    const snapshot_t *s = &f->world.curr->snapshot;
    const process_snapshot_t **sorted = calloc(s->n_slots + 1, sizeof(*sorted));
    char *line = malloc(LINE_MAX_BYTES);
    buffer_t row = {0};
    size_t n = 0;

    assert_true(sorted && line);
    for (size_t i = 0; i < s->n_slots; i++)
        if (world_visible(f->world.curr, i))
            sorted[n++] = &s->processes[i];
    qsort(sorted, n, sizeof(*sorted), by_identity);
    for (size_t i = 0; i < n; i++) {
        const char *expected, *got = line;

        make_row(&row, &f->world, sorted[i],
                world_visible(f->world.curr, (size_t) (sorted[i] - s->processes)));
        expected = (const char *) row.data;
        assert_true(process_read_line(&f->client, line, LINE_MAX_BYTES));
        if (*expected == '?') {
            expected = strchr(expected, '\t');
            got = strchr(line, '\t');
        }
        assert_non_null(got);
        if (strcmp(got, expected) != 0)
            fail_msg("seed %" PRIu64 ":\n%s\nnot\n%s", f->world.options.seed, got, expected);
    }
    assert_false(process_read_line(&f->client, line, LINE_MAX_BYTES));
    buffer_done(&row);
    free(line);
    free(sorted);
}

static void follow(uint64_t seed)
{
    fixture_t f = {0};
    int status;

    world_init(&f.world,
            &(world_options_t){
                    .seed = seed, .slots = 60, .changes = 20, .wild = true, .by_viewer = true});
    start_client(&f);
    hear_hello(&f);
    say_hello(&f);
    buffer_put(&f.out, "\3\0\0\0\xc8xy", 7); // a message from the future
    for (int i = 0; i < TICKS; i++) {
        if (i > 0)
            world_step(&f.world);
        say_tick(&f, i == 0 || world_random(&f.world, 10) == 0, world_random(&f.world, 2));
    }
    close(f.peer);
    assert_rows(&f);
    status = process_end(&f.client);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    close(f.listener);
    temporary_remove(&f.dir);
    snapshot_encoder_done(&f.encoder);
    buffer_done(&f.out);
    world_done(&f.world);
}

static void test_follows_made_up_hosts(void **state)
{
    (void) state;
    for (uint64_t seed = 1; seed <= 6; seed++)
        follow(seed);
}

// The real one as well: this process is in its table, with a name and a size.
static void test_follows_memscoped(void **state)
{
    temporary_t dir = temporary_new();
    static char output[1 << 22]; // of many thousand processes
    char socket_path[128], expected[64];
    process_t daemon;
    const char *row;
    int status;

    (void) state;
    snprintf(socket_path, sizeof(socket_path), "%s", temporary_path(&dir, "socket"));
    daemon = process_start_listening(
            (const char *const[]){MEMSCOPED_PATH, "--socket", socket_path, NULL}, socket_path);
    status = process_run((const char *const[]){PYTHON_PATH, WIRE_CLIENT_PATH, socket_path,
                                 "--ticks", "3", "--fields", "pid,ppid,rss_kb", NULL},
            output, sizeof(output));
    assert_int_equal(status, 0);
    snprintf(expected, sizeof(expected), "\n%d\t%d\t", (int) getpid(), (int) getppid());
    row = strstr(output, expected);
    assert_non_null(row);
    assert_true(strtoull(row + strlen(expected), NULL, 10) > 100);
    process_stop(&daemon);
    temporary_remove(&dir);
}

// ---- Beside memscope
// -----------------------------------------------------------------------------

#define PYTHON_FIELDS                                                                              \
    "pid,ppid,uid,start_time,state,threads,name,unit,rss_kb,anon_kb,file_kb,shmem_kb,swap_kb,hwm_" \
    "kb"
#define CSV_COLUMNS                                                                          \
    "pid,ppid,uid,start_time,state,threads,name,unit,rss_bytes,anon_bytes,file_bytes,shmem_" \
    "bytes,swap_bytes,peak_rss_bytes"
#define CSV_TEXTS 8 // columns before those in bytes

// A line of CSV (time first) as the client in Python writes it.
static void convert(const char *csv, char *ret, size_t cap)
{
    const char *at = strchr(csv, ',');
    size_t len = 0;

    for (int column = 0; at && *at == ','; column++) {
        size_t n = strcspn(++at, ",\n");

        if (column > 0)
            len += (size_t) snprintf(ret + len, cap - len, "\t");
        if (n == 0)
            len += (size_t) snprintf(ret + len, cap - len, "-");
        else if (column < CSV_TEXTS)
            len += (size_t) snprintf(ret + len, cap - len, "%.*s", (int) n, at);
        else
            len += (size_t) snprintf(ret + len, cap - len, "%llu", strtoull(at, NULL, 10) / 1024);
        at += n;
    }
}

static void make_up(const proctree_t *t)
{
    static const char *const names[] = {"postgres", "a b", "kworker/0:1-ev", "x", "(sd-pam)"};

    proctree_system(t, 8 << 20, true);
    for (uint64_t pid = 1; pid <= 300; pid++)
        proctree_process(t, &(proctree_process_t){.pid = pid * 7,
                                    .ppid = pid / 3 * 7,
                                    .name = names[pid % ARRAY_SIZE(names)],
                                    .state = "SRDTZ"[pid % 5],
                                    .start_time = 1000 + pid * pid,
                                    .threads = pid % 5 == 4 ? 1 : 1 + pid % 11,
                                    .anon_pages = pid * 1001 % 77777,
                                    .shared_pages = 100 + pid,
                                    .shmem_kb = pid % 17 * 4,
                                    .swap_kb = pid % 13 * 8,
                                    .hwm_kb = 900000 + pid,
                                    .uid = (uint32_t) (pid % 7 * 1000)});
}

// On a host that stands still every tick is the same, so that both print the same one.
static void test_prints_what_memscope_prints(void **state)
{
    static char csv[1 << 18], table[1 << 18];
    temporary_t dir = temporary_new();
    proctree_t tree = proctree_new();
    char socket_path[128], expected[1024], *line = csv, *row = table;
    size_t rows = 0;
    process_t daemon;
    int status = -1;

    (void) state;
    make_up(&tree);
    snprintf(socket_path, sizeof(socket_path), "%s", temporary_path(&dir, "socket"));
    daemon = process_start((const char *const[]){
            MEMSCOPED_PATH, "--socket", socket_path, "--proc", tree.path, NULL});
    for (int i = 0; i < 1200 && status != 0; i++) {
        usleep(50000);
        status = process_run((const char *const[]){MEMSCOPE_PATH, "snapshot", "--csv", "--socket",
                                     socket_path, "--sort", "pid", "--columns", CSV_COLUMNS, NULL},
                csv, sizeof(csv));
    }
    assert_int_equal(status, 0);
    assert_int_equal(process_run((const char *const[]){PYTHON_PATH, WIRE_CLIENT_PATH, socket_path,
                                         "--ticks", "2", "--fields", PYTHON_FIELDS, NULL},
                             table, sizeof(table)),
            0);
    // The first line of both has names.
    while ((line = strchr(line, '\n')) && *++line) {
        char *end;

        row = strchr(row, '\n');
        assert_non_null(row++);
        end = strchr(row, '\n');
        assert_non_null(end);
        convert(line, expected, sizeof(expected));
        *end = '\0';
        assert_string_equal(row, expected);
        *end = '\n';
        rows++;
    }
    assert_int_equal(rows, 300);
    process_stop(&daemon);
    proctree_free(&tree);
    temporary_remove(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_follows_made_up_hosts),
            cmocka_unit_test(test_follows_memscoped),
            cmocka_unit_test(test_prints_what_memscope_prints),
    };

    // That of whoever built this may be in a place of their own.
    if (access(PYTHON_PATH, X_OK) < 0) {
        printf("1..0 # SKIP this user may not run %s\n", PYTHON_PATH);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
