// The kernel kills a process at the limit of its cgroup: memscope says who that was, whose limit it
// was, and who had grown. Takes root, and a memory controller of either version of cgroups.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/temporary.h"
#include "tests/support/watcher.h"

#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX (1u << 20)
#define LIMIT_MB   100
#define WAIT_S     60

typedef struct {
    temporary_t dir;
    char socket[128], group[128];
    process_t daemon, bystander, companion, victim;
    char *out;
} fixture_t;

static fixture_t f;

static bool write_file(const char *name, const char *text)
{
    char path[256];
    FILE *file;
    bool ok;

    snprintf(path, sizeof(path), "%s/%s", f.group, name);
    file = fopen(path, "r+e"); // a directory that is no group gets no files
    if (!file)
        return false;
    ok = fputs(text, file) >= 0;
    return fclose(file) == 0 && ok;
}

// A group with a limit; false: there is none to be had.
static bool make_group(void)
{
    static const struct {
        const char *root, *limit, *swap;
    } kinds[] = {{"/sys/fs/cgroup", "memory.max", "memory.swap.max"},
            {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"}};
    char text[32];

    snprintf(text, sizeof(text), "%dM", LIMIT_MB);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        snprintf(f.group, sizeof(f.group), "%s/memscope-test-%d", kinds[i].root, (int) getpid());
        if (mkdir(f.group, 0755) < 0)
            continue;
        if (write_file(kinds[i].limit, text)) {
            write_file(kinds[i].swap, i == 0 ? "0" : text);
            return true;
        }
        rmdir(f.group);
    }
    f.group[0] = '\0';
    return false;
}

static int setup(void **state)
{
    (void) state;
    f = (fixture_t){.dir = temporary_new(), .out = malloc(OUTPUT_MAX)};
    assert_non_null(f.out);
    setenv("XDG_CONFIG_HOME", f.dir.path, 1);
    snprintf(f.socket, sizeof(f.socket), "%s", temporary_path(&f.dir, "socket"));
    return 0;
}

static int teardown(void **state)
{
    (void) state;
    process_stop(&f.daemon);
    process_stop(&f.bystander);
    process_stop(&f.companion);
    process_stop(&f.victim);
    for (int i = 0; f.group[0] && i < 200 && rmdir(f.group) < 0; i++)
        usleep(10000); // until the last of it is gone
    temporary_remove(&f.dir);
    free(f.out);
    return 0;
}

static process_t start_in_group(const char *mb, const char *take_ms, const char *hold_ms)
{
    char script[512];

    snprintf(script, sizeof(script), "echo $$ > %s/cgroup.procs && exec %s %s %s %s", f.group,
            HOG_PATH, mb, take_ms, hold_ms);
    return process_start((const char *const[]){"/bin/sh", "-c", script, NULL});
}

// The first OOM kill that is about this process, or (pid 0) any; NULL: none within WAIT_S.
static json_object *find_kill(pid_t pid)
{
    char option[160];

    snprintf(option, sizeof(option), "--socket=%s", f.socket);
    for (int i = 0; i < WAIT_S * 4; i++) {
        process_run((const char *const[]){MEMSCOPE_PATH, "events", option, "--json", NULL}, f.out,
                OUTPUT_MAX);
        for (char *line = strtok(f.out, "\n"); line; line = strtok(NULL, "\n")) {
            json_object *o = json_tokener_parse(line), *event = NULL, *who = NULL;

            json_object_object_get_ex(o, "event", &event);
            json_object_object_get_ex(o, "pid", &who);
            if (event && strcmp(json_object_get_string(event), "oom_kill") == 0 &&
                    (pid == 0 || json_object_get_int(who) == pid))
                return o;
            json_object_put(o);
        }
        usleep(250000);
    }
    return NULL;
}

static const char *text_of(json_object *o, const char *key)
{
    json_object *v = NULL;

    return json_object_object_get_ex(o, key, &v) ? json_object_get_string(v) : "";
}

static bool has_grown(json_object *kill, pid_t pid)
{
    json_object *grown = NULL, *who;

    json_object_object_get_ex(kill, "grown", &grown);
    for (size_t i = 0; grown && i < json_object_array_length(grown); i++) {
        json_object_object_get_ex(json_object_array_get_idx(grown, i), "pid", &who);
        if (json_object_get_int(who) == pid)
            return true;
    }
    return false;
}

static void start_daemon(void)
{
    f.daemon = process_start_listening(
            (const char *const[]){MEMSCOPED_PATH, "--socket", f.socket, NULL}, f.socket);
    assert_true(watcher_await_looks(f.socket, WAIT_S * 1000)); // what was counted so far is known
}

static void test_a_limit_is_reached(void **state)
{
    json_object *kill, *used = NULL;
    char line[64];

    (void) state;
    if (geteuid() != 0 || !make_group())
        skip_because("takes root, and cgroups with a memory controller");
    start_daemon();
    f.bystander = actor_start();
    f.companion = start_in_group("20", "0", "600000");
    while (process_read_line(&f.companion, line, sizeof(line)) && strcmp(line, "taken") != 0)
        continue;
    f.victim = start_in_group("400", "30000", "0"); // for seconds, so that it is seen to grow
    // Somebody else holds more, grows, and ends at the same moment.
    actor_do(&f.bystander, "anon 300");
    while (process_read_line(&f.victim, line, sizeof(line)))
        continue;
    pid_t bystander = f.bystander.pid;
    process_stop(&f.bystander);

    kill = find_kill(f.victim.pid);
    assert_non_null(kill);
    print_message("# %s\n", text_of(kill, "text"));
    assert_string_equal(text_of(kill, "name"), "hog");
    assert_string_equal(text_of(kill, "cgroup"), strrchr(f.group, '/'));
    assert_non_null(strstr(text_of(kill, "text"), "at the limit of"));
    assert_true(has_grown(kill, f.victim.pid));
    assert_false(has_grown(kill, bystander));
    assert_true(json_object_object_get_ex(kill, "used_bytes", &used));
    assert_true(json_object_array_length(used) > 0);
    json_object_put(kill);

    int status = process_end(&f.victim);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_a_limit_is_reached),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
