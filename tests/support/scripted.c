#include "tests/support/scripted.h"

#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX (8u << 20)

scripted_t scripted;

int scripted_setup(void **state)
{
    scripted_t *s = &scripted;

    (void) state;
    *s = (scripted_t){.dir = temporary_new(), .out = malloc(OUTPUT_MAX)};
    assert_non_null(s->out);
    setenv("XDG_CONFIG_HOME", s->dir.path, 1); // nobody's own settings
    snprintf(s->socket, sizeof(s->socket), "%s", temporary_path(&s->dir, "socket"));
    s->daemon = process_start_listening(
            (const char *const[]){MEMSCOPED_PATH, "--socket", s->socket, NULL}, s->socket);
    return 0;
}

int scripted_teardown(void **state)
{
    (void) state;
    process_stop(&scripted.daemon);
    temporary_remove(&scripted.dir);
    free(scripted.out);
    return 0;
}

int bash(const char *format, ...)
{
    char line[2048], script[4096];
    va_list args;
    int status;

    va_start(args, format);
    assert_true(vsnprintf(line, sizeof(line), format, args) < (int) sizeof(line));
    va_end(args);
    snprintf(script, sizeof(script), "M='%s' S='--socket=%s' D='%s'\n%s", MEMSCOPE_PATH,
            scripted.socket, scripted.dir.path, line);
    status = process_run(
            (const char *const[]){"/bin/bash", "-c", script, NULL}, scripted.out, OUTPUT_MAX);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 1)
        print_message("# %s: %.*s\n", line, (int) strcspn(scripted.out, "\n"), scripted.out);
    return WEXITSTATUS(status);
}

json_object *json_parse(const char *line, size_t len)
{
    json_tokener *t = json_tokener_new();
    json_object *o;

    json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    o = json_tokener_parse_ex(t, line, (int) len);
    if (json_tokener_get_error(t) != json_tokener_success)
        fail_msg("%s: %.300s", json_tokener_error_desc(json_tokener_get_error(t)), line);
    json_tokener_free(t);
    assert_non_null(o);
    return o;
}

json_object *json_parse_line(void)
{
    char *end = strchr(scripted.out, '\n');

    assert_non_null(end);
    assert_string_equal(end, "\n");
    return json_parse(scripted.out, (size_t) (end - scripted.out));
}

json_object *json_get(json_object *o, const char *key)
{
    return json_object_object_get(o, key);
}

json_object *json_find_process(json_object *sample, int64_t pid)
{
    json_object *all = json_get(sample, "processes");

    for (size_t i = 0; i < json_object_array_length(all); i++) {
        json_object *p = json_object_array_get_idx(all, i);

        if (json_object_get_int64(json_get(p, "pid")) == pid)
            return p;
    }
    return NULL;
}

void json_assert_no_null(json_object *o)
{
    json_object_object_foreach(o, key, value)
    {
        if (!value)
            fail_msg("%s is null", key);
    }
}

size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}
