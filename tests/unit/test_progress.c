// The bar of long work: on a terminal, after a moment, and gone when the work is done.

#include "client/cli/progress.h"
#include "common/clock.h"
#include "tests/support/cmocka.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define HOUR_US (3600 * USEC_PER_SEC)

static struct {
    int master, saved;
    char seen[8192];
} f;

// From here on stderr is a terminal, or a pipe.
static void begin(bool terminal)
{
    int fds[2];

    memset(f.seen, 0, sizeof(f.seen));
    if (terminal) {
        struct termios raw;

        f.master = posix_openpt(O_RDWR | O_NOCTTY);
        assert_true(f.master >= 0 && grantpt(f.master) == 0 && unlockpt(f.master) == 0);
        fds[1] = open(ptsname(f.master), O_RDWR | O_NOCTTY);
        assert_true(fds[1] >= 0);
        tcgetattr(fds[1], &raw);
        cfmakeraw(&raw);
        tcsetattr(fds[1], TCSANOW, &raw);
    } else {
        assert_int_equal(pipe(fds), 0);
        f.master = fds[0];
    }
    fcntl(f.master, F_SETFL, O_NONBLOCK);
    f.saved = dup(STDERR_FILENO);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    setenv("TERM", "xterm", 1);
}

// What was written since the last time.
static const char *seen(void)
{
    ssize_t n = read(f.master, f.seen, sizeof(f.seen) - 1);

    f.seen[n > 0 ? n : 0] = '\0';
    return f.seen;
}

static void end(void)
{
    dup2(f.saved, STDERR_FILENO);
    close(f.saved);
    close(f.master);
}

static void test_on_a_terminal(void **state)
{
    progress_t p;

    (void) state;
    begin(true);
    p = progress_begin();
    p.start_us += HOUR_US;
    progress_show(&p, 10, 100, "at once");
    assert_string_equal(seen(), ""); // short work needs no bar
    p.start_us -= 2 * HOUR_US;
    progress_show(&p, 50, 100, "rows");
    seen();
    assert_non_null(strstr(f.seen, "[####################....................]  50%  rows"));
    p.drawn_us += HOUR_US;
    progress_show(&p, 51, 100, "rows");
    assert_string_equal(seen(), ""); // no more often than anybody can see
    p.drawn_us = 0;
    progress_show(&p, 500, 100, "rows");
    assert_non_null(strstr(seen(), "100%"));
    p.drawn_us = 0;
    progress_show(&p, 5, 0, "of unknown length");
    assert_string_equal(seen(), "\rof unknown length\033[K");
    progress_hide(&p);
    assert_string_equal(seen(), "\r\033[K");
    progress_hide(&p);
    assert_string_equal(seen(), "");
    end();
}

static void test_elsewhere_there_is_none(void **state)
{
    progress_t p;

    (void) state;
    for (int i = 0; i < 2; i++) {
        begin(i == 0);
        setenv("TERM", i == 0 ? "dumb" : "xterm", 1);
        p = progress_begin();
        p.start_us -= HOUR_US;
        progress_show(&p, 50, 100, "rows");
        progress_hide(&p);
        assert_string_equal(seen(), "");
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_on_a_terminal),
            cmocka_unit_test(test_elsewhere_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
