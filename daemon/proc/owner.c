#include "daemon/proc/owner.h"
#include "common/cleanup.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LEVELS_MAX 33 // of namespaces of users within each other

static const owner_t root_only = {OWNER_ROOT_ONLY, OWNER_ROOT_ONLY};

// Whoever made a namespace of users has all capabilities in those below it, and nobody else of ours
// has any there: of those around this one, who made the one that is next below our own.
static bool find_maker(const procfs_t *fs, int namespace_fd, uint32_t *ret)
{
    _cleanup_close_ int fd = namespace_fd;
    struct stat st;
    uid_t maker;

    for (int i = 0; fd >= 0 && i < LEVELS_MAX; i++) {
        _cleanup_close_ int above = ioctl(fd, NS_GET_PARENT); // an error: ours is not around it

        if (above < 0 || fstat(above, &st) < 0)
            return false;
        if (st.st_ino == fs->user_namespace) {
            if (ioctl(fd, NS_GET_OWNER_UID, &maker) < 0)
                return false;
            *ret = maker;
            return true;
        }
        close(fd);
        fd = take_fd(&above);
    }
    return false;
}

static bool namespace_lets(const procfs_t *fs, uint64_t pid, uint32_t uid)
{
    static const char name[] = "ns/user";
    struct stat st;
    uint32_t maker;
    int r;

    if (fs->user_namespace == 0)
        return true;
    r = procfs_stat(fs, pid, name, &st);
    if (r < 0)
        return r == -ENOENT;
    return st.st_ino == fs->user_namespace ||
           (find_maker(fs, procfs_open(fs, pid, name), &maker) && maker == uid);
}

static bool all_equal(const uint32_t ids[4])
{
    return ids[0] == ids[1] && ids[1] == ids[2];
}

uint32_t owner_files(const procfs_t *fs, uint64_t pid)
{
    struct stat st;

    return procfs_stat(fs, pid, "stat", &st) < 0 ? OWNER_ROOT_ONLY : st.st_uid;
}

// The kernel's ptrace_may_access for reading, as far as files tell: equal user ids, equal group
// ids, no capabilities, and dumpable.
owner_t owner_of(const procfs_t *fs, uint64_t pid, const pid_status_t *s, uint32_t files_uid)
{
    if (!pid_status_has_ids(s) || !all_equal(s->uid) || !all_equal(s->gid) ||
            files_uid != s->uid[0])
        return root_only;
    if (s->uid[0] != 0 && (s->caps_permitted != 0 || !namespace_lets(fs, pid, s->uid[0])))
        return root_only;
    return (owner_t){s->uid[0], s->gid[0]};
}

owner_t owner_now(const procfs_t *fs, uint64_t pid)
{
    pid_status_t s;

    return pid_status_read(fs, pid, &s) < 0 ? root_only
                                            : owner_of(fs, pid, &s, owner_files(fs, pid));
}
