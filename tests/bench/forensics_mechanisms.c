#include "common/cleanup.h"
#include "tests/bench/forensics_series.h"

#include <math.h>
#include <string.h>

// Small simulations of programs: load that varies, requests that allocate, caches that evict, heaps
// that are collected, allocators that keep what was freed. The curves are what comes of it. The
// rules are not tuned against these.

#define MB 1024.0
#define GB (1024.0 * 1024.0)

/* ------------------------------------------------------------------ the surroundings */

typedef struct {
    double mean, level, target, wobble; // requests per second
    double change;                      // how often the level changes, per second
} load_t;

static load_t some_load(rng_t *r)
{
    double mean = rng_log(r, 2, 400);

    return (load_t){mean, mean, mean, 0, rng_log(r, 1e-3, 2e-2)};
}

static unsigned poisson(rng_t *r, double mean)
{
    double limit, p = 1;
    unsigned n = 0;

    if (mean > 40)
        return (unsigned) fmax(0, mean + sqrt(mean) * rng_normal(r) + 0.5);
    limit = exp(-mean);
    while ((p *= rng_uniform(r, 0, 1)) > limit)
        n++;
    return n;
}

static unsigned requests(rng_t *r, load_t *l)
{
    if (rng_chance(r, l->change))
        l->target = l->mean * rng_uniform(r, 0.3, 1.7);
    l->level += (l->target - l->level) / 15;
    l->wobble = 0.9 * l->wobble + 0.1 * rng_normal(r);
    return poisson(r, fmax(0, l->level * (1 + l->wobble)));
}

// What is in use and what is resident: freed memory goes back only in part and late.
typedef struct {
    double resident, chunk, slack, trim;
} heap_t;

static heap_t some_heap(rng_t *r)
{
    double chunk = 4 * pow(2, floor(rng_uniform(r, 0, 10)));

    return (heap_t){
            0, chunk, rng_uniform(r, 0.01, 0.25), rng_chance(r, 0.5) ? 1 : rng_log(r, 1e-3, 1)};
}

static double resident(heap_t *h, double used)
{
    double wanted = ceil(used / h->chunk) * h->chunk;

    if (wanted > h->resident)
        h->resident = wanted;
    else if (h->resident > wanted * (1 + h->slack))
        h->resident -= (h->resident - wanted * (1 + h->slack)) * h->trim;
    return h->resident;
}

typedef struct {
    double at; // second from which it leaks
    double kb; // per request
} fault_t;

// What is asked for is of very different popularity: classes of keys, each asked for a quarter as
// often as the one before. A cache of them fills fast at first and ever slower.
#define CLASSES 6

typedef struct {
    double keys[CLASSES], held[CLASSES], capacity;
} popular_t;

static popular_t some_popular(double keys, double capacity, bool full)
{
    popular_t p = {.capacity = capacity};
    double share = 1, sum = 0;

    for (unsigned i = 0; i < CLASSES; i++, share *= 3)
        sum += share;
    share = 1;
    for (unsigned i = 0; i < CLASSES; i++, share *= 3) {
        p.keys[i] = keys * share / sum;
        p.held[i] = full ? p.keys[i] * fmin(1, capacity / keys) : 0;
    }
    return p;
}

static double ask(popular_t *p, double n)
{
    double held = 0, weight = 0.5;

    for (unsigned i = 0; i < CLASSES; i++, weight /= 2) {
        p->held[i] += n * weight * fmax(0, 1 - p->held[i] / p->keys[i]);
        p->held[i] = fmin(p->held[i], p->keys[i]);
        held += p->held[i];
    }
    return fmin(held, p->capacity);
}

static void begin(rng_t *r, series_t *s, unsigned shortest, unsigned longest)
{
    s->len = (unsigned) rng_uniform(r, shortest, longest);
    s->onset = s->end = s->spike_count = 0;
    s->cls = SERIES_ANY;
    s->mem_total_kb = 32 * GB;
    s->age_ms = rng_chance(r, 0.4) ? (uint64_t) rng_uniform(r, 100, 1500)
                                   : (uint64_t) rng_log(r, 1e5, 1e9);
}

static fault_t fault(rng_t *r, series_t *s, double per_second, double low, double high)
{
    double rate = rng_log(r, low, high);

    s->onset = rng_chance(r, 0.3) ? 0 : (unsigned) rng_uniform(r, 60, s->len - 1100);
    s->end = s->len;
    s->cls = rate >= 1.3 * MB ? SERIES_FAST : rate >= 90 && rate <= 400 ? SERIES_MILD : SERIES_ANY;
    return (fault_t){s->onset, rate / per_second};
}

/* ------------------------------------------------------------------ a service */

#define TTL_MAX 1800

static void serve(rng_t *r, series_t *s, bool faulty)
{
    static double expiring[SERIES_MAX + TTL_MAX];
    load_t load = some_load(r);
    heap_t heap = some_heap(r);
    double request_kb = rng_log(r, 4, 4000) / sqrt(load.mean), session_kb = rng_log(r, 1, 60);
    unsigned ttl = (unsigned) rng_log(r, 20, 400);
    double keys = load.mean * rng_log(r, 1, 30), cache_kb = rng_log(r, 5 * MB, 2 * GB), cached;
    popular_t cache;
    double base = rng_log(r, 20 * MB, 1 * GB), lost = 0;
    double sessions = 0, started;
    fault_t f = {1e9, 0};

    begin(r, s, 1300, 3600);
    started = s->age_ms < 60000 ? 0 : 1;
    if (started > 0) { // old: caches are full, sessions in balance
        sessions = load.mean * 0.1 * session_kb * ttl;
    }
    cache = some_popular(keys, keys * rng_uniform(r, 0.3, 1.2), started > 0);
    if (faulty)
        f = fault(r, s, load.mean, 60, 8 * MB);
    memset(expiring, 0, sizeof(expiring));
    for (unsigned t = 0; t < ttl && sessions > 0; t++)
        expiring[t] = sessions / ttl;
    for (unsigned t = 0; t < s->len; t++) {
        unsigned n = requests(r, &load);
        double opened = poisson(r, 0.1 * n) * session_kb;

        started += (1 - started) / 8;
        sessions += opened - expiring[t];
        expiring[t + ttl] += opened;
        cached = ask(&cache, n) / keys * cache_kb;
        if (t >= f.at)
            lost += n * f.kb * rng_uniform(r, 0.5, 1.5);
        s->kb[t] = resident(&heap, base * started + sessions + cached + n * request_kb + lost);
    }
    series_sample(r, s);
}

static void service(rng_t *r, series_t *s)
{
    serve(r, s, false);
}

static void service_leaks(rng_t *r, series_t *s)
{
    serve(r, s, true);
}

/* ------------------------------------------------------------------ collected heaps */

// Generations: the young one is emptied into the old one, which is collected when it has grown by a
// factor over what lived, or reached the limit.
static void collect(rng_t *r, series_t *s, bool faulty, bool returns)
{
    load_t load = some_load(r);
    double garbage_kb = rng_log(r, 2 * MB, 200 * MB) / load.mean,
           young = rng_log(r, 8 * MB, 512 * MB);
    double promoted, cycle = rng_log(r, 10, faulty ? 200 : 500), factor = rng_uniform(r, 1.3, 2.2);
    double live_goal = rng_log(r, 20 * MB, 2 * GB), live = live_goal * 0.2, eden = 0, old = 0;
    double warm = rng_log(r, 10, 150), last = 0, base = rng_log(r, 30 * MB, 200 * MB), lost = 0;
    double slowly = rng_chance(r, 0.5) ? 1 : rng_log(r, 0.005, 0.5);
    fault_t f = {1e9, 0};

    begin(r, s, 1300, 3600);
    promoted = live_goal * (factor - 1) / (cycle * load.mean * garbage_kb);
    if (faulty)
        f = fault(r, s, load.mean, fmax(100, live_goal * (factor - 1) / 3000), 8 * MB);
    for (int t = s->age_ms > 60000 ? -3600 : 0; t < (int) s->len; t++) {
        unsigned n = requests(r, &load);
        double used;

        live += (live_goal - live) / warm;
        eden += n * garbage_kb;
        if (t >= f.at)
            lost += n * f.kb;
        while (eden > young) {
            eden -= young;
            old += young * promoted * rng_uniform(r, 0.6, 1.4);
        }
        if (old > (live + lost) * (factor - 1) + young / 4)
            old *= rng_uniform(r, 0, 0.02);
        used = base + live + lost + old + eden;
        if (!returns)
            used = fmax(used, last);
        else if (used < last)
            used = last - (last - used) * slowly;
        last = used;
        if (t >= 0)
            s->kb[t] = floor(used / 4) * 4;
    }
    series_sample(r, s);
}

static void collected(rng_t *r, series_t *s)
{
    collect(r, s, false, true);
}

static void collected_keeps(rng_t *r, series_t *s)
{
    collect(r, s, false, false);
}

static void collected_leaks(rng_t *r, series_t *s)
{
    collect(r, s, true, true);
}

/* ------------------------------------------------------------------ others */

// A store whose keys expire: it grows until as much goes as comes.
static void store(rng_t *r, series_t *s)
{
    static double expiring[SERIES_MAX + TTL_MAX];
    load_t load = some_load(r);
    heap_t heap = some_heap(r);
    double value_kb = rng_log(r, 0.5, 60), used = 20 * MB, mean = rng_log(r, 30, 400);
    bool full = rng_chance(r, 0.6);

    begin(r, s, 1200, 3600);
    memset(expiring, 0, sizeof(expiring));
    for (int t = full ? -TTL_MAX : 0; t < (int) s->len; t++) {
        unsigned n = requests(r, &load);
        for (unsigned i = 0; i < 8; i++) {
            unsigned at = (unsigned) fmin(TTL_MAX - 1, 1 + rng_exponential(r, mean));
            if (t + (int) at >= 0)
                expiring[t + (int) at] += n * value_kb / 8;
            else
                used -= n * value_kb / 8;
        }
        used += n * value_kb - (t >= 0 ? expiring[t] : 0);
        if (t >= 0)
            s->kb[t] = resident(&heap, used);
    }
    series_sample(r, s);
}

// Work on windows of a stream: state builds up and is dropped when the window closes.
static void windows(rng_t *r, series_t *s)
{
    load_t load = some_load(r);
    heap_t heap = some_heap(r);
    double span = rng_log(r, 10, 420), keys = rng_log(r, 100, 1e5), entry_kb = rng_log(r, 0.2, 30);
    double seen = 0, base = rng_log(r, 30 * MB, 2 * GB);

    begin(r, s, 1200, 3600);
    heap.trim = fmax(heap.trim, 0.05);
    for (unsigned t = 0; t < s->len; t++) {
        if (fmod(t, span) < 1)
            seen = 0;
        seen += requests(r, &load) * (1 - seen / keys);
        s->kb[t] = resident(&heap, base + fmax(0, seen) * entry_kb);
    }
    series_sample(r, s);
}

// A queue in front of something that is down now and then, and is drained afterwards.
static void backlog(rng_t *r, series_t *s)
{
    load_t load = some_load(r);
    heap_t heap = some_heap(r);
    double message_kb = rng_log(r, 1, 40), queued = 0, down = 0,
           speed = load.mean * rng_uniform(r, 2, 5);
    double base = rng_log(r, 20 * MB, 500 * MB);

    begin(r, s, 1200, 3600);
    for (unsigned t = 0; t < s->len; t++) {
        if (down <= 0 && rng_chance(r, 1.0 / 1500))
            down = rng_log(r, 5, 240);
        down -= 1;
        queued += requests(r, &load);
        queued -= fmin(queued, down > 0 ? 0 : speed);
        s->kb[t] = resident(&heap, base + queued * message_kb);
    }
    series_sample(r, s);
}

// Database: pages come into the pool when they are asked for; connections hold work memory.
static void database(rng_t *r, series_t *s)
{
    load_t load = some_load(r);
    double pages = load.mean * rng_log(r, 1, 30), page_kb = rng_log(r, 100 * MB, 12 * GB) / pages;
    double base = rng_log(r, 30 * MB, 400 * MB), work_kb = rng_log(r, 200, 20000);
    unsigned connections = 10;
    popular_t pool;

    begin(r, s, 1200, 3600);
    pool = some_popular(
            pages, pages * rng_uniform(r, 0.3, 1.2), s->age_ms > 60000 && rng_chance(r, 0.6));
    for (unsigned t = 0; t < s->len; t++) {
        double held = ask(&pool, requests(r, &load));
        if (rng_chance(r, 0.05))
            connections = 5 + poisson(r, 10);
        s->kb[t] = base + held * page_kb + connections * work_kb * (0.5 + rng_uniform(r, 0, 0.2));
    }
    series_sample(r, s);
}

// Chunks are loaded, worked on, written, freed; then the process ends or waits for the next run.
static void etl(rng_t *r, series_t *s)
{
    heap_t heap = some_heap(r);
    double chunk = rng_log(r, 5 * MB, 400 * MB), base = rng_log(r, 20 * MB, 200 * MB), held = 0;
    unsigned chunks = (unsigned) rng_uniform(r, 2, 12), phase = 0, loaded = 0;
    double per_chunk = rng_log(r, 3, 25), rest = rng_log(r, 30, 900),
           left = rng_uniform(r, 0, rest);

    begin(r, s, 1200, 3600);
    heap.trim = fmax(heap.trim, 0.02);
    for (unsigned t = 0; t < s->len; t++) {
        if (phase == 1)
            held += chunk / per_chunk * rng_uniform(r, 0.5, 1.5);
        if ((left -= 1) <= 0 && phase == 1 && ++loaded < chunks)
            left = per_chunk * rng_uniform(r, 0.7, 1.3);
        if (left <= 0) {
            phase = (phase + 1) % 3; // waiting, loading, writing
            loaded = 0;
            left = phase == 0   ? rest * rng_uniform(r, 0.7, 1.3)
                   : phase == 1 ? per_chunk
                                : chunks * 2;
            held = phase == 0 ? 0 : held;
        }
        s->kb[t] = resident(&heap, base + held);
    }
    series_sample(r, s);
}

// A compiler: reads, builds a tree, works through functions, is gone.
static void build_job(rng_t *r, series_t *s)
{
    double used = 8 * MB, speed = rng_log(r, 1 * MB, 40 * MB), left;
    unsigned t = 0;

    begin(r, s, 3, 4);
    s->age_ms = (uint64_t) rng_uniform(r, 0, 1000);
    for (left = rng_log(r, 1, 50); left > 0 && t < 300; left -= 1)
        s->kb[t++] = used += speed * rng_uniform(r, 0.3, 1.7);
    for (left = rng_log(r, 1, 100); left > 0 && t < 300; left -= 1) {
        double function = rng_exponential(r, 10 * MB);
        s->kb[t++] = used + function;
        used += rng_chance(r, 0.3) ? function * 0.1 : 0;
    }
    s->len = t;
    series_sample(r, s);
}

typedef struct {
    double size, goal, growth, until;
} tab_t;

static void browser(rng_t *r, series_t *s)
{
    tab_t tabs[40] = {0};
    double every = rng_log(r, 15, 300), stay = every * rng_uniform(r, 2, 10),
           base = rng_log(r, 80 * MB, 500 * MB);
    heap_t heap = some_heap(r);

    begin(r, s, 1200, 3600);
    for (int t = -1800; t < (int) s->len; t++) {
        double used = base;
        bool open = rng_chance(r, 1 / every);
        for (unsigned i = 0; i < ARRAY_SIZE(tabs); i++) {
            if (open && tabs[i].until <= 0) {
                tabs[i] = (tab_t){0, rng_log(r, 10 * MB, 400 * MB), rng_log(r, 2, 15),
                        rng_exponential(r, stay)};
                open = false;
            }
            if (tabs[i].until <= 0)
                continue;
            tabs[i].size += (tabs[i].goal - tabs[i].size) / tabs[i].growth;
            tabs[i].until -= 1;
            if (rng_chance(r, 0.01))
                tabs[i].goal = rng_log(r, 10 * MB, 400 * MB);
            used += tabs[i].size * (1 + 0.1 * rng_uniform(r, 0, 1));
        }
        if (t >= 0)
            s->kb[t] = resident(&heap, used);
    }
    series_sample(r, s);
}

// Connections of which some are never closed.
static void connections_leak(rng_t *r, series_t *s)
{
    heap_t heap = some_heap(r);
    double per_s, buffer_kb = rng_log(r, 8, 300), base = rng_log(r, 20 * MB, 1 * GB), lost = 0,
                  open = 0;
    load_t load = some_load(r);
    fault_t f;

    load.mean = load.level = load.target = per_s = rng_log(r, 2, 30);
    begin(r, s, 1300, 3600);
    f = fault(r, s, per_s, 60, 6 * MB);
    for (unsigned t = 0; t < s->len; t++) {
        unsigned n = requests(r, &load);
        double share = fmin(1, f.kb / buffer_kb), size = fmax(buffer_kb, f.kb);
        open += n - open / 20;
        if (t >= f.at)
            for (unsigned i = 0; i < n; i++)
                lost += rng_chance(r, share) ? size : 0;
        s->kb[t] = resident(&heap, base + open * buffer_kb + lost);
    }
    series_sample(r, s);
}

// A worker whose every job leaves something behind.
static void jobs_leak(rng_t *r, series_t *s)
{
    heap_t heap = some_heap(r);
    double every = rng_log(r, 4, 60), last, work, base = rng_log(r, 20 * MB, 500 * MB), lost = 0,
           left = 0, busy = 0;
    fault_t f;

    begin(r, s, 1500, 3600);
    last = every * rng_uniform(r, 0.2, 0.8);
    work = rng_log(r, 5 * MB, 500 * MB);
    f = fault(r, s, 1 / every, 150, 4 * MB);
    heap.trim = fmax(heap.trim, 0.05);
    for (unsigned t = 0; t < s->len; t++) {
        if ((left -= 1) <= 0) {
            left = every * rng_uniform(r, 0.5, 1.5);
            busy = last * rng_uniform(r, 0.5, 1.5);
            if (t >= f.at)
                lost += f.kb * rng_uniform(r, 0.3, 1.7);
        }
        s->kb[t] = resident(
                &heap, base + lost + ((busy -= 1) > 0 ? work * rng_uniform(r, 0.8, 1) : 0));
    }
    series_sample(r, s);
}

const family_t forensics_mechanisms[] = {
        {"service", false, 3, service},
        {"collected heap", false, 3, collected},
        {"heap that keeps", false, 2, collected_keeps},
        {"store with expiry", false, 1, store},
        {"stream windows", false, 2, windows},
        {"backlog", false, 2, backlog},
        {"database", false, 1, database},
        {"etl", false, 2, etl},
        {"build jobs", false, 20, build_job},
        {"browser", false, 2, browser},
        {"LEAK service", true, 5, service_leaks},
        {"LEAK collected heap", true, 4, collected_leaks},
        {"LEAK connections", true, 3, connections_leak},
        {"LEAK jobs", true, 3, jobs_leak},
};
const unsigned forensics_mechanisms_count = ARRAY_SIZE(forensics_mechanisms);
