#ifndef MEMSCOPE_COMMON_LOG_H
#define MEMSCOPE_COMMON_LOG_H

// Messages on stderr: "memscoped: text". Under systemd (JOURNAL_STREAM) each line begins with the
// <N> level prefix of sd-daemon(3). common/ and protocol/ never log.

#include <stdbool.h>

typedef enum {
    LOG_LEVEL_ERROR = 3,
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_INFO = 6,
    LOG_LEVEL_DEBUG = 7
} log_level_t;

void log_open(const char *program, log_level_t max);
void log_message(log_level_t level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_message(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_message(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_message(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
