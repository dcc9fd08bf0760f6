// Which cgroup the kernel's OOM killer was in, and whose limit it was.

#include "common/cleanup.h"
#include "daemon/proc/cgroup_oom.h"
#include "tests/support/cmocka.h"
#include "tests/support/proctree.h"

#include <fcntl.h>
#include <string.h>

static int setup(void **state)
{
    static proctree_t t;

    t = proctree_new();
    *state = &t;
    return 0;
}

static int teardown(void **state)
{
    proctree_free(*state);
    return 0;
}

static const cgroup_kills_t *look(cgroup_oom_t *c, const char *limit, size_t n_victims)
{
    const cgroup_kills_t *k = cgroup_oom_look(c);

    assert_string_equal(k->limit, limit);
    assert_int_equal(k->n_victims, n_victims);
    return k;
}

static cgroup_oom_t *open_groups(proctree_t *t)
{
    char path[256];
    cgroup_oom_t *c;

    snprintf(path, sizeof(path), "%s/cg", t->path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(cgroup_oom_new(&c, fd), 0);
    return c;
}

static void test_whose_limit(void **state)
{
    proctree_t *t = *state;
    const cgroup_kills_t *k;
    cgroup_oom_t *c;

    proctree_write(t, "cg/a/memory.events.local", "low 0\nhigh 0\nmax 9\noom 4\noom_kill 4\n");
    proctree_write(t, "cg/a/b/memory.events.local", "oom 0\noom_kill 4\n");
    proctree_write(t, "cg/old/memory.events", "oom 1\n");

    c = open_groups(t);
    look(c, "", 0);
    look(c, "", 0);
    proctree_write(t, "cg/old/memory.events", "oom 2\n");
    look(c, "/old", 0);
    proctree_write(t, "cg/a/memory.events.local", "oom 5\n");
    proctree_write(t, "cg/a/b/memory.events.local", "oom 1\n");
    look(c, "/a/b", 0);
    // The limit of the one above, which another one beside it has nothing to do with.
    proctree_write(t, "cg/a/memory.events.local", "oom 6\noom_kill 4\n");
    proctree_write(t, "cg/a/b/memory.events.local", "oom 1\noom_kill 6\n");
    proctree_write(t, "cg/old/memory.events", "oom 3\n");
    k = look(c, "/a", 1);
    assert_string_equal(k->victims[0].path, "/a/b");
    assert_int_equal(k->victims[0].kills, 6);
    assert_false(cgroup_oom_spared(c, "b", 1));
    assert_true(cgroup_oom_spared(c, "old", 3));
    assert_false(cgroup_oom_spared(c, "removed", 7));
    assert_false(cgroup_oom_spared(c, "", 0));
    // Made anew, and full at once.
    proctree_write(t, "cg/new/memory.events.local", "oom 1\n");
    look(c, "/new", 0);
    look(c, "", 0);
    // Counted further up as well.
    proctree_write(t, "cg/old/memory.events", "oom 4\noom_kill 1\n");
    proctree_write(t, "cg/old/x/memory.events", "oom 1\noom_kill 1\n");
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
static void write_v2(proctree_t *t, const char *group, v2_t local, v2_t all)
{
    const struct {
        const char *file;
        v2_t counts;
    } files[] = {{"memory.events.local", local}, {"memory.events", all}};

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        const v2_t *c = &files[i].counts;
        char path[128];

        snprintf(path, sizeof(path), "cg/%s/%s", group, files[i].file);
        proctree_write(t, path,
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
    proctree_t *t = *state;
    const cgroup_kills_t *k;
    cgroup_oom_t *c;

    write_v2(t, "s.slice", none, none);
    write_v2(t, "s.slice/web.service", none, none);
    write_v2(t, "s.slice/web.service/a", none, none);
    write_v2(t, "s.slice/web.service/b", none, none);
    write_v2(t, "s.slice/db.service", none, none);
    c = open_groups(t);
    look(c, "", 0);
    write_v2(t, "s.slice", none, seen_above);
    write_v2(t, "s.slice/web.service", limit, seen_above);
    write_v2(t, "s.slice/web.service/a", (v2_t){.kill = 1}, (v2_t){.kill = 1});
    write_v2(t, "s.slice/web.service/b", (v2_t){.kill = 2}, (v2_t){.kill = 2});
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
    write_v2(t, "s.slice", (v2_t){.max = 9, .oom = 1}, (v2_t){.max = 50, .oom = 2, .kill = 4});
    write_v2(t, "s.slice/db.service", (v2_t){.kill = 1}, (v2_t){.kill = 1});
    write_v2(t, "s.slice/web.service", (v2_t){.max = 41, .oom = 1, .group_kill = 1},
            (v2_t){.max = 41, .oom = 1, .kill = 3, .group_kill = 1});
    k = look(c, "/s.slice", 1);
    assert_string_equal(k->victims[0].path, "/s.slice/db.service");
    // The host's own memory was at an end: no group counts an "oom" then.
    write_v2(t, "s.slice/db.service", (v2_t){.kill = 2}, (v2_t){.kill = 2});
    look(c, "", 1);
    look(c, "", 0);
    cgroup_oom_free(c);
}

static void write_v1(proctree_t *t, const char *group, int kills, uint64_t limit, uint64_t most)
{
    char path[128];

    snprintf(path, sizeof(path), "cg/%s/memory.oom_control", group);
    proctree_write(t, path, "oom_kill_disable 0\nunder_oom 0\noom_kill %d\n", kills);
    snprintf(path, sizeof(path), "cg/%s/memory.limit_in_bytes", group);
    proctree_write(t, path, "%llu\n", (unsigned long long) limit);
    snprintf(path, sizeof(path), "cg/%s/memory.max_usage_in_bytes", group);
    proctree_write(t, path, "%llu\n", (unsigned long long) most);
}

static void test_cgroup_v1(void **state)
{
    const uint64_t none = UINT64_C(0x7ffffffffffff000), mb = 1 << 20;
    proctree_t *t = *state;
    const cgroup_kills_t *k;
    cgroup_oom_t *c;

    write_v1(t, "s", 0, 500 * mb, 100 * mb);
    write_v1(t, "s/web", 1, none, 90 * mb);
    write_v1(t, "cache", 0, 100 * mb, 100 * mb);
    c = open_groups(t);
    look(c, "", 0);
    look(c, "", 0);
    write_v1(t, "s", 0, 500 * mb, 500 * mb);
    write_v1(t, "s/web", 2, none, 490 * mb);
    k = look(c, "/s", 1);
    assert_string_equal(k->victims[0].path, "/s/web");
    assert_int_equal(k->victims[0].kills, 1);
    write_v1(t, "s/web", 4, 300 * mb, 299 * mb);
    k = look(c, "/s/web", 1);
    assert_int_equal(k->victims[0].kills, 2);
    // The host's own memory was at an end.
    write_v1(t, "s", 0, 500 * mb, 200 * mb);
    write_v1(t, "s/web", 5, none, 100 * mb);
    look(c, "", 1);
    cgroup_oom_free(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_whose_limit),
            TEST(test_a_group_is_killed),
            TEST(test_cgroup_v1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
