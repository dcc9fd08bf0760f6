// Scores the forensic rules: bench-forensics [--rounds N] [--seed N] [--every N] [--family TEXT
// [--verbose]] [TRACE.csv...]. A table per family, then one line of JSON.

#include "common/cleanup.h"
#include "common/clock.h"
#include "daemon/forensics/leak.h"
#include "daemon/forensics/spike.h"
#include "daemon/forensics/zombie.h"
#include "tests/bench/forensics_score.h"
#include "tests/bench/forensics_traces.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SEED_STEP    UINT64_C(1000003)
#define FAMILY_STEP  UINT64_C(10007)
#define PROCESS_STEP (UINT64_C(7919) * 65537)

static struct {
    unsigned rounds;
    uint64_t seed;
    unsigned every; // seconds from sample to sample, for LEAK
    const char *family;
    bool verbose;
} options = {.rounds = 30, .seed = 1, .every = 1};

static series_t series;
static leak_score_t all, total, one; // of all generators, of one, of one family

static bool wanted(const char *family)
{
    return !options.family || strstr(family, options.family);
}

static void make(const family_t *f, unsigned index, unsigned k)
{
    rng_t r = {options.seed * SEED_STEP + index * FAMILY_STEP + k * PROCESS_STEP};

    f->make(&r, &series);
}

// Samples that are left out.
static void thin_out(series_t *s)
{
    for (unsigned t = 0; t < s->len; t++)
        if (t % options.every != 0)
            s->time_ms[t] = 0;
}

static void print_head(const char *title)
{
    printf("\n%-22s %5s %7s %7s %8s %8s %8s %8s %7s\n", title, "n", "LEAK %", "wrong %", "LEAK s%",
            "LEAK? s%", "delay s", "reset/h", "held %");
}

static void print_row(const char *name, leak_score_t *s)
{
    double delay = delays_median(&s->any_set);
    char text[16] = "-";

    if (delay >= 0 && delay < 1e9)
        snprintf(text, sizeof(text), "%.0f", delay);
    printf("%-22s %5u %7.1f %7.1f %8.3f %8.2f %8s %8.3f %7.1f\n", name, s->n,
            score_percent(s->tagged, s->n), score_percent(s->wrongly, s->n),
            score_percent(s->healthy_set_s, s->healthy_s),
            score_percent(s->healthy_suspected_s, s->healthy_s), text,
            s->leaking_s > 0 ? s->reset / (s->leaking_s / 3600) : 0,
            score_percent(s->held_s, s->found_s));
}

static void print_total(leak_score_t *s, char *json, size_t cap)
{
    snprintf(json, cap,
            "{\"processes\":%u,\"leaking\":%u,\"precision\":%.4f,\"recall\":%.4f,"
            "\"healthy_set_percent\":%.4f,\"healthy_suspected_percent\":%.3f,"
            "\"reset_per_hour\":%.4f,\"held_percent\":%.2f,\"fast_suspected_s\":%.0f,\"fast_set_"
            "s\":%.0f,"
            "\"mild_set_s\":%.0f,\"ended\":%u,\"lingering\":%u}",
            s->n, s->leaking, score_precision(s), score_recall(s),
            score_percent(s->healthy_set_s, s->healthy_s),
            score_percent(s->healthy_suspected_s, s->healthy_s),
            s->leaking_s > 0 ? s->reset / (s->leaking_s / 3600) : 0,
            score_percent(s->held_s, s->found_s), delays_median(&s->fast_suspected),
            delays_median(&s->fast_set), delays_median(&s->mild_set), s->ended, s->lingering);
    printf("%s\n", json);
}

static void run_families(const family_t *families, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!wanted(families[i].name))
            continue;
        memset(&one, 0, sizeof(one));
        for (unsigned k = 0; k < options.rounds * families[i].share; k++) {
            make(&families[i], i, k);
            thin_out(&series);
            if (options.verbose)
                printf("%s #%u: %u s, leaks from %u to %u\n", families[i].name, k, series.len,
                        series.onset, series.end);
            score_leak(&series, &one, options.verbose ? stdout : NULL);
        }
        print_row(families[i].name, &one);
        score_add(&total, &one);
    }
}

static void run_curves(char *json, size_t cap)
{
    memset(&total, 0, sizeof(total));
    print_head("curves");
    run_families(forensics_healthy, forensics_healthy_count);
    run_families(forensics_leaking, forensics_leaking_count);
    print_total(&total, json, cap);
    score_add(&all, &total);
}

static void run_generator(
        const char *title, const family_t *families, unsigned count, char *json, size_t cap)
{
    memset(&total, 0, sizeof(total));
    print_head(title);
    run_families(families, count);
    print_total(&total, json, cap);
}

static void run_compositions(char *json, size_t cap, char *beyond, size_t beyond_cap)
{
    memset(&total, 0, sizeof(total));
    print_head("compositions");
    run_families(forensics_compositions, forensics_compositions_count);
    run_families(forensics_composed_leaks, forensics_composed_leaks_count);
    print_total(&total, json, cap);
    score_add(&all, &total);
    run_generator("beyond reach", forensics_beyond, forensics_beyond_count, beyond, beyond_cap);
}

static void run_spikes(
        const char *title, const family_t *families, unsigned count, char *json, size_t cap)
{
    spike_score_t sum = {0};

    printf("\n%-22s %5s %7s %7s %7s\n", title, "n", "hit", "missed", "wrong");
    for (unsigned i = 0; i < count; i++) {
        spike_score_t s = {0};

        if (!wanted(families[i].name))
            continue;
        for (unsigned k = 0; k < options.rounds * families[i].share; k++) {
            make(&families[i], i, k);
            score_spikes(&series, &s);
        }
        printf("%-22s %5u %7u %7u %7u\n", families[i].name, s.n, s.hit, s.missed, s.wrong);
        sum.hit += s.hit;
        sum.missed += s.missed;
        sum.wrong += s.wrong;
    }
    snprintf(json, cap, "{\"precision\":%.4f,\"recall\":%.4f}",
            sum.hit + sum.wrong ? (double) sum.hit / (sum.hit + sum.wrong) : 1,
            sum.hit + sum.missed ? (double) sum.hit / (sum.hit + sum.missed) : 1);
    printf("%s\n", json);
}

static void score_trace(const series_t *s, void *data)
{
    score_leak(s, data, options.verbose ? stdout : NULL);
}

static int run_traces(char **paths, int n, char *json, size_t cap)
{
    memset(&total, 0, sizeof(total));
    print_head("recorded");
    for (int i = 0; i < n; i++) {
        const char *name = strrchr(paths[i], '/');
        int r;

        memset(&one, 0, sizeof(one));
        r = traces_read(paths[i], score_trace, &one);
        if (r < 0) {
            fprintf(stderr, "%s: %s\n", paths[i], strerror(-r));
            return r;
        }
        print_row(name ? name + 1 : paths[i], &one);
        score_add(&total, &one);
    }
    print_total(&total, json, cap);
    return 0;
}

// Of all rules for a process in a tick, where one of `busy` processes changes its size.
static double cost_us(unsigned busy)
{
    enum { PROCESSES = 4000, TICKS = 600 };
    static struct {
        leak_state_t leak;
        spike_state_t spike;
        zombie_state_t zombie;
        uint64_t kb;
    } p[PROCESSES];
    spike_config_t config;
    rng_t r = {1};
    uint64_t start_us;

    spike_config_default(&config, 32 * 1024 * 1024);
    for (unsigned i = 0; i < PROCESSES; i++) {
        memset(&p[i], 0, sizeof(p[i]));
        p[i].kb = 10000 + rng_next(&r) % 1000000;
        leak_init(&p[i].leak, 1000 + i % 1000, UINT64_MAX, p[i].kb);
        spike_init(&p[i].spike, 1000 + i % 1000, UINT64_MAX, p[i].kb);
    }
    start_us = clock_thread_cpu_us();
    for (uint64_t t = 2; t < TICKS; t++) {
        for (unsigned i = 0; i < PROCESSES; i++) {
            if (i % busy == 0)
                p[i].kb += rng_next(&r) % 2048;
            leak_update(&p[i].leak, t * 1000, p[i].kb);
            spike_update(&p[i].spike, &config, t * 1000, p[i].kb);
            zombie_update(&p[i].zombie, t * 1000, false);
        }
    }
    return (double) (clock_thread_cpu_us() - start_us) / PROCESSES / (TICKS - 2);
}

static int parse_options(int argc, char **argv)
{
    static const struct option known[] = {
            {"rounds", required_argument, NULL, 'r'},
            {"seed", required_argument, NULL, 's'},
            {"every", required_argument, NULL, 'e'},
            {"family", required_argument, NULL, 'f'},
            {"verbose", no_argument, NULL, 'v'},
            {0},
    };
    int c;

    while ((c = getopt_long(argc, argv, "r:s:e:f:v", known, NULL)) != -1) {
        switch (c) {
        case 'r':
            options.rounds = (unsigned) strtoul(optarg, NULL, 10);
            break;
        case 's':
            options.seed = strtoull(optarg, NULL, 10);
            break;
        case 'e':
            options.every = (unsigned) strtoul(optarg, NULL, 10);
            break;
        case 'f':
            options.family = optarg;
            break;
        case 'v':
            options.verbose = true;
            break;
        default:
            return -1;
        }
    }
    return options.every > 0 ? optind : -1;
}

int main(int argc, char **argv)
{
    char curves[512], mechanisms[512], compositions[512], beyond[512], containers[512],
            everything[512], recorded[512], spikes[128], composed[128];
    int first = parse_options(argc, argv);
    double idle, busy;

    if (first < 0) {
        fputs("usage: bench-forensics [--rounds N] [--seed N] [--every N] "
              "[--family TEXT [--verbose]] [TRACE.csv...]\n",
                stderr);
        return 2;
    }
    run_curves(curves, sizeof(curves));
    run_generator("mechanisms", forensics_mechanisms, forensics_mechanisms_count, mechanisms,
            sizeof(mechanisms));
    score_add(&all, &total);
    run_compositions(compositions, sizeof(compositions), beyond, sizeof(beyond));
    run_generator("containers", forensics_containers, forensics_containers_count, containers,
            sizeof(containers));
    score_add(&all, &total);
    print_head("all generators");
    print_total(&all, everything, sizeof(everything));
    if (run_traces(argv + first, argc - first, recorded, sizeof(recorded)) < 0)
        return EXIT_FAILURE;
    run_spikes("spikes", forensics_spikes, forensics_spikes_count, spikes, sizeof(spikes));
    run_spikes("composed spikes", forensics_composed_spikes, forensics_composed_spikes_count,
            composed, sizeof(composed));
    idle = cost_us(20);
    busy = cost_us(1);
    printf("\ncost per process and tick: %.4f us where one in 20 changes, %.4f us where all do\n",
            idle, busy);
    printf("{\"bench\":\"forensics\",\"seed\":%" PRIu64 ",\"curves\":%s,\"mechanisms\":%s,"
           "\"compositions\":%s,\"containers\":%s,\"all\":%s,\"recorded\":%s,\"spikes\":%s,"
           "\"composed_spikes\":%s,\"idle_us\":%.4f,\"busy_us\":%.4f}\n",
            options.seed, curves, mechanisms, compositions, containers, everything, recorded,
            spikes, composed, idle, busy);
    return EXIT_SUCCESS;
}
