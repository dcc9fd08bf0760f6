// How /proc is mounted: who may see whom there.

#include "common/cleanup.h"
#include "daemon/proc/mountinfo.h"
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

// On the heap and of the exact size, so that reading beyond is noticed.
static bool parse(const char *line, const char *mount_point, mountinfo_proc_t *ret)
{
    size_t len = strlen(line);
    _cleanup_free_ char *copy = malloc(len > 0 ? len : 1);

    assert_non_null(copy);
    memcpy(copy, line, len);
    return mountinfo_parse_proc(copy, len, mount_point, ret);
}

#define PROC "22 27 0:20 / /proc rw,nosuid,relatime "

static void test_options(void **state)
{
    static const struct {
        const char *line;
        bool hidepid;
        gid_t group;
    } lines[] = {
            {PROC "shared:12 - proc proc rw\n", false, (gid_t) -1},
            {PROC "- proc proc rw", false, (gid_t) -1},
            {PROC "shared:1 master:2 - proc none rw,hidepid=2\n", true, (gid_t) -1},
            {PROC "- proc proc rw,gid=110,hidepid=invisible\n", true, 110},
            {PROC "- proc proc hidepid=ptraceable,gid=0,rw\n", true, 0},
            {PROC "- proc proc rw,hidepid=noaccess,subset=pid\n", true, (gid_t) -1},
            {PROC "- proc proc rw,hidepid=0\n", false, (gid_t) -1},
            {PROC "- proc proc rw,hidepid=off,gid=7\n", false, 7},
            // A value that there will be one day hides more, not less.
            {PROC "- proc proc rw,hidepid=newer\n", true, (gid_t) -1},
            {PROC "- proc proc rw,hidepid=00\n", true, (gid_t) -1},
            // Not an option of that name.
            {PROC "- proc proc rw,nohidepid=2,xgid=7,gid=\n", false, (gid_t) -1},
            // The name of the device may be anything, also nothing.
            {PROC "- proc  rw,hidepid=2\n", true, (gid_t) -1},
            {PROC "- proc hidepid=2 rw\n", false, (gid_t) -1},
    };
    mountinfo_proc_t m;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        assert_true(parse(lines[i].line, "/proc", &m));
        assert_int_equal(m.hidepid, lines[i].hidepid);
        assert_int_equal(m.hidepid_group, lines[i].group);
    }
}

static void test_mount_points(void **state)
{
    mountinfo_proc_t m;

    (void) state;
    assert_true(parse("1 2 0:1 / /a\\040b\\134 rw - proc proc rw", "/a b\\", &m));
    assert_true(parse("1 2 0:1 / /a\\04 rw - proc proc rw", "/a\\04", &m));
    assert_false(parse(PROC "- proc proc rw\n", "/pro", &m));
    assert_false(parse(PROC "- proc proc rw\n", "/proc/", &m));
    assert_false(parse(PROC "- proc proc rw\n", "", &m));
}

static void test_other_lines(void **state)
{
    static const char *const others[] = {
            "",
            "\n",
            " ",
            "22",
            "22 27 0:20 / /proc",
            PROC,
            PROC "-",
            PROC "- proc",
            PROC "- proc proc",
            PROC "proc proc rw\n",
            PROC "- tmpfs proc rw,hidepid=2\n",
            PROC "- procfs proc rw,hidepid=2\n",
            "22 27 0:20 / /sys rw - proc proc rw,hidepid=2\n",
            "22 27 0:20 / /proc\n rw - proc proc rw,hidepid=2\n",
    };
    mountinfo_proc_t m = {.hidepid_group = 77};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        assert_false(parse(others[i], "/proc", &m));
    assert_int_equal(m.hidepid_group, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_options),
            cmocka_unit_test(test_mount_points),
            cmocka_unit_test(test_other_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
