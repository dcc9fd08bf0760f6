#ifndef MEMSCOPE_CLIENT_CLI_JSON_H
#define MEMSCOPE_CLIENT_CLI_JSON_H

// Objects of json-c, and what subcommands put into them. Keys are string constants. Text may be any
// bytes: what is not UTF-8 becomes U+FFFD and what acts on a terminal an escape, so that the output
// is valid, and safe to look at, whatever a process calls itself. Memory that runs out ends the
// program with a message.

#include "protocol/snapshot.h"
#include <json-c/json_object.h>
#include <stdbool.h>

typedef struct json_object json_t;

json_t *json_new(void); // an object
json_t *json_new_array(void);

// Take ownership of `value`.
void json_put(json_t *o, const char *key, json_t *value);
void json_append(json_t *array, json_t *value);

json_t *json_text(const char *s, size_t len);
json_t *json_number(double v, int decimals); // 2.5, not 2.50 and not 2.4999999

void json_put_text(json_t *o, const char *key, const char *s);
void json_put_bytes(json_t *o, const char *key, const char *s, size_t len); // absent if len is 0
void json_put_uint(json_t *o, const char *key, uint64_t v);
void json_put_int(json_t *o, const char *key, int64_t v);
void json_put_bool(json_t *o, const char *key, bool v);
void json_put_number(json_t *o, const char *key, double v, int decimals);

// A protocol field under its name with the unit spelled out: "mem_free_kb" in KiB becomes
// "mem_free_bytes", "psi_some" in 1/100 % becomes "psi_some_percent".
void json_put_field(json_t *o, const char *name, const char *unit, uint64_t value);

// What is known of a system; its flags as true or false.
json_t *json_system(const system_snapshot_t *s, const intern_t *strings);

// Moments of CLOCK_REALTIME, in seconds since 1970.
json_t *json_time_ms(uint64_t real_ms);

// Writes it to stdout, without a newline, and releases it.
void json_print(json_t *o);
// As a line of its own.
void json_print_line(json_t *o);

#endif
