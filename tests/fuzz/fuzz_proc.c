// Any bytes in place of a file of /proc: each parser says what it understood or that it did not,
// and what it hands back lies within what it was given.

#include "common/cleanup.h"
#include "daemon/proc/cgroup.h"
#include "daemon/proc/cgroup_oom.h"
#include "daemon/proc/meminfo.h"
#include "daemon/proc/mountinfo.h"
#include "daemon/proc/pid_io.h"
#include "daemon/proc/pid_stat.h"
#include "daemon/proc/pid_status.h"
#include "daemon/proc/smaps.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

static void check_stat(const char *text, size_t len)
{
    pid_stat_t stat;
    pid_statm_t statm;
    pid_schedstat_t sched;
    uint64_t status;
    int r = pid_stat_parse(text, len, &stat);

    FUZZ_CHECK(r == 0 || r == -EBADMSG);
    FUZZ_CHECK(r < 0 || stat.name_len <= sizeof(stat.name));
    FUZZ_CHECK(r < 0 || memmem(text, len, stat.name, stat.name_len));
    r = pid_stat_parse_exit(text, len, &status);
    FUZZ_CHECK(r == 0 || r == -EBADMSG);
    r = pid_statm_parse(text, len, &statm);
    FUZZ_CHECK(r == 0 || r == -EBADMSG);
    r = pid_schedstat_parse(text, len, &sched);
    FUZZ_CHECK(r == 0 || r == -EBADMSG || r == -ENODATA);
}

static void check_status(const char *text, size_t len)
{
    pid_status_t status = {.has = 77};
    pid_io_t io;
    int r = pid_status_parse(text, len, &status);

    FUZZ_CHECK(r == 0 ? status.has != 0 : r == -EBADMSG && status.has == 77);
    r = pid_io_parse(text, len, &io);
    FUZZ_CHECK(r == 0 || r == -EBADMSG);
}

// However it is cut into pieces, the sums are the same.
static void check_smaps(const char *text, size_t len)
{
    smaps_breakdown_t whole = {0}, pieces = {0};
    smaps_parser_t p;
    int r;

    smaps_parser_init(&p, 1);
    smaps_parser_feed(&p, text, len);
    r = smaps_parser_finish(&p, &whole);
    FUZZ_CHECK(r == 0 || r == -ENODATA);
    smaps_parser_init(&p, 1);
    for (size_t at = 0, piece = 1; at < len; at += piece, piece = piece % 7 + 1)
        smaps_parser_feed(&p, text + at, MIN(piece, len - at));
    FUZZ_CHECK(smaps_parser_finish(&p, &pieces) == r);
    FUZZ_CHECK(memcmp(&whole, &pieces, sizeof(whole)) == 0);
}

static void check_system(const char *text, size_t len)
{
    meminfo_levels_t levels;
    system_snapshot_t s = {0}, again;
    uint64_t value;

    meminfo_parse(text, len, &s);
    vmstat_parse(text, len, &s);
    pressure_parse(text, len, &s);
    zoneinfo_parse(text, len, &s);
    FUZZ_CHECK(s.known >> SYSTEM_FIELD_COUNT == 0);
    for (unsigned i = 0; i < SYSTEM_FIELD_COUNT; i++)
        FUZZ_CHECK(s.values[i] == 0 || (s.known >> i & 1));
    again = s;
    meminfo_parse(text, len, &again);
    vmstat_parse(text, len, &again);
    pressure_parse(text, len, &again);
    zoneinfo_parse(text, len, &again);
    FUZZ_CHECK(memcmp(&s, &again, sizeof(s)) == 0);
    meminfo_parse_levels(text, len, &levels);
    loadavg_parse_last_pid(text, len, &value);
}

static void check_cgroup(const char *text, size_t len)
{
    cgroup_counts_t counts;
    uint64_t limit, used;
    cgroup_t cg;

    cgroup_counts_parse(text, len, &counts);
    FUZZ_CHECK((counts.has_ooms || counts.ooms == 0) && (counts.has_kills || counts.kills == 0));
    FUZZ_CHECK(counts.has_whole || counts.whole == 0);
    if (cgroup_parse(text, len, &cg) < 0)
        return;
    FUZZ_CHECK(cg.path >= text && cg.path_len <= len);
    FUZZ_CHECK(cg.path + cg.path_len <= text + len);
    FUZZ_CHECK(cg.unit >= cg.path && cg.unit + cg.unit_len <= cg.path + cg.path_len);
    FUZZ_CHECK(!memchr(cg.unit, '/', cg.unit_len));
    FUZZ_CHECK(cgroup_memory_limit(-1, cg.path, cg.path_len, &limit, &used) == -ENODATA);
}

// A line is what is up to its end, and it is about one mount point at most.
static void check_mountinfo(const char *text, size_t len)
{
    mountinfo_proc_t m, again;
    const char *newline = memchr(text, '\n', len);

    if (!mountinfo_parse_proc(text, len, "/proc", &m))
        return;
    FUZZ_CHECK(!mountinfo_parse_proc(text, len, "/", &again));
    FUZZ_CHECK(
            mountinfo_parse_proc(text, newline ? (size_t) (newline - text) : len, "/proc", &again));
    FUZZ_CHECK(again.hidepid == m.hidepid && again.hidepid_group == m.hidepid_group);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *text = (const char *) data;

    check_stat(text, len);
    check_status(text, len);
    check_smaps(text, len);
    check_system(text, len);
    check_cgroup(text, len);
    check_mountinfo(text, len);
    return 0;
}
