#ifndef MEMSCOPE_TESTS_SUPPORT_EXPECT_H
#define MEMSCOPE_TESTS_SUPPORT_EXPECT_H

// Assertions about a terminal that show its screen when they fail. Waits are long because they
// end at once when all is well.

#include "tests/support/cmocka.h"
#include "tests/support/terminal.h"
#include <sys/wait.h>

#define EXPECT_MS 60000

#define assert_screen(t, condition)                    \
    do {                                               \
        if (!(condition)) {                            \
            terminal_dump(t);                          \
            fail_msg("not on screen: %s", #condition); \
        }                                              \
    } while (0)

#define assert_text(t, text) assert_screen(t, terminal_wait_text(t, text, EXPECT_MS))
#define assert_gone(t, text) assert_screen(t, terminal_wait_gone(t, text, EXPECT_MS))

#define assert_waited(t, holds, user) assert_screen(t, terminal_wait(t, holds, user, EXPECT_MS))

// The program ended by itself with this exit status.
#define assert_exit(t, exit_status)                          \
    do {                                                     \
        int status_ = terminal_wait_exit(t, EXPECT_MS);      \
        assert_screen(t, status_ != -1);                     \
        assert_true(WIFEXITED(status_));                     \
        assert_int_equal(WEXITSTATUS(status_), exit_status); \
    } while (0)

#endif
