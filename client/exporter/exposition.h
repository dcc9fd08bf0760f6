#ifndef MEMSCOPE_CLIENT_EXPORTER_EXPOSITION_H
#define MEMSCOPE_CLIENT_EXPORTER_EXPOSITION_H

// Metrics as text: OpenMetrics 1.0, or the text format 0.0.4 of Prometheus. The samples of a family
// follow each other; a family without samples leaves no trace.

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum { EXPOSITION_PROMETHEUS, EXPOSITION_OPENMETRICS } exposition_format_t;

typedef enum { METRIC_GAUGE, METRIC_COUNTER, METRIC_INFO } metric_type_t;

typedef struct {
    const char *name; // of the family: without _total and _info, and with its unit at the end
    metric_type_t type;
    const char *unit;   // a base unit; "": none
    const char *labels; // what its samples are told apart by, for people; "": there is one
    const char *help;   // one line
} metric_t;

typedef struct {
    const char *name;
    const char *value; // any UTF-8
} label_t;

typedef struct {
    exposition_format_t format;
    FILE *out; // NULL: memory ran out
    char *text;
    size_t len;
    const metric_t *metric; // whose samples come
    const metric_t *told;   // whose head was written
} exposition_t;

// "application/openmetrics-text; ..." or "text/plain; ..."
const char *exposition_content_type(exposition_format_t format);

void exposition_init(exposition_t *e, exposition_format_t format);
// Ends the text. 0 and the text, which the caller frees, or -ENOMEM.
int exposition_finish(exposition_t *e, char **ret_text, size_t *ret_len);

void exposition_begin(exposition_t *e, const metric_t *m);
void exposition_integer(exposition_t *e, const label_t *labels, size_t n, int64_t value);
void exposition_number(
        exposition_t *e, const label_t *labels, size_t n, double value, int decimals);

// The name that a family's samples have.
char *exposition_sample_name(const metric_t *m, char *buf, size_t cap);

#endif
