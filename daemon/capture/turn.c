#include "daemon/capture/turn.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"
#include "daemon/proc/cgroup.h"
#include "daemon/proc/pid_status.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

uint32_t turn_now_s(const visit_t *v)
{
    return (uint32_t) (v->now_us / USEC_PER_SEC);
}

static int open_file(turn_t *turn, const char *name)
{
    const visit_t *v = turn->v;
    int fd = procfs_open(v->fs, turn->t->pid, name);

    if ((fd == -EMFILE || fd == -ENFILE) && descriptors_give_way(v->pool, turn->slot))
        fd = procfs_open(v->fs, turn->t->pid, name);
    if (fd >= 0)
        turn->unverified = true;
    if (fd != -ENOENT || strcmp(name, "stat") == 0)
        return fd == -ENOENT ? -ESRCH : fd;
    // Not every kernel has every file: whether the process is gone, stat alone can tell.
    fd = procfs_open(v->fs, turn->t->pid, "stat");
    if (fd >= 0)
        close(fd);
    return fd == -ENOENT ? -ESRCH : -ENOENT;
}

static ssize_t read_once(turn_t *turn, const char *name)
{
    _cleanup_close_ int fd = open_file(turn, name);

    return fd < 0 ? fd : file_pread_all(fd, turn->v->buf, turn->v->buf_cap);
}

ssize_t turn_read_file(turn_t *turn, proc_file_t file, bool watch)
{
    visit_t *v = turn->v;
    int *kept = &turn->t->files.fd[file];
    int fd = *kept;
    ssize_t n;

    if (watch)
        turn->t->files.watch = file;
    if (fd < 0) {
        fd = open_file(turn, proc_file_names[file]);
        if (fd < 0)
            return fd;
    }
    do
        n = pread(fd, v->buf, v->buf_cap - 1, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        n = -errno;
        if (*kept < 0)
            close(fd);
        return n;
    }
    v->buf[n] = '\0';
    if (*kept < 0 && !descriptors_keep(v->pool, turn->slot, file, fd, watch))
        close(fd);
    return n;
}

uint64_t turn_rate(uint64_t before, uint64_t now, uint64_t interval_us)
{
    double per_s;

    if (now <= before || interval_us == 0)
        return 0;
    per_s = (double) (now - before) * (double) USEC_PER_SEC / (double) interval_us;
    return per_s < 1 ? 1 : (uint64_t) (per_s + 0.5);
}

// What is rounded off is told later: whoever adds rates up shall find what was used.
void turn_set_cpu(turn_t *turn, uint64_t used_ns, uint64_t interval_us)
{
    int64_t unit = (int64_t) interval_us, ns = (int64_t) used_ns + turn->t->cpu_rest_ns;
    int64_t permille = ns > 0 ? (ns + unit / 2) / unit : 0;

    PROCESS_SET(turn->p, cpu_permille, (uint64_t) permille);
    turn->t->cpu_rest_ns = ns - permille * unit;
}

bool turn_set_text(
        intern_t *strings, process_snapshot_t *p, unsigned field, const char *text, size_t len)
{
    uint32_t before = (uint32_t) p->values[field];
    bool known = p->known >> field & 1;
    size_t known_len;
    const char *now = intern_get(strings, before, &known_len);

    if (known && known_len == len && memcmp(now, text, len) == 0)
        return false;
    p->values[field] = intern_ref(strings, text, len);
    p->known |= UINT64_C(1) << field;
    intern_unref(strings, before);
    return true;
}

void turn_set_rates_zero(turn_t *turn)
{
    process_snapshot_t *p = turn->p;

    PROCESS_SET(p, cpu_permille, 0);
    PROCESS_SET(p, minflt_rate, 0);
    PROCESS_SET(p, majflt_rate, 0);
    if (turn->t->has_io) {
        PROCESS_SET(p, read_rate, 0);
        PROCESS_SET(p, write_rate, 0);
    }
    turn->t->active = false;
}

int turn_read_schedstat(turn_t *turn, pid_schedstat_t *ret)
{
    ssize_t n = turn_read_file(turn, FILE_SCHEDSTAT, true);
    pid_schedstat_t now;
    int r;

    if (n < 0)
        return (int) n;
    r = pid_schedstat_parse(turn->v->buf, (size_t) n, &now);
    if (r < 0)
        return r;
    r = !turn->t->has_sched || now.run_ns != turn->t->sched.run_ns ||
        now.slices != turn->t->sched.slices;
    *ret = now;
    return r;
}

int turn_read_statm(turn_t *turn, bool *ret_shared)
{
    tracked_t *t = turn->t;
    process_snapshot_t *p = turn->p;
    ssize_t n = turn_read_file(turn, FILE_STATM, false);
    uint64_t page_kb = turn->v->fs->page_kb;
    pid_statm_t m;

    if (n < 0)
        return (int) n;
    if (pid_statm_parse(turn->v->buf, (size_t) n, &m) < 0)
        return -EBADMSG;
    if (PROCESS_KNOWN(p, anon_kb) && m.resident == t->resident && m.shared == t->shared)
        return 0;
    if (m.shared > m.resident)
        m.shared = m.resident;
    *ret_shared = m.shared != t->shared || !PROCESS_KNOWN(p, file_kb);
    if (m.resident == 0 && t->resident > 0)
        track_hold(t, p);
    t->resident = m.resident;
    t->shared = m.shared;
    PROCESS_SET(p, anon_kb, (m.resident - m.shared) * page_kb);
    if (p->shmem_kb > m.shared * page_kb)
        PROCESS_SET(p, shmem_kb, m.shared * page_kb);
    PROCESS_SET(p, file_kb, m.shared * page_kb - p->shmem_kb);
    if (!PROCESS_KNOWN(p, hwm_kb) || p->hwm_kb < m.resident * page_kb)
        PROCESS_SET(p, hwm_kb, m.resident * page_kb);
    return 1;
}

uint32_t turn_files_owner(turn_t *turn)
{
    uint32_t uid = owner_files(turn->v->fs, turn->t->pid);

    turn->unverified |= uid != OWNER_ROOT_ONLY;
    return uid;
}

int turn_read_status(turn_t *turn)
{
    visit_t *v = turn->v;
    process_snapshot_t *p = turn->p;
    ssize_t n = read_once(turn, "status");
    pid_status_t s;

    if (n < 0)
        return (int) n;
    if (pid_status_parse(v->buf, (size_t) n, &s) < 0)
        return -EBADMSG;
    if ((s.has & PID_STATUS_TGID) && s.tgid != turn->t->pid)
        return -ESRCH; // a thread's number
    turn->t->status_at_s = turn_now_s(v);
    if (s.has & PID_STATUS_UID) {
        PROCESS_SET(p, uid, s.uid[0]);
        turn->t->files_uid = turn_files_owner(turn);
        turn->t->owner = owner_of(v->fs, turn->t->pid, &s, turn->t->files_uid);
    }
    if (s.has & PID_STATUS_SHMEM) {
        uint64_t shared_kb = turn->t->shared * v->fs->page_kb;

        PROCESS_SET(p, shmem_kb, MIN(s.shmem_kb, shared_kb));
        PROCESS_SET(p, file_kb, shared_kb - p->shmem_kb);
    }
    if ((s.has & PID_STATUS_HWM) && s.hwm_kb > p->hwm_kb)
        PROCESS_SET(p, hwm_kb, s.hwm_kb);
    if (s.has & PID_STATUS_SWAP)
        PROCESS_SET(p, swap_kb, s.swap_kb);
    else if (s.has & PID_STATUS_ANON)
        PROCESS_SET(p, swap_kb, 0); // a kernel without swap
    return 0;
}

int turn_read_stat(turn_t *turn, bool watch, pid_stat_t *ret)
{
    ssize_t n = turn_read_file(turn, FILE_STAT, watch);

    if (n < 0)
        return (int) n;
    if (pid_stat_parse(turn->v->buf, (size_t) n, ret) < 0)
        return -EBADMSG;
    if (turn->t->start_time != 0 && ret->start_time != turn->t->start_time)
        return -ESRCH;
    turn->unverified = false;
    return 0;
}

// What was known of the program that ran here until an exec.
static void forget_program(turn_t *turn)
{
    tracked_t *t = turn->t;
    process_snapshot_t *p = turn->p;
    uint64_t private_kb;

    // What it gave up was of a copy of another process, as a rule: the next one begins with less.
    if (PROCESS_KNOWN(p, baseline_kb) && snapshot_private_kb(p, &private_kb))
        p->baseline_kb = MIN(p->baseline_kb, private_kb);
    PROCESS_UNSET(p, pss_kb);
    PROCESS_UNSET(p, pss_rss_kb);
    PROCESS_UNSET(p, uss_kb);
    PROCESS_UNSET(p, pss_time_ms);
    PROCESS_UNSET(p, pss_source);
    if (PROCESS_KNOWN(p, hwm_kb))
        p->hwm_kb = t->resident * turn->v->fs->page_kb;
    t->program_ms = clock_boottime_us() / USEC_PER_MSEC;
    t->news.source = 0;
    t->pss_cost_us = 0;
    t->pss_not_before_s = 0;
    t->smaps_error = 0;
}

bool turn_apply_stat(turn_t *turn, const pid_stat_t *s, uint64_t run_ns, bool has_run_ns)
{
    visit_t *v = turn->v;
    tracked_t *t = turn->t;
    process_snapshot_t *p = turn->p;
    bool exec = turn_set_text(v->strings, p, PROCESS_FIELD_name, s->name, s->name_len);

    if (s->start_stack != t->start_stack) {
        exec = true;
        if (t->has_cpu && s->state != 'Z')
            forget_program(turn);
    }
    t->start_stack = s->start_stack;
    if (s->state == 'Z' && p->state != 'Z')
        v->new_zombies++;
    if (s->state != 'Z')
        t->has_held = false;
    PROCESS_SET(p, state, (uint64_t) (unsigned char) s->state);
    PROCESS_SET(p, ppid, s->ppid);
    PROCESS_SET(p, threads, s->threads);
    t->multi = s->threads > 1;

    if (t->has_cpu && v->interval_us > 0) {
        uint64_t ticks = s->utime + s->stime, before = t->utime + t->stime;
        uint64_t used_ns =
                ticks > before ? (ticks - before) * (UINT64_C(1000000000) / v->fs->clock_hz) : 0;

        if (has_run_ns && t->has_sched && run_ns >= t->sched.run_ns && !t->multi)
            used_ns = run_ns - t->sched.run_ns;
        turn_set_cpu(turn, used_ns, v->interval_us);
        PROCESS_SET(p, minflt_rate, turn_rate(t->minflt, s->minflt, v->interval_us));
        PROCESS_SET(p, majflt_rate, turn_rate(t->majflt, s->majflt, v->interval_us));
    }
    t->utime = s->utime;
    t->stime = s->stime;
    t->minflt = s->minflt;
    t->majflt = s->majflt;
    t->has_cpu = true;
    t->active = true;
    t->ran_since_slow = true;
    return exec;
}

void turn_read_cgroup(turn_t *turn)
{
    visit_t *v = turn->v;
    ssize_t n = read_once(turn, "cgroup");
    cgroup_t cg;

    if (n > 0 && cgroup_parse(v->buf, (size_t) n, &cg) == 0 && cg.unit_len > 0)
        turn_set_text(v->strings, turn->p, PROCESS_FIELD_unit, cg.unit, cg.unit_len);
}
