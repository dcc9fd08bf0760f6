// bench-codec: what a tick costs to encode, to send and to apply, without any socket. Times are
// medians. The last line is JSON.

#include "common/cleanup.h"
#include "common/clock.h"
#include "protocol/cursor.h"
#include "protocol/frame.h"
#include "protocol/replica.h"
#include "tests/support/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TICKS          300
#define PROCESSES      8000
#define KEYFRAME_OF    1000
#define CHANGE_PERCENT 10

typedef struct {
    double encode_us, public_us, private_us, apply_us, keyframe_encode_us, keyframe_apply_us;
    double bytes_per_changed, private_bytes;
    size_t tick_bytes, quiet_tick_bytes, keyframe_bytes;
} figures_t;

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}

static void check(int r)
{
    if (r < 0) {
        fprintf(stderr, "bench-codec: %s\n", strerror(-r));
        exit(1);
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof(*values), by_size);
    return values[n / 2];
}

static void measure_ticks(figures_t *f)
{
    static double encode[TICKS], public[TICKS], private[TICKS], apply[TICKS];
    world_t w;
    snapshot_encoder_t encoder = {0};
    uint64_t mine[PROCESSES / 64 + 1] = {[3] = 0xff, [40] = 0xff}; // a user with 16 processes
    const snapshot_filter_t filter = {.allow_private = mine};
    size_t bytes = 0, private_bytes = 0, changed = 0;
    buffer_t out = {0};
    replica_t *r;

    world_init(&w, &(world_options_t){.seed = 1, .slots = PROCESSES, .changes = CHANGE_PERCENT});
    check(replica_new(&r));
    check(snapshot_encode(&encoder, &out, NULL, NULL, &w.curr->snapshot, NULL));
    check(replica_apply(r, out.data, out.len));
    for (size_t i = 0; i < TICKS; i++) {
        const snapshot_t *prev, *curr;
        double start;

        world_step(&w);
        prev = &w.prev->snapshot;
        curr = &w.curr->snapshot;

        buffer_reset(&out);
        start = now_us();
        check(snapshot_encode_public(&encoder, &out, prev, NULL, curr, NULL));
        public[i] = now_us() - start;

        buffer_reset(&out);
        start = now_us();
        check(snapshot_encode_private(&encoder, &out, prev, &filter, curr, &filter));
        private[i] = now_us() - start;
        private_bytes += out.len;

        buffer_reset(&out);
        start = now_us();
        check(snapshot_encode(&encoder, &out, prev, NULL, curr, NULL));
        encode[i] = now_us() - start;

        start = now_us();
        check(replica_apply(r, out.data, out.len));
        apply[i] = now_us() - start;
        bytes += out.len + FRAME_HEADER_SIZE;
        changed += w.changed;
    }
    f->encode_us = median(encode, TICKS);
    f->public_us = median(public, TICKS);
    f->private_us = median(private, TICKS);
    f->apply_us = median(apply, TICKS);
    f->tick_bytes = bytes / TICKS;
    f->bytes_per_changed = (double) bytes / (double) changed;
    f->private_bytes = (double) private_bytes / TICKS;
    replica_free(r);
    buffer_done(&out);
    snapshot_encoder_done(&encoder);
    world_done(&w);
}

static void measure_keyframes(figures_t *f)
{
    static double encode[TICKS], apply[TICKS];
    world_t w;
    snapshot_encoder_t encoder = {0};
    buffer_t out = {0};
    replica_t *r;

    world_init(&w, &(world_options_t){.seed = 1, .slots = KEYFRAME_OF});
    world_step(&w);
    check(replica_new(&r));
    for (size_t i = 0; i < TICKS; i++) {
        double start = now_us();

        buffer_reset(&out);
        check(snapshot_encode(&encoder, &out, NULL, NULL, &w.curr->snapshot, NULL));
        encode[i] = now_us() - start;
        start = now_us();
        check(replica_apply(r, out.data, out.len));
        apply[i] = now_us() - start;
    }
    f->keyframe_bytes = out.len + FRAME_HEADER_SIZE;
    f->keyframe_encode_us = median(encode, TICKS);
    f->keyframe_apply_us = median(apply, TICKS);
    buffer_reset(&out);
    check(snapshot_encode(&encoder, &out, &w.prev->snapshot, NULL, &w.curr->snapshot, NULL));
    f->quiet_tick_bytes = out.len + FRAME_HEADER_SIZE;
    replica_free(r);
    buffer_done(&out);
    snapshot_encoder_done(&encoder);
    world_done(&w);
}

int main(int argc, char **argv)
{
    figures_t f = {0};

    (void) argv;
    if (argc > 1) {
        fputs("usage: bench-codec\n", stderr);
        return 2;
    }
    measure_ticks(&f);
    measure_keyframes(&f);
    printf("a tick of %d processes of which %d%% changed: %zu bytes, %.1f for each that changed\n",
            PROCESSES, CHANGE_PERCENT, f.tick_bytes, f.bytes_per_changed);
    printf("    encoded in %.0f us (the public part alone in %.0f us, the private part of a user\n"
           "    with 16 processes, %.0f bytes, in %.0f us), applied in %.0f us\n",
            f.encode_us, f.public_us, f.private_bytes, f.private_us, f.apply_us);
    printf("a tick in which only time passes: %zu bytes\n", f.quiet_tick_bytes);
    printf("a keyframe of %d idle processes: %zu bytes, encoded in %.0f us, applied in %.0f us\n",
            KEYFRAME_OF, f.keyframe_bytes, f.keyframe_encode_us, f.keyframe_apply_us);
    printf("{\"encode_us\": %.1f, \"encode_public_us\": %.1f, \"encode_private_us\": %.1f, "
           "\"apply_us\": %.1f, \"tick_bytes\": %zu, \"bytes_per_changed_process\": %.2f, "
           "\"quiet_tick_bytes\": %zu, \"keyframe_bytes\": %zu, \"keyframe_encode_us\": %.1f, "
           "\"keyframe_apply_us\": %.1f}\n",
            f.encode_us, f.public_us, f.private_us, f.apply_us, f.tick_bytes, f.bytes_per_changed,
            f.quiet_tick_bytes, f.keyframe_bytes, f.keyframe_encode_us, f.keyframe_apply_us);
    return 0;
}
