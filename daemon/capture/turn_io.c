// I/O of one process, as rates. What is read of it is bytes since it began; what was told of them
// as rates, each over one interval, and what is left to be told, add up to that.

#include "common/cleanup.h"
#include "common/clock.h"
#include "daemon/capture/turn.h"
#include "daemon/proc/pid_io.h"

#include <errno.h>

// Bytes that a rate of 1 KiB/s stands for.
static double io_unit(uint64_t interval_us)
{
    return (double) interval_us * 1024 / USEC_PER_SEC;
}

static uint64_t io_rate(int64_t *rest, uint64_t rate_max, uint64_t interval_us)
{
    double unit = io_unit(interval_us);
    uint64_t rate;

    if (interval_us == 0 || *rest <= 0)
        return 0;
    rate = (uint64_t) ((double) *rest / unit);
    rate = MIN(rate + ((double) rate * unit < (double) *rest), rate_max);
    *rest -= (int64_t) ((double) rate * unit);
    return rate;
}

void turn_set_io(turn_t *turn, uint64_t reads_max, uint64_t writes_max, uint64_t interval_us)
{
    process_snapshot_t *p = turn->p;

    PROCESS_SET(p, read_rate, io_rate(&turn->t->read_rest, reads_max, interval_us));
    PROCESS_SET(p, write_rate, io_rate(&turn->t->write_rest, writes_max, interval_us));
}

bool turn_take_back_io(turn_t *turn, uint64_t read_bytes, uint64_t write_bytes)
{
    const process_snapshot_t *p = turn->p;
    uint64_t interval_us = turn->v->interval_us;
    double unit = io_unit(interval_us);
    int64_t reads = (int64_t) ((double) p->read_rate * unit) + turn->t->read_rest;
    int64_t writes = (int64_t) ((double) p->write_rate * unit) + turn->t->write_rest;

    // What was rounded up before is less than one unit.
    if (!PROCESS_KNOWN(p, read_rate) || (double) reads + unit < (double) read_bytes ||
            (double) writes + unit < (double) write_bytes)
        return false;
    turn->t->read_rest = reads - (int64_t) read_bytes;
    turn->t->write_rest = writes - (int64_t) write_bytes;
    turn_set_io(turn, p->read_rate, p->write_rate, interval_us);
    return true;
}

// Adds what is new to what is to be told, and returns that as a rate over `took_us`. What was told
// before is rounded up: something new is told even where it is in that already.
static uint64_t add_io(int64_t *rest, uint64_t before, uint64_t now, uint64_t took_us)
{
    const int64_t most = INT64_C(1) << 40;

    if (now > before)
        *rest = MIN(MAX(*rest + (int64_t) MIN(now - before, (uint64_t) most), 1), most);
    return *rest > 0 ? (uint64_t) *rest * USEC_PER_SEC / 1024 / took_us + 1 : 0;
}

int turn_read_io(turn_t *turn, uint64_t took_us)
{
    tracked_t *t = turn->t;
    process_snapshot_t *p = turn->p;
    ssize_t n = turn_read_file(turn, FILE_IO, false);
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
    if (t->has_io && took_us > 0) {
        uint64_t reads = add_io(&t->read_rest, t->read_bytes, io.read_bytes, took_us);
        uint64_t writes = add_io(&t->write_rest, t->write_bytes, io.write_bytes, took_us);

        turn_set_io(turn, reads, writes, turn->v->interval_us);
    }
    t->has_io = true;
    t->io_at_us = turn->v->now_us;
    t->read_bytes = io.read_bytes;
    t->write_bytes = io.write_bytes;
    t->rchar = io.rchar;
    t->wchar = io.wchar;
    return 0;
}
