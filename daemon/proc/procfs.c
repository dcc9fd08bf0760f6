#include "daemon/proc/procfs.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "daemon/proc/pid_stat.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PATH_CAP 64

struct linux_dirent64 {
    uint64_t d_ino;
    int64_t d_off;
    unsigned short d_reclen;
    unsigned char d_type;
    char d_name[];
};

static bool is_own(int fd)
{
    char link[32];
    ssize_t n = readlinkat(fd, "self", link, sizeof(link) - 1);

    if (n <= 0)
        return false;
    link[n] = '\0';
    return strtol(link, NULL, 10) == getpid();
}

static uint64_t own_user_namespace(void)
{
    struct stat st;

    return stat("/proc/self/ns/user", &st) < 0 ? 0 : st.st_ino;
}

static bool counts_run_time(int fd)
{
    char text[128];
    ssize_t n = file_read_at(fd, "self/schedstat", text, sizeof(text));
    pid_schedstat_t s;

    return n > 0 && pid_schedstat_parse(text, (size_t) n, &s) == 0;
}

static int open_cgroups(void)
{
    static const struct {
        const char *root, *file; // that tells what it is
    } places[] = {{"/sys/fs/cgroup", "cgroup.controllers"},
            {"/sys/fs/cgroup/memory", "memory.limit_in_bytes"},
            {"/sys/fs/cgroup/unified", "cgroup.controllers"}};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int fd = open(places[i].root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd >= 0 && faccessat(fd, places[i].file, R_OK, 0) == 0)
            return fd;
        if (fd >= 0)
            close(fd);
    }
    return -1;
}

int procfs_init(procfs_t *fs, const char *root)
{
    procfs_t p = {.fd = -1, .cgroup_fd = -1};
    struct statfs st;

    p.fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p.fd < 0)
        return -errno;
    p.page_kb = (uint64_t) sysconf(_SC_PAGESIZE) / 1024;
    p.clock_hz = (uint64_t) sysconf(_SC_CLK_TCK);
    p.mounted = fstatfs(p.fd, &st) == 0 && st.f_type == PROC_SUPER_MAGIC;
    p.live = p.mounted && is_own(p.fd);
    if (p.mounted)
        p.user_namespace = own_user_namespace();
    p.has_schedstat = counts_run_time(p.fd);
    if (p.live)
        p.cgroup_fd = open_cgroups();
    else if (!p.mounted) // a tree of copies brings its own along
        p.cgroup_fd = openat(p.fd, "cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *fs = p;
    return 0;
}

void procfs_done(procfs_t *fs)
{
    if (fs->fd >= 0)
        close(fs->fd);
    if (fs->cgroup_fd >= 0)
        close(fs->cgroup_fd);
    fs->fd = fs->cgroup_fd = -1;
}

static bool parse_pid(const char *name, uint64_t *ret)
{
    uint64_t pid = 0;

    if (*name < '1' || *name > '9')
        return false;
    for (; *name; name++) {
        if (*name < '0' || *name > '9' || pid > UINT32_MAX)
            return false;
        pid = pid * 10 + (uint64_t) (*name - '0');
    }
    *ret = pid;
    return true;
}

int procfs_scan(const procfs_t *fs, void *buf, size_t cap, void (*found)(void *user, uint64_t pid),
        void *user)
{
    if (lseek(fs->fd, 0, SEEK_SET) < 0)
        return -errno;
    for (;;) {
        long n = syscall(SYS_getdents64, fs->fd, buf, cap);

        if (n < 0)
            return -errno;
        if (n == 0)
            return 0;
        for (long at = 0; at < n;) {
            const struct linux_dirent64 *e = (const void *) ((const char *) buf + at);
            uint64_t pid;

            if (parse_pid(e->d_name, &pid))
                found(user, pid);
            at += e->d_reclen;
        }
    }
}

static void note(void *user, uint64_t pid)
{
    (void) pid;
    *(bool *) user = true;
}

// A list of threads has numbers in it, too. /proc mounted with subset=pid lacks meminfo.
bool procfs_is_root(const procfs_t *fs)
{
    bool any = false;
    char buf[4096];

    return procfs_scan(fs, buf, sizeof(buf), note, &any) == 0 && any &&
           (faccessat(fs->fd, "meminfo", R_OK, 0) == 0 ||
                   (fs->mounted && faccessat(fs->fd, "self", F_OK, 0) == 0));
}

// As snprintf("%u/%s"), which would be a tenth of the cost of the open.
static bool build_path(char path[PATH_CAP], uint64_t pid, const char *name)
{
    char digits[24];
    size_t n = 0, len = strlen(name);

    do
        digits[n++] = (char) ('0' + pid % 10);
    while ((pid /= 10) > 0);
    if (n + len + 2 > PATH_CAP)
        return false;
    for (size_t i = 0; i < n; i++)
        path[i] = digits[n - 1 - i];
    path[n] = '/';
    memcpy(path + n + 1, name, len + 1);
    return true;
}

int procfs_open(const procfs_t *fs, uint64_t pid, const char *name)
{
    char path[PATH_CAP];
    int fd;

    if (!build_path(path, pid, name))
        return -ENAMETOOLONG;
    fd = openat(fs->fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}

ssize_t procfs_read(const procfs_t *fs, uint64_t pid, const char *name, char *buf, size_t cap)
{
    _cleanup_close_ int fd = procfs_open(fs, pid, name);

    return fd < 0 ? fd : file_pread_all(fd, buf, cap);
}

int procfs_stat(const procfs_t *fs, uint64_t pid, const char *name, struct stat *ret)
{
    char path[PATH_CAP];

    if (!build_path(path, pid, name))
        return -ENAMETOOLONG;
    return fstatat(fs->fd, path, ret, 0) < 0 ? -errno : 0;
}

int procfs_open_dir(const procfs_t *fs, uint64_t pid)
{
    char path[PATH_CAP];
    int fd;

    if (!build_path(path, pid, ""))
        return -ENAMETOOLONG;
    fd = openat(fs->fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}
