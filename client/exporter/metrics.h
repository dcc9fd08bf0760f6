#ifndef MEMSCOPE_CLIENT_EXPORTER_METRICS_H
#define MEMSCOPE_CLIENT_EXPORTER_METRICS_H

// All metrics, declared once: what is written, and what the manual says of it.

#include "client/exporter/exposition.h"
#include "client/exporter/source.h"

typedef enum {
    METRIC_UP,
    METRIC_BUILD,
    METRIC_CONNECTIONS,
    METRIC_SCRAPES,
    METRIC_SEES_EVERYTHING,
    METRIC_SAMPLE_TIME,
    METRIC_CAPTURE,
    METRIC_TICKS,
    METRIC_MISSED_TICKS,
    METRIC_MEMORY,
    METRIC_MEMORY_TOTAL,
    METRIC_MEMORY_AVAILABLE,
    METRIC_SWAP,
    METRIC_PRESSURE,
    METRIC_STALLED,
    METRIC_OOM_KILLS,
    METRIC_PAGE_FAULTS,
    METRIC_SWAPPED,
    METRIC_RECLAIMED,
    METRIC_PROCESSES,
    METRIC_GROUP_PROCESSES,
    METRIC_GROUP_PRIVATE,
    METRIC_GROUP_RSS,
    METRIC_GROUP_PSS,
    METRIC_GROUP_SWAP,
    METRIC_GROUP_CPU,
    METRIC_GROUP_READ,
    METRIC_GROUP_WRITTEN,
    METRIC_GROUP_TAGGED,
    METRIC_EVENTS,
    METRICS_MAX,
} metric_id_t;

extern const metric_t metrics[METRICS_MAX];

// Writes all that is known at this moment. 0 and the text, which the caller frees, or -ENOMEM.
int metrics_write(const source_t *s, uint64_t now_us, uint64_t scrapes, exposition_format_t format,
        char **ret_text, size_t *ret_len);

#endif
