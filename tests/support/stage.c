#include "tests/support/stage.h"

#include "common/cleanup.h"
#include "common/text.h"
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ROW_TEXT_MAX 16384

static int on_inspect(void *user, uint64_t pid, uint64_t start_time)
{
    stage_t *s = user;

    s->inspected_pid = pid;
    s->inspected_start = start_time;
    s->inspect_requests++;
    return 0;
}

static int on_history(
        void *user, uint64_t pid, uint64_t start_time, uint64_t span_ms, uint64_t step_ms)
{
    stage_t *s = user;

    (void) start_time;
    if (step_ms == TRACK_STEP_MS) {
        s->past_pid = pid;
        return 1000 + (int) s->past_requests++;
    }
    s->history_requests++;
    s->history_span_ms = span_ms;
    return ++s->next_request;
}

static int on_pause(void *user, bool paused)
{
    ((stage_t *) user)->paused = paused;
    return 0;
}

static int on_events(void *user, uint64_t after, bool follow)
{
    stage_t *s = user;

    s->events_after = after;
    s->events_followed = follow;
    s->events_requests++;
    return 2000 + (int) s->events_requests;
}

static int on_why(void *user, uint64_t from_ms, unsigned by, unsigned limit)
{
    stage_t *s = user;

    (void) limit;
    s->why_from_ms = from_ms;
    s->why_by = by;
    s->why_requests++;
    return 3000 + (int) s->why_requests;
}

static int on_signal(void *user, uint64_t pid, uint64_t start_time, int number)
{
    stage_t *s = user;

    s->signalled_pid = pid;
    s->signalled_start = start_time;
    s->signalled = number;
    return s->signal_result;
}

static void check(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "stage: %s\n", what);
        abort();
    }
}

void stage_init(stage_t *s, bool utf8, int rows, int cols)
{
    ui_requests_t requests = {on_inspect, on_history, on_pause, on_events, on_why, on_signal, s};
    system_snapshot_t *system = &s->snapshot.system;
    hello_message_t hello = {0};

    check(setlocale(LC_ALL, utf8 ? "C.UTF-8" : "C") != NULL, "no such locale");
    setenv("TZ", "UTC", 1);
    tzset();
    *s = (stage_t){0};
    check(intern_new(&s->strings) == 0, "no memory");
    s->processes = calloc(STAGE_SLOTS, sizeof(*s->processes));
    check(s->processes != NULL, "no memory");
    s->snapshot.processes = s->processes;
    s->snapshot.strings = s->strings;
    check(app_new(&s->app, utf8, &requests) == 0, "no memory");
    check(app_resize(s->app, rows, cols) == 0, "no memory");
    SYSTEM_SET(system, tick, 1);
    SYSTEM_SET(system, mono_ms, 1000000);
    SYSTEM_SET(system, real_ms, UINT64_C(1700000000000));
    SYSTEM_SET(system, interval_us, 1000000);
    SYSTEM_SET(system, mem_total_kb, 32u << 20);
    SYSTEM_SET(system, mem_available_kb, (32u << 20) - 13002342);
    SYSTEM_SET(system, mem_free_kb, 12u << 20);
    SYSTEM_SET(system, anon_kb, 9u << 20);
    SYSTEM_SET(system, shmem_kb, 2u << 20);
    SYSTEM_SET(system, cached_kb, 9u << 20);
    SYSTEM_SET(system, buffers_kb, 1u << 20);
    SYSTEM_SET(system, slab_reclaimable_kb, 1u << 20);
    SYSTEM_SET(system, slab_unreclaimable_kb, 1u << 19);
    SYSTEM_SET(system, psi_some, 42);
    SYSTEM_SET(system, psi_full, 7);
    SYSTEM_SET(system, swap_total_kb, 8u << 20);
    SYSTEM_SET(system, swap_free_kb, 7u << 20);
    SYSTEM_SET(system, clock_ticks, 100);
    MESSAGE_SET(&hello, rights, RIGHTS_ALL);
    MESSAGE_SET(&hello, uid, 0);
    MESSAGE_SET(&hello, features, FEATURE_HISTORY | FEATURE_EVENTS | FEATURE_WHY);
    MESSAGE_SET(&hello, instance, 1);
    app_time(s->app, 1000000);
    app_link(s->app, LINK_LIVE, "", &hello);
}

void stage_open(stage_t *s, int rows, int cols)
{
    stage_init(s, true, rows, cols);
    stage_populate(s);
    stage_run(s, 1);
}

void stage_open_ten(stage_t *s)
{
    char name[32];

    stage_init(s, true, 24, 80);
    for (uint64_t pid = 1; pid <= 10; pid++) {
        snprintf(name, sizeof(name), "p%d", (int) pid);
        stage_add(s, pid, name, pid * 10000);
    }
    stage_run(s, 1);
}

process_snapshot_t *stage_open_victim(stage_t *s)
{
    process_snapshot_t *p;

    stage_init(s, true, 40, 100);
    p = stage_add(s, 500, "victim", 200 * 1024);
    PROCESS_SET(p, file_kb, 100 * 1024);
    PROCESS_SET(p, shmem_kb, 50 * 1024);
    stage_add(s, 501, "other", 1024);
    stage_run(s, 1);
    stage_keys(s, "\r");
    return p;
}

void stage_done(stage_t *s)
{
    app_free(s->app);
    intern_free(s->strings);
    free(s->processes);
}

uint32_t stage_string(stage_t *s, const char *text, size_t len)
{
    return intern_ref(s->strings, text, len);
}

void stage_name(stage_t *s, process_snapshot_t *p, const char *name)
{
    PROCESS_SET(p, name, stage_string(s, name, strlen(name)));
}

process_snapshot_t *stage_add(stage_t *s, uint64_t pid, const char *name, uint64_t private_kb)
{
    process_snapshot_t *p = NULL;

    for (size_t i = 0; i < s->snapshot.n_slots && !p; i++)
        if (s->processes[i].known == 0)
            p = &s->processes[i];
    if (!p)
        p = &s->processes[s->snapshot.n_slots++];
    check(s->snapshot.n_slots <= STAGE_SLOTS, "too many processes");
    memset(p, 0, sizeof(*p));
    PROCESS_SET(p, pid, pid);
    PROCESS_SET(p, start_time, pid);
    PROCESS_SET(p, ppid, 1);
    PROCESS_SET(p, uid, 0);
    PROCESS_SET(p, state, 'S');
    PROCESS_SET(p, threads, 1);
    PROCESS_SET(p, anon_kb, private_kb);
    PROCESS_SET(p, file_kb, 4096);
    PROCESS_SET(p, shmem_kb, 0);
    PROCESS_SET(p, swap_kb, 0);
    PROCESS_SET(p, baseline_kb, private_kb);
    PROCESS_SET(p, cpu_permille, 0);
    PROCESS_SET(p, read_rate, 0);
    PROCESS_SET(p, write_rate, 0);
    stage_name(s, p, name);
    return p;
}

process_snapshot_t *stage_find(stage_t *s, uint64_t pid)
{
    for (size_t i = 0; i < s->snapshot.n_slots; i++)
        if (s->processes[i].known && s->processes[i].pid == pid)
            return &s->processes[i];
    check(false, "no such process");
    return NULL;
}

void stage_remove(stage_t *s, uint64_t pid)
{
    process_snapshot_t *p = stage_find(s, pid);

    memset(p, 0, sizeof(*p));
}

static void stage_pss(stage_t *s, process_snapshot_t *p, uint64_t pss_kb, uint64_t uss_kb)
{
    PROCESS_SET(p, pss_kb, pss_kb);
    PROCESS_SET(p, pss_rss_kb, p->anon_kb + p->file_kb + p->shmem_kb);
    PROCESS_SET(p, uss_kb, uss_kb);
    PROCESS_SET(p, pss_time_ms, s->snapshot.system.mono_ms);
    PROCESS_SET(p, pss_source, PSS_SOURCE_ROLLUP);
}

void stage_populate(stage_t *s)
{
    static const char command[] = "/opt/google/chrome/chrome\0--type=renderer\0--lang=en";
    process_snapshot_t *p;

    p = stage_add(s, 3587, "chrome", 184422);
    PROCESS_SET(p, file_kb, 48538);
    PROCESS_SET(p, shmem_kb, 262349);
    PROCESS_SET(p, baseline_kb, 184422 - 12595);
    PROCESS_SET(p, cpu_permille, 21);
    PROCESS_SET(p, tags, TAG_LEAK);
    PROCESS_SET(p, threads, 31);
    PROCESS_SET(p, cmdline, stage_string(s, command, sizeof(command)));
    PROCESS_SET(p, unit, stage_string(s, "app-chrome.scope", 16));
    stage_pss(s, p, 421990, 262349);
    p = stage_add(s, 38524, "firefox", 472000);
    PROCESS_SET(p, baseline_kb, 472000 - 10);
    PROCESS_SET(p, cpu_permille, 50);
    PROCESS_SET(p, uid, 54321);
    PROCESS_SET(p, write_rate, 1500);
    p = stage_add(s, 3600, "chrome", 90000);
    PROCESS_SET(p, cpu_permille, 1600);
    PROCESS_SET(p, swap_kb, 30720);
    PROCESS_SET(p, tags, TAG_SPIKE | TAG_LEAK_SUSPECTED);
    p = stage_add(s, 812, "postgres", 60000);
    PROCESS_UNSET(p, read_rate);
    PROCESS_UNSET(p, write_rate);
    PROCESS_SET(p, uid, 54322);
    p = stage_add(s, 900, "漢字プロセス", 50000);
    PROCESS_SET(p, baseline_kb, 70000);
    p = stage_add(s, 901, "cafe\xcc\x81", 40000);
    PROCESS_SET(p, zombies, 1);
    PROCESS_SET(p, tags, TAG_UNREAPED);
    p = stage_add(s, 902, "defunct", 0);
    PROCESS_SET(p, state, 'Z');
    PROCESS_SET(p, tags, TAG_ZOMBIE);
    PROCESS_SET(p, ppid, 901);
    PROCESS_UNSET(p, anon_kb);
    PROCESS_UNSET(p, file_kb);
    PROCESS_UNSET(p, swap_kb);
    PROCESS_UNSET(p, baseline_kb);
    p = stage_add(s, 2, "kthreadd", 0);
    PROCESS_SET(p, flags, PROCESS_KERNEL_THREAD);
    PROCESS_UNSET(p, anon_kb);
    PROCESS_UNSET(p, file_kb);
    PROCESS_UNSET(p, swap_kb);
    PROCESS_UNSET(p, baseline_kb);
    for (uint64_t pid = 1000; pid < 1024; pid++)
        stage_add(s, pid, "worker", 1000 + pid % 7 * 300);
}

void stage_tick(stage_t *s, unsigned ms)
{
    system_snapshot_t *system = &s->snapshot.system;

    system->tick++;
    system->mono_ms += ms;
    system->real_ms += ms;
    app_time(s->app, system->mono_ms);
    app_tick(s->app, &s->snapshot);
}

void stage_draw(stage_t *s)
{
    s->grid = app_draw(s->app);
}

void stage_run(stage_t *s, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        stage_tick(s, 1000);
        stage_draw(s);
    }
}

void stage_key(stage_t *s, int code)
{
    app_key(s->app, code);
    stage_draw(s);
}

void stage_keys(stage_t *s, const char *keys)
{
    for (; *keys; keys++)
        app_key(s->app, (unsigned char) *keys);
    stage_draw(s);
}

void stage_resize(stage_t *s, int rows, int cols)
{
    check(app_resize(s->app, rows, cols) == 0, "no memory");
    stage_draw(s);
}

const char *stage_row(const stage_t *s, int row)
{
    static char buf[4][ROW_TEXT_MAX];
    static unsigned next;
    char *text = buf[next++ % ARRAY_SIZE(buf)];

    grid_row_text(s->grid, row, text, ROW_TEXT_MAX);
    return text;
}

uint64_t stage_pid(const stage_t *s, int row)
{
    return strtoull(stage_row(s, row), NULL, 10);
}

const char *stage_selected(const stage_t *s)
{
    for (int row = 0; row < s->grid->rows; row++)
        for (int col = 0; col < s->grid->cols; col++)
            if (grid_row(s->grid, row)[col].style & STYLE_SELECTED)
                return stage_row(s, row);
    return "";
}

int stage_find_row(const stage_t *s, const char *text)
{
    for (int row = 0; row < s->grid->rows; row++)
        if (strstr(stage_row(s, row), text))
            return row;
    return -1;
}

int stage_column(const stage_t *s, int row, const char *text)
{
    const char *line = stage_row(s, row), *at = strstr(line, text);
    char before[ROW_TEXT_MAX];

    if (!at)
        return -1;
    snprintf(before, sizeof(before), "%.*s", (int) (at - line), line);
    return (int) text_width(before);
}

bool stage_golden(const stage_t *s, const char *name)
{
    const char *mode = getenv("MEMSCOPE_GOLDEN"), *dir = getenv("MEMSCOPE_GOLDEN_DIR");
    _cleanup_free_ char *picture = NULL, *golden = NULL;
    _cleanup_fclose_ FILE *file = NULL;
    size_t len = 0, cap = 0;
    char path[4096];
    FILE *memory = open_memstream(&picture, &len);

    check(memory != NULL && dir != NULL, "MEMSCOPE_GOLDEN_DIR is not set");
    grid_dump(s->grid, memory);
    fclose(memory);
    snprintf(path, sizeof(path), "%s/%s.txt", dir, name);
    if (mode && strcmp(mode, "update") == 0) {
        file = fopen(path, "we");
        return file && fwrite(picture, 1, len, file) == len && fflush(file) == 0;
    }
    file = fopen(path, "re");
    if (file && getdelim(&golden, &cap, '\0', file) >= 0 && strcmp(golden, picture) == 0)
        return true;
    fprintf(stderr, "# %s should be\n%s# but is\n%s", path, golden ? golden : "", picture);
    return false;
}
