#include "tests/support/hogs.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/support/process.h"
#include "tests/support/witness.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PIDS_MAX   65
#define OUTPUT_MAX (256u << 10)
#define TICK_MS    1300 // the daemon has seen what was there so long ago
#define GONE_MS    3200
#define ASKED_MS   1000 // before it begins, in whole seconds
#define LATER_MS   600  // a dead one is asked about so long after its end

static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static double random_part(uint64_t *seed)
{
    *seed = mix(*seed);
    return (double) (*seed >> 11) / (double) (UINT64_C(1) << 53);
}

static unsigned random_between(uint64_t *seed, unsigned low, unsigned high)
{
    return (unsigned) lround(low * pow((double) high / low, random_part(seed)));
}

hog_plan_t hog_plan(const hog_range_t *range, uint64_t seed, unsigned number)
{
    static const hog_kind_t kinds[] = {HOG_PLAIN, HOG_SHELL, HOG_WORKERS, HOG_TMPFS, HOG_PLAIN,
            HOG_SHELL, HOG_PLAIN, HOG_WORKERS, HOG_SHELL, HOG_PLAIN};
    uint64_t state = seed * 1000 + number;
    hog_plan_t p = {.kind = kinds[number % ARRAY_SIZE(kinds)]};
    unsigned life_ms;

    if (p.kind == HOG_TMPFS && !range->tmpfs)
        p.kind = HOG_PLAIN;
    p.mb = random_between(&state, range->mb_min, range->mb_max);
    life_ms = random_between(&state, range->ms_min, range->ms_max);
    // A third of them take it all at once, the others in part of their life.
    p.take_ms = random_part(&state) < 0.33 ? 0 : (unsigned) (life_ms * random_part(&state));
    p.hold_ms = life_ms - p.take_ms;
    p.workers = p.kind == HOG_WORKERS ? 2 + (unsigned) (random_part(&state) * 6) : 0;
    p.alive = p.hold_ms >= TICK_MS + 200 && random_part(&state) < 0.5;
    return p;
}

const char *hog_kind_name(hog_kind_t kind)
{
    static const char *const names[] = {[HOG_PLAIN] = "plain",
            [HOG_SHELL] = "of a shell",
            [HOG_WORKERS] = "workers",
            [HOG_TMPFS] = "in tmpfs",
            [HOG_COPY] = "copy writes",
            [HOG_COPIED] = "copied writes"};

    return names[kind];
}

// ---- The process -------------------------------------------------------------------------------

typedef struct {
    process_t process;
    char file[128]; // "": none
    uint64_t pids[PIDS_MAX];
    size_t n_pids;
} running_t;

static void start(const hog_range_t *range, const hog_plan_t *plan, running_t *ret)
{
    char script[512], option[160] = "";

    *ret = (running_t){0};
    if (plan->kind == HOG_WORKERS)
        snprintf(option, sizeof(option), "workers %u", plan->workers);
    if (plan->kind == HOG_TMPFS) {
        snprintf(ret->file, sizeof(ret->file), "%s/hog.%d", range->tmpfs, (int) getpid());
        snprintf(option, sizeof(option), "file %s", ret->file);
    }
    if (plan->kind == HOG_COPY || plan->kind == HOG_COPIED)
        snprintf(option, sizeof(option), "fork %s", plan->kind == HOG_COPY ? "copy" : "original");
    // A shell that has nothing else to do would become the hog itself.
    snprintf(script, sizeof(script), "%s %s %u %u %u %s%s", plan->kind == HOG_SHELL ? "" : "exec",
            HOG_PATH, plan->mb, plan->take_ms, plan->hold_ms, option,
            plan->kind == HOG_SHELL ? "; exit $?" : "");
    ret->process = process_start((const char *const[]){"/bin/sh", "-c", script, NULL});
}

// *ret_since_ms, *ret_since_us: some time before the first one began.
static bool await_taken(running_t *h, uint64_t *ret_since_ms, uint64_t *ret_since_us)
{
    char line[64];

    while (process_read_line(&h->process, line, sizeof(line))) {
        if (strcmp(line, "taken") == 0)
            return true;
        if (h->n_pids == 0) {
            *ret_since_ms = clock_realtime_us() / USEC_PER_MSEC - ASKED_MS;
            *ret_since_us = clock_monotonic_us() - (ASKED_MS + 1000) * USEC_PER_MSEC;
        }
        if (strncmp(line, "pid ", 4) == 0 && h->n_pids < PIDS_MAX)
            h->pids[h->n_pids++] = strtoul(line + 4, NULL, 10);
    }
    return false;
}

static bool is_of(const running_t *h, uint64_t pid)
{
    for (size_t i = 0; i < h->n_pids; i++)
        if (h->pids[i] == pid)
            return true;
    return false;
}

// ---- The answer --------------------------------------------------------------------------------

static json_object *get(json_object *o, const char *key)
{
    json_object *v = NULL;

    json_object_object_get_ex(o, key, &v);
    return v;
}

static int64_t number(json_object *o, const char *key)
{
    return json_object_get_int64(get(o, key));
}

static int64_t bytes_of(json_object *o, const char *key)
{
    return number(get(o, key), "change_bytes");
}

static bool is_shmem(json_object *row)
{
    const char *line = json_object_get_string(get(row, "line"));

    return line && strcmp(line, "shmem") == 0;
}

static bool is_culprit(const hog_plan_t *plan, const running_t *h, json_object *row)
{
    return plan->kind == HOG_TMPFS ? is_shmem(row)
                                   : !get(row, "line") && is_of(h, (uint64_t) number(row, "pid"));
}

// "…: 94% hog (PID 3587, …" or "…: 94% tmpfs, written by hog (PID 3587, …".
static bool is_named(const hog_plan_t *plan, const running_t *h, const char *sentence)
{
    const char *who = strstr(sentence, "% "), *pid = who ? strstr(who, "PID ") : NULL;

    return pid && is_of(h, strtoul(pid + 4, NULL, 10)) &&
           strncmp(who + 2, plan->kind == HOG_TMPFS ? "tmpfs" : "hog", 3) == 0;
}

// By others, and as much as would have to show in the answer. A file of its own is in tmpfs, too.
static bool is_disturbed(const hog_plan_t *plan, uint64_t since_us)
{
    uint64_t taken_kb = (uint64_t) plan->mb * 1024, own_kb = plan->kind == HOG_TMPFS ? taken_kb : 0;

    return witness_moved_kb(since_us) > own_kb + taken_kb * 3 / 10;
}

static void judge(
        const hog_plan_t *plan, const running_t *h, json_object *answer, hog_finding_t *ret)
{
    json_object *rows = get(answer, "rows"), *first;
    double change = (double) number(get(answer, "change"), "bytes");
    double taken = (double) plan->mb * 1024 * 1024, part = 0, sum;

    sum = (double) (bytes_of(answer, "others") + bytes_of(answer, "hidden") +
                    bytes_of(answer, "unexplained"));
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        json_object *row = json_object_array_get_idx(rows, i);

        sum += (double) number(row, "change_bytes");
        if (is_culprit(plan, h, row))
            part += (double) number(row, "change_bytes");
    }
    first = json_object_array_get_idx(rows, 0);
    *ret = (hog_finding_t){.first = first && is_culprit(plan, h, first),
            .adds_up = fabs(sum - change) < 1,
            .found = part / taken,
            .unexplained = change != 0 ? (double) bytes_of(answer, "unexplained") / change : 1};
    snprintf(ret->sentence, sizeof(ret->sentence), "%s",
            json_object_get_string(get(answer, "sentence")));
    ret->named = is_named(plan, h, ret->sentence);
}

static json_object *ask(const hog_range_t *range, uint64_t since_ms)
{
    time_t t = (time_t) (since_ms / 1000);
    char option[160], since[64];
    char *out = malloc(OUTPUT_MAX);
    json_object *o = NULL;
    struct tm tm;

    snprintf(option, sizeof(option), "--socket=%s", range->socket);
    gmtime_r(&t, &tm);
    strftime(since, sizeof(since), "--since=%Y-%m-%dT%H:%M:%SZ", &tm);
    if (out && process_run(
                       (const char *const[]){range->memscope, "why", option, since, "--json", NULL},
                       out, OUTPUT_MAX) == 0)
        o = json_tokener_parse(strchr(out, '{') ? strchr(out, '{') : out);
    free(out);
    return o;
}

bool hog_run(const hog_range_t *range, const hog_plan_t *plan, hog_finding_t *ret)
{
    uint64_t since_ms = 0, since_us = 0;
    json_object *answer;
    bool taken, disturbed;
    running_t h;

    start(range, plan, &h);
    taken = await_taken(&h, &since_ms, &since_us);
    if (plan->alive) {
        usleep(TICK_MS * 1000);
        answer = ask(range, since_ms);
        process_end(&h.process);
    } else {
        process_end(&h.process);
        usleep(LATER_MS * 1000);
        answer = ask(range, since_ms);
    }
    disturbed = is_disturbed(plan, since_us);
    if (h.file[0])
        unlink(h.file);
    usleep(GONE_MS * 1000); // the next one begins when all of this one is gone
    if (!taken || !answer || !get(answer, "rows")) {
        json_object_put(answer);
        return false;
    }
    judge(plan, &h, answer, ret);
    ret->disturbed = disturbed;
    json_object_put(answer);
    return true;
}
