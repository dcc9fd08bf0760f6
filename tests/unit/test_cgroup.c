// Which cgroup a process is in, with cgroup v2, v1 and both; which unit that is; which limit holds.

#include "common/cleanup.h"
#include "daemon/proc/cgroup.h"
#include "daemon/proc/cgroup_oom.h"
#include "tests/support/cmocka.h"
#include "tests/support/proctree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static void assert_text(const char *text, size_t len, const char *expected)
{
    char copy[512];

    assert_true(len < sizeof(copy));
    memcpy(copy, text, len);
    copy[len] = '\0';
    assert_string_equal(copy, expected);
}

static void test_hierarchies(void **state)
{
    static const struct {
        const char *text, *path;
    } hosts[] = {
            {"0::/system.slice/cron.service\n", "/system.slice/cron.service"},
            {"0::/system.slice/cron.service", "/system.slice/cron.service"},
            {"0::/\n", "/"},
            {"0::/../../init.scope\n", "/../../init.scope"},
            {"0::/a.slice/b.service (deleted)\n", "/a.slice/b.service"},
            // v1: systemd's own hierarchy knows units
            {"12:memory:/docker/0123\n11:cpu,cpuacct:/x\n1:name=systemd:/system.slice/b.service\n",
                    "/system.slice/b.service"},
            // v1 without systemd, and hybrid where one of them says nothing
            {"3:cpu:/c\n2:memory:/docker/0123\n", "/docker/0123"},
            {"2:memory:/docker/0123\n1:name=systemd:/\n0::/\n", "/docker/0123"},
            {"1:name=systemd:/u.slice\n0::/\n", "/u.slice"},
            {"1:name=systemd:/u.slice\n0::/v.slice\n", "/v.slice"},
            // a path may have colons
            {"0::/a:b::c.service\n", "/a:b::c.service"},
    };
    static const char *const wrong[] = {"", "\n", "0:\n", "0:/x\n", "3:cpu:/c\n", "garbage"};
    cgroup_t cg;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        size_t len = strlen(hosts[i].text);
        _cleanup_free_ char *copy = malloc(len);

        assert_non_null(copy);
        memcpy(copy, hosts[i].text, len);
        assert_int_equal(cgroup_parse(copy, len, &cg), 0);
        assert_text(cg.path, cg.path_len, hosts[i].path);
    }
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_int_equal(cgroup_parse(wrong[i], strlen(wrong[i]), &cg), -EBADMSG);
}

static void test_units(void **state)
{
    static const struct {
        const char *path, *unit;
    } units[] = {
            {"/system.slice/cron.service", "cron.service"},
            {"/system.slice/postgres.service/child/deeper", "postgres.service"},
            {"/user.slice/user-1000.slice/user@1000.service/app.slice/app-chrome-77.scope",
                    "app-chrome-77.scope"},
            {"/user.slice/user-1000.slice", "user-1000.slice"},
            {"/kubepods.slice/kubepods-pod1.slice/cri-containerd-0123.scope",
                    "cri-containerd-0123.scope"},
            {"/docker/0123456789abcdef", "0123456789abcdef"},
            {"/lxc/web//", "web"},
            {"//a.slice///b", "a.slice"},
            {"/system.slice/odd\x1b[31m\n.service", "odd\x1b[31m\n.service"},
            {"/.service", ".service"}, // not a unit's name, but the last part
            {"/", ""},
            {"", ""},
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        const char *unit;
        size_t len;

        cgroup_unit_of(units[i].path, strlen(units[i].path), &unit, &len);
        assert_text(unit, len, units[i].unit);
    }
}

static int limit_of(int fd, const char *path, uint64_t *ret_limit, uint64_t *ret_used)
{
    return cgroup_memory_limit(fd, path, strlen(path), ret_limit, ret_used);
}

static void test_lowest_limit(void **state)
{
    proctree_t t = proctree_new();
    uint64_t limit, used;

    (void) state;
    proctree_write(&t, "a.slice/memory.max", "%d\n", 64 << 20);
    proctree_write(&t, "a.slice/memory.current", "%d\n", 5 << 20);
    proctree_write(&t, "a.slice/b.service/memory.max", "max\n");
    proctree_write(&t, "a.slice/b.service/memory.current", "%d\n", 1 << 20);
    proctree_write(&t, "a.slice/c.service/memory.max", "%d\n", 8 << 20);
    proctree_write(&t, "a.slice/c.service/memory.current", "%d\n", 2 << 20);
    proctree_write(&t, "free/memory.max", "max\n");
    proctree_write(&t, "free/memory.current", "1\n");

    _cleanup_close_ int fd = open(t.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(limit_of(fd, "/a.slice/b.service", &limit, &used), 0);
    assert_int_equal(limit, 64 << 10);
    assert_int_equal(used, 5 << 10);
    assert_int_equal(limit_of(fd, "/a.slice/c.service", &limit, &used), 0);
    assert_int_equal(limit, 8 << 10);
    assert_int_equal(used, 2 << 10);
    assert_int_equal(limit_of(fd, "/a.slice/c.service/deeper", &limit, &used), 0);
    assert_int_equal(limit, 8 << 10);
    assert_int_equal(limit_of(fd, "/free", &limit, &used), -ENODATA);
    assert_int_equal(limit_of(fd, "/", &limit, &used), -ENODATA);
    assert_int_equal(limit_of(fd, "", &limit, &used), -ENODATA);
    assert_int_equal(limit_of(fd, "/nowhere", &limit, &used), -ENODATA);
    // A path that leads out of the tree is not followed.
    assert_int_equal(limit_of(fd, "/free/../a.slice", &limit, &used), -ENODATA);
    assert_int_equal(limit_of(-1, "/a.slice", &limit, &used), -ENODATA);
    proctree_free(&t);
}

static void move(const proctree_t *t, const char *from, const char *to)
{
    char a[256], b[256];

    snprintf(a, sizeof(a), "%s/%s", t->path, from);
    snprintf(b, sizeof(b), "%s/%s", t->path, to);
    assert_int_equal(rename(a, b), 0);
}

// A service that is begun anew has another group of the same name, whose counts begin with 0.
static void test_a_group_made_anew(void **state)
{
    proctree_t t = proctree_new();
    _cleanup_close_ int fd = open(t.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const cgroup_kills_t *k;
    cgroup_oom_t *c;

    (void) state;
    proctree_write(&t, "db.service/memory.oom_control", "oom_kill 0\n");
    assert_int_equal(cgroup_oom_new(&c, fd), 0);
    assert_int_equal(cgroup_oom_look(c)->n_victims, 0);
    proctree_write(&t, "db.service/memory.oom_control", "oom_kill 1\n");
    assert_int_equal(cgroup_oom_look(c)->n_victims, 1);
    // Killed once more, as the one before was.
    proctree_write(&t, "second/memory.oom_control", "oom_kill 1\n");
    move(&t, "db.service", "first");
    move(&t, "second", "db.service");
    k = cgroup_oom_look(c);
    assert_int_equal(k->n_victims, 2);
    assert_true(strcmp(k->victims[0].path, "/db.service") == 0 ||
                strcmp(k->victims[1].path, "/db.service") == 0);
    // And once more, with the next one there already.
    assert_int_equal(cgroup_oom_look(c)->n_victims, 0);
    assert_true(cgroup_oom_spared(c, "db.service", 10));
    proctree_write(&t, "third/memory.oom_control", "oom_kill 0\n");
    move(&t, "db.service", "second");
    move(&t, "third", "db.service");
    assert_int_equal(cgroup_oom_look(c)->n_victims, 1);
    assert_false(cgroup_oom_spared(c, "db.service", 10));
    cgroup_oom_free(c);
    proctree_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_hierarchies),
            cmocka_unit_test(test_units),
            cmocka_unit_test(test_lowest_limit),
            cmocka_unit_test(test_a_group_made_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
