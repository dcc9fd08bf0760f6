#include "tests/bench/forensics_score.h"
#include "daemon/forensics/leak.h"
#include "daemon/forensics/spike.h"

#include <math.h>
#include <stdlib.h>

#define SPIKE_LATE_S 8

static void add_delay(delays_t *d, double s)
{
    if (d->n < SCORE_DELAYS_MAX)
        d->s[d->n++] = (float) s;
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *) a, y = *(const float *) b;

    return (x > y) - (x < y);
}

double delays_median(delays_t *d)
{
    if (d->n == 0)
        return -1;
    qsort(d->s, d->n, sizeof(d->s[0]), by_value);
    return isinf(d->s[d->n / 2]) ? 1e9 : (double) d->s[d->n / 2];
}

static void tell(FILE *f, const leak_state_t *state, const series_t *s, unsigned t)
{
    char text[LEAK_TEXT_MAX];
    leak_receipt_t r;

    leak_receipt(state, s->time_ms[t], UINT64_MAX, &r);
    fprintf(f, "  %5u s: %s\n", t, leak_format(&r, s->time_ms[t], text, sizeof(text)));
}

// What one process does in the course of its series.
typedef struct {
    bool leaks, tagged, wrongly, dropped;
    double suspected_at, set_at;
    unsigned last; // second of the sample before
} course_t;

static void count_sample(
        const series_t *s, unsigned t, leak_verdict_t v, course_t *c, leak_score_t *score)
{
    unsigned seconds = t - c->last, over = s->end + SCORE_PLATEAU_S;

    if (c->leaks && t >= s->onset && t < s->end) {
        score->leaking_s += seconds;
        if (v.tag != LEAK_NONE && isinf(c->suspected_at))
            c->suspected_at = t - s->onset;
        if (v.tag == LEAK_SET && isinf(c->set_at))
            c->set_at = t - s->onset;
        score->reset += v.tag == LEAK_SET && c->dropped;
        score->found_s += isinf(c->set_at) ? 0 : seconds;
        score->held_s += !isinf(c->set_at) && v.tag == LEAK_SET ? seconds : 0;
        c->dropped = (c->dropped && v.tag != LEAK_SET) || (v.was == LEAK_SET && v.tag != LEAK_SET);
        c->tagged |= v.tag == LEAK_SET;
    } else if (!c->leaks || t < s->onset || t >= over) {
        score->healthy_s += seconds;
        score->healthy_set_s += v.tag == LEAK_SET ? seconds : 0;
        score->healthy_suspected_s += v.tag == LEAK_SUSPECTED ? seconds : 0;
        c->wrongly |= v.tag == LEAK_SET && (!c->leaks || t < s->onset);
    }
    if (c->leaks && t >= over && c->last < over) {
        score->ended++;
        score->lingering += v.tag == LEAK_SET;
    }
    c->last = t;
}

void score_leak(const series_t *s, leak_score_t *score, FILE *trace)
{
    course_t c = {.leaks = s->end > s->onset, .suspected_at = INFINITY, .set_at = INFINITY};
    leak_state_t state;

    leak_init(&state, s->time_ms[0], s->age_ms, (uint64_t) s->kb[0]);
    for (unsigned t = 1; t < s->len; t++) {
        leak_verdict_t v;

        if (s->time_ms[t] == 0)
            continue;
        v = leak_update(&state, s->time_ms[t], (uint64_t) s->kb[t]);
        if (trace && v.tag != v.was)
            tell(trace, &state, s, t);
        count_sample(s, t, v, &c, score);
    }
    if (trace && c.leaks && !c.tagged)
        tell(trace, &state, s, s->len - 1);
    score->n++;
    score->leaking += c.leaks;
    score->tagged += c.tagged;
    score->wrongly += c.wrongly;
    if (!c.leaks)
        return;
    add_delay(&score->any_set, c.set_at);
    if (s->cls == SERIES_FAST) {
        add_delay(&score->fast_suspected, c.suspected_at);
        add_delay(&score->fast_set, c.set_at);
    } else if (s->cls == SERIES_MILD) {
        add_delay(&score->mild_set, c.set_at);
    }
}

static void add_delays(delays_t *to, const delays_t *from)
{
    for (unsigned i = 0; i < from->n; i++)
        add_delay(to, (double) from->s[i]);
}

void score_add(leak_score_t *to, const leak_score_t *from)
{
    to->n += from->n;
    to->leaking += from->leaking;
    to->tagged += from->tagged;
    to->wrongly += from->wrongly;
    to->healthy_s += from->healthy_s;
    to->healthy_set_s += from->healthy_set_s;
    to->healthy_suspected_s += from->healthy_suspected_s;
    to->leaking_s += from->leaking_s;
    to->found_s += from->found_s;
    to->held_s += from->held_s;
    to->reset += from->reset;
    to->ended += from->ended;
    to->lingering += from->lingering;
    add_delays(&to->any_set, &from->any_set);
    add_delays(&to->fast_suspected, &from->fast_suspected);
    add_delays(&to->fast_set, &from->fast_set);
    add_delays(&to->mild_set, &from->mild_set);
}

double score_percent(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

double score_precision(const leak_score_t *s)
{
    unsigned all = s->tagged + s->wrongly;

    return all > 0 ? (double) s->tagged / all : 1;
}

double score_recall(const leak_score_t *s)
{
    return s->leaking > 0 ? (double) s->tagged / s->leaking : 1;
}

static bool is_labelled(const series_t *s, unsigned t, bool hit[SERIES_SPIKES_MAX])
{
    bool found = false;

    for (unsigned i = 0; i < s->spike_count; i++) {
        if (t + 1 < s->spike_at[i] || t > s->spike_at[i] + SPIKE_LATE_S)
            continue;
        hit[i] = true;
        found = true;
    }
    return found;
}

void score_spikes(const series_t *s, spike_score_t *score)
{
    bool hit[SERIES_SPIKES_MAX] = {0};
    spike_config_t config;
    spike_state_t state;

    spike_config_default(&config, (uint64_t) s->mem_total_kb);
    spike_init(&state, s->time_ms[0], s->age_ms, (uint64_t) s->kb[0]);
    for (unsigned t = 0; t < s->len; t++) {
        spike_verdict_t v;

        if (s->time_ms[t] == 0)
            continue;
        v = spike_update(&state, &config, s->time_ms[t], (uint64_t) s->kb[t]);
        if (v.tagged && !v.was && !is_labelled(s, t, hit))
            score->wrong++;
    }
    score->n++;
    for (unsigned i = 0; i < s->spike_count; i++) {
        score->hit += hit[i];
        score->missed += !hit[i];
    }
}
