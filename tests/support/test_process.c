// The actor and what is read about it, before other tests build on them.

#include "tests/support/cmocka.h"
#include "tests/support/process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static void test_memory(void **state)
{
    process_t actor = actor_start();
    int64_t before = proc_kb(actor.pid, "status", "RssAnon");

    (void) state;
    assert_true(before > 0);
    assert_int_equal(actor_do(&actor, "anon 20"), 0);
    assert_in_range(proc_kb(actor.pid, "status", "RssAnon") - before, 20000, 21000);
    actor_do(&actor, "free");
    assert_true(proc_kb(actor.pid, "status", "RssAnon") < before + 1000);
    assert_int_equal(proc_kb(actor.pid, "status", "NoSuchField"), -1);
    assert_int_equal(WEXITSTATUS(process_end(&actor)), 0);
}

static void test_name(void **state)
{
    process_t actor = actor_start();
    char path[64], name[32] = "";

    (void) state;
    actor_do(&actor, "name a) R\\x1b[2J\\xff");
    snprintf(path, sizeof(path), "/proc/%d/comm", (int) actor.pid);

    FILE *f = fopen(path, "re");
    assert_non_null(f);
    assert_non_null(fgets(name, sizeof(name), f));
    fclose(f);
    assert_string_equal(name, "a) R\x1b[2J\xff\n");
    process_stop(&actor);
}

static void test_children(void **state)
{
    process_t actor = actor_start();
    pid_t zombie = actor_do(&actor, "zombies 1");
    pid_t child = actor_do(&actor, "children 3");

    (void) state;
    assert_int_equal(kill(zombie, 0), 0);
    assert_false(proc_is_running(zombie));
    assert_true(proc_is_running(child));
    assert_true(proc_find_child(actor.pid, "actor") > 0);
    assert_int_equal(proc_find_child(actor.pid, "actress"), 0);

    actor_do(&actor, "reap");
    assert_false(proc_is_running(child));
    assert_int_equal(kill(zombie, 0), -1);

    child = actor_do(&actor, "children 1");
    process_stop(&actor);
    assert_true(proc_wait_ended(child, 60000));
}

static void test_run(void **state)
{
    char output[8];
    int status = process_run(
            (const char *const[]){"sh", "-c", "cat; echo out; echo error >&2; exit 3", NULL},
            output, sizeof(output));

    (void) state;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    assert_string_equal(output, "out\nerr");
}

static void test_fork(void **state)
{
    pid_t exits = process_fork(), killed;

    (void) state;
    if (exits == 0)
        _exit(3);
    killed = process_fork();
    if (killed == 0)
        for (;;)
            pause();
    assert_int_equal(kill(killed, SIGKILL), 0);
    assert_int_equal(process_wait(killed), 1000 + SIGKILL);
    assert_int_equal(process_wait(exits), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_memory),
            cmocka_unit_test(test_name),
            cmocka_unit_test(test_children),
            cmocka_unit_test(test_run),
            cmocka_unit_test(test_fork),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
