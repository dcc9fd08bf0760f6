// What memscoped sees when the host makes it hard: few files, more processes than it may keep,
// large ones that live less than a second, and one whose memory does not answer.

#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/proctree.h"
#include "tests/support/stuck.h"
#include "tests/support/temporary.h"
#include "tests/support/watcher.h"
#include "tests/support/witness.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 60000
#define PER_MB  256 // processes: 4 kB each

typedef struct {
    temporary_t dir;
    char socket[128];
    process_t daemon;
    watcher_t watcher;
} host_t;

// `files`: the limit of open files, hard and soft; NULL: as it is. The others: NULL likewise.
static void start_on(host_t *h, const char *files, const char *memory, const char *proc)
{
    const char *argv[16];
    size_t n = 0;

    h->dir = temporary_new();
    snprintf(h->socket, sizeof(h->socket), "%s", temporary_path(&h->dir, "socket"));
    if (files) {
        argv[n++] = "/bin/sh";
        argv[n++] = "-c";
        argv[n++] = "ulimit -n \"$0\" && exec \"$@\"";
        argv[n++] = files;
    }
    argv[n++] = MEMSCOPED_PATH;
    argv[n++] = "--socket";
    argv[n++] = h->socket;
    if (memory) {
        argv[n++] = "--memory-max";
        argv[n++] = memory;
    }
    if (proc) {
        argv[n++] = "--proc";
        argv[n++] = proc;
    }
    argv[n] = NULL;
    h->daemon = process_start(argv);
    watcher_start(&h->watcher, h->socket);
    assert_true(watcher_wait_ticks(&h->watcher, 1, WAIT_MS));
}

static void start(host_t *h, const char *files, const char *memory)
{
    start_on(h, files, memory, NULL);
}

static void stop(host_t *h)
{
    watcher_stop(&h->watcher);
    process_stop(&h->daemon);
    temporary_remove(&h->dir);
}

static const snapshot_t *snapshot(const host_t *h)
{
    return replica_snapshot(session_replica(h->watcher.session));
}

static void assert_same(const host_t *a, const host_t *b, pid_t pid)
{
    static const unsigned fields[] = {PROCESS_FIELD_start_time, PROCESS_FIELD_anon_kb,
            PROCESS_FIELD_shmem_kb, PROCESS_FIELD_file_kb, PROCESS_FIELD_hwm_kb, PROCESS_FIELD_ppid,
            PROCESS_FIELD_uid, PROCESS_FIELD_threads, PROCESS_FIELD_state};
    const process_snapshot_t *p = watcher_find(&a->watcher, pid);
    const process_snapshot_t *q = watcher_find(&b->watcher, pid);

    assert_non_null(p);
    assert_non_null(q);
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        assert_true(p->known >> fields[i] & 1);
        assert_int_equal(p->values[fields[i]], q->values[fields[i]]);
    }
}

// What both must know before they can be compared: all that the kernel says by now.
typedef struct {
    const process_t *actors;
    size_t count;
} wanted_t;

static bool all_known(const watcher_t *w, void *user)
{
    const wanted_t *wanted = user;

    for (size_t i = 0; i < wanted->count; i++) {
        const process_snapshot_t *p = watcher_find(w, wanted->actors[i].pid);

        if (!p || !PROCESS_KNOWN(p, cmdline) || p->cpu_permille > 0 ||
                (int64_t) p->anon_kb != proc_kb(wanted->actors[i].pid, "status", "RssAnon"))
            return false;
    }
    return true;
}

static void test_64_files_show_the_same(void **state)
{
    host_t many, few;
    process_t actors[60];
    wanted_t wanted = {actors, ARRAY_SIZE(actors)};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(actors); i++)
        actors[i] = actor_start();
    start(&many, NULL, NULL);
    start(&few, "64", NULL);
    for (size_t i = 0; i < ARRAY_SIZE(actors); i++)
        actor_do(&actors[i], "anon %zu", 2 + i % 3);
    assert_true(watcher_wait(&many.watcher, all_known, &wanted, WAIT_MS));
    assert_true(watcher_wait(&few.watcher, all_known, &wanted, WAIT_MS));
    for (size_t i = 0; i < ARRAY_SIZE(actors); i++)
        assert_same(&many, &few, actors[i].pid);
    assert_true(proc_open_files(few.daemon.pid) <= 64);
    for (size_t i = 0; i < ARRAY_SIZE(actors); i++)
        process_stop(&actors[i]);
    stop(&many);
    stop(&few);
}

static bool is_whole(const watcher_t *w, void *user)
{
    const uint64_t *whole = user;
    const system_snapshot_t *s = &replica_snapshot(session_replica(w->session))->system;

    return (s->system_flags & SYSTEM_TRUNCATED) == (*whole ? 0 : SYSTEM_TRUNCATED);
}

static size_t count_processes(void)
{
    _cleanup_closedir_ DIR *dir = opendir("/proc");
    const struct dirent *entry;
    size_t n = 0;

    while (dir && (entry = readdir(dir)))
        n += strtol(entry->d_name, NULL, 10) > 0;
    return n;
}

// Room for more than there are on this host, and then for fewer.
static void test_memory_max(void **state)
{
    size_t mb = MAX(8, (count_processes() + 1000) / PER_MB), most = mb * PER_MB;
    uint64_t whole = 0;
    process_t actor = actor_start();
    char memory[32], output[4096];
    host_t h;

    (void) state;
    if (actor_do(&actor, "children %zu", most + 100) < 0) {
        process_stop(&actor);
        skip_because("no user may have %zu processes here", most);
    }
    snprintf(memory, sizeof(memory), "%zuM", mb);
    start(&h, NULL, memory);
    assert_true(watcher_wait(&h.watcher, is_whole, &whole, WAIT_MS));
    for (int i = 0; i < 3; i++) {
        assert_true(watcher_wait_ticks(&h.watcher, 1, WAIT_MS));
        assert_int_equal(snapshot(&h)->system.processes, most);
        assert_true(snapshot(&h)->system.system_flags & SYSTEM_TRUNCATED);
    }
    const char *const argv[] = {
            MEMSCOPE_PATH, "snapshot", "--json", "--top", "1", "--socket", h.socket, NULL};
    assert_int_equal(process_run(argv, output, sizeof(output)), 0);
    assert_non_null(strstr(output, "\"truncated\":true"));
    process_stop(&actor); // and its children with it
    whole = 1;
    assert_true(watcher_wait(&h.watcher, is_whole, &whole, WAIT_MS));
    stop(&h);
}

// ---- Short and large ---------------------------------------------------------------------------

#define TRIES      20
#define TRIES_MAX  60
#define LARGE_KB   (512 * 1024)
#define LIFE_US    300000
#define SLOW_US    250000
#define STARVED_US 50000

static uint64_t mem_available_kb(void)
{
    unsigned long long kb = 0;
    char line[128];
    _cleanup_fclose_ FILE *f = fopen("/proc/meminfo", "re");

    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "MemAvailable: %llu", &kb) == 1)
            break;
    return kb;
}

// Takes so much at once, and is gone 300 ms after it began; where the host takes half of that or
// more to hand it out, so long after it has it.
static pid_t take_and_go(size_t size_kb)
{
    pid_t pid = process_fork();

    if (pid == 0) {
        uint64_t begin = clock_monotonic_us(), until;
        char *p;

        p = mmap(NULL, size_kb << 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED)
            _exit(1);
        for (size_t i = 0; i < size_kb << 10; i += 4096)
            p[i] = 1;
        until = begin + LIFE_US;
        if (until < clock_monotonic_us() + LIFE_US / 2)
            until = clock_monotonic_us() + SLOW_US;
        while (clock_monotonic_us() < until)
            usleep(1000);
        _exit(0);
    }
    return pid;
}

typedef struct {
    pid_t pid;
    uint64_t largest_kb;
    bool seen, gone;
} short_life_t;

static bool is_gone(const watcher_t *w, void *user)
{
    const process_snapshot_t *p;
    short_life_t *s = user;

    if (!s->gone && waitpid(s->pid, NULL, WNOHANG) == s->pid)
        s->gone = true;
    p = watcher_find(w, s->pid);
    if (p && PROCESS_KNOWN(p, anon_kb)) {
        s->seen = true;
        s->largest_kb = MAX(s->largest_kb, p->anon_kb);
    }
    return s->gone && !p;
}

// What was not seen counts only where the daemon could look: had a processor, and others did not
// give back as much meanwhile.
static bool could_look(const host_t *h, uint64_t waited_us, uint64_t since_us, size_t size_kb)
{
    return proc_waited_us(h->daemon.pid) - waited_us < STARVED_US &&
           witness_moved_kb(since_us) < size_kb / 4;
}

static void test_short_and_large(void **state)
{
    uint64_t percent_kb =
            (uint64_t) sysconf(_SC_PHYS_PAGES) * (uint64_t) sysconf(_SC_PAGESIZE) / 1024 / 100;
    size_t size_kb = MAX((uint64_t) LARGE_KB, 2 * percent_kb), seen = 0, unseen = 0;
    host_t h;

    (void) state;
    if (mem_available_kb() < 4 * size_kb)
        skip_because("%zu kB are too much for this host now", size_kb);
    witness_start();
    start(&h, NULL, NULL);
    assert_true(watcher_wait_ticks(&h.watcher, 2, WAIT_MS));
    for (int i = 0; i < TRIES_MAX && seen + unseen < TRIES; i++) {
        uint64_t waited_us = proc_waited_us(h.daemon.pid), since_us = clock_monotonic_us();
        short_life_t s = {.pid = take_and_go(size_kb)};

        assert_true(watcher_wait(&h.watcher, is_gone, &s, WAIT_MS));
        if (s.largest_kb >= size_kb * 7 / 8) {
            seen++;
        } else {
            bool counts = could_look(&h, waited_us, since_us, size_kb);

            unseen += counts;
            print_message("# try %d: %" PRIu64 " of %zu kB%s\n", i, s.largest_kb, size_kb,
                    counts ? "" : ", while others kept the host busy");
        }
        usleep((useconds_t) (37000 * (i % 9))); // at any time within the second
    }
    print_message("# %zu of %zu seen with their size\n", seen, seen + unseen);
    stop(&h);
    assert_true(unseen <= 1);
    if (seen + unseen < TRIES)
        skip_because("others keep this host too busy");
}

// ---- One that does not answer ------------------------------------------------------------------

static bool is_blocked(const watcher_t *w, void *user)
{
    const process_snapshot_t *p = watcher_find(w, *(const pid_t *) user);

    return p && p->blocked_s >= 3;
}

static bool has_cmdline(const watcher_t *w, void *user)
{
    const process_snapshot_t *p = watcher_find(w, *(const pid_t *) user);

    return p && PROCESS_KNOWN(p, cmdline);
}

typedef struct {
    uint64_t missed, from; // as of the tick that it last grew in
} in_time_t;

static bool is_answered(const watcher_t *w, void *user)
{
    const process_snapshot_t *p = watcher_find(w, *(const pid_t *) user);

    return p && p->blocked_s == 0;
}

// Three ticks with none left out in between.
static bool is_in_time(const watcher_t *w, void *user)
{
    const system_snapshot_t *s = &replica_snapshot(session_replica(w->session))->system;
    in_time_t *t = user;

    if (s->missed_ticks != t->missed)
        *t = (in_time_t){.missed = s->missed_ticks, .from = w->ticks};
    return w->ticks >= t->from + 3;
}

// It costs itself its command line, and nobody else anything: where the host has time, each tick is
// in time.
static void assert_alone(const host_t *h, pid_t pid)
{
    in_time_t in_time = {.missed = UINT64_MAX};
    watcher_t *w = (watcher_t *) (uintptr_t) &h->watcher;
    const process_snapshot_t *p;
    uint64_t before;

    before = watcher_find(w, pid)->blocked_s;
    assert_true(watcher_wait(w, is_in_time, &in_time, WAIT_MS));
    p = watcher_find(w, pid);
    assert_true(p->blocked_s > before);
    assert_true(PROCESS_KNOWN(p, anon_kb) && p->anon_kb > 0);
    assert_false(PROCESS_KNOWN(p, cmdline));
}

static void test_a_file_that_does_not_answer(void **state)
{
    proctree_process_t x = {.pid = 812,
            .name = "hangs",
            .start_time = 400,
            .run_ns = 5,
            .slices = 1,
            .anon_pages = 900,
            .pss_kb = 3000};
    proctree_t tree = proctree_new();
    pid_t hangs = 812, late = 900;
    char path[128];
    host_t h;

    (void) state;
    proctree_system(&tree, 8 << 20, true);
    proctree_process(&tree, &x);
    snprintf(path, sizeof(path), "%s/812/cmdline", tree.path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    start_on(&h, NULL, NULL, tree.path);
    assert_true(watcher_wait(&h.watcher, is_blocked, &hangs, WAIT_MS));
    x.pid = 900;
    proctree_process(&tree, &x);
    assert_true(watcher_wait(&h.watcher, has_cmdline, &late, WAIT_MS));
    assert_alone(&h, hangs);

    _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    fd = (close(fd), -1);
    assert_true(watcher_wait(&h.watcher, is_answered, &hangs, WAIT_MS));
    stop(&h);
    proctree_free(&tree);
}

// The same for real, on kernels that wait for such memory.
static void test_memory_that_nobody_serves(void **state)
{
    process_t other = {0};
    stuck_t stuck;
    host_t h;

    (void) state;
    if (stuck_start(&stuck) < 0)
        skip_because("no userfaultfd here that serves the kernel's own faults");
    if (!stuck_blocks(&stuck)) {
        stuck_stop(&stuck);
        skip_because("this kernel does not wait for such memory");
    }
    start(&h, NULL, NULL);
    assert_true(watcher_wait(&h.watcher, is_blocked, &stuck.pid, WAIT_MS));
    other = actor_start();
    assert_true(watcher_wait(&h.watcher, has_cmdline, &other.pid, WAIT_MS));
    assert_alone(&h, stuck.pid);
    stuck_release(&stuck);
    assert_true(watcher_wait(&h.watcher, is_answered, &stuck.pid, WAIT_MS));
    process_stop(&other);
    stuck_stop(&stuck);
    stop(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_64_files_show_the_same),
            cmocka_unit_test(test_memory_max),
            cmocka_unit_test(test_short_and_large),
            cmocka_unit_test(test_a_file_that_does_not_answer),
            cmocka_unit_test(test_memory_that_nobody_serves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
