#include "common/cleanup.h"
#include "daemon/forensics/leak.h"
#include "tests/support/cmocka.h"

#include <math.h>
#include <string.h>

#define MB     1024.0
#define START  UINT64_C(1000000)
#define MINUTE 60
#define OLD    UINT64_MAX
#define NEVER  UINT32_MAX

// A process whose memory is a function of its second; `noise` is a share of that.
typedef struct {
    double (*kb)(unsigned t);
    unsigned seconds;
    double noise;
    uint64_t age_ms;
    uint64_t shift_ms;
    double scale;
    unsigned gap_from, gap_to; // not observed
} subject_t;

typedef struct {
    unsigned suspected_at, set_at, cleared_at; // first, and last
    unsigned sets;
    leak_state_t state;
    uint64_t now_ms;
} course_t;

static uint32_t rng;

static double noise(void)
{
    double sum = 0;

    for (unsigned i = 0; i < 4; i++) {
        rng = rng * 1664525u + 1013904223u;
        sum += (double) (rng >> 8) / (1u << 24) - 0.5;
    }
    return sum * 1.7; // about normal
}

static uint64_t sample(const subject_t *p, unsigned t)
{
    double scale = p->scale > 0 ? p->scale : 1;

    return (uint64_t) (p->kb(t) * scale * (1 + p->noise * noise()));
}

static course_t run(subject_t p)
{
    course_t c = {.suspected_at = NEVER, .set_at = NEVER, .cleared_at = NEVER};

    rng = 12345;
    leak_init(&c.state, START + p.shift_ms, p.age_ms, sample(&p, 0));
    for (unsigned t = 1; t < p.seconds; t++) {
        uint64_t kb = sample(&p, t);
        leak_verdict_t v;

        if (t >= p.gap_from && t < p.gap_to)
            continue;
        c.now_ms = START + p.shift_ms + t * UINT64_C(1000);
        v = leak_update(&c.state, c.now_ms, kb);
        if (v.tag != LEAK_NONE && c.suspected_at == NEVER)
            c.suspected_at = t;
        if (v.tag == LEAK_SET && c.set_at == NEVER)
            c.set_at = t;
        c.sets += v.tag == LEAK_SET && v.was != LEAK_SET;
        if (v.was == LEAK_SET && v.tag != LEAK_SET)
            c.cleared_at = t;
    }
    return c;
}

static course_t run_simple(double (*kb)(unsigned t), unsigned minutes)
{
    return run((subject_t){.kb = kb, .seconds = minutes * MINUTE, .noise = 0.001, .age_ms = OLD});
}

#define assert_set_by(c, minutes)                          \
    do {                                                   \
        assert_in_range((c).set_at, 1, (minutes) *MINUTE); \
        assert_int_equal((c).sets, 1);                     \
        assert_int_equal((c).cleared_at, NEVER);           \
    } while (0)

#define ONSET 300

static double since(unsigned t, unsigned onset)
{
    return t > onset ? t - onset : 0;
}

/* ------------------------------------------------------------------ leaks */

static double fast(unsigned t)
{
    return 300 * MB + 1 * MB * since(t, ONSET);
}

static double mild(unsigned t)
{
    return 300 * MB + 100 * since(t, ONSET);
}

static double slow(unsigned t)
{
    return 150 * MB + 30 * since(t, ONSET);
}

static double stepwise(unsigned t)
{
    return 300 * MB + 12 * MB * floor(since(t, ONSET) / 60);
}

static double bursts(unsigned t)
{
    double cycles = floor(since(t, ONSET) / 90), phase = fmod(since(t, ONSET), 90);

    return 300 * MB + 40 * MB * (cycles + fmin(1, phase / 30)) + (phase < 30 ? 100 * MB : 0);
}

static double collector(unsigned t)
{
    return 500 * MB + 300 * since(t, ONSET) + 200 * MB * fmod(t, 45) / 45;
}

static double doubling(unsigned t)
{
    return 50 * MB * pow(2, since(t, ONSET) / 300);
}

static double late(unsigned t)
{
    return 300 * MB + 1 * MB * since(t, 3 * 3600);
}

static double after_warmup(unsigned t)
{
    return 50 * MB + 220 * MB * fmin(1, t / 170.0) + 60 * since(t, ONSET);
}

static void test_leaks_are_set(void **state)
{
    (void) state;
    assert_set_by(run_simple(fast, 30), 5 + 8);
    assert_set_by(run_simple(mild, 30), 5 + 12);
    assert_set_by(run_simple(slow, 40), 5 + 25);
    assert_set_by(run_simple(stepwise, 30), 5 + 12);
    assert_set_by(run_simple(bursts, 30), 5 + 20);
    assert_set_by(run_simple(collector, 30), 5 + 12);
    assert_set_by(run_simple(doubling, 30), 5 + 12);
    assert_set_by(run_simple(after_warmup, 30), 5 + 16);
    assert_set_by(run_simple(late, 3 * 60 + 20), 3 * 60 + 8);
}

static void test_fast_growth_is_suspected_within_a_minute(void **state)
{
    course_t c = run_simple(fast, 8);

    (void) state;
    assert_in_range(c.suspected_at, ONSET, ONSET + 60);
    assert_int_equal(c.set_at, NEVER);
}

static double even_from_birth(unsigned t)
{
    return t == 0 ? 300 : 500 * MB + 10 * MB * t;
}

static double mild_from_birth(unsigned t)
{
    return 5 * MB + 1 * MB * t;
}

static double step_at_birth(unsigned t)
{
    return t < 3 ? 300 : 2000 * MB + 10 * t;
}

static double spike_at_birth(unsigned t)
{
    return t > 20 && t < 30 ? 3000 * MB : 20 * MB;
}

static double steps_at_birth(unsigned t)
{
    return 200 * MB + (t > 12 ? 300 * MB : 0) + (t > 28 ? 100 * MB : 0) + (t > 43 ? 200 * MB : 0);
}

static double slowing_from_birth(unsigned t)
{
    return 50 * MB + 900 * MB * (1 - exp(-(t / 50.0)));
}

static unsigned suspected_from_birth(double (*kb)(unsigned t))
{
    return run((subject_t){.kb = kb, .seconds = 120, .age_ms = 300}).suspected_at;
}

static void test_fresh_process_is_suspected_for_even_growth(void **state)
{
    (void) state;
    assert_in_range(suspected_from_birth(even_from_birth), 50, 60);
    assert_in_range(suspected_from_birth(mild_from_birth), 50, 60);
    assert_int_equal(suspected_from_birth(step_at_birth), NEVER);
    assert_int_equal(suspected_from_birth(spike_at_birth), NEVER);
    assert_int_equal(suspected_from_birth(steps_at_birth), NEVER);
    assert_int_equal(suspected_from_birth(slowing_from_birth), NEVER);
}

static void test_leak_in_noise(void **state)
{
    course_t c = run((subject_t){.kb = mild, .seconds = 3600, .noise = 0.02, .age_ms = OLD});

    (void) state;
    assert_set_by(c, 5 + 20);
}

// Memory goes to swap as it comes: what the rule sees is the sum, which grows on.
static void test_leak_to_swap(void **state)
{
    leak_state_t s;
    leak_verdict_t v = {0};

    (void) state;
    leak_init(&s, START, OLD, 400000);
    for (unsigned t = 1; t < 600; t++) {
        uint64_t anon = 400000 + (t < 100 ? t * 1000 : 100000 - (t - 100) * 200);
        uint64_t swap = t < 100 ? 0 : (t - 100) * 1200;

        v = leak_update(&s, START + t * 1000, anon + swap);
    }
    assert_int_equal(v.tag, LEAK_SET);
}

/* ------------------------------------------------------------------ no leaks */

static double warmup(unsigned t)
{
    return 50 * MB + 900 * MB * (1 - exp(-(t / 60.0)));
}

static double warmup_in_stages(unsigned t)
{
    return 50 * MB + 400 * MB * fmin(1, t / 60.0) + 300 * MB * fmin(1, since(t, 100) / 90);
}

static double cache_fills(unsigned t)
{
    return 300 * MB + 2000 * MB * (1 - exp(-(t / 500.0)));
}

static double cache_stops(unsigned t)
{
    return 300 * MB + 800 * MB * fmin(1, t / 360.0);
}

static double flat_collector(unsigned t)
{
    return 300 * MB + 500 * MB * fmod(t, 45) / 45;
}

static double two_collectors(unsigned t)
{
    return 300 * MB + 200 * MB * fmod(t, 20) / 20 + 900 * MB * fmod(t, 420) / 420;
}

static double batch(unsigned t)
{
    double phase = fmod(t, 900);

    return 300 * MB + (phase < 360 ? 1500 * MB * fmin(1, phase / 300) : 0);
}

static double day(unsigned t)
{
    return 1000 * MB * (1 + 0.3 * sin(2 * M_PI * t / 86400));
}

static double flat(unsigned t)
{
    (void) t;
    return 2000 * MB;
}

static double few_steps(unsigned t)
{
    return 300 * MB + (t > 100 ? 200 * MB : 0) + (t > 400 ? 50 * MB : 0) + (t > 800 ? 90 * MB : 0);
}

static double shrinks(unsigned t)
{
    return 900 * MB - 600 * MB * fmin(1, t / 1800.0);
}

// Ever slower, but never done: any short stretch of it looks straight.
static double logarithm(unsigned t)
{
    return 300 * MB + 900 * MB * log1p(since(t, ONSET) / 30);
}

static double two_speeds(unsigned t)
{
    return 300 * MB + 400 * MB * (1 - exp(-since(t, ONSET) / 40)) +
           1500 * MB * (1 - exp(-since(t, ONSET) / 700));
}

// Three fillings, one after the other, of different speed.
static double fills_in_turn(unsigned t)
{
    return 300 * MB + 500 * MB * fmin(1, since(t, ONSET) / 100) +
           200 * MB * fmin(1, since(t, ONSET + 160) / 90) +
           700 * MB * fmin(1, since(t, ONSET + 320) / 150);
}

// Values with a lifetime of five minutes: as much goes as comes from then on.
static double expiry(unsigned t)
{
    return 300 * MB + 3 * MB * fmin(since(t, ONSET), 300);
}

// The most that was ever in use, of use that varies.
static double high_water(unsigned t)
{
    return 300 * MB + 120 * MB * floor(log2(1 + since(t, ONSET) / 20));
}

static void test_healthy_programs_are_not_set(void **state)
{
    static double (*const programs[])(unsigned t) = {warmup, warmup_in_stages, cache_fills,
            cache_stops, flat_collector, two_collectors, batch, day, flat, few_steps, shrinks,
            logarithm, two_speeds, fills_in_turn, expiry, high_water};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
        assert_int_equal(run_simple(programs[i], 60).set_at, NEVER);
        assert_int_equal(
                run((subject_t){.kb = programs[i], .seconds = 3600, .age_ms = 0}).set_at, NEVER);
    }
}

static bool wanders_into_a_tag(unsigned tau, uint32_t seed)
{
    double x = 0, keep = exp(-1.0 / tau);
    leak_state_t s;

    rng = seed;
    leak_init(&s, START, OLD, 1000000);
    for (unsigned t = 1; t < 3600; t++) {
        x = keep * x + sqrt(1 - keep * keep) * noise();
        if (leak_update(&s, START + t * 1000, (uint64_t) (1e6 * (1 + 0.05 * x))).tag == LEAK_SET)
            return true;
    }
    return false;
}

static void test_wandering_is_hardly_ever_set(void **state)
{
    unsigned wrong = 0;

    (void) state;
    for (unsigned tau = 30; tau <= 480; tau *= 2)
        for (uint32_t seed = 1; seed <= 40; seed++)
            wrong += wanders_into_a_tag(tau, seed * 7919 + tau);
    assert_in_range(wrong, 0, 4); // of 200 hours
}

static double compiler(unsigned t)
{
    return 20 * MB + 15 * MB * t;
}

static void test_compiler_is_not_even_suspected(void **state)
{
    course_t c = run((subject_t){.kb = compiler, .seconds = 50, .age_ms = 0});

    (void) state;
    assert_int_equal(c.suspected_at, NEVER);
}

static void test_a_process_that_gives_back_is_trusted_longer(void **state)
{
    course_t c = run_simple(batch, 60);

    (void) state;
    assert_in_range(c.suspected_at, 1, 60); // the first time it looks like a leak
    assert_int_equal(c.state.alarms, 1);    // then no more
}

/* ------------------------------------------------------------------ the end of a tag */

static double plateau(unsigned t)
{
    return 300 * MB + 1 * MB * fmin(since(t, ONSET), 1200);
}

static double given_back(unsigned t)
{
    return t > 1500 ? 320 * MB : fast(t);
}

static double pauses(unsigned t)
{
    double phase = fmod(t, 240), cycles = floor(t / 240.0);

    return 300 * MB + 60 * MB * (cycles + fmin(1, phase / 100));
}

static void test_plateau_clears_within_three_minutes(void **state)
{
    course_t c = run_simple(plateau, 60);

    (void) state;
    assert_in_range(c.cleared_at, ONSET + 1200, ONSET + 1200 + 180);
    assert_int_equal(c.sets, 1);
}

static void test_memory_given_back_clears_at_once(void **state)
{
    course_t c = run_simple(given_back, 40);

    (void) state;
    assert_in_range(c.cleared_at, 1500, 1515);
    assert_int_equal(c.sets, 1);
}

static void test_pauses_do_not_clear(void **state)
{
    course_t c = run_simple(pauses, 120);

    (void) state;
    assert_int_not_equal(c.set_at, NEVER);
    assert_int_equal(c.sets, 1);
    assert_int_equal(c.cleared_at, NEVER);
}

// A process is first seen before it has taken what it starts with.
static void test_even_growth_is_never_cleared(void **state)
{
    static const double rates[] = {30, 100, 1 * MB, 10 * MB}, starts[] = {0, 100 * MB, 500 * MB};
    static const uint64_t ages[] = {0, 600 * 1000, OLD};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(rates) * ARRAY_SIZE(starts) * ARRAY_SIZE(ages) * 2; i++) {
        double rate = rates[i % 4], start = starts[i / 4 % 3];
        bool small = i / 36 > 0, set = false;
        leak_state_t s;

        leak_init(&s, START, ages[i / 12 % 3], small ? 100 : (uint64_t) start);
        for (unsigned t = 1; t < 7200; t++) {
            leak_verdict_t v =
                    leak_update(&s, START + t * UINT64_C(1000), (uint64_t) (start + rate * t));

            assert_true(v.tag == LEAK_SET || v.was != LEAK_SET);
            set |= v.tag == LEAK_SET;
        }
        assert_true(set);
    }
}

static void test_transition_tells_why_it_was_cleared(void **state)
{
    leak_state_t s;
    leak_receipt_t r;
    leak_verdict_t v = {0};
    uint64_t now_ms = START;

    (void) state;
    leak_init(&s, START, OLD, (uint64_t) plateau(0));
    for (unsigned t = 1; v.was != LEAK_SET || v.tag == LEAK_SET; t++) {
        assert_true(t < 3600);
        now_ms = START + t * 1000;
        v = leak_update(&s, now_ms, (uint64_t) plateau(t));
    }
    leak_receipt(&s, now_ms, UINT64_MAX, &r);
    assert_int_equal(r.tag, LEAK_NONE);
    assert_int_equal(r.reason, LEAK_REASON_STOPPED);
    assert_in_range(r.since_ms, START + (ONSET - 60) * 1000, START + (ONSET + 60) * 1000);
    assert_in_range(r.growth_kb, 1150 * 1024, 1200 * 1024);
}

/* ------------------------------------------------------------------ properties */

static void test_time_shift_changes_nothing(void **state)
{
    subject_t p = {.kb = collector, .seconds = 2400, .noise = 0.01, .age_ms = OLD};
    course_t a = run(p), b;

    (void) state;
    p.shift_ms = UINT64_C(86400000) * 400;
    b = run(p);
    assert_int_equal(a.suspected_at, b.suspected_at);
    assert_int_equal(a.set_at, b.set_at);
}

static void test_scale_changes_nothing_above_what_matters(void **state)
{
    static double (*const programs[])(unsigned t) = {fast, collector, cache_fills, two_collectors};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
        subject_t p = {.kb = programs[i], .seconds = 2400, .age_ms = OLD, .scale = 4};
        course_t a = run(p), b;

        p.scale = 64;
        b = run(p);
        assert_int_equal(a.suspected_at, b.suspected_at);
        assert_int_equal(a.set_at, b.set_at);
    }
}

static void test_state_survives_a_copy(void **state)
{
    leak_state_t a, b;

    (void) state;
    leak_init(&a, START, OLD, 1000);
    for (unsigned t = 1; t < 1800; t++) {
        leak_verdict_t va = leak_update(&a, START + t * 1000, (uint64_t) collector(t));

        if (t > 700) {
            leak_verdict_t vb = leak_update(&b, START + t * 1000, (uint64_t) collector(t));
            assert_int_equal(va.tag, vb.tag);
        }
        if (t == 700)
            memcpy(&b, &a, sizeof(b));
    }
    assert_memory_equal(&a, &b, sizeof(a));
}

static void test_gap_neither_sets_nor_clears(void **state)
{
    subject_t jump = {.kb = fast, .seconds = 2400, .age_ms = OLD, .gap_from = 310, .gap_to = 1800};
    subject_t pause = {.kb = fast, .seconds = 2400, .age_ms = OLD, .gap_from = 900, .gap_to = 1500};
    course_t c = run(jump);

    (void) state;
    assert_true(c.set_at == NEVER || c.set_at >= 1800 + 400); // it has to be seen growing
    c = run(pause);
    assert_set_by(c, 13);
}

static void test_samples_out_of_turn(void **state)
{
    leak_state_t s;
    leak_verdict_t v = {0};

    (void) state;
    leak_init(&s, START, OLD, 300000);
    for (unsigned t = 1; t < 600 * 10; t++) // ten a second, and now and then one of the past
        v = leak_update(&s, START + t * 100 - (t % 50 == 0 ? 700 : 0), 300000 + t * 100);
    assert_int_equal(v.tag, LEAK_SET);
    leak_init(&s, START, OLD, 300000);
    for (unsigned t = 1; t < 100 * 10; t++) {
        v = leak_update(&s, START + t, 300000 + t * 1000); // a thousand within a second
        assert_int_equal(v.tag, LEAK_NONE);
    }
}

static void test_sizes_of_any_number(void **state)
{
    leak_state_t s;

    (void) state;
    leak_init(&s, 0, 0, UINT64_MAX);
    for (unsigned t = 0; t < 4000; t++) {
        uint64_t kb = t % 3 == 0 ? UINT64_MAX : t % 3 == 1 ? 0 : t;
        leak_receipt_t r;

        leak_update(&s, t * UINT64_C(997), kb);
        leak_receipt(&s, t * UINT64_C(997), t, &r);
    }
    leak_update(&s, UINT64_MAX - 100000, 1);
    leak_update(&s, 0, 1);
}

/* ------------------------------------------------------------------ receipts */

static void test_receipt_of_a_leak(void **state)
{
    course_t c = run_simple(fast, 20);
    leak_receipt_t r;
    char text[LEAK_TEXT_MAX];

    (void) state;
    leak_receipt(&c.state, c.now_ms, 2048 * 1024, &r);
    assert_int_equal(r.tag, LEAK_SET);
    assert_int_equal(r.reason, LEAK_REASON_NONE);
    assert_in_range(r.since_ms, START + (ONSET - 60) * 1000, START + (ONSET + 60) * 1000);
    assert_in_range(r.growth_kb, 880 * 1024, 910 * 1024);
    assert_true(r.rate_kb_s > 1000 && r.rate_kb_s < 1050);
    assert_true(r.rate_low_kb_s <= 1024 && r.rate_low_kb_s > 900);
    assert_true(r.rate_high_kb_s >= 1024 && r.rate_high_kb_s < 1150);
    assert_in_range(r.confidence, 95, 99);
    assert_in_range(r.left_s, 1990, 2100);
    assert_int_equal(r.ruled_out, (1 << LEAK_RULED_BITS) - 1);
    leak_format(&r, c.now_ms, text, sizeof(text));
    assert_non_null(strstr(text, "LEAK: +88"));
    assert_non_null(strstr(text, " MB in 14 min, 60.0 MB/min ("));
    assert_non_null(strstr(text, "34 min left"));
    assert_non_null(strstr(text, "not file pages, swap-in, warm-up, sawtooth, cache that fills"));
}

static void test_receipt_of_a_suspicion(void **state)
{
    course_t c = run_simple(fast, 7);
    leak_receipt_t r;
    char text[LEAK_TEXT_MAX];

    (void) state;
    leak_receipt(&c.state, c.now_ms, UINT64_MAX, &r);
    assert_int_equal(r.tag, LEAK_SUSPECTED);
    assert_in_range(r.confidence, 50, 90);
    assert_true(r.left_s == UINT64_MAX);
    leak_format(&r, c.now_ms, text, sizeof(text));
    assert_memory_equal(text, "LEAK?: +", 8);
    assert_null(strstr(text, "left"));
}

// Suspected within a minute, of growth that is even: its rate is known by then.
static void test_receipt_of_an_early_suspicion(void **state)
{
    course_t c = run((subject_t){.kb = fast, .seconds = ONSET + 70, .age_ms = OLD});
    leak_receipt_t r;

    (void) state;
    leak_receipt(&c.state, c.now_ms, UINT64_MAX, &r);
    assert_int_equal(r.tag, LEAK_SUSPECTED);
    assert_true(r.rate_low_kb_s > 900 && r.rate_kb_s > 1000);
    assert_true(r.rate_high_kb_s < 1150);
}

static const char *why_not(double (*kb)(unsigned t), unsigned seconds, uint64_t age_ms)
{
    static char text[LEAK_TEXT_MAX];
    course_t c = run((subject_t){.kb = kb, .seconds = seconds, .age_ms = age_ms});
    leak_receipt_t r;

    leak_receipt(&c.state, c.now_ms, UINT64_MAX, &r);
    assert_int_equal(r.tag, LEAK_NONE);
    return leak_format(&r, c.now_ms, text, sizeof(text));
}

static void test_receipt_says_why_not(void **state)
{
    (void) state;
    assert_string_equal(why_not(flat, 121, OLD), "no leak yet: 2 min of 7 min of warm-up seen");
    assert_string_equal(why_not(flat, 1200, OLD), "no leak: the floor does not rise");
    assert_string_equal(why_not(few_steps, 900, OLD), "no leak: one or a few steps");
    assert_string_equal(why_not(cache_fills, 1200, OLD),
            "no leak: growth is slowing down, as a cache that fills");
    assert_string_equal(why_not(batch, 1140, OLD), "no leak: it has given back as much before");
}

static void test_text_fits_any_space(void **state)
{
    course_t c = run_simple(fast, 20);
    char text[LEAK_TEXT_MAX];
    leak_receipt_t r;

    (void) state;
    leak_receipt(&c.state, c.now_ms, 12345678, &r);
    for (size_t cap = 1; cap <= sizeof(text); cap++) {
        memset(text, 'x', sizeof(text));
        leak_format(&r, c.now_ms, text, cap);
        assert_in_range(strnlen(text, sizeof(text)), 0, cap - 1);
    }
    assert_true(strlen(text) < sizeof(text) - 1);
}

static void test_names(void **state)
{
    (void) state;
    for (unsigned i = 0; i < LEAK_REASONS; i++)
        assert_string_not_equal(leak_reason_name((leak_reason_t) i), "unknown");
    assert_string_equal(leak_reason_name(LEAK_REASONS), "unknown");
    assert_string_equal(leak_ruled_out_name(3), "sawtooth");
    assert_string_equal(leak_ruled_out_name(LEAK_RULED_BITS), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_leaks_are_set),
            cmocka_unit_test(test_fast_growth_is_suspected_within_a_minute),
            cmocka_unit_test(test_fresh_process_is_suspected_for_even_growth),
            cmocka_unit_test(test_leak_in_noise),
            cmocka_unit_test(test_leak_to_swap),
            cmocka_unit_test(test_healthy_programs_are_not_set),
            cmocka_unit_test(test_wandering_is_hardly_ever_set),
            cmocka_unit_test(test_compiler_is_not_even_suspected),
            cmocka_unit_test(test_a_process_that_gives_back_is_trusted_longer),
            cmocka_unit_test(test_plateau_clears_within_three_minutes),
            cmocka_unit_test(test_memory_given_back_clears_at_once),
            cmocka_unit_test(test_pauses_do_not_clear),
            cmocka_unit_test(test_even_growth_is_never_cleared),
            cmocka_unit_test(test_transition_tells_why_it_was_cleared),
            cmocka_unit_test(test_time_shift_changes_nothing),
            cmocka_unit_test(test_scale_changes_nothing_above_what_matters),
            cmocka_unit_test(test_state_survives_a_copy),
            cmocka_unit_test(test_gap_neither_sets_nor_clears),
            cmocka_unit_test(test_samples_out_of_turn),
            cmocka_unit_test(test_sizes_of_any_number),
            cmocka_unit_test(test_receipt_of_a_leak),
            cmocka_unit_test(test_receipt_of_a_suspicion),
            cmocka_unit_test(test_receipt_of_an_early_suspicion),
            cmocka_unit_test(test_receipt_says_why_not),
            cmocka_unit_test(test_text_fits_any_space),
            cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
