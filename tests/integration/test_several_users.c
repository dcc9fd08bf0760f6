// Several real users at one daemon, and what the socket carries to each: their streams are recorded
// and looked through for figures that are there once in the world. Takes root, to be several users.

#include "common/cleanup.h"
#include "protocol/replica.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/raw.h"
#include "tests/support/temporary.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#define WAIT_MS 60000
#define ANN     61001u // nobody's, as a rule
#define BOB     61002u
#define CAROL   61003u // in the group that may see everything
#define ROOT    0u
#define PIECE   (UINT64_C(1) << 30)

// ---- Who is looked at --------------------------------------------------------------------------

// What this program does when it is started as a worker: writes exactly so many bytes to nowhere,
// may become undumpable, says that it is ready by closing its output, and waits.
static int work(char **argv)
{
    uint64_t left = strtoull(argv[2], NULL, 10);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    void *p = mmap(NULL, PIECE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (left > 0) {
        ssize_t n = write(null, p, MIN(left, PIECE));

        if (n <= 0)
            return 1;
        left -= (uint64_t) n;
    }
    if (strcmp(argv[3], "secretive") == 0)
        prctl(PR_SET_DUMPABLE, 0);
    close(STDOUT_FILENO);
    // At the first signal of a kind it becomes somebody else.
    if (strcmp(argv[3], "becomes") == 0) {
        sigset_t set;
        int signo;

        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        sigprocmask(SIG_BLOCK, &set, NULL);
        sigwait(&set, &signo);
        if (setgroups(0, NULL) < 0 || setresgid(ANN, ANN, ANN) < 0 || setresuid(ANN, ANN, ANN) < 0)
            return 1;
        prctl(PR_SET_DUMPABLE, 1);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, "became");
    }
    if (strcmp(argv[3], "leaves") == 0) {
        sigset_t set;
        int signo;

        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        sigprocmask(SIG_BLOCK, &set, NULL);
        sigwait(&set, &signo);
        execl(argv[4], "worker", "--work", "0", "setuid", NULL);
        return 1;
    }
    for (;;)
        pause();
}

typedef struct {
    uid_t uid;        // who starts it
    const char *kind; // see above; "setuid": the program is set-uid root
    uint64_t bytes;   // that it writes: found in no other stream of bytes
    bool hidden;      // from its own user
    pid_t pid;
    char dir[32]; // where its program lies: also not to be found elsewhere
} worker_t;

typedef struct {
    temporary_t dir;
    char socket[128], group[64];
    gid_t group_gid;
    process_t daemon;
} fixture_t;

static void copy_self(const char *to, mode_t mode)
{
    _cleanup_close_ int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    _cleanup_close_ int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    char bytes[65536];
    ssize_t n;

    assert_true(in >= 0 && out >= 0);
    while ((n = read(in, bytes, sizeof(bytes))) > 0)
        assert_int_equal(write(out, bytes, (size_t) n), n);
    assert_int_equal(fchmod(out, mode), 0);
}

static void start_worker(const fixture_t *f, worker_t *w, size_t index)
{
    bool setuid = strcmp(w->kind, "setuid") == 0;
    char path[192], suid[192], bytes[32], c;
    int ready[2];

    snprintf(w->dir, sizeof(w->dir), "unmistakable-%zu", index);
    snprintf(path, sizeof(path), "%s/%s", f->dir.path, w->dir);
    assert_int_equal(mkdir(path, 0755), 0);
    snprintf(suid, sizeof(suid), "%s/%s/suid", f->dir.path, w->dir);
    snprintf(path + strlen(path), sizeof(path) - strlen(path), "/plain");
    copy_self(path, setuid ? 04755 : 0755);
    copy_self(suid, 04755);
    snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long) w->bytes);
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    fflush(NULL);
    w->pid = fork();
    assert_true(w->pid >= 0);
    if (w->pid == 0) {
        dup2(ready[1], STDOUT_FILENO);
        if (w->uid != ROOT && (setgroups(0, NULL) < 0 || setresgid(w->uid, w->uid, w->uid) < 0 ||
                                      setresuid(w->uid, w->uid, w->uid) < 0))
            _exit(1);
        // Arguments are for everybody to read: only who needs the path gets it.
        execl(path, "worker", "--work", bytes, w->kind,
                strcmp(w->kind, "leaves") == 0 ? suid : NULL, NULL);
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 0);
    close(ready[0]);
    assert_true(proc_is_running(w->pid));
}

static void stop_worker(const fixture_t *f, const worker_t *w)
{
    char path[192];

    kill(w->pid, SIGKILL);
    assert_int_equal(waitpid(w->pid, NULL, 0), w->pid);
    snprintf(path, sizeof(path), "%s/%s/plain", f->dir.path, w->dir);
    unlink(path);
    snprintf(path, sizeof(path), "%s/%s/suid", f->dir.path, w->dir);
    unlink(path);
    snprintf(path, sizeof(path), "%s/%s", f->dir.path, w->dir);
    rmdir(path);
}

// False: skipped, aloud.
static bool start(fixture_t *f)
{
    const struct group *g;
    struct statvfs fs;

    if (geteuid() != 0) {
        print_message("# skipped: only root can be several people\n");
        return false;
    }
    *f = (fixture_t){.dir = temporary_new()};
    assert_int_equal(chmod(f->dir.path, 0755), 0);
    if (statvfs(f->dir.path, &fs) == 0 && fs.f_flag & ST_NOSUID) {
        print_message("# skipped: %s is mounted nosuid\n", f->dir.path);
        temporary_remove(&f->dir);
        return false;
    }
    setgrent();
    while ((g = getgrent()) && (g->gr_gid == 0 || strlen(g->gr_name) >= sizeof(f->group)))
        ;
    assert_non_null(g);
    snprintf(f->group, sizeof(f->group), "%s", g->gr_name);
    f->group_gid = g->gr_gid;
    endgrent();
    snprintf(f->socket, sizeof(f->socket), "%s", temporary_path(&f->dir, "socket"));
    return true;
}

static void start_daemon(fixture_t *f)
{
    f->daemon = process_start((const char *const[]){
            MEMSCOPED_PATH, "--socket", f->socket, "--group", f->group, NULL});
}

static void stop(fixture_t *f)
{
    process_stop(&f->daemon);
    temporary_remove(&f->dir);
}

// ---- Who looks ---------------------------------------------------------------------------------

typedef struct {
    uid_t uid;
    bool member, everything;
    unsigned rights;
    raw_t raw;
} viewer_t;

// Whose connection it is is decided when it is made.
static void connect_as(const fixture_t *f, viewer_t *v)
{
    message_t m;

    assert_int_equal(setgroups(v->member, &f->group_gid), 0);
    assert_int_equal(setegid(v->uid), 0);
    assert_int_equal(seteuid(v->uid), 0);
    raw_connect(&v->raw, f->socket);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(setegid(0), 0);
    assert_true(raw_hello(&v->raw));
    assert_true(raw_await(&v->raw, MESSAGE_HELLO, &m, WAIT_MS));
    assert_int_equal(m.hello.uid, v->uid);
    assert_int_equal(m.hello.rights, v->rights);
    assert_true(raw_await(&v->raw, MESSAGE_TICK, NULL, WAIT_MS));
}

static bool may_see(const viewer_t *v, const worker_t *w)
{
    return v->everything || (v->uid == w->uid && !w->hidden);
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

// Everything that there is to ask about one process.
static void ask_about(viewer_t *v, const worker_t *w)
{
    history_request_message_t history = {0};
    inspect_message_t inspect = {0};
    message_t m;

    MESSAGE_SET(&inspect, pid, (uint64_t) w->pid);
    assert_true(raw_say(&v->raw, MESSAGE_INSPECT, &inspect));
    for (int i = 0; i < (may_see(v, w) ? 20 : 2); i++) {
        assert_true(raw_await(&v->raw, MESSAGE_DETAILS, &m, WAIT_MS));
        if (m.details.pid != (uint64_t) w->pid)
            continue;
        if (!may_see(v, w))
            assert_false(has_private(&m.details));
        else if (m.details.has.wchar && m.details.has.pss_kb && m.details.has.exe)
            break;
    }
    if (may_see(v, w)) {
        assert_true(m.details.has.wchar && m.details.has.pss_kb);
        assert_int_equal(m.details.wchar, w->bytes);
        assert_non_null(memmem(m.details.exe.data, m.details.exe.len, w->dir, strlen(w->dir)));
    }
    MESSAGE_SET(&history, request, 1);
    MESSAGE_SET(&history, pid, (uint64_t) w->pid);
    MESSAGE_SET(&history, span_ms, 60000);
    assert_true(raw_say(&v->raw, MESSAGE_HISTORY_REQUEST, &history));
    assert_true(raw_await(&v->raw, MESSAGE_HISTORY, &m, WAIT_MS));
}

static void ask_about_the_past(viewer_t *v)
{
    events_request_message_t events = {0};
    why_request_message_t why = {0};

    MESSAGE_SET(&events, request, 2);
    MESSAGE_SET(&why, request, 3);
    assert_true(raw_say(&v->raw, MESSAGE_EVENTS_REQUEST, &events));
    assert_true(raw_await(&v->raw, MESSAGE_EVENT, NULL, WAIT_MS));
    assert_true(raw_say(&v->raw, MESSAGE_WHY_REQUEST, &why));
    assert_true(raw_await(&v->raw, MESSAGE_WHY, NULL, WAIT_MS));
}

// ---- What was carried --------------------------------------------------------------------------

static bool carries_number(const viewer_t *v, uint64_t number)
{
    buffer_t b = {0};
    bool found;

    buffer_put_varint(&b, number);
    found = memmem(v->raw.stream.data, v->raw.stream.len, b.data, b.len) != NULL;
    buffer_done(&b);
    return found;
}

static bool carries_text(const viewer_t *v, const char *text)
{
    return memmem(v->raw.stream.data, v->raw.stream.len, text, strlen(text)) != NULL;
}

// Calls `look` with what was held after each tick of the recorded stream.
static void replay(viewer_t *v, void (*look)(const replica_t *r, void *user), void *user)
{
    replica_t *r;
    frame_t f;

    assert_int_equal(replica_new(&r), 0);
    v->raw.parsed = 0;
    while (raw_next(&v->raw, &f)) {
        if (f.type != MESSAGE_TICK)
            continue;
        assert_int_equal(replica_apply(r, f.body, f.len), 0);
        look(r, user);
    }
    replica_free(r);
}

static const process_snapshot_t *find(const replica_t *r, pid_t pid)
{
    const snapshot_t *s = replica_snapshot(r);

    for (size_t i = 0; i < s->n_slots; i++)
        if (s->processes[i].known && s->processes[i].pid == (uint64_t) pid)
            return &s->processes[i];
    return NULL;
}

typedef struct {
    const viewer_t *viewer;
    const worker_t *workers;
    size_t n;
    unsigned seen; // bit per worker: with private fields, at some time
} looked_t;

static void look_at_workers(const replica_t *r, void *user)
{
    looked_t *l = user;

    for (size_t i = 0; i < l->n; i++) {
        const process_snapshot_t *p = find(r, l->workers[i].pid);

        assert_non_null(p);
        if (may_see(l->viewer, &l->workers[i]))
            l->seen |= (p->known & process_private_mask ? 1u : 0u) << i;
        else
            assert_true((p->known & process_private_mask) == 0);
    }
}

static void test_what_the_socket_carries(void **state)
{
    worker_t workers[] = {
            {.uid = ANN, .kind = "plain", .bytes = UINT64_C(0x1234567891b)},
            {.uid = BOB, .kind = "plain", .bytes = UINT64_C(0x1357924682d)},
            {.uid = ANN, .kind = "secretive", .bytes = UINT64_C(0x1726354453f), .hidden = true},
            {.uid = ANN, .kind = "setuid", .bytes = UINT64_C(0x1918273645b), .hidden = true},
            {.uid = ROOT, .kind = "plain", .bytes = UINT64_C(0x1a1b2c3d4e5)},
    };
    viewer_t viewers[] = {{.uid = ANN, .rights = RIGHTS_OWN}, {.uid = BOB, .rights = RIGHTS_OWN},
            {.uid = CAROL, .member = true, .everything = true, .rights = RIGHTS_ALL},
            {.uid = CAROL + 1, .rights = RIGHTS_OWN},
            {.uid = ROOT, .everything = true, .rights = RIGHTS_ALL}};
    fixture_t f;

    (void) state;
    if (!start(&f))
        skip();
    for (size_t i = 0; i < ARRAY_SIZE(workers); i++)
        start_worker(&f, &workers[i], i);
    start_daemon(&f);
    for (size_t v = 0; v < ARRAY_SIZE(viewers); v++)
        connect_as(&f, &viewers[v]);
    for (size_t v = 0; v < ARRAY_SIZE(viewers); v++) {
        for (size_t i = 0; i < ARRAY_SIZE(workers); i++)
            ask_about(&viewers[v], &workers[i]);
        ask_about_the_past(&viewers[v]);
    }
    for (size_t v = 0; v < ARRAY_SIZE(viewers); v++) {
        looked_t l = {.viewer = &viewers[v], .workers = workers, .n = ARRAY_SIZE(workers)};

        raw_receive(&viewers[v].raw, 0);
        replay(&viewers[v], look_at_workers, &l);
        for (size_t i = 0; i < ARRAY_SIZE(workers); i++) {
            bool may = may_see(&viewers[v], &workers[i]);

            // Where it may be, it is found: so the search would have found it.
            assert_int_equal(carries_number(&viewers[v], workers[i].bytes), may);
            assert_int_equal(carries_text(&viewers[v], workers[i].dir), may);
            assert_int_equal(l.seen >> i & 1, may);
        }
        raw_close(&viewers[v].raw);
    }
    for (size_t i = 0; i < ARRAY_SIZE(workers); i++)
        stop_worker(&f, &workers[i]);
    stop(&f);
}

// ---- Who changes hands -------------------------------------------------------------------------

typedef struct {
    pid_t pid;
    const char *name; // that it has once it has changed
    bool visible;     // from then on
    unsigned before, after;
} change_t;

static void look_at_change(const replica_t *r, void *user)
{
    change_t *c = user;
    const process_snapshot_t *p = find(r, c->pid);
    bool changed;
    size_t len;
    const char *name;

    if (!p)
        return;
    name = intern_get(replica_snapshot(r)->strings, (uint32_t) p->name, &len);
    changed = len == strlen(c->name) && memcmp(name, c->name, len) == 0;
    *(changed ? &c->after : &c->before) += 1;
    if (changed != c->visible) // not yet, or no longer
        assert_true((p->known & process_private_mask) == 0);
    else if (changed)
        assert_true(p->known & process_private_mask);
}

static bool has_name(pid_t pid, const char *name)
{
    char path[64], comm[32] = "";

    snprintf(path, sizeof(path), "/proc/%d/comm", (int) pid);
    _cleanup_fclose_ FILE *f = fopen(path, "re");
    return f && fgets(comm, sizeof(comm), f) && strncmp(comm, name, strlen(name)) == 0;
}

static void test_changes_in_the_same_tick(void **state)
{
    worker_t becomes = {.uid = ROOT, .kind = "becomes", .bytes = 1};
    worker_t leaves = {.uid = ANN, .kind = "leaves", .bytes = 1};
    viewer_t ann = {.uid = ANN, .rights = RIGHTS_OWN};
    fixture_t f;

    (void) state;
    if (!start(&f))
        skip();
    start_worker(&f, &becomes, 0);
    start_worker(&f, &leaves, 1);
    start_daemon(&f);
    connect_as(&f, &ann);
    for (int i = 0; i < 3; i++)
        assert_true(raw_await(&ann.raw, MESSAGE_TICK, NULL, WAIT_MS));
    kill(becomes.pid, SIGUSR1);
    kill(leaves.pid, SIGUSR1);
    while (!has_name(becomes.pid, "became") || !has_name(leaves.pid, "suid"))
        assert_true(raw_await(&ann.raw, MESSAGE_TICK, NULL, WAIT_MS));
    for (int i = 0; i < 4; i++)
        assert_true(raw_await(&ann.raw, MESSAGE_TICK, NULL, WAIT_MS));

    change_t c[] = {{.pid = becomes.pid, .name = "became", .visible = true},
            {.pid = leaves.pid, .name = "suid", .visible = false}};
    for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
        replay(&ann, look_at_change, &c[i]);
        assert_true(c[i].before > 0 && c[i].after > 0);
    }
    raw_close(&ann.raw);
    stop_worker(&f, &becomes);
    stop_worker(&f, &leaves);
    stop(&f);
}

// ---- hidepid -----------------------------------------------------------------------------------

static void look_at_all(const replica_t *r, void *user)
{
    const snapshot_t *s = replica_snapshot(r);
    const worker_t *own = user;

    for (size_t i = 0; i < s->n_slots; i++)
        if (s->processes[i].known)
            assert_int_equal(s->processes[i].pid, own->pid);
    assert_non_null(find(r, own->pid));
}

static void follow_with_hidepid(fixture_t *f)
{
    worker_t workers[] = {{.uid = ANN, .kind = "plain", .bytes = UINT64_C(0x1234567891b)},
            {.uid = BOB, .kind = "plain", .bytes = UINT64_C(0x1357924682d)},
            {.uid = ANN, .kind = "setuid", .bytes = UINT64_C(0x1918273645b), .hidden = true}};
    viewer_t ann = {.uid = ANN, .rights = RIGHTS_HIDEPID};
    viewer_t root = {.uid = ROOT, .everything = true, .rights = RIGHTS_ALL};
    history_request_message_t history = {0};
    inspect_message_t inspect = {0};
    message_t m;

    for (size_t i = 0; i < ARRAY_SIZE(workers); i++)
        start_worker(f, &workers[i], i);
    start_daemon(f);
    connect_as(f, &ann);
    connect_as(f, &root);
    ask_about(&ann, &workers[0]);
    for (size_t i = 0; i < ARRAY_SIZE(workers); i++)
        ask_about(&root, &workers[i]);
    for (size_t i = 1; i < ARRAY_SIZE(workers); i++) {
        MESSAGE_SET(&inspect, pid, (uint64_t) workers[i].pid);
        assert_true(raw_say(&ann.raw, MESSAGE_INSPECT, &inspect));
        assert_true(raw_await(&ann.raw, MESSAGE_ERROR, &m, WAIT_MS));
        assert_int_equal(m.error.code, ERROR_NO_PROCESS);
        MESSAGE_SET(&history, request, i);
        MESSAGE_SET(&history, pid, (uint64_t) workers[i].pid);
        MESSAGE_SET(&history, span_ms, 60000);
        assert_true(raw_say(&ann.raw, MESSAGE_HISTORY_REQUEST, &history));
        assert_true(raw_await(&ann.raw, MESSAGE_ERROR, &m, WAIT_MS));
        assert_int_equal(m.error.code, ERROR_NO_PROCESS);
    }
    ask_about_the_past(&ann);
    ask_about_the_past(&root);
    raw_receive(&ann.raw, 0);
    replay(&ann, look_at_all, &workers[0]);
    for (size_t i = 0; i < ARRAY_SIZE(workers); i++) {
        assert_int_equal(carries_number(&ann, workers[i].bytes), i == 0);
        assert_int_equal(carries_text(&ann, workers[i].dir), i == 0);
        assert_true(carries_number(&root, workers[i].bytes));
    }
    raw_close(&ann.raw);
    raw_close(&root.raw);
    for (size_t i = 0; i < ARRAY_SIZE(workers); i++)
        stop_worker(f, &workers[i]);
}

// In a mount namespace, so that /proc is as it was for everybody else. Last of all tests: there is
// no way back.
static void test_hidepid(void **state)
{
    fixture_t f;

    (void) state;
    if (!start(&f))
        skip();
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("proc", "/proc", "proc", 0, "hidepid=2") < 0) {
        print_message("# skipped: /proc cannot be mounted with hidepid here\n");
        temporary_remove(&f.dir);
        skip();
    }
    follow_with_hidepid(&f);
    stop(&f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_what_the_socket_carries),
            cmocka_unit_test(test_changes_in_the_same_tick),
            cmocka_unit_test(test_hidepid),
    };

    if (argc > 3 && strcmp(argv[1], "--work") == 0)
        return work(argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
