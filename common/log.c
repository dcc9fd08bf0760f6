#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *log_program = "memscope";
static log_level_t log_max = LOG_LEVEL_INFO;
static bool log_prefixed;

void log_open(const char *program, log_level_t max)
{
    log_program = program;
    log_max = max;
    log_prefixed = getenv("JOURNAL_STREAM") != NULL;
}

void log_message(log_level_t level, const char *format, ...)
{
    char line[1024];
    va_list args;

    if (level > log_max)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (log_prefixed)
        fprintf(stderr, "<%d>%s\n", (int) level, line);
    else
        fprintf(stderr, "%s: %s\n", log_program, line);
}
