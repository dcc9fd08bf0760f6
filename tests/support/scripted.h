#ifndef MEMSCOPE_TESTS_SUPPORT_SCRIPTED_H
#define MEMSCOPE_TESTS_SUPPORT_SCRIPTED_H

// The subcommands as scripts have them: lines of bash against a daemon of the test's own, and what
// they print as text and as JSON.

#include "tests/support/process.h"
#include "tests/support/temporary.h"

#include <json-c/json.h>

typedef struct {
    temporary_t dir;
    char socket[128];
    process_t daemon;
    char *out; // what the last line printed, to either stream
} scripted_t;

extern scripted_t scripted;

// Of a group of tests.
int scripted_setup(void **state);
int scripted_teardown(void **state);

// Runs a line of bash with $M for memscope, $S for its --socket option and $D for the directory;
// the exit status.
int bash(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Strict JSON in UTF-8, or the test fails.
json_object *json_parse(const char *line, size_t len);
json_object *json_parse_line(void); // of an output of one line
json_object *json_get(json_object *o, const char *key);
json_object *json_find_process(json_object *sample, int64_t pid); // NULL: it is not there
void json_assert_no_null(json_object *o);

size_t count_lines(const char *text);

#endif
