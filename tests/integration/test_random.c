// Any keys, mouse reports, bytes and sizes, at the real program on a real terminal: it goes on, and
// is in order when it is looked at.

#include "common/cleanup.h"
#include "tests/support/viewer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS  40
#define KEYS    400
#define RESIZES 8

static size_t any_key(char *out, size_t cap)
{
    static const char *const special[] = {"\033OA", "\033OB", "\033[5~", "\033[6~", "\033OH",
            "\033OF", "\r", "\177", "\033OP", "\xc3\xa9", "\xe6\xbc\xa2", "\xff", "\033[<0;0;0M",
            "\033[200~w\rqK\033[201~", "\033[1;5C", "\025", "\014", "\001"};

    switch (rand() % 8) {
    case 0:
        return (size_t) snprintf(out, cap, "%s", special[rand() % (int) ARRAY_SIZE(special)]);
    case 1:
        return (size_t) snprintf(out, cap, "\033[<%d;%d;%dM",
                (const int[]){0, 64, 65, 2}[rand() % 4], rand() % 210, rand() % 70);
    case 2:
        // ESC and q end it here and there, but not all the time.
        return (size_t) snprintf(out, cap, "%s", rand() % 8 ? "w" : rand() % 4 ? "\033" : "q");
    default:
        do
            out[0] = (char) (rand() % 95 + 32);
        while (out[0] == 'q');
        return 1;
    }
}

// One of its pictures, with a rule as wide as the screen below its head.
static bool is_in_order(const terminal_t *t, void *user)
{
    static const char *const titles[] = {"MEMSCOPE ", "INSPECT: ", "EVENTS", "WHY "};
    const char *line = terminal_line(t, 0);
    bool known = false;

    (void) user;
    for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
        known |= strncmp(line, titles[i], strlen(titles[i])) == 0;
    for (int row = 1; known && row < 3; row++) {
        terminal_cell_t last = terminal_cell(t, row, terminal_cols(t) - 1);

        // Of a filter's text the rule begins and ends as one.
        if (strcmp(last.text, " ") != 0 && strcmp(last.text, terminal_cell(t, row, 0).text) == 0)
            return true;
    }
    return false;
}

// Without signals, which any keys could send to anybody.
static terminal_t *start(void)
{
    const char *argv[] = {MEMSCOPE_PATH, "--private", "--signals", "no", NULL};
    terminal_t *t = viewer_start_with(argv, NULL, 24, 80);

    viewer_await_list(t);
    return t;
}

static terminal_t *again(terminal_t *t)
{
    assert_exit(t, 0);
    assert_screen(t, !terminal_is_alternate(t));
    terminal_free(t);
    return start();
}

static terminal_t *play_round(terminal_t *t, int *ends)
{
    for (int i = 0; i < KEYS; i++) {
        char key[64];

        terminal_send_bytes(t, key, any_key(key, sizeof(key)));
        if (i % (KEYS / RESIZES) == 0)
            terminal_resize(t, 1 + rand() % 70, 1 + rand() % 200);
        if (terminal_pump(t, 0))
            continue;
        (*ends)++;
        t = again(t);
    }
    return t;
}

static void test_any_keys(void **state)
{
    process_t actor = actor_start();
    terminal_t *t = start();
    int ends = 0;

    (void) state;
    srand(20);
    actor_do(&actor, "name \\x1b[2J\\xff\\xe6\\xbc\\xa2");
    for (int round = 0; round < ROUNDS; round++) {
        t = play_round(t, &ends);
        actor_do(&actor, round % 3 ? "anon 20" : "free");
        terminal_resize(t, 24 + round % 10, 80 + round);
        if (!terminal_wait(t, is_in_order, NULL, EXPECT_MS / 10) && !terminal_pump(t, 0)) {
            ends++;
            t = again(t);
        }
        assert_waited(t, is_in_order, NULL);
    }
    // It was not only started again and again.
    assert_in_range(ends, 0, ROUNDS * KEYS / 20);
    kill(terminal_pid(t), SIGTERM);
    assert_exit(t, 0);
    terminal_free(t);
    process_stop(&actor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_any_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
