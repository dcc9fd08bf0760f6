// Whether memscope why names the culprit: random hogs against a daemon of its own.
//
// usage: bench-why [--hogs N] [--seed N] [--mb MIN MAX] [--seconds MIN MAX]
//
// Prints a line for each, and a JSON object as its last line.

#include "common/cleanup.h"
#include "tests/support/hogs.h"
#include "tests/support/process.h"
#include "tests/support/temporary.h"
#include "tests/support/witness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define TMPFS_MAGIC 0x01021994
#define RETRIES     3 // when others were busy

typedef struct {
    unsigned hogs;
    uint64_t seed;
    hog_range_t range;
} settings_t;

static bool is_tmpfs(const char *path)
{
    struct statfs s;

    return statfs(path, &s) == 0 && s.f_type == TMPFS_MAGIC && access(path, W_OK) == 0;
}

// A third of what is free, at most.
static unsigned bounded_mb(unsigned wanted)
{
    char line[128];
    unsigned long available_kb = 0;
    FILE *f = fopen("/proc/meminfo", "re");

    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "MemAvailable: %lu", &available_kb) == 1)
            break;
    if (f)
        fclose(f);
    return (unsigned) MIN((unsigned long) wanted, available_kb / 1024 / 3);
}

static bool parse(int argc, char **argv, settings_t *s)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--hogs") == 0 && i + 1 < argc) {
            s->hogs = (unsigned) strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            s->seed = strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--mb") == 0 && i + 2 < argc) {
            s->range.mb_min = (unsigned) strtoul(argv[++i], NULL, 10);
            s->range.mb_max = (unsigned) strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--seconds") == 0 && i + 2 < argc) {
            s->range.ms_min = (unsigned) (strtod(argv[++i], NULL) * 1000);
            s->range.ms_max = (unsigned) (strtod(argv[++i], NULL) * 1000);
        } else {
            return false;
        }
    }
    s->range.mb_max = MAX(bounded_mb(s->range.mb_max), s->range.mb_min);
    return s->hogs > 0 && s->range.mb_min > 0 && s->range.ms_min > 0;
}

static bool run_one(const settings_t *s, unsigned number, hog_finding_t *ret)
{
    hog_plan_t plan = hog_plan(&s->range, s->seed, number);
    unsigned tries = 0;
    bool answered;

    do
        answered = hog_run(&s->range, &plan, ret);
    while ((!answered || (!(ret->first && ret->named) && ret->disturbed)) && ++tries <= RETRIES);
    printf("%2u  %-10s %5u MB  %5.1f s + %5.1f s  %-5s  ", number + 1, hog_kind_name(plan.kind),
            plan.mb, plan.take_ms / 1000.0, plan.hold_ms / 1000.0, plan.alive ? "alive" : "dead");
    if (answered)
        printf("%s%s  found %5.1f%%  unexplained %5.1f%%  %s\n", ret->first ? "first" : "MISSED",
                ret->named ? "" : " (not named)", ret->found * 100, ret->unexplained * 100,
                ret->sentence);
    else
        printf("no answer\n");
    fflush(stdout);
    return answered;
}

static void run_all(const settings_t *s)
{
    unsigned first = 0, named = 0, adds_up = 0, within = 0;
    double worst = 0;

    for (unsigned i = 0; i < s->hogs; i++) {
        hog_finding_t f;

        if (!run_one(s, i, &f))
            continue;
        first += f.first;
        named += f.named;
        adds_up += f.adds_up;
        within += fabs(f.unexplained) <= 0.05;
        worst = MAX(worst, fabs(f.unexplained));
    }
    printf("{\"bench\": \"why\", \"hogs\": %u, \"first\": %u, \"named\": %u, \"adds_up\": %u, "
           "\"unexplained_within_5_percent\": %u, \"unexplained_worst_percent\": %.1f}\n",
            s->hogs, first, named, adds_up, within, worst * 100);
}

int main(int argc, char **argv)
{
    settings_t s = {.hogs = 20,
            .seed = 1,
            .range = {.memscope = MEMSCOPE_PATH,
                    .mb_min = 64,
                    .mb_max = 4096,
                    .ms_min = 300,
                    .ms_max = 60000}};
    temporary_t dir = temporary_new();
    char socket[128];
    process_t daemon;

    if (!parse(argc, argv, &s)) {
        fprintf(stderr, "usage: %s [--hogs N] [--seed N] [--mb MIN MAX] [--seconds MIN MAX]\n",
                argv[0]);
        temporary_remove(&dir);
        return 2;
    }
    snprintf(socket, sizeof(socket), "%s", temporary_path(&dir, "socket"));
    s.range.socket = socket;
    s.range.tmpfs = is_tmpfs("/dev/shm") ? "/dev/shm" : is_tmpfs("/tmp") ? "/tmp" : NULL;
    daemon = process_start_listening(
            (const char *const[]){MEMSCOPED_PATH, "--socket", socket, NULL}, socket);
    witness_start();
    usleep(2000000);
    run_all(&s);
    process_stop(&daemon);
    temporary_remove(&dir);
    return 0;
}
