// Whose a process is, where processes are of namespaces of users: what the kernel itself lets a
// user read is what memscoped says that it may.

#include "common/cleanup.h"
#include "daemon/proc/owner.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANN 61001u // nobody's, as a rule

static bool write_text(const char *path, const char *text)
{
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t) strlen(text);
}

static bool become_ann(void)
{
    return setresgid(ANN, ANN, ANN) == 0 && setresuid(ANN, ANN, ANN) == 0 &&
           prctl(PR_SET_DUMPABLE, 1) == 0;
}

static bool lose_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {0};

    return syscall(SYS_capset, &header, none) == 0;
}

static bool write_maps(pid_t pid, uint32_t first, uint32_t count)
{
    char path[64], map[64];

    snprintf(map, sizeof(map), "%u %u %u", first, first, count);
    snprintf(path, sizeof(path), "/proc/%d/setgroups", (int) pid);
    if (!write_text(path, "deny"))
        return false;
    snprintf(path, sizeof(path), "/proc/%d/gid_map", (int) pid);
    if (!write_text(path, map))
        return false;
    snprintf(path, sizeof(path), "/proc/%d/uid_map", (int) pid);
    return write_text(path, map);
}

// A namespace of users in which everybody is who they are: somebody outside has to say so.
static bool enter_namespace(uint32_t first, uint32_t count)
{
    pid_t self = getpid(), helper;
    int inside[2], status;
    char c;

    if (pipe2(inside, O_CLOEXEC) < 0)
        return false;
    helper = fork();
    if (helper == 0) {
        close(inside[1]);
        _exit(read(inside[0], &c, 1) == 1 && write_maps(self, first, count) ? 0 : 1);
    }
    close(inside[0]);
    // Not entered: closed without a word.
    if (unshare(CLONE_NEWUSER) == 0 && write(inside[1], "", 1) < 0)
        return false;
    close(inside[1]);
    return waitpid(helper, &status, 0) == helper && status == 0;
}

static bool live_plainly(void)
{
    return become_ann();
}

static bool live_in_roots_namespace(void)
{
    return enter_namespace(0, 65536) && become_ann();
}

static bool live_in_own_namespace(void)
{
    return become_ann() && enter_namespace(ANN, 1) && lose_capabilities();
}

static bool live_in_own_within_roots(void)
{
    return live_in_roots_namespace() && enter_namespace(ANN, 1) && lose_capabilities();
}

static bool may_read(pid_t pid)
{
    char path[64], c;
    pid_t child;
    int r;

    snprintf(path, sizeof(path), "/proc/%d/io", (int) pid);
    child = process_fork();
    if (child == 0) {
        _cleanup_close_ int fd = -1;

        if (setgroups(0, NULL) < 0 || !become_ann())
            _exit(2);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        _exit(fd < 0 || read(fd, &c, 1) != 1);
    }
    r = process_wait(child);
    assert_in_range(r, 0, 1);
    return r == 0;
}

// One that lives so; 0: this host does not let it.
static pid_t start(bool (*live)(void))
{
    int ready[2];
    pid_t pid;
    char c;

    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid = process_fork();
    if (pid == 0) {
        bool lives = setgroups(0, NULL) == 0 && live();

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (lives && write(ready[1], "", 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    if (read(ready[0], &c, 1) != 1) {
        waitpid(pid, NULL, 0);
        pid = 0;
    }
    close(ready[0]);
    return pid;
}

static void test_as_the_kernel_has_it(void **state)
{
    static const struct {
        bool (*live)(void);
        bool anns;
    } cases[] = {{live_plainly, true}, {live_in_roots_namespace, false},
            {live_in_own_namespace, true}, {live_in_own_within_roots, false}};
    procfs_t fs;

    (void) state;
    if (!process_sees_all())
        skip_because("only root with CAP_SYS_PTRACE sees whose a process is");
    assert_int_equal(procfs_init(&fs, "/proc"), 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        pid_t pid = start(cases[i].live);
        owner_t owner;

        if (pid == 0) {
            print_message("# not tried: case %zu: no namespaces of users here\n", i);
            continue;
        }
        owner = owner_now(&fs, (uint64_t) pid);
        if ((owner.uid == ANN && owner.gid == ANN) != cases[i].anns ||
                may_read(pid) != cases[i].anns)
            fail_msg("case %zu: of %u, %u", i, owner.uid, owner.gid);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    procfs_done(&fs);
}

static void test_ids_that_are_missing(void **state)
{
    const procfs_t fs = {.fd = -1};
    pid_status_t s = {.has = PID_STATUS_UID | PID_STATUS_GID,
            .uid = {ANN, ANN, ANN, ANN},
            .gid = {ANN, ANN, ANN, ANN}};

    (void) state;
    assert_int_equal(owner_of(&fs, 1, &s, ANN).gid, ANN);
    s.has = PID_STATUS_UID;
    assert_int_equal(owner_of(&fs, 1, &s, ANN).uid, OWNER_ROOT_ONLY);
    s.has = PID_STATUS_GID;
    assert_int_equal(owner_of(&fs, 1, &s, ANN).uid, OWNER_ROOT_ONLY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_ids_that_are_missing),
            cmocka_unit_test(test_as_the_kernel_has_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
