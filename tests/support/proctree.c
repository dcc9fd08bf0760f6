#include "tests/support/proctree.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_CAP 256

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "proctree: %s: %s\n", what, strerror(errno));
    exit(1);
}

// In memory where there is such a place: a file system on a disk makes sure of every rename.
proctree_t proctree_new(void)
{
    proctree_t t = {"/dev/shm/memscope-test-XXXXXX"};

    if (!mkdtemp(t.path)) {
        temporary_t dir = temporary_new();

        memcpy(t.path, dir.path, sizeof(t.path));
    }
    if (chmod(t.path, 0755) < 0)
        give_up(t.path);
    return t;
}

void proctree_free(const proctree_t *t)
{
    temporary_remove_tree(t->path);
}

static void make_path(const proctree_t *t, const char *name, char path[PATH_CAP])
{
    if (snprintf(path, PATH_CAP, "%s/%s", t->path, name) >= PATH_CAP)
        give_up(name);
}

void proctree_remove(const proctree_t *t, const char *name)
{
    char path[PATH_CAP];

    make_path(t, name, path);
    if (!temporary_remove_tree(path))
        give_up(path);
}

// Under another name first, so that whoever reads sees the one or the other.
static void write_bytes(
        const proctree_t *t, const char *name, uid_t owner, const void *data, size_t len)
{
    char path[PATH_CAP], draft[PATH_CAP];

    make_path(t, name, path);
    make_path(t, "draft", draft);
    for (char *slash = path + strlen(t->path) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
            give_up(path);
        *slash = '/';
    }

    _cleanup_close_ int fd = open(draft, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, data, len) != (ssize_t) len ||
            (owner != geteuid() && fchown(fd, owner, (gid_t) -1) < 0) || rename(draft, path) < 0)
        give_up(path);
}

void proctree_write_bytes(const proctree_t *t, const char *name, const void *data, size_t len)
{
    write_bytes(t, name, geteuid(), data, len);
}

__attribute__((format(printf, 4, 0))) static void write_text(
        const proctree_t *t, const char *name, uid_t owner, const char *format, va_list ap)
{
    _cleanup_free_ char *text = NULL;
    int len = vasprintf(&text, format, ap);

    if (len < 0)
        give_up(name);
    write_bytes(t, name, owner, text, (size_t) len);
}

void proctree_write(const proctree_t *t, const char *name, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    write_text(t, name, geteuid(), format, ap);
    va_end(ap);
}

__attribute__((format(printf, 4, 5))) static void write_owned(
        const proctree_t *t, const char *name, uid_t owner, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    write_text(t, name, owner, format, ap);
    va_end(ap);
}

void proctree_system(const proctree_t *t, uint64_t mem_total_kb, bool schedstat)
{
    proctree_write(t, "meminfo",
            "MemTotal: %" PRIu64 " kB\nMemFree: %" PRIu64 " kB\nMemAvailable: %" PRIu64 " kB\n"
            "SwapTotal: 0 kB\nSwapFree: 0 kB\n",
            mem_total_kb, mem_total_kb, mem_total_kb);
    proctree_write(t, "vmstat",
            "pswpin 0\npswpout 0\npgfault 1000\npgmajfault 10\npgsteal_kswapd 0\noom_kill 0\n");
    proctree_write(t, "loadavg", "0.00 0.00 0.00 1/100 1000\n");
    if (schedstat)
        proctree_write(t, "self/schedstat", "123456789 1000 17\n");
}

static void write_stat(const proctree_t *t, const proctree_process_t *p, const char *dir)
{
    char name[64];

    snprintf(name, sizeof(name), "%s/stat", dir);
    write_owned(t, name, geteuid() != 0 || p->not_dumpable ? geteuid() : p->euid,
            "%" PRIu64 " (%s) %c %" PRIu64 " 1 1 0 -1 %" PRIu64 " %" PRIu64 " 0 %" PRIu64
            " 0 %" PRIu64 " %" PRIu64 " 0 0 20 0 %" PRIu64 " 0 %" PRIu64 " 10000000 %" PRIu64
            " 18446744073709551615 1 1 %" PRIu64 " 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n",
            p->pid, p->name, p->state ? p->state : 'S', p->ppid, p->flags, p->minflt, p->majflt,
            p->utime, p->stime, p->threads ? p->threads : 1, p->start_time,
            p->anon_pages + p->shared_pages, p->start_stack);
}

static void write_status(const proctree_t *t, const proctree_process_t *p, const char *dir)
{
    uint64_t page_kb = (uint64_t) sysconf(_SC_PAGESIZE) / 1024;
    char name[64];

    snprintf(name, sizeof(name), "%s/status", dir);
    proctree_write(t, name,
            "Name:\t%s\nTgid:\t%" PRIu64 "\nUid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n"
            "VmHWM:\t%" PRIu64 " kB\nRssAnon:\t%" PRIu64 " kB\nRssFile:\t%" PRIu64
            " kB\nRssShmem:\t%" PRIu64 " kB\nVmSwap:\t%" PRIu64 " kB\nCapPrm:\t%016" PRIx64 "\n",
            p->name, p->pid, p->uid, p->euid, p->euid, p->euid, p->gid, p->egid, p->egid, p->egid,
            p->hwm_kb, p->anon_pages * page_kb, p->shared_pages * page_kb - p->shmem_kb,
            p->shmem_kb, p->swap_kb, p->caps);
}

static void write_others(const proctree_t *t, const proctree_process_t *p, const char *dir)
{
    const char *cmdline = p->cmdline ? p->cmdline : p->name;
    char name[64];

    snprintf(name, sizeof(name), "%s/statm", dir);
    proctree_write(t, name, "%" PRIu64 " %" PRIu64 " %" PRIu64 " 1 0 1 0\n",
            p->anon_pages + p->shared_pages + 1000, p->anon_pages + p->shared_pages,
            p->shared_pages);
    snprintf(name, sizeof(name), "%s/cmdline", dir);
    proctree_write_bytes(t, name, cmdline, strlen(cmdline) + 1);
    snprintf(name, sizeof(name), "%s/cgroup", dir);
    proctree_write(t, name, p->cgroup ? "0::%s\n" : "0::/system.slice/%s.service\n",
            p->cgroup ? p->cgroup : p->name);
}

void proctree_process(const proctree_t *t, const proctree_process_t *p)
{
    char dir[32], name[64];

    snprintf(dir, sizeof(dir), "%" PRIu64, p->pid);
    write_status(t, p, dir);
    write_others(t, p, dir);
    snprintf(name, sizeof(name), "%s/io", dir);
    if (!p->no_io)
        proctree_write(t, name,
                "rchar: 1\nwchar: %" PRIu64 "\nsyscr: 3\nsyscw: 4\nread_bytes: %" PRIu64
                "\nwrite_bytes: %" PRIu64 "\ncancelled_write_bytes: 0\n",
                p->wchar + 2, p->read_bytes, p->write_bytes);
    snprintf(name, sizeof(name), "%s/schedstat", dir);
    if (!p->no_schedstat)
        proctree_write(t, name, "%" PRIu64 " 1000 %" PRIu64 "\n", p->run_ns, p->slices);
    snprintf(name, sizeof(name), "%s/smaps_rollup", dir);
    if (p->pss_kb > 0)
        proctree_write(t, name,
                "1-2 ---p 00000000 00:00 0 [rollup]\nRss: %" PRIu64 " kB\nPss: %" PRIu64
                " kB\nPrivate_Dirty: %" PRIu64 " kB\nAnonymous: %" PRIu64 " kB\n",
                (p->anon_pages + p->shared_pages) * 4, p->pss_kb, p->anon_pages * 4,
                p->anon_pages * 4);
    // Last, since it is what tells that the process is there.
    write_stat(t, p, dir);
}

void proctree_end(const proctree_t *t, uint64_t pid)
{
    char name[32];

    snprintf(name, sizeof(name), "%" PRIu64 "/stat", pid);
    proctree_remove(t, name);
    snprintf(name, sizeof(name), "%" PRIu64, pid);
    proctree_remove(t, name);
}
