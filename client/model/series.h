#ifndef MEMSCOPE_CLIENT_MODEL_SERIES_H
#define MEMSCOPE_CLIENT_MODEL_SERIES_H

// The memory of one process over a span of time: the daemon's history, continued by live ticks.

#include "protocol/message.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIES_MAX 1024

typedef struct {
    uint64_t ms; // CLOCK_BOOTTIME
    int64_t rss_kb;
} series_point_t;

typedef struct {
    series_point_t points[SERIES_MAX]; // oldest first
    size_t n;
    uint64_t span_ms;
    uint64_t step_ms; // between points of the history
} series_t;

// Forgets everything.
void series_reset(series_t *s, uint64_t span_ms);

// A live value; older ones than what is there are ignored, so are ones finer than the span needs.
void series_add(series_t *s, series_point_t point);

// Puts a HISTORY before the live values that are younger than it. 0, or -EBADMSG with the series as
// it was: any bytes at all.
int series_merge(series_t *s, const history_message_t *h);

// Hands on every known point of a HISTORY, oldest first. 0, or -EBADMSG: any bytes at all, of which
// some may have been handed on.
typedef void (*series_take_t)(void *user, uint64_t ms, int64_t rss_kb, int64_t private_kb);
int series_read(const history_message_t *h, series_take_t take, void *user);

// The finest step that is worth asking for.
uint64_t series_step_ms(uint64_t span_ms);

// RSS in n columns that together cover the span up to the newest point: the greatest value in each,
// SPARKLINE_GAP where none is known.
void series_columns(const series_t *s, int64_t *values, size_t n);

// Least, greatest and newest RSS within the span; false where there is no point.
bool series_range(const series_t *s, int64_t *ret_least, int64_t *ret_greatest, int64_t *ret_last);

#endif
