// What all rules and the history cost, for each process in each second, and how often they
// allocate.
//
// usage: bench-past [PROCESSES [SECONDS]]
//
// Prints a line for each kind of host, and a JSON object as its last line.

#include "common/cleanup.h"
#include "common/clock.h"
#include "daemon/forensics/tags.h"
#include "daemon/past/history.h"
#include "tests/support/counted_malloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY_MAX ((size_t) 256 << 20)
#define WARM_S      130 // until the finest level is full

typedef struct {
    snapshot_t snapshot;
    tags_t *tags;
    history_t *history;
    uint32_t *series;
    uint64_t now_ms;
    uint64_t seed;
} host_t;

typedef struct {
    double us;
    uint64_t allocations;
    double history_bytes; // of each process
} cost_t;

static uint64_t next_random(host_t *h)
{
    h->seed ^= h->seed << 13;
    h->seed ^= h->seed >> 7;
    h->seed ^= h->seed << 17;
    return h->seed;
}

static void begin(host_t *h, size_t processes)
{
    *h = (host_t){.now_ms = 1000000, .seed = 88172645463325252u};
    h->snapshot.processes = calloc(processes, sizeof(*h->snapshot.processes));
    h->series = calloc(processes, sizeof(*h->series));
    if (!h->snapshot.processes || !h->series || tags_new(&h->tags, processes) < 0 ||
            history_new(&h->history, HISTORY_MAX) < 0) {
        fputs("bench-past: out of memory\n", stderr);
        exit(1);
    }
    h->snapshot.n_slots = processes;
    SYSTEM_SET(&h->snapshot.system, mem_total_kb, UINT64_C(64) << 20);
    for (uint32_t i = 0; i < processes; i++) {
        process_snapshot_t *p = &h->snapshot.processes[i];

        PROCESS_SET(p, pid, i + 1);
        PROCESS_SET(p, start_time, i);
        PROCESS_SET(p, state, 'S');
        PROCESS_SET(p, anon_kb, 1000 + next_random(h) % 500000);
        PROCESS_SET(p, swap_kb, 0);
        PROCESS_SET(p, file_kb, 3000);
        PROCESS_SET(p, shmem_kb, 0);
        tags_born(h->tags, i, p, h->now_ms, UINT64_MAX);
        h->series[i] = history_open(h->history, i + 1, i);
    }
}

static void end(host_t *h)
{
    tags_free(h->tags);
    history_free(h->history);
    free(h->series);
    free(h->snapshot.processes);
}

// One in `busy` processes moves, a tenth of those without end.
static void move(host_t *h, unsigned busy)
{
    for (uint32_t i = 0; i < h->snapshot.n_slots; i++) {
        process_snapshot_t *p = &h->snapshot.processes[i];

        if (i % busy != 0)
            continue;
        p->anon_kb += i / busy % 10 == 0 ? next_random(h) % 256 : 0;
        if (i / busy % 10 != 0)
            p->anon_kb += next_random(h) % 129 - MIN(p->anon_kb, (uint64_t) 64);
    }
}

static void tick(host_t *h)
{
    tags_run(h->tags, &h->snapshot);
    for (uint32_t i = 0; i < h->snapshot.n_slots; i++) {
        const process_snapshot_t *p = &h->snapshot.processes[i];
        uint64_t rss, private_kb;

        if (snapshot_rss_kb(p, &rss) && snapshot_private_kb(p, &private_kb))
            history_record(h->history, h->series[i], h->now_ms, rss, private_kb);
    }
}

static cost_t measure(size_t processes, unsigned seconds, unsigned busy)
{
    uint64_t spent_us = 0, allocations = 0;
    cost_t cost;
    host_t h;

    begin(&h, processes);
    for (unsigned s = 0; s < WARM_S + seconds; s++) {
        uint64_t at_us, mallocs;

        move(&h, busy);
        h.now_ms += 1000;
        SYSTEM_SET(&h.snapshot.system, mono_ms, h.now_ms);
        at_us = clock_thread_cpu_us();
        mallocs = counted_mallocs;
        tick(&h);
        if (s < WARM_S)
            continue;
        allocations += counted_mallocs - mallocs;
        spent_us += clock_thread_cpu_us() - at_us;
    }
    cost = (cost_t){.us = (double) spent_us / (double) seconds / (double) processes,
            .allocations = allocations,
            .history_bytes = (double) history_bytes(h.history) / (double) processes};
    end(&h);
    return cost;
}

int main(int argc, char **argv)
{
    size_t processes = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000;
    unsigned seconds = argc > 2 ? (unsigned) strtoul(argv[2], NULL, 10) : 900;
    static const struct {
        const char *name;
        unsigned busy;
    } hosts[] = {{"one in 20 moves", 20}, {"all move", 1}};
    cost_t costs[ARRAY_SIZE(hosts)];

    if (processes == 0 || seconds == 0) {
        fprintf(stderr, "usage: %s [PROCESSES [SECONDS]]\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        costs[i] = measure(processes, seconds, hosts[i].busy);
        printf("%-16s %.4f us for each process and second, %" PRIu64
               " allocations, %.0f bytes of history for each process\n",
                hosts[i].name, costs[i].us, costs[i].allocations, costs[i].history_bytes);
    }
    printf("{\"bench\": \"past\", \"processes\": %zu, \"seconds\": %u, \"idle_us\": %.4f, "
           "\"busy_us\": %.4f, \"allocations\": %" PRIu64 "}\n",
            processes, seconds, costs[0].us, costs[1].us,
            costs[0].allocations + costs[1].allocations);
    return 0;
}
