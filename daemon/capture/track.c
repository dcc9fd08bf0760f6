#include "daemon/capture/track.h"
#include "common/clock.h"
#include "daemon/capture/capture.h"
#include "daemon/capture/turn.h"

#include <errno.h>
#include <string.h>

// Everything that only changes with the program, or seldom.
static int refresh_slow(turn_t *turn)
{
    int r = 0;

    turn->t->slow_at_s = turn_now_s(turn->v);
    turn->t->ran_since_slow = false;
    turn->t->wants_text = !turn->t->kthread && turn->p->state != 'Z';
    if (turn->t->smaps_error != EACCES)
        turn->t->smaps_error = 0; // may have been for once
    if (!turn->t->kthread)
        r = turn_read_status(turn);
    else
        PROCESS_SET(turn->p, uid, 0);
    if (r == -ESRCH)
        return r;
    turn_read_cgroup(turn);
    if (turn->t->io_error != 0 || !turn->t->has_io)
        return turn_read_io(turn, 0);
    return 0;
}

// Every change of credentials that takes rights away changes who owns the files, too.
static bool owner_moved(turn_t *turn)
{
    return turn->v->check_owner && !turn->t->kthread &&
           turn_files_owner(turn) != turn->t->files_uid;
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
            turn_now_s(v) != turn->t->status_at_s)
        return true;
    if (moved && turn->t->resident * v->fs->page_kb < turn->p->hwm_kb)
        return false;
    return moved && turn_now_s(v) - turn->t->status_at_s >= 5;
}

// After what is private was read, so that it goes to nobody who was not its owner by then.
static int renew_status(turn_t *turn, bool ran, bool moved, bool shared_moved)
{
    if (!status_is_due(turn, ran, moved, shared_moved) && !owner_moved(turn))
        return 0;
    return turn_read_status(turn) == -ESRCH ? -ESRCH : 0;
}

static int verify(turn_t *turn)
{
    pid_stat_t s;

    return turn->unverified ? turn_read_stat(turn, false, &s) : 0;
}

static int refresh_and_verify(turn_t *turn)
{
    int r = refresh_slow(turn);

    return r < 0 ? r : verify(turn);
}

// Memory of a process that did not run: only reclaim or another process can have changed it.
static bool memory_is_due(const turn_t *turn)
{
    return turn->t->resident == 0 || (turn->v->pool->tick + turn->slot) % turn->v->memory_turn == 0;
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

    ran = turn_read_schedstat(turn, &sched);
    if (ran == -ENODATA) // has not run yet, or nothing is counted here: apply_stat will tell
        ran = 1, counted = false;
    if (ran < 0)
        return ran;
    if (!ran)
        turn->unverified = false; // to the nanosecond what it was: the same process
    if (!t->kthread && (ran || memory_is_due(turn))) {
        moved = turn_read_statm(turn, &shared_moved);
        if (moved < 0)
            return moved;
    }
    if (!ran && !moved && !v->check_idle_owners) {
        if (t->active || !PROCESS_KNOWN(turn->p, cpu_permille))
            turn_set_rates_zero(turn);
        return verify(turn);
    }
    t->stirred |= ran || moved;
    if (ran && t->has_io) {
        r = turn_read_io(turn, v->interval_us);
        if (r < 0)
            return r;
    }
    r = renew_status(turn, ran, moved, shared_moved);
    if (r == 0)
        r = turn_read_stat(turn, false, &stat);
    if (r < 0)
        return r;
    exec = turn_apply_stat(turn, &stat, sched.run_ns, counted);
    t->sched = sched;
    t->has_sched = counted;
    descriptors_used(v->pool, turn->slot);
    return exec ? refresh_and_verify(turn) : verify(turn);
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

    r = turn_read_stat(turn, true, &stat);
    if (r < 0)
        return r;
    exec = turn_apply_stat(turn, &stat, 0, false);
    t->has_sched = false;
    ran = stat.minflt != minflt || stat.majflt != majflt || stat.utime + stat.stime != ticks;
    if (!t->kthread && (ran || stat.rss_pages != t->resident || memory_is_due(turn))) {
        moved = turn_read_statm(turn, &shared_moved);
        if (moved < 0)
            return moved;
    }
    t->stirred |= ran || moved;
    // I/O can take less CPU than one clock tick shows, so now and then it is asked for anyway, and
    // what it did without running is told bit by bit.
    if (t->has_io && (ran || !PROCESS_KNOWN(turn->p, read_rate) ||
                             (turn_now_s(v) + turn->slot) % CAPTURE_IO_S == 0)) {
        r = turn_read_io(turn, ran ? v->interval_us : v->now_us - t->io_at_us);
        if (r < 0)
            return r;
    } else if (turn->p->read_rate > 0 || turn->p->write_rate > 0) {
        turn_set_io(turn, turn->p->read_rate, turn->p->write_rate, v->interval_us);
    }
    // Threads can become somebody else without using CPU time that stat would show.
    r = renew_status(turn, ran, moved, shared_moved);
    if (r < 0)
        return r;
    if (ran)
        descriptors_used(v->pool, turn->slot);
    return exec ? refresh_and_verify(turn) : verify(turn);
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
    uint32_t age = turn_now_s(turn->v) - turn->t->slow_at_s;

    return age >= (turn->t->ran_since_slow ? CAPTURE_SLOW_S : CAPTURE_IDLE_S);
}

// What was opened by path was somebody else's by then: the record is what it was a tick ago.
static void take_back(const visit_t *v, uint32_t slot, process_snapshot_t *p)
{
    process_snapshot_t was;

    if (slot >= v->previous->n_slots || v->previous->processes[slot].pid != p->pid)
        return;
    was = v->previous->processes[slot];
    for (uint64_t rest = process_string_mask; rest; rest &= rest - 1) // these are counted
        was.values[__builtin_ctzll(rest)] = p->values[__builtin_ctzll(rest)];
    was.known = (was.known & ~process_string_mask) | (p->known & process_string_mask);
    *p = was;
}

int track_visit(visit_t *v, uint32_t slot, tracked_t *t, process_snapshot_t *p)
{
    turn_t turn = {.v = v, .t = t, .p = p, .slot = slot};
    bool by_stat = t->multi || !v->fs->has_schedstat;
    int r;

    if (by_stat)
        descriptors_close_one(v->pool, slot, FILE_SCHEDSTAT);
    r = by_stat ? visit_by_stat(&turn) : visit_single(&turn);
    if (r == 0 && slow_is_due(&turn))
        r = refresh_and_verify(&turn);
    if (r == -ESRCH && turn.unverified)
        take_back(v, slot, p);
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
    turn_set_cpu(turn, run_ns ? run_ns : (s->utime + s->stime) * tick_us * 1000, life_us);
    PROCESS_SET(turn->p, minflt_rate, turn_rate(0, s->minflt, life_us));
    PROCESS_SET(turn->p, majflt_rate, turn_rate(0, s->majflt, life_us));
    if (turn->t->has_io) {
        turn->t->read_rest = (int64_t) turn->t->read_bytes;
        turn->t->write_rest = (int64_t) turn->t->write_bytes;
        turn_set_io(turn, UINT64_MAX, UINT64_MAX, life_us);
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
    r = turn_read_stat(&turn, !v->fs->has_schedstat, &stat);
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
        r = turn_read_statm(&turn, &shared_moved);
        if (r == -ESRCH)
            return r;
    }
    r = refresh_slow(&turn);
    if (r == -ESRCH)
        return r;
    // The refreshes of those that were first seen together spread over time.
    t->slow_at_s -= slot % CAPTURE_SLOW_S;
    if (v->fs->has_schedstat && stat.threads <= 1) {
        r = turn_read_schedstat(&turn, &sched);
        if (r == -ESRCH)
            return r;
        t->has_sched = r >= 0;
        t->sched = sched;
    }
    turn_apply_stat(&turn, &stat, 0, false);
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

    if (turn_read_stat(&turn, t->files.watch == FILE_STAT, &stat) == 0)
        PROCESS_SET(p, ppid, stat.ppid);
}

void track_hold(tracked_t *t, const process_snapshot_t *p)
{
    t->held.anon_kb = p->anon_kb;
    t->held.file_kb = p->file_kb;
    t->held.shmem_kb = p->shmem_kb;
    t->held.swap_kb = p->swap_kb;
    t->has_held = true;
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
    for (uint64_t rest = process_string_mask; rest; rest &= rest - 1)
        intern_unref(v->strings, (uint32_t) p->values[__builtin_ctzll(rest)]);
    memset(p, 0, sizeof(*p));
    *t = (tracked_t){0};
}
