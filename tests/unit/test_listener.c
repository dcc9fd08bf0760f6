// The socket's place in the file system.

#include "common/cleanup.h"
#include "daemon/publish/listener.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

// Changing a mode by name is changing that of whatever has the name by then.
static void test_everybody_may_connect_from_the_first(void **state)
{
    static const mode_t masks[] = {0, 022, 0777};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
        temporary_t dir = temporary_new();
        char path[128];
        struct stat st;
        listener_t l;

        snprintf(path, sizeof(path), "%s", temporary_path(&dir, "socket"));

        _cleanup_close_ int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        assert_true(watch >= 0);
        assert_true(inotify_add_watch(watch, dir.path, IN_CREATE | IN_ATTRIB) >= 0);

        mode_t mask = umask(masks[i]);
        int r = listener_open(&l, path);
        mode_t after = umask(mask);
        assert_int_equal(r, 0);
        assert_int_equal(after, masks[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode, S_IFSOCK | 0666);

        char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
        ssize_t n = read(watch, buf, sizeof(buf));
        bool made = false;
        assert_true(n > 0);
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *e = (const void *) (buf + at);

            assert_false(e->mask & IN_ATTRIB);
            made |= strcmp(e->name, "socket") == 0;
            at += (ssize_t) (sizeof(*e) + e->len);
        }
        assert_true(made);
        listener_done(&l);
        assert_int_equal(access(path, F_OK), -1);
        temporary_remove(&dir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_everybody_may_connect_from_the_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
