#include "tests/support/subject.h"

#include <math.h>

static uint32_t rng;

void subject_seed(uint32_t seed)
{
    rng = seed;
}

double subject_noise(void)
{
    double sum = 0;

    for (unsigned i = 0; i < 4; i++) {
        rng = rng * 1664525u + 1013904223u;
        sum += (double) (rng >> 8) / (1u << 24) - 0.5;
    }
    return sum * 1.7;
}

static uint64_t sample(const subject_t *s, unsigned t)
{
    double scale = s->scale > 0 ? s->scale : 1;

    return (uint64_t) (s->kb(t) * scale * (1 + s->noise * subject_noise()));
}

course_t subject_run(subject_t s)
{
    course_t c = {.suspected_at = NEVER, .set_at = NEVER, .cleared_at = NEVER};
    unsigned every = s.every > 0 ? s.every : 1;

    subject_seed(12345);
    leak_init(&c.state, SUBJECT_START + s.shift_ms + s.first * UINT64_C(1000), s.age_ms,
            sample(&s, s.first));
    for (unsigned t = s.first + every; t < s.seconds; t += every) {
        uint64_t kb = sample(&s, t);
        leak_verdict_t v;

        if (t >= s.gap_from && t < s.gap_to)
            continue;
        c.now_ms = SUBJECT_START + s.shift_ms + t * UINT64_C(1000);
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

course_t subject_run_simple(double (*kb)(unsigned t), unsigned minutes)
{
    return subject_run(
            (subject_t){.kb = kb, .seconds = minutes * MINUTE, .noise = 0.001, .age_ms = OLD});
}

double subject_since(unsigned t, unsigned onset)
{
    return t > onset ? t - onset : 0;
}

double subject_fast(unsigned t)
{
    return 300 * MB + 1 * MB * subject_since(t, SUBJECT_ONSET);
}

double subject_collector(unsigned t)
{
    return 500 * MB + 300 * subject_since(t, SUBJECT_ONSET) + 200 * MB * fmod(t, 45) / 45;
}

double subject_cache_fills(unsigned t)
{
    return 300 * MB + 2000 * MB * (1 - exp(-(t / 500.0)));
}

double subject_two_collectors(unsigned t)
{
    return 300 * MB + 200 * MB * fmod(t, 20) / 20 + 900 * MB * fmod(t, 420) / 420;
}

double subject_batch(unsigned t)
{
    double phase = fmod(t, 900);

    return 300 * MB + (phase < 360 ? 1500 * MB * fmin(1, phase / 300) : 0);
}

double subject_few_steps(unsigned t)
{
    return 300 * MB + (t > 100 ? 200 * MB : 0) + (t > 400 ? 50 * MB : 0) + (t > 800 ? 90 * MB : 0);
}

double subject_flat(unsigned t)
{
    (void) t;
    return 2000 * MB;
}
