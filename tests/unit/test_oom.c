// OOM kills: who died, whose limit it was, and who had grown before.

#include "common/cleanup.h"
#include "daemon/proc/cgroup_oom.h"
#include "tests/support/cmocka.h"
#include "tests/support/fake_clock.h"
#include "tests/support/judged.h"

#include <fcntl.h>
#include <string.h>

typedef struct {
    judged_t host;
    uint64_t kills;
} fixture_t;

static int setup(void **state)
{
    static fixture_t f;

    f.kills = 0;
    judged_init(&f.host);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture_t *f = *state;

    judged_done(&f->host);
    return 0;
}

static void tick(fixture_t *f)
{
    proctree_write(&f->host.tree, "vmstat", "pgsteal_kswapd 0\noom_kill %d\n", (int) f->kills);
    judged_tick(&f->host);
}

static void run(fixture_t *f, proctree_process_t *p, uint64_t mb)
{
    p->utime++;
    p->anon_pages = mb * MB_PAGES;
    p->hwm_kb = mb << 10;
    proctree_process(&f->host.tree, p);
}

// The next OOM kill within a few ticks; NULL: there is none.
static const event_t *wait_kill(fixture_t *f)
{
    for (int i = 0; i < 8; i++) {
        const event_t *e;

        while ((e = judged_next(&f->host)))
            if (e->kind == EVENT_OOM_KILL)
                return e;
        tick(f);
    }
    return NULL;
}

static proctree_process_t process(uint64_t pid, const char *name)
{
    return (proctree_process_t){.pid = pid, .name = name, .start_time = pid, .uid = 1000};
}

static void test_who_held_most(void **state)
{
    fixture_t *f = *state;
    proctree_process_t hog = process(70, "hog"), small = process(71, "small"),
                       grower = process(72, "grower");
    const event_before_t *before;
    why_row_t row;

    for (uint64_t i = 0; i < 30; i++) {
        run(f, &hog, 2000);
        run(f, &small, 20);
        run(f, &grower, 100 + 10 * i);
        tick(f);
    }
    f->kills = 7;
    proctree_end(&f->host.tree, 70);
    proctree_end(&f->host.tree, 71); // somebody else ends in the same tick
    const event_t *e = wait_kill(f);
    assert_non_null(e);
    assert_int_equal(e->pid, 70);
    assert_int_equal(e->size_kb, 2000 << 10);
    assert_int_equal(e->count, 1);
    assert_non_null(strstr(e->text, "grower[72] +290.00 MB"));
    assert_null(strstr(e->text, "hog[70] +"));

    before = events_before(engine_events(f->host.engine), e->number);
    assert_non_null(before);
    cursor_t c = cursor_of(before->grown, before->grown_len);
    assert_true(why_row_next(&c, &row));
    assert_int_equal(row.pid, 72);
    assert_int_equal(row.start_kb, 100 << 10);
    assert_int_equal(row.end_kb, 390 << 10);
    assert_true(before->used_len > 3);

    // Of the seven that the kernel counted two could be named.
    e = wait_kill(f);
    assert_int_equal(e->pid, 71);
    e = wait_kill(f);
    assert_int_equal(e->has & EVENT_HAS_PROCESS, 0);
    assert_int_equal(e->count, 5);
    assert_null(wait_kill(f));
}

// It has given back its address space, and is not gone.
static void kill_it(fixture_t *f, proctree_process_t *p, char state)
{
    char path[32];

    p->state = state;
    p->anon_pages = 0;
    proctree_process(&f->host.tree, p);
    snprintf(path, sizeof(path), "%d/stat", (int) p->pid);
    proctree_write(&f->host.tree, path,
            "%d (%s) %c 1 80 80 0 -1 4228 0 0 0 0 9 9 0 0 20 0 1 0 %d 0 0 0 0 0 0 0 0 0 0 0 0 0 "
            "0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 9\n",
            (int) p->pid, p->name, state, (int) p->start_time);
}

// A zombie that signal 9 ended is the one, though another one held more.
static void test_a_zombie_says_so(void **state)
{
    fixture_t *f = *state;
    proctree_process_t victim = process(80, "victim"), big = process(81, "big");

    for (int i = 0; i < 5; i++) {
        run(f, &victim, 300);
        run(f, &big, 900);
        tick(f);
    }
    kill_it(f, &victim, 'Z');
    proctree_end(&f->host.tree, 81);
    f->kills++;

    const event_t *e = wait_kill(f);
    assert_non_null(e);
    assert_int_equal(e->pid, 80);
    assert_int_equal(e->size_kb, 300 << 10);
    assert_null(wait_kill(f));
}

// What is large takes seconds to give back, and others end meanwhile: one that held much, and one
// that somebody else killed.
static void test_a_slow_end(void **state)
{
    fixture_t *f = *state;
    proctree_process_t victim = process(82, "victim"), big = process(83, "big"),
                       small = process(84, "small");
    const event_t *e;

    for (int i = 0; i < 5; i++) {
        run(f, &victim, 17000);
        run(f, &big, 900);
        run(f, &small, 2);
        tick(f);
    }
    kill_it(f, &victim, 'R');
    kill_it(f, &small, 'Z');
    proctree_end(&f->host.tree, 83);
    f->kills++;
    tick(f);
    e = wait_kill(f);
    assert_non_null(e);
    assert_int_equal(e->pid, 82);
    assert_int_equal(e->size_kb, 17000 << 10);
    assert_null(wait_kill(f));

    // The end comes when all has been told.
    proctree_end(&f->host.tree, 82);
    assert_null(wait_kill(f));
    f->kills++;
    e = wait_kill(f);
    assert_non_null(e);
    assert_int_equal(e->has & EVENT_HAS_PROCESS, 0);
}

// Without memory a look may take its time, too, and the count is what it was at its beginning.
static void test_long_between_looks(void **state)
{
    fixture_t *f = *state;
    proctree_process_t victim = process(85, "victim"), killed = process(86, "killed");

    for (int i = 0; i < 5; i++) {
        run(f, &victim, 700);
        run(f, &killed, 1);
        tick(f);
    }
    proctree_end(&f->host.tree, 85);
    tick(f);
    __atomic_add_fetch(&fake_clock_ahead_us, 20000000, __ATOMIC_RELAXED);
    kill_it(f, &killed, 'Z');
    f->kills++;

    const event_t *e = wait_kill(f);
    assert_non_null(e);
    assert_int_equal(e->pid, 85);
    assert_int_equal(e->size_kb, 700 << 10);
    assert_null(wait_kill(f));
}

static void test_what_was_counted_before_is_old(void **state)
{
    fixture_t *f = *state;
    proctree_process_t p = process(90, "early");

    f->kills = 3; // when it began
    run(f, &p, 500);
    tick(f);
    proctree_end(&f->host.tree, 90);
    assert_null(wait_kill(f));
}

// The daemon may well be among those that the kernel kills.
static void test_while_nobody_looked(void **state)
{
    fixture_t *f = *state;
    proctree_process_t hog = process(70, "hog"), other = process(71, "other");

    for (uint64_t i = 0; i < 30; i++) {
        run(f, &hog, 100 + 50 * i);
        run(f, &other, 900);
        tick(f);
    }
    proctree_end(&f->host.tree, 70);
    f->kills = 2;
    judged_restart(&f->host);
    tick(f);
    proctree_end(&f->host.tree, 71); // of its own accord

    const event_t *e = wait_kill(f);
    assert_non_null(e);
    assert_int_equal(e->has & EVENT_HAS_PROCESS, 0);
    assert_int_equal(e->count, 2);
    assert_non_null(strstr(e->text, "hog[70] +1450.00 MB"));
    assert_null(wait_kill(f));
    // Told once.
    judged_restart(&f->host);
    assert_null(wait_kill(f));
}

static const cgroup_kills_t *look(cgroup_oom_t *c, const char *limit, size_t n_victims)
{
    const cgroup_kills_t *k = cgroup_oom_look(c);

    assert_string_equal(k->limit, limit);
    assert_int_equal(k->n_victims, n_victims);
    return k;
}

static cgroup_oom_t *open_groups(fixture_t *f)
{
    char path[256];
    cgroup_oom_t *c;

    snprintf(path, sizeof(path), "%s/cg", f->host.tree.path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(cgroup_oom_new(&c, fd), 0);
    return c;
}

static void test_whose_limit(void **state)
{
    fixture_t *f = *state;
    const cgroup_kills_t *k;
    cgroup_oom_t *c;

    proctree_write(
            &f->host.tree, "cg/a/memory.events.local", "low 0\nhigh 0\nmax 9\noom 4\noom_kill 4\n");
    proctree_write(&f->host.tree, "cg/a/b/memory.events.local", "oom 0\noom_kill 4\n");
    proctree_write(&f->host.tree, "cg/old/memory.events", "oom 1\n");

    c = open_groups(f);
    look(c, "", 0);
    look(c, "", 0);
    proctree_write(&f->host.tree, "cg/old/memory.events", "oom 2\n");
    look(c, "/old", 0);
    proctree_write(&f->host.tree, "cg/a/memory.events.local", "oom 5\n");
    proctree_write(&f->host.tree, "cg/a/b/memory.events.local", "oom 1\n");
    look(c, "/a/b", 0);
    // The limit of the one above, which another one beside it has nothing to do with.
    proctree_write(&f->host.tree, "cg/a/memory.events.local", "oom 6\noom_kill 4\n");
    proctree_write(&f->host.tree, "cg/a/b/memory.events.local", "oom 1\noom_kill 6\n");
    proctree_write(&f->host.tree, "cg/old/memory.events", "oom 3\n");
    k = look(c, "/a", 1);
    assert_string_equal(k->victims[0].path, "/a/b");
    assert_int_equal(k->victims[0].kills, 6);
    assert_false(cgroup_oom_spared(c, "b", 1));
    assert_true(cgroup_oom_spared(c, "old", 3));
    assert_false(cgroup_oom_spared(c, "removed", 7));
    assert_false(cgroup_oom_spared(c, "", 0));
    // Made anew, and full at once.
    proctree_write(&f->host.tree, "cg/new/memory.events.local", "oom 1\n");
    look(c, "/new", 0);
    look(c, "", 0);
    // Counted further up as well.
    proctree_write(&f->host.tree, "cg/old/memory.events", "oom 4\noom_kill 1\n");
    proctree_write(&f->host.tree, "cg/old/x/memory.events", "oom 1\noom_kill 1\n");
    k = look(c, "/old/x", 1);
    assert_string_equal(k->victims[0].path, "/old/x");
    cgroup_oom_free(c);

    assert_int_equal(cgroup_oom_new(&c, -1), 0);
    look(c, "", 0);
    cgroup_oom_free(c);
}

typedef struct {
    unsigned max, oom, kill, group_kill;
} v2_t;

// As Linux 6.x writes them: `local` is what happened to the group itself, the other counts what
// happened further down as well.
static void write_v2(fixture_t *f, const char *group, v2_t local, v2_t all)
{
    const struct {
        const char *file;
        v2_t counts;
    } files[] = {{"memory.events.local", local}, {"memory.events", all}};

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        const v2_t *c = &files[i].counts;
        char path[128];

        snprintf(path, sizeof(path), "cg/%s/%s", group, files[i].file);
        proctree_write(&f->host.tree, path,
                "low 0\nhigh 0\nmax %u\noom %u\noom_kill %u\noom_group_kill %u\n"
                "sock_throttled 0\n",
                c->max, c->oom, c->kill, c->group_kill);
    }
}

// A service with memory.oom.group=1 loses all of its processes, those in groups below it, too.
static void test_a_group_is_killed(void **state)
{
    const v2_t none = {0}, limit = {.max = 40, .oom = 1, .group_kill = 1},
               seen_above = {.max = 40, .oom = 1, .kill = 3, .group_kill = 1};
    fixture_t *f = *state;
    const cgroup_kills_t *k;
    cgroup_oom_t *c;

    write_v2(f, "s.slice", none, none);
    write_v2(f, "s.slice/web.service", none, none);
    write_v2(f, "s.slice/web.service/a", none, none);
    write_v2(f, "s.slice/web.service/b", none, none);
    write_v2(f, "s.slice/db.service", none, none);
    c = open_groups(f);
    look(c, "", 0);
    write_v2(f, "s.slice", none, seen_above);
    write_v2(f, "s.slice/web.service", limit, seen_above);
    write_v2(f, "s.slice/web.service/a", (v2_t){.kill = 1}, (v2_t){.kill = 1});
    write_v2(f, "s.slice/web.service/b", (v2_t){.kill = 2}, (v2_t){.kill = 2});
    k = look(c, "/s.slice/web.service", 2);
    assert_int_equal(k->whole, 1);
    for (size_t i = 0; i < k->n_victims; i++) {
        bool is_a = strcmp(k->victims[i].path, "/s.slice/web.service/a") == 0;

        assert_true(is_a || strcmp(k->victims[i].path, "/s.slice/web.service/b") == 0);
        assert_int_equal(k->victims[i].kills, is_a ? 1 : 2);
    }
    assert_true(cgroup_oom_spared(c, "db.service", 10));
    assert_false(cgroup_oom_spared(c, "web.service", 11));

    // At a limit of the slice above, in the service itself; a group that has only come near its own
    // ("max") has nothing to do with it.
    write_v2(f, "s.slice", (v2_t){.max = 9, .oom = 1}, (v2_t){.max = 50, .oom = 2, .kill = 4});
    write_v2(f, "s.slice/db.service", (v2_t){.kill = 1}, (v2_t){.kill = 1});
    write_v2(f, "s.slice/web.service", (v2_t){.max = 41, .oom = 1, .group_kill = 1},
            (v2_t){.max = 41, .oom = 1, .kill = 3, .group_kill = 1});
    k = look(c, "/s.slice", 1);
    assert_string_equal(k->victims[0].path, "/s.slice/db.service");
    // The host's own memory was at an end: no group counts an "oom" then.
    write_v2(f, "s.slice/db.service", (v2_t){.kill = 2}, (v2_t){.kill = 2});
    look(c, "", 1);
    look(c, "", 0);
    cgroup_oom_free(c);
}

// The kernel (6.1) counts the one that it chose again when it ends all of the group: three that
// ended are four.
static void test_who_is_counted_twice(void **state)
{
    fixture_t *f = *state;
    proctree_process_t p[] = {process(70, "web"), process(71, "worker"), process(72, "worker")};
    uint64_t seen = 0;
    const event_t *e;

    proctree_write(&f->host.tree, "cgroup/web.service/memory.events.local",
            "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n");
    judged_restart(&f->host); // with the groups
    for (int i = 0; i < 5; i++) {
        for (size_t k = 0; k < ARRAY_SIZE(p); k++) {
            p[k].cgroup = "/web.service";
            run(f, &p[k], 100 + 50 * k);
        }
        tick(f);
    }
    for (size_t k = 0; k < ARRAY_SIZE(p); k++)
        proctree_end(&f->host.tree, p[k].pid);
    f->kills = 4;
    proctree_write(&f->host.tree, "cgroup/web.service/memory.events.local",
            "low 0\nhigh 0\nmax 21\noom 1\noom_kill 4\noom_group_kill 1\n");
    for (size_t k = 0; k < ARRAY_SIZE(p); k++) {
        e = wait_kill(f);
        assert_non_null(e);
        assert_true(e->pid >= 70 && e->pid <= 72);
        assert_string_equal(e->cgroup, "/web.service");
        seen |= UINT64_C(1) << (e->pid - 70);
    }
    assert_int_equal(seen, 7);
    assert_null(wait_kill(f));
}

static void write_v1(fixture_t *f, const char *group, int kills, uint64_t limit, uint64_t most)
{
    char path[128];

    snprintf(path, sizeof(path), "cg/%s/memory.oom_control", group);
    proctree_write(&f->host.tree, path, "oom_kill_disable 0\nunder_oom 0\noom_kill %d\n", kills);
    snprintf(path, sizeof(path), "cg/%s/memory.limit_in_bytes", group);
    proctree_write(&f->host.tree, path, "%llu\n", (unsigned long long) limit);
    snprintf(path, sizeof(path), "cg/%s/memory.max_usage_in_bytes", group);
    proctree_write(&f->host.tree, path, "%llu\n", (unsigned long long) most);
}

static void test_cgroup_v1(void **state)
{
    const uint64_t none = UINT64_C(0x7ffffffffffff000), mb = 1 << 20;
    fixture_t *f = *state;
    const cgroup_kills_t *k;
    cgroup_oom_t *c;

    write_v1(f, "s", 0, 500 * mb, 100 * mb);
    write_v1(f, "s/web", 1, none, 90 * mb);
    write_v1(f, "cache", 0, 100 * mb, 100 * mb);
    c = open_groups(f);
    look(c, "", 0);
    look(c, "", 0);
    write_v1(f, "s", 0, 500 * mb, 500 * mb);
    write_v1(f, "s/web", 2, none, 490 * mb);
    k = look(c, "/s", 1);
    assert_string_equal(k->victims[0].path, "/s/web");
    assert_int_equal(k->victims[0].kills, 1);
    write_v1(f, "s/web", 4, 300 * mb, 299 * mb);
    k = look(c, "/s/web", 1);
    assert_int_equal(k->victims[0].kills, 2);
    // The host's own memory was at an end.
    write_v1(f, "s", 0, 500 * mb, 200 * mb);
    write_v1(f, "s/web", 5, none, 100 * mb);
    look(c, "", 1);
    cgroup_oom_free(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_who_held_most),
            TEST(test_a_zombie_says_so),
            TEST(test_a_slow_end),
            TEST(test_long_between_looks),
            TEST(test_what_was_counted_before_is_old),
            TEST(test_while_nobody_looked),
            TEST(test_whose_limit),
            TEST(test_a_group_is_killed),
            TEST(test_who_is_counted_twice),
            TEST(test_cgroup_v1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
