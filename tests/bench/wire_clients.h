#ifndef MEMSCOPE_TESTS_BENCH_WIRE_CLIENTS_H
#define MEMSCOPE_TESTS_BENCH_WIRE_CLIENTS_H

// The clients of bench-wire: one that looks at the bytes (the tap), any number of ordinary ones,
// and any number that ask for everything and read nothing.

#include "protocol/frame.h"
#include "protocol/replica.h"
#include "protocol/session.h"
#include "protocol/snapshot.h"
#include <stddef.h>
#include <stdint.h>

// Growing list of measurements.
typedef struct {
    double *values;
    size_t n, cap;
} series_t;

void series_add(series_t *s, double value);
double series_quantile(series_t *s, double q); // sorts; 0 without values
void series_done(series_t *s);

double bench_now_us(void); // CLOCK_MONOTONIC
// Prints a line to stderr and ends the program.
_Noreturn void bench_fail(const char *what, const char *why);

// Reads frames itself: counts their bytes, times how long they take to apply, and encodes each once
// more from what it held before to what it holds then.
typedef struct {
    int fd;
    frame_reader_t in;
    replica_t *replica;
    snapshot_t before; // a copy; processes are its own
    size_t before_cap;
    snapshot_encoder_t encoder;
    struct buffer *out;
    size_t ticks, keyframes;
    uint64_t diff_bytes, changed, quiet_bytes, keyframe_bytes;
    uint64_t first_missed, last_missed; // missed_ticks of the system
    series_t encode_us, apply_us;
    series_t *latency_us; // end of capture -> applied; NULL: not now
} tap_t;

void tap_start(tap_t *t, const char *socket_path);
void tap_read(tap_t *t); // what there is, without blocking
void tap_done(tap_t *t);

// Ordinary clients: sessions, each with its replica.
typedef struct {
    session_t *session;
    series_t *latency_us; // end of capture -> applied; shared
    uint64_t ticks, keyframes;
} viewer_t;

viewer_t *viewers_start(const char *socket_path, size_t n, series_t *latency_us);
void viewers_stop(viewer_t *viewers, size_t n);
// Lets all of them and the tap do what they have to for so long.
void viewers_run(viewer_t *viewers, size_t n, tap_t *tap, double seconds);

// Connections that have said HELLO; to be filled with requests, never read.
int *stalled_start(const char *socket_path, size_t n);
void stalled_ask(const int *fds, size_t n); // for keyframes and more, as far as there is room
void stalled_stop(int *fds, size_t n);

#endif
