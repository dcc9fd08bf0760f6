#include "daemon/core/track.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"
#include "daemon/core/capture.h"
#include "daemon/proc/cgroup.h"
#include "daemon/proc/pid_status.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// One process's turn. A file opened by its path may belong to the next owner of the PID; it is
// taken for the right one only when `stat`, read after it, still has the same start_time.
typedef struct {
    visit_t *v;
    tracked_t *t;
    process_snapshot_t *p;
    uint32_t slot;
    bool unverified;
} turn_t;

static uint32_t now_s(const visit_t *v)
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

static ssize_t read_file(turn_t *turn, proc_file_t file, bool watch)
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

static uint64_t rate(uint64_t before, uint64_t now, uint64_t interval_us, uint64_t unit)
{
    double per_s;

    if (now <= before || interval_us == 0)
        return 0;
    per_s = (double) (now - before) * (double) USEC_PER_SEC / (double) interval_us / (double) unit;
    return per_s < 1 ? 1 : (uint64_t) (per_s + 0.5);
}

static void set_cpu(process_snapshot_t *p, uint64_t used_ns, uint64_t interval_us)
{
    PROCESS_SET(p, cpu_permille, (used_ns + interval_us / 2) / interval_us);
}

static void set_text(visit_t *v, process_snapshot_t *p, unsigned field, const char *s, size_t len)
{
    uint32_t id = intern_ref(v->strings, s, len);

    intern_unref(v->strings, (uint32_t) p->values[field]);
    p->values[field] = id;
    p->known |= UINT64_C(1) << field;
}

static void set_rates_zero(turn_t *turn)
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

// 1: it ran since the last visit, 0: it did not, or -errno.
static int read_schedstat(turn_t *turn, pid_schedstat_t *ret)
{
    ssize_t n = read_file(turn, FILE_SCHEDSTAT, true);
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

// 1: its memory changed, 0: it did not, or -errno. *ret_shared: the part that it may share did.
static int read_statm(turn_t *turn, bool *ret_shared)
{
    tracked_t *t = turn->t;
    process_snapshot_t *p = turn->p;
    ssize_t n = read_file(turn, FILE_STATM, false);
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
    if (m.resident == 0 && t->resident > 0) {
        t->held.anon_kb = p->anon_kb;
        t->held.file_kb = p->file_kb;
        t->held.shmem_kb = p->shmem_kb;
        t->held.swap_kb = p->swap_kb;
        t->has_held = true;
    }
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

static bool all_equal(const uint32_t ids[4])
{
    return ids[0] == ids[1] && ids[1] == ids[2];
}

// Who owns the files of the process's directory: its effective user, or root where the process is
// not dumpable. Asked by path, for an open file would say what it was.
static uint32_t files_owner(turn_t *turn)
{
    char path[64];
    struct stat st;

    snprintf(path, sizeof(path), "%llu/stat", (unsigned long long) turn->t->pid);
    if (fstatat(turn->v->fs->fd, path, &st, 0) < 0)
        return OWNER_ROOT_ONLY;
    turn->unverified = true;
    return st.st_uid;
}

// The kernel's ptrace_may_access for reading, as far as files tell: equal user ids, equal group
// ids, no capabilities, and dumpable.
static owner_t owner_of(turn_t *turn, const pid_status_t *s)
{
    static const owner_t root_only = {OWNER_ROOT_ONLY, OWNER_ROOT_ONLY};

    turn->t->files_uid = files_owner(turn);
    if (!all_equal(s->uid) || !all_equal(s->gid) || turn->t->files_uid != s->uid[0])
        return root_only;
    if (s->caps_permitted != 0 && s->uid[0] != 0)
        return root_only;
    return (owner_t){s->uid[0], s->gid[0]};
}

static int read_status(turn_t *turn)
{
    visit_t *v = turn->v;
    process_snapshot_t *p = turn->p;
    int fd = open_file(turn, "status");
    pid_status_t s;
    ssize_t n;

    if (fd < 0)
        return fd;
    n = file_pread_all(fd, v->buf, v->buf_cap);
    close(fd);
    if (n < 0)
        return (int) n;
    if (pid_status_parse(v->buf, (size_t) n, &s) < 0)
        return -EBADMSG;
    if ((s.has & PID_STATUS_TGID) && s.tgid != turn->t->pid)
        return -ESRCH; // a thread's number
    turn->t->status_at_s = now_s(v);
    if (s.has & PID_STATUS_UID) {
        PROCESS_SET(p, uid, s.uid[0]);
        turn->t->owner = owner_of(turn, &s);
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

static int read_io(turn_t *turn, uint64_t interval_us)
{
    tracked_t *t = turn->t;
    process_snapshot_t *p = turn->p;
    ssize_t n = read_file(turn, FILE_IO, false);
    pid_io_t io;

    if (n == -ESRCH)
        return -ESRCH;
    if (n < 0 || pid_io_parse(turn->v->buf, (size_t) n, &io) < 0) {
        t->io_error = (int16_t) (n < 0 ? -n : EBADMSG);
        t->has_io = false;
        PROCESS_UNSET(p, read_rate);
        PROCESS_UNSET(p, write_rate);
        return 0;
    }
    t->io_error = 0;
    if (t->has_io && interval_us > 0) {
        PROCESS_SET(p, read_rate, rate(t->read_bytes, io.read_bytes, interval_us, 1024));
        PROCESS_SET(p, write_rate, rate(t->write_bytes, io.write_bytes, interval_us, 1024));
    }
    t->has_io = true;
    t->io_at_us = turn->v->now_us;
    t->read_bytes = io.read_bytes;
    t->write_bytes = io.write_bytes;
    t->rchar = io.rchar;
    t->wchar = io.wchar;
    return 0;
}

static int read_stat(turn_t *turn, bool watch, pid_stat_t *ret)
{
    ssize_t n = read_file(turn, FILE_STAT, watch);

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

// Takes over what stat says; true if the process now runs another program.
static bool apply_stat(turn_t *turn, const pid_stat_t *s, uint64_t run_ns, bool has_run_ns)
{
    visit_t *v = turn->v;
    tracked_t *t = turn->t;
    process_snapshot_t *p = turn->p;
    bool exec = false;
    size_t len;
    const char *name = intern_get(v->strings, (uint32_t) p->name, &len);

    if (!PROCESS_KNOWN(p, name) || len != s->name_len || memcmp(name, s->name, len) != 0) {
        set_text(v, p, PROCESS_FIELD_name, s->name, s->name_len);
        exec = true;
    }
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
        set_cpu(p, used_ns, v->interval_us);
        PROCESS_SET(p, minflt_rate, rate(t->minflt, s->minflt, v->interval_us, 1));
        PROCESS_SET(p, majflt_rate, rate(t->majflt, s->majflt, v->interval_us, 1));
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

static void read_cgroup(turn_t *turn)
{
    visit_t *v = turn->v;
    int fd = open_file(turn, "cgroup");
    cgroup_t cg;
    ssize_t n;

    if (fd < 0)
        return;
    n = file_pread_all(fd, v->buf, v->buf_cap);
    close(fd);
    if (n > 0 && cgroup_parse(v->buf, (size_t) n, &cg) == 0 && cg.unit_len > 0)
        set_text(v, turn->p, PROCESS_FIELD_unit, cg.unit, cg.unit_len);
}

// Everything that only changes with the program, or seldom.
static int refresh_slow(turn_t *turn)
{
    int r = 0;

    turn->t->slow_at_s = now_s(turn->v);
    turn->t->ran_since_slow = false;
    turn->t->wants_text = !turn->t->kthread && turn->p->state != 'Z';
    if (turn->t->smaps_error != EACCES)
        turn->t->smaps_error = 0; // may have been for once
    if (!turn->t->kthread)
        r = read_status(turn);
    else
        PROCESS_SET(turn->p, uid, 0);
    if (r == -ESRCH)
        return r;
    read_cgroup(turn);
    if (turn->t->io_error != 0 || !turn->t->has_io)
        return read_io(turn, 0);
    return 0;
}

// Every change of credentials that takes rights away changes who owns the files, too.
static bool owner_moved(turn_t *turn)
{
    return turn->v->check_owner && !turn->t->kthread && files_owner(turn) != turn->t->files_uid;
}

// Swap, the parts of shared memory, the peak and the owner are in status only.
static bool status_is_due(const turn_t *turn, bool ran, bool moved, bool shared_moved)
{
    const visit_t *v = turn->v;

    if (turn->t->kthread)
        return false;
    if (shared_moved || !PROCESS_KNOWN(turn->p, uid))
        return true;
    if (v->swap_in_use && (ran || moved || turn->p->swap_kb > 0) &&
            now_s(v) != turn->t->status_at_s)
        return true;
    if (moved && turn->t->resident * v->fs->page_kb < turn->p->hwm_kb)
        return false;
    return moved && now_s(v) - turn->t->status_at_s >= 5;
}

static int verify(turn_t *turn)
{
    pid_stat_t s;

    return turn->unverified ? read_stat(turn, false, &s) : 0;
}

// Memory of a process that did not run: only reclaim or another process can have changed it.
static bool memory_is_due(const turn_t *turn)
{
    return turn->v->reclaimed || turn->t->resident == 0 ||
           (turn->v->pool->tick + turn->slot) % CAPTURE_IDLE_TICKS == 0;
}

// A process with one thread: its run time says whether there is anything to see.
static int visit_single(turn_t *turn)
{
    visit_t *v = turn->v;
    tracked_t *t = turn->t;
    pid_schedstat_t sched = {0};
    bool shared_moved = false, counted = true, exec;
    pid_stat_t stat;
    int ran, moved = 0, r;

    ran = read_schedstat(turn, &sched);
    if (ran == -ENODATA) // has not run yet, or nothing is counted here: apply_stat will tell
        ran = 1, counted = false;
    if (ran < 0)
        return ran;
    if (!ran)
        turn->unverified = false; // to the nanosecond what it was: the same process
    if (!t->kthread && (ran || memory_is_due(turn))) {
        moved = read_statm(turn, &shared_moved);
        if (moved < 0)
            return moved;
    }
    if (!ran && !moved && !v->check_idle_owners) {
        if (t->active || !PROCESS_KNOWN(turn->p, cpu_permille))
            set_rates_zero(turn);
        return verify(turn);
    }
    if (ran && t->has_io) {
        r = read_io(turn, v->interval_us);
        if (r < 0)
            return r;
    }
    // After what is private was read, so that it goes to nobody who was not its owner by then.
    if (status_is_due(turn, ran, moved, shared_moved) || owner_moved(turn)) {
        r = read_status(turn);
        if (r == -ESRCH)
            return r;
    }
    r = read_stat(turn, false, &stat);
    if (r < 0)
        return r;
    exec = apply_stat(turn, &stat, sched.run_ns, counted);
    t->sched = sched;
    t->has_sched = counted;
    descriptors_used(v->pool, turn->slot);
    if (exec) {
        r = refresh_slow(turn);
        if (r < 0)
            return r;
    }
    return verify(turn);
}

// A process with more threads, or where run times are not to be had: stat first.
static int visit_by_stat(turn_t *turn)
{
    visit_t *v = turn->v;
    tracked_t *t = turn->t;
    uint64_t minflt = t->minflt, majflt = t->majflt, ticks = t->utime + t->stime;
    bool shared_moved = false, exec, ran;
    pid_stat_t stat;
    int moved = 0, r;

    r = read_stat(turn, true, &stat);
    if (r < 0)
        return r;
    exec = apply_stat(turn, &stat, 0, false);
    t->has_sched = false;
    ran = stat.minflt != minflt || stat.majflt != majflt || stat.utime + stat.stime != ticks;
    if (!t->kthread && (ran || stat.rss_pages != t->resident || memory_is_due(turn))) {
        moved = read_statm(turn, &shared_moved);
        if (moved < 0)
            return moved;
    }
    // I/O can take less CPU than one clock tick shows, so now and then it is asked for anyway.
    if (t->has_io && (ran || (now_s(v) + turn->slot) % CAPTURE_IO_S == 0)) {
        r = read_io(turn, v->now_us - t->io_at_us);
        if (r < 0)
            return r;
    }
    // Threads can become somebody else without using CPU time that stat would show.
    if (status_is_due(turn, ran, moved, shared_moved) || owner_moved(turn)) {
        r = read_status(turn);
        if (r == -ESRCH)
            return r;
    }
    if (ran)
        descriptors_used(v->pool, turn->slot);
    if (exec) {
        r = refresh_slow(turn);
        if (r < 0)
            return r;
    }
    return verify(turn);
}

// What the kernel does not say in so many words.
static void settle_memory(turn_t *turn)
{
    const visit_t *v = turn->v;
    process_snapshot_t *p = turn->p;

    if (turn->t->kthread)
        return;
    if (snapshot_is_zombie(p) || (!v->swap_in_use && v->swap_known))
        PROCESS_SET(p, swap_kb, 0);
    if (p->state == 'Z' && !snapshot_is_zombie(p)) {
        // Its first thread has ended, and with it the way to see what the others have.
        PROCESS_UNSET(p, anon_kb);
        PROCESS_UNSET(p, file_kb);
        PROCESS_UNSET(p, shmem_kb);
        PROCESS_UNSET(p, swap_kb);
    }
}

static bool slow_is_due(const turn_t *turn)
{
    uint32_t age = now_s(turn->v) - turn->t->slow_at_s;

    return age >= (turn->t->ran_since_slow ? CAPTURE_SLOW_S : CAPTURE_IDLE_S);
}

int track_visit(visit_t *v, uint32_t slot, tracked_t *t, process_snapshot_t *p)
{
    turn_t turn = {.v = v, .t = t, .p = p, .slot = slot};
    bool by_stat = t->multi || !v->fs->has_schedstat;
    int r;

    if (by_stat)
        descriptors_close_one(v->pool, slot, FILE_SCHEDSTAT);
    r = by_stat ? visit_by_stat(&turn) : visit_single(&turn);
    if (r == 0 && slow_is_due(&turn)) {
        r = refresh_slow(&turn);
        if (r == 0)
            r = verify(&turn);
    }
    if (r == -ESRCH)
        return r;
    if (r < 0)
        v->failed_reads++; // what could not be read stays as it was last known, or unknown
    settle_memory(&turn);
    descriptors_settle(v->pool, slot);
    return 0;
}

// One that started after the capture before: its rates are those of its whole life.
static void set_newborn_rates(turn_t *turn, const pid_stat_t *s, uint64_t run_ns)
{
    visit_t *v = turn->v;
    uint64_t tick_us = USEC_PER_SEC / v->fs->clock_hz;
    uint64_t born_us = s->start_time * tick_us;
    uint64_t now_us = clock_boottime_us();
    uint64_t life_us = now_us > born_us ? now_us - born_us : 0;

    if (v->interval_us == 0 || born_us + v->interval_us + tick_us < v->now_us)
        return;
    if (life_us < tick_us)
        life_us = tick_us;
    set_cpu(turn->p, run_ns ? run_ns : (s->utime + s->stime) * tick_us * 1000, life_us);
    PROCESS_SET(turn->p, minflt_rate, rate(0, s->minflt, life_us, 1));
    PROCESS_SET(turn->p, majflt_rate, rate(0, s->majflt, life_us, 1));
    if (turn->t->has_io) {
        PROCESS_SET(turn->p, read_rate, rate(0, turn->t->read_bytes, life_us, 1024));
        PROCESS_SET(turn->p, write_rate, rate(0, turn->t->write_bytes, life_us, 1024));
    }
}

int track_begin(visit_t *v, uint32_t slot, tracked_t *t, process_snapshot_t *p, uint64_t pid)
{
    turn_t turn = {.v = v, .t = t, .p = p, .slot = slot};
    pid_schedstat_t sched = {0};
    bool shared_moved;
    pid_stat_t stat;
    uint64_t private_kb;
    int r;

    *t = (tracked_t){.pid = pid, .owner = {OWNER_ROOT_ONLY, OWNER_ROOT_ONLY}};
    descriptors_init(&t->files);
    r = read_stat(&turn, !v->fs->has_schedstat, &stat);
    if (r < 0)
        return r;
    t->start_time = stat.start_time;
    t->kthread = (stat.flags & PID_STAT_FLAG_KTHREAD) != 0;
    PROCESS_SET(p, pid, pid);
    PROCESS_SET(p, start_time, stat.start_time);
    PROCESS_SET(p, first_seen_ms, v->now_us / USEC_PER_MSEC);
    PROCESS_SET(p, flags, t->kthread ? PROCESS_KERNEL_THREAD : 0);
    PROCESS_SET(p, tags, 0);
    PROCESS_SET(p, zombies, 0);
    PROCESS_SET(p, blocked_s, 0);
    if (!t->kthread) {
        r = read_statm(&turn, &shared_moved);
        if (r == -ESRCH)
            return r;
    }
    r = refresh_slow(&turn);
    if (r == -ESRCH)
        return r;
    // The refreshes of those that were first seen together spread over time.
    t->slow_at_s -= slot % CAPTURE_SLOW_S;
    if (v->fs->has_schedstat && stat.threads <= 1) {
        r = read_schedstat(&turn, &sched);
        if (r == -ESRCH)
            return r;
        t->has_sched = r >= 0;
        t->sched = sched;
    }
    apply_stat(&turn, &stat, 0, false);
    t->ran_since_slow = false;
    set_newborn_rates(&turn, &stat, sched.run_ns);
    settle_memory(&turn);
    if (snapshot_private_kb(p, &private_kb))
        PROCESS_SET(p, baseline_kb, private_kb);
    r = verify(&turn);
    // Most processes sleep: those that work open these again.
    if (t->files.watch != FILE_STAT)
        descriptors_close_one(v->pool, slot, FILE_STAT);
    descriptors_close_one(v->pool, slot, FILE_IO);
    return r;
}

void track_parent(visit_t *v, uint32_t slot, tracked_t *t, process_snapshot_t *p)
{
    turn_t turn = {.v = v, .t = t, .p = p, .slot = slot};
    pid_stat_t stat;

    if (read_stat(&turn, t->files.watch == FILE_STAT, &stat) == 0)
        PROCESS_SET(p, ppid, stat.ppid);
}

void track_last(const tracked_t *t, const process_snapshot_t *p, process_snapshot_t *ret)
{
    *ret = *p;
    if (!snapshot_is_zombie(p) || !t->has_held)
        return;
    PROCESS_SET(ret, anon_kb, t->held.anon_kb);
    PROCESS_SET(ret, file_kb, t->held.file_kb);
    PROCESS_SET(ret, shmem_kb, t->held.shmem_kb);
    PROCESS_SET(ret, swap_kb, t->held.swap_kb);
}

void track_end(visit_t *v, uint32_t slot, tracked_t *t, process_snapshot_t *p)
{
    descriptors_close(v->pool, slot);
    intern_unref(v->strings, (uint32_t) p->name);
    intern_unref(v->strings, (uint32_t) p->cmdline);
    intern_unref(v->strings, (uint32_t) p->unit);
    memset(p, 0, sizeof(*p));
    *t = (tracked_t){0};
}
