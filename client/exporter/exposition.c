#include "client/exporter/exposition.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#define NAME_MAX_LEN 128

const char *exposition_content_type(exposition_format_t format)
{
    return format == EXPOSITION_OPENMETRICS
                   ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                   : "text/plain; version=0.0.4; charset=utf-8";
}

void exposition_init(exposition_t *e, exposition_format_t format)
{
    *e = (exposition_t){.format = format};
    e->out = open_memstream(&e->text, &e->len);
}

int exposition_finish(exposition_t *e, char **ret_text, size_t *ret_len)
{
    bool failed = !e->out;

    if (e->out && e->format == EXPOSITION_OPENMETRICS)
        fputs("# EOF\n", e->out);
    if (e->out) {
        failed = ferror(e->out) != 0;
        failed |= fclose(e->out) != 0;
    }
    e->out = NULL;
    if (failed) {
        free(e->text);
        e->text = NULL;
        return -ENOMEM;
    }
    *ret_text = e->text;
    *ret_len = e->len;
    e->text = NULL;
    return 0;
}

void exposition_begin(exposition_t *e, const metric_t *m)
{
    e->metric = m;
}

char *exposition_sample_name(const metric_t *m, char *buf, size_t cap)
{
    static const char *const suffixes[] = {
            [METRIC_GAUGE] = "", [METRIC_COUNTER] = "_total", [METRIC_INFO] = "_info"};

    snprintf(buf, cap, "%s%s", m->name, suffixes[m->type]);
    return buf;
}

// ---- Lines -------------------------------------------------------------------------------------

static void put_escaped(FILE *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '\\' || *s == '"')
            fputc('\\', out);
        if (*s == '\n')
            fputs("\\n", out);
        else
            fputc(*s, out);
    }
}

// OpenMetrics names the family, the older format its samples.
static void tell_head(exposition_t *e)
{
    static const char *const types[] = {
            [METRIC_GAUGE] = "gauge", [METRIC_COUNTER] = "counter", [METRIC_INFO] = "info"};
    const metric_t *m = e->metric;
    bool open = e->format == EXPOSITION_OPENMETRICS;
    char sample_name[NAME_MAX_LEN];
    const char *name = m->name, *type = types[m->type];

    if (e->told == m)
        return;
    e->told = m;
    if (!open) {
        name = exposition_sample_name(m, sample_name, sizeof(sample_name));
        type = m->type == METRIC_INFO ? "gauge" : type;
    }
    fprintf(e->out, "# HELP %s %s\n# TYPE %s %s\n", name, m->help, name, type);
    if (open && m->unit[0])
        fprintf(e->out, "# UNIT %s %s\n", name, m->unit);
}

static void begin_sample(exposition_t *e, const label_t *labels, size_t n)
{
    char name[NAME_MAX_LEN];

    tell_head(e);
    fputs(exposition_sample_name(e->metric, name, sizeof(name)), e->out);
    for (size_t i = 0; i < n; i++) {
        fprintf(e->out, "%c%s=\"", i == 0 ? '{' : ',', labels[i].name);
        put_escaped(e->out, labels[i].value);
        fputc('"', e->out);
    }
    fputs(n > 0 ? "} " : " ", e->out);
}

void exposition_integer(exposition_t *e, const label_t *labels, size_t n, int64_t value)
{
    if (!e->out)
        return;
    begin_sample(e, labels, n);
    fprintf(e->out, "%" PRId64 "\n", value);
}

void exposition_number(exposition_t *e, const label_t *labels, size_t n, double value, int decimals)
{
    if (!e->out)
        return;
    begin_sample(e, labels, n);
    fprintf(e->out, "%.*f\n", decimals, value);
}
