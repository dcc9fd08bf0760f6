#include "daemon/proc/smaps.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "daemon/proc/number.h"
#include "daemon/proc/pid_status.h"
#include "protocol/schema.h"

#include <errno.h>
#include <fcntl.h>

static const struct {
    const char *key;
    size_t offset;
} lines[] = {
        {"Rss:", offsetof(smaps_breakdown_t, rss_kb)},
        {"Pss:", offsetof(smaps_breakdown_t, pss_kb)},
        {"Pss_Anon:", offsetof(smaps_breakdown_t, pss_anon_kb)},
        {"Pss_File:", offsetof(smaps_breakdown_t, pss_file_kb)},
        {"Pss_Shmem:", offsetof(smaps_breakdown_t, pss_shmem_kb)},
        {"Shared_Clean:", offsetof(smaps_breakdown_t, shared_clean_kb)},
        {"Shared_Dirty:", offsetof(smaps_breakdown_t, shared_dirty_kb)},
        {"Private_Clean:", offsetof(smaps_breakdown_t, private_clean_kb)},
        {"Private_Dirty:", offsetof(smaps_breakdown_t, private_dirty_kb)},
        {"Anonymous:", offsetof(smaps_breakdown_t, anon_kb)},
        {"Swap:", offsetof(smaps_breakdown_t, swap_kb)},
        {"SwapPss:", offsetof(smaps_breakdown_t, swap_pss_kb)},
        {"Locked:", offsetof(smaps_breakdown_t, locked_kb)},
};

void smaps_parser_init(smaps_parser_t *p, unsigned source)
{
    *p = (smaps_parser_t){.sum.source = source};
}

static void parse_line(smaps_parser_t *p)
{
    const char *at = p->line, *end = p->line + p->line_len, *after;
    uint64_t kb;

    // Values begin with a capital letter, headers with a hexadecimal address in lower case.
    if (at == end || *at < 'A' || *at > 'Z')
        return;
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        uint64_t *sum;

        if (!line_key(at, end, lines[i].key, &after))
            continue;
        if (!number_parse(&after, end, &kb))
            return;
        sum = (uint64_t *) (void *) ((char *) &p->sum + lines[i].offset);
        if (__builtin_add_overflow(*sum, kb, sum))
            *sum = UINT64_MAX;
        if (lines[i].offset == offsetof(smaps_breakdown_t, pss_anon_kb))
            p->sum.has_pss_kind = true;
        if (lines[i].offset == offsetof(smaps_breakdown_t, pss_kb))
            p->sum.has_pss = true;
        p->values++;
        return;
    }
}

void smaps_parser_feed(smaps_parser_t *p, const char *text, size_t len)
{
    const char *end = text + len;

    while (text < end) {
        const char *eol = line_end(text, end);
        size_t n = (size_t) (eol - text);

        // Only headers with long file names do not fit, and they are not wanted.
        if (n > sizeof(p->line) - p->line_len)
            p->skip_line = true;
        if (!p->skip_line) {
            memcpy(p->line + p->line_len, text, n);
            p->line_len += n;
        }
        if (eol < end) {
            if (!p->skip_line)
                parse_line(p);
            p->line_len = 0;
            p->skip_line = false;
        }
        text = eol + 1;
    }
}

int smaps_parser_finish(smaps_parser_t *p, smaps_breakdown_t *ret)
{
    if (!p->skip_line)
        parse_line(p);
    if (p->values == 0)
        return -ENODATA;
    *ret = p->sum;
    return 0;
}

static int read_smaps(int pid_dir, const char *name, unsigned source, char *buf, size_t cap,
        smaps_breakdown_t *ret)
{
    _cleanup_close_ int fd = openat(pid_dir, name, O_RDONLY | O_CLOEXEC);
    smaps_parser_t parser;

    if (fd < 0)
        return -errno;
    smaps_parser_init(&parser, source);
    for (;;) {
        ssize_t n = read(fd, buf, cap);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        smaps_parser_feed(&parser, buf, (size_t) n);
    }
    return smaps_parser_finish(&parser, ret);
}

// What status has, where nothing better can be read.
static int read_status(int pid_dir, char *buf, size_t cap, smaps_breakdown_t *ret)
{
    ssize_t n = file_read_at(pid_dir, "status", buf, cap);
    pid_status_t s;

    if (n < 0)
        return (int) n;
    // Without RssAnon there is no user memory, or a kernel before 4.5.
    if (pid_status_parse(buf, (size_t) n, &s) < 0 || !(s.has & PID_STATUS_ANON))
        return -ENODATA;
    *ret = (smaps_breakdown_t){.source = PSS_SOURCE_STATUS,
            .rss_kb = s.anon_kb + s.file_kb + s.shmem_kb,
            .anon_kb = s.anon_kb,
            .file_kb = s.file_kb,
            .shmem_kb = s.shmem_kb,
            .swap_kb = s.swap_kb,
            .locked_kb = s.locked_kb};
    return 0;
}

int smaps_acquire_totals(int pid_dir, char *buf, size_t cap, smaps_breakdown_t *ret)
{
    int r = read_smaps(pid_dir, "smaps_rollup", PSS_SOURCE_ROLLUP, buf, cap, ret);

    if (r == -ENOENT)
        r = read_smaps(pid_dir, "smaps", PSS_SOURCE_SMAPS, buf, cap, ret);
    return r == 0 || r == -ESRCH || r == -ENODATA ? r : read_status(pid_dir, buf, cap, ret);
}

int smaps_acquire(int pid_dir, char *buf, size_t cap, smaps_breakdown_t *ret)
{
    smaps_breakdown_t b;
    pid_status_t status;
    uint64_t mapped;
    ssize_t n;
    int r = smaps_acquire_totals(pid_dir, buf, cap, &b);

    if (r == 0 && b.source != PSS_SOURCE_STATUS) {
        n = file_read_at(pid_dir, "status", buf, cap);
        if (n < 0)
            return -ESRCH;
        if (pid_status_parse(buf, (size_t) n, &status) < 0)
            return -ENODATA;
        mapped = b.rss_kb > b.anon_kb ? b.rss_kb - b.anon_kb : 0;
        b.shmem_kb = MIN(status.shmem_kb, mapped);
        b.file_kb = mapped - b.shmem_kb;
    }
    if (r == 0)
        *ret = b;
    return r;
}
