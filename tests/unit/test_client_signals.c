// Signals from the list: to whom they go, and what it takes for one to go anywhere.

#include "client/link/send_signal.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- The prompt --------------------------------------------------------------------------------

static void assert_sent(stage_t *s, uint64_t pid, int number)
{
    assert_int_equal(s->signalled, number);
    assert_int_equal(s->signalled_pid, pid);
    assert_int_equal(s->signalled_start, pid); // as stage_add has it
    s->signalled = 0;
}

static void a_signal_is_sent_by_its_name(void **state)
{
    static const struct {
        const char *keys;
        int number;
    } cases[] = {{"KTERM\r", SIGTERM}, {"Kkill\r", SIGKILL}, {"Ksighup\r", SIGHUP},
            {"Kxx\x15STOP\n", SIGSTOP}};
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        stage_keys(&s, cases[i].keys);
        assert_sent(&s, 10, cases[i].number);
    }
    assert_shown(&s, "STOP was sent to p10 (PID 10)");
    stage_keys(&s, "K");
    assert_shown(&s, "Signal to p10 (PID 10): _");
    stage_done(&s);
}

// Keys that were meant for something else send none.
static void nothing_is_sent_without_one(void **state)
{
    static const char *const keys[] = {
            "K\r", "K9\r\x1b", "K0\r\x1b", "KTER\r\x1b", "KTERMX\r\x1b", "KTERM\x1b"};
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        stage_keys(&s, keys[i]);
        assert_int_equal(s.signalled, 0);
        assert_int_equal(s.app->prompt.kind, PROMPT_NONE);
    }
    stage_keys(&s, "Kbogus\r");
    assert_shown(&s, "': expected TERM, KILL, INT, HUP,");
    stage_keys(&s, "\x15\r");
    assert_shown(&s, "nothing was sent");
    assert_int_equal(s.signalled, 0);
    stage_done(&s);
}

static void it_goes_to_whom_it_was_asked_for(void **state)
{
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    stage_keys(&s, "K");
    // Another one is the first by now, and arrows belong to nobody.
    stage_find(&s, 3)->anon_kb = 5000000;
    stage_run(&s, 2);
    stage_key(&s, KEY_CODE_DOWN);
    assert_shown(&s, "Signal to p10 (PID 10): ");
    stage_keys(&s, "INT\r");
    assert_sent(&s, 10, SIGINT);
    // Neither does the next owner of the number get it.
    stage_keys(&s, "K");
    PROCESS_SET(stage_find(&s, 10), start_time, 77);
    stage_run(&s, 1);
    s.signal_result = -ESRCH;
    stage_keys(&s, "TERM\r");
    assert_sent(&s, 10, SIGTERM);
    assert_shown(&s, "nothing was sent: p10 (PID 10) has ended");
    stage_done(&s);
}

static void it_says_why_not(void **state)
{
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    s.signal_result = -EPERM;
    stage_keys(&s, "KTERM\r");
    assert_shown(&s, "nothing was sent: p10 (PID 10) is another user's");
    stage_keys(&s, "gK");
    assert_shown(&s, "a signal goes to one process");
    stage_keys(&s, "gggK");
    assert_int_equal(s.app->prompt.kind, PROMPT_SIGNAL);
    stage_keys(&s, "\x1b");
    SYSTEM_SET(&s.snapshot.system, system_flags, SYSTEM_REPLAY);
    stage_run(&s, 1);
    stage_keys(&s, "K");
    assert_shown(&s, "no signals are sent: this is a recording");
    SYSTEM_SET(&s.snapshot.system, system_flags, 0);
    stage_run(&s, 1);
    s.app->requests.signal = NULL;
    stage_keys(&s, "K");
    assert_shown(&s, "no signals are sent: the option --signals");
    assert_int_equal(s.app->prompt.kind, PROMPT_NONE);
    stage_done(&s);
}

// What is typed, and for whom, is seen; where nothing is, nothing can be sent.
static void on_a_small_screen(void **state)
{
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    stage_name(&s, stage_find(&s, 10), "a-long-name-as-");
    stage_run(&s, 1);
    stage_resize(&s, 8, 40);
    stage_keys(&s, "KTERM");
    assert_shown(&s, "PID 10: TERM_");
    stage_keys(&s, "\x1b");
    stage_resize(&s, 7, 40);
    stage_keys(&s, "KTERM\r");
    assert_int_equal(s.signalled, 0);
    stage_done(&s);
}

// There, too, the foot says what is typed and what came of it.
static void from_an_inspected_process(void **state)
{
    stage_t s;

    (void) state;
    stage_open_ten(&s);
    stage_keys(&s, "\rK");
    assert_int_equal(s.app->view, VIEW_INSPECT);
    assert_shown(&s, "Signal to p10 (PID 10): _");
    stage_keys(&s, "QUIT\r");
    assert_sent(&s, 10, SIGQUIT);
    assert_shown(&s, "QUIT was sent to p10 (PID 10)");
    stage_keys(&s, "y");
    assert_shown(&s, "copied");
    stage_done(&s);
}

// ---- Sending -----------------------------------------------------------------------------------

static void a_process_is_its_number_and_its_start(void **state)
{
    pid_t child = fork();
    uint64_t start;
    int status;

    (void) state;
    if (child == 0)
        for (;;)
            pause();
    assert_true(child > 0);
    start = proc_start_time(child);
    assert_int_equal(send_signal((uint64_t) child, start + 1, SIGKILL), -ESRCH);
    assert_int_equal(send_signal((uint64_t) child, start, 0), 0);
    assert_int_equal(waitpid(child, &status, WNOHANG), 0);
    assert_int_equal(send_signal((uint64_t) child, start, SIGUSR1), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
    assert_int_equal(send_signal((uint64_t) child, start, SIGKILL), -ESRCH);
    // No number of a process: kill(2) would take these for many.
    assert_int_equal(send_signal(0, 0, SIGKILL), -ESRCH);
    assert_int_equal(send_signal(UINT64_MAX, 0, SIGKILL), -ESRCH);
}

static void others_get_none(void **state)
{
    uint64_t start = proc_start_time(1);
    pid_t child = fork();
    int status;

    (void) state;
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
            _exit(2);
        _exit(send_signal(1, start, 0) == -EPERM ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_signal_is_sent_by_its_name),
            cmocka_unit_test(nothing_is_sent_without_one),
            cmocka_unit_test(it_goes_to_whom_it_was_asked_for),
            cmocka_unit_test(it_says_why_not),
            cmocka_unit_test(on_a_small_screen),
            cmocka_unit_test(from_an_inspected_process),
            cmocka_unit_test(a_process_is_its_number_and_its_start),
            cmocka_unit_test(others_get_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
