#include "client/cli/json.h"

#include "common/text.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRINT_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
#define KEY_MAX     64

__attribute__((noreturn)) static void out_of_memory(void)
{
    fputs("memscope: out of memory\n", stderr);
    exit(EXIT_FAILURE);
}

static json_t *must(json_t *o)
{
    if (!o)
        out_of_memory();
    return o;
}

json_t *json_new(void)
{
    return must(json_object_new_object());
}

json_t *json_new_array(void)
{
    return must(json_object_new_array());
}

void json_put(json_t *o, const char *key, json_t *value)
{
    if (json_object_object_add(o, key, must(value)) < 0)
        out_of_memory();
}

void json_append(json_t *array, json_t *value)
{
    if (json_object_array_add(array, must(value)) < 0)
        out_of_memory();
}

// ---- Values ------------------------------------------------------------------------------------

json_t *json_text(const char *s, size_t len)
{
    char *copy = malloc(len * 3 + 1); // U+FFFD takes three bytes
    size_t n = 0;
    json_t *o;

    if (!copy)
        out_of_memory();
    for (size_t at = 0; at < len;) {
        uint32_t codepoint;

        at += text_decode(s + at, len - at, &codepoint);
        n += text_encode(codepoint, copy + n);
    }
    o = json_object_new_string_len(copy, (int) n);
    free(copy);
    return must(o);
}

json_t *json_number(double v, int decimals)
{
    char text[64];
    size_t n = (size_t) snprintf(text, sizeof(text), "%.*f", decimals, v);

    if (strchr(text, '.'))
        while (text[n - 1] == '0' || text[n - 1] == '.')
            if (text[--n] == '.')
                break;
    text[n] = '\0';
    return must(json_object_new_double_s(v, text));
}

json_t *json_time_ms(uint64_t real_ms)
{
    return json_number((double) real_ms / 1000, 3);
}

void json_put_text(json_t *o, const char *key, const char *s)
{
    json_put(o, key, json_text(s, strlen(s)));
}

void json_put_bytes(json_t *o, const char *key, const char *s, size_t len)
{
    if (len > 0)
        json_put(o, key, json_text(s, len));
}

void json_put_uint(json_t *o, const char *key, uint64_t v)
{
    json_put(o, key, json_object_new_uint64(v));
}

void json_put_int(json_t *o, const char *key, int64_t v)
{
    json_put(o, key, json_object_new_int64(v));
}

void json_put_bool(json_t *o, const char *key, bool v)
{
    json_put(o, key, json_object_new_boolean(v));
}

void json_put_number(json_t *o, const char *key, double v, int decimals)
{
    json_put(o, key, json_number(v, decimals));
}

// ---- Protocol fields ---------------------------------------------------------------------------

// How a unit of the protocol is written in a key, and what one of it is worth there.
static const struct {
    const char *unit, *suffix, *key_suffix;
    uint64_t times;
    double divided_by;
    int decimals;
} units[] = {
        {"KiB", "_kb", "_bytes", 1024, 1, 0},
        {"us", "_us", "_seconds", 1, 1e6, 6},
        {"ms", "_ms", "_seconds", 1, 1e3, 3},
        {"1/100 %", "", "_percent", 1, 100, 2},
        {"pages", "", "_pages", 1, 1, 0},
        {"bytes", "_bytes", "_bytes", 1, 1, 0},
        {"1/s", "", "_per_second", 1, 1, 0},
};

void json_put_field(json_t *o, const char *name, const char *unit, uint64_t value)
{
    size_t len = strlen(name);
    char key[KEY_MAX];

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t suffix = strlen(units[i].suffix);

        if (strcmp(units[i].unit, unit) != 0)
            continue;
        if (len > suffix && strcmp(name + len - suffix, units[i].suffix) == 0)
            len -= suffix;
        snprintf(key, sizeof(key), "%.*s%s", (int) len, name, units[i].key_suffix);
        if (units[i].decimals > 0)
            json_put_number(o, key, (double) value / units[i].divided_by, units[i].decimals);
        else
            json_put_uint(o, key, value * units[i].times);
        return;
    }
    json_put_uint(o, name, value);
}

json_t *json_system(const system_snapshot_t *s, const intern_t *strings)
{
    json_t *o = json_new();

    for (size_t f = 0; f < SYSTEM_FIELD_COUNT; f++) {
        const field_info_t *info = &system_fields[f];

        if (!(s->known >> f & 1) || f == SYSTEM_FIELD_real_ms || f == SYSTEM_FIELD_system_flags)
            continue;
        if (info->kind == FIELD_STRING) {
            size_t len;
            const char *text = intern_get(strings, (uint32_t) s->values[f], &len);

            json_put_bytes(o, info->name, text, len);
        } else {
            json_put_field(o, info->name, info->unit, s->values[f]);
        }
    }
    json_put_bool(o, "truncated", (s->system_flags & SYSTEM_TRUNCATED) != 0);
    json_put_bool(o, "private_daemon", (s->system_flags & SYSTEM_PRIVATE) != 0);
    return o;
}

// ---- Output ------------------------------------------------------------------------------------

static void print_escape(uint32_t codepoint)
{
    if (codepoint < 0x10000)
        printf("\\u%04x", (unsigned) codepoint);
    else
        printf("\\u%04x\\u%04x", (unsigned) (0xd7c0 + (codepoint >> 10)),
                (unsigned) (0xdc00 + (codepoint & 0x3ff)));
}

// JSON asks for an escape of C0 alone. What else acts on a terminal stands in strings only.
static void print_safely(const char *text, size_t len)
{
    size_t begin = 0, at = 0;

    while (at < len) {
        uint32_t codepoint;
        size_t used = text_decode(text + at, len - at, &codepoint);

        if (text_is_unsafe(codepoint)) {
            fwrite(text + begin, 1, at - begin, stdout);
            print_escape(codepoint);
            begin = at + used;
        }
        at += used;
    }
    fwrite(text + begin, 1, len - begin, stdout);
}

void json_print(json_t *o)
{
    size_t len;
    const char *text = json_object_to_json_string_length(o, PRINT_FLAGS, &len);

    if (!text)
        out_of_memory();
    print_safely(text, len);
    json_object_put(o);
}

void json_print_line(json_t *o)
{
    json_print(o);
    putchar('\n');
}
