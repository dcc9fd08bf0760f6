#include "tests/bench/forensics_traces.h"
#include "common/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROCESSES_MAX 4096
#define LINE_MAX_LEN  512
#define TICKS_PER_S   100.0
#define NUMBERS       8 // time_s,pid,start_time,comm,state,rss_kb,anon_kb,swap_kb

typedef struct {
    uint64_t pid, start_time;
    series_t *series;
} process_t;

typedef struct {
    process_t processes[PROCESSES_MAX];
    unsigned n;
    double mem_total_kb;
} traces_t;

static series_t *series_of(traces_t *t, uint64_t pid, uint64_t start_time, double time_s)
{
    process_t *p;

    for (unsigned i = t->n; i-- > 0;)
        if (t->processes[i].pid == pid && t->processes[i].start_time == start_time)
            return t->processes[i].series;
    if (t->n == PROCESSES_MAX)
        return NULL;
    p = &t->processes[t->n];
    p->series = calloc(1, sizeof(*p->series));
    if (!p->series)
        return NULL;
    p->pid = pid;
    p->start_time = start_time;
    p->series->mem_total_kb = t->mem_total_kb;
    p->series->age_ms = (uint64_t) ((time_s - start_time / TICKS_PER_S) * 1000);
    t->n++;
    return p->series;
}

static void take_line(traces_t *t, char *line)
{
    char *field[NUMBERS], *rest = line;
    series_t *s;
    double time_s;

    for (unsigned i = 0; i < NUMBERS; i++)
        if (!(field[i] = strsep(&rest, ",")))
            return;
    if (field[6][0] < '0' || field[6][0] > '9') // the header, or unknown
        return;
    time_s = strtod(field[0], NULL);
    s = series_of(t, strtoull(field[1], NULL, 10), strtoull(field[2], NULL, 10), time_s);
    if (!s || s->len == SERIES_MAX)
        return;
    s->time_ms[s->len] = (uint64_t) (time_s * 1000);
    s->kb[s->len++] = strtod(field[6], NULL) + strtod(field[7], NULL);
}

int traces_read(const char *path, void (*each)(const series_t *s, void *data), void *data)
{
    static traces_t traces;
    const char *onset = strstr(path, "-leak-from-");
    _cleanup_fclose_ FILE *f = fopen(path, "re");
    char line[LINE_MAX_LEN];

    if (!f)
        return -errno;
    traces.n = 0;
    while (fgets(line, sizeof(line), f)) {
        if (line[0] == '#')
            sscanf(line, "# mem_total_kb=%lf", &traces.mem_total_kb);
        else
            take_line(&traces, line);
    }
    for (unsigned i = 0; i < traces.n; i++) {
        series_t *s = traces.processes[i].series;

        if (onset && i == 0) {
            s->onset = (unsigned) strtoul(onset + strlen("-leak-from-"), NULL, 10);
            s->end = s->len;
        }
        each(s, data);
        free(s);
    }
    return 0;
}
