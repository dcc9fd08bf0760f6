#include "daemon/capture/host.h"
#include "common/file.h"
#include "daemon/capture/capture.h"
#include "daemon/proc/meminfo.h"
#include "protocol/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOVED_KB 1024 // less is how exactly the kernel counts

static const char *const names[HOST_FILES] = {
        "meminfo", "zoneinfo", "vmstat", "pressure/memory", "loadavg"};

void host_init(host_t *h, const procfs_t *fs, intern_t *strings)
{
    system_snapshot_t *s = &h->constant;
    char name[256];

    *h = (host_t){.fs = fs};
    for (int i = 0; i < HOST_FILES; i++)
        h->fd[i] = fs->mounted ? openat(fs->fd, names[i], O_RDONLY | O_CLOEXEC) : -1;
    SYSTEM_SET(s, clock_ticks, fs->clock_hz);
    SYSTEM_SET(s, cpus, (uint64_t) sysconf(_SC_NPROCESSORS_ONLN));
    if (gethostname(name, sizeof(name)) == 0) {
        name[sizeof(name) - 1] = '\0';
        SYSTEM_SET(s, host, intern_ref(strings, name, strlen(name)));
    }
}

void host_done(host_t *h)
{
    for (int i = 0; i < HOST_FILES; i++) {
        if (h->fs && h->fd[i] >= 0)
            close(h->fd[i]);
        h->fd[i] = -1;
    }
}

static ssize_t read_file(const host_t *h, int file, char *buf, size_t cap)
{
    if (h->fd[file] >= 0)
        return file_pread_all(h->fd[file], buf, cap);
    if (!h->fs->mounted)
        return file_read_at(h->fs->fd, names[file], buf, cap);
    return -ENOENT;
}

// By what the host took from anybody.
static unsigned memory_turn(host_t *h, uint64_t tick, const system_snapshot_t *s)
{
    uint64_t swapped = s->pswpin + s->pswpout;
    uint64_t stolen_kb = (s->pgsteal - h->stolen) * h->fs->page_kb;
    bool much = !SYSTEM_KNOWN(s, pgsteal) || swapped != h->swapped ||
                stolen_kb >= s->mem_total_kb / CAPTURE_MUCH_RECLAIM;

    if (stolen_kb != 0)
        h->stolen_at = tick;
    h->stolen = s->pgsteal;
    h->swapped = swapped;
    if (much)
        return 1;
    return tick - h->stolen_at < CAPTURE_IDLE_TICKS ? CAPTURE_IDLE_TICKS : CAPTURE_CALM_TICKS;
}

// It has a few lines for every processor in every zone: on large hosts it is not worth it.
static void read_zones(host_t *h, char *buf, size_t cap, system_snapshot_t *ret)
{
    ssize_t n = h->zones_too_many ? 0 : read_file(h, HOST_ZONEINFO, buf, cap);

    if (n == (ssize_t) cap - 1)
        h->zones_too_many = true;
    else if (n > 0 && zoneinfo_parse(buf, (size_t) n, ret) == 0)
        ret->percpu_free_kb *= h->fs->page_kb;
}

unsigned host_read(host_t *h, uint64_t tick, char *buf, size_t cap, system_snapshot_t *ret)
{
    static int (*const parse[])(const char *, size_t, system_snapshot_t *) = {
            [HOST_MEMINFO] = meminfo_parse,
            [HOST_VMSTAT] = vmstat_parse,
            [HOST_PRESSURE] = pressure_parse};

    *ret = h->constant;
    for (int i = 0; i < HOST_LOADAVG; i++) {
        ssize_t n = parse[i] ? read_file(h, i, buf, cap) : 0;

        if (n > 0)
            parse[i](buf, (size_t) n, ret);
        if (i == HOST_MEMINFO) // at once: together they account for all memory
            read_zones(h, buf, cap, ret);
    }
    ret->zsmalloc_kb *= h->fs->page_kb;
    return memory_turn(h, tick, ret);
}

static int64_t unexplained_kb(const system_snapshot_t *s)
{
    ledger_t l;

    return ledger_of(s, 0, &l) ? l.kb[LEDGER_UNEXPLAINED] : 0;
}

void host_read_memory(host_t *h, char *buf, size_t cap, system_snapshot_t *ret)
{
    ssize_t n = read_file(h, HOST_MEMINFO, buf, cap);
    int64_t before_kb = unexplained_kb(ret);

    if (n <= 0 || meminfo_parse(buf, (size_t) n, ret) < 0)
        return;
    // Processors keep hundreds of megabytes that were freed: they may have moved, too.
    if (llabs(unexplained_kb(ret) - before_kb) >= MOVED_KB)
        read_zones(h, buf, cap, ret);
}

bool host_last_pid(const host_t *h, char *buf, size_t cap, uint64_t *ret)
{
    ssize_t n = h->fs->live ? read_file(h, HOST_LOADAVG, buf, cap) : -1;

    return n > 0 && loadavg_parse_last_pid(buf, (size_t) n, ret) == 0;
}
