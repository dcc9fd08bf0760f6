#include "common/userdb.h"
#include "tests/support/cmocka.h"

#include <poll.h>
#include <pwd.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

// The system's own answers, but for users whose directory takes its time.
#define SLOW_UID 3999999999u

static sem_t slow;

int getpwuid_r(uid_t uid, struct passwd *pw, char *buf, size_t cap, struct passwd **ret)
{
    *ret = NULL;
    if (uid == SLOW_UID || uid == SLOW_UID - 1) {
        sem_wait(&slow);
        snprintf(buf, cap, uid == SLOW_UID ? "far" : "further");
    } else if (uid == 0) {
        snprintf(buf, cap, "root");
    } else {
        return 0;
    }
    pw->pw_name = buf;
    *ret = pw;
    return 0;
}

static void test_names_and_numbers(void **state)
{
    userdb_t *db;
    const char *root;

    (void) state;
    assert_int_equal(userdb_new(&db), 0);
    root = userdb_name(db, 0);
    assert_string_equal(root, "root");
    // In any order, and more than the table begins with.
    for (uint32_t i = 0; i < 200; i++) {
        uint32_t uid = 4000000000u + i * 7919 % 200;
        char number[16];

        snprintf(number, sizeof(number), "%u", uid);
        assert_string_equal(userdb_name(db, uid), number);
        assert_ptr_equal(userdb_name(db, uid), userdb_name(db, uid));
    }
    assert_ptr_equal(userdb_name(db, 0), root);
    userdb_free(db);
    userdb_free(NULL);
}

static void await_name(userdb_t *db, int fd, uint32_t uid, const char *name)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};

    while (strcmp(userdb_name(db, uid), name) != 0) {
        assert_int_equal(poll(&readable, 1, 30000), 1);
        userdb_take(db);
    }
}

// A directory that does not answer keeps nobody waiting, and what it says in the end is shown.
static void test_slow_directory(void **state)
{
    userdb_t *db;
    const char *name;
    int fd;

    (void) state;
    assert_int_equal(userdb_new(&db), 0);
    fd = userdb_go_aside(db);
    assert_true(fd >= 0);
    name = userdb_name(db, SLOW_UID);
    assert_string_equal(name, "3999999999");
    assert_string_equal(userdb_name(db, SLOW_UID - 1), "3999999998");
    assert_string_equal(userdb_name(db, 0), "root");
    assert_false(userdb_take(db));
    assert_int_equal(sem_post(&slow), 0);
    assert_int_equal(sem_post(&slow), 0);
    await_name(db, fd, SLOW_UID, "far");
    await_name(db, fd, SLOW_UID - 1, "further");
    assert_ptr_equal(userdb_name(db, SLOW_UID), name);
    assert_false(userdb_take(db));
    userdb_free(db);
}

// Nor does it keep anybody from leaving.
static void test_leaving_before_the_answer(void **state)
{
    userdb_t *db;

    (void) state;
    assert_int_equal(userdb_new(&db), 0);
    assert_true(userdb_go_aside(db) >= 0);
    // More than can be asked for at once: all the same each has its number.
    for (uint32_t uid = 3000000000u; uid < 3000000100u; uid++)
        assert_true(userdb_name(db, uid)[0] == '3');
    userdb_name(db, SLOW_UID);
    userdb_free(db);
    assert_int_equal(sem_post(&slow), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_names_and_numbers),
            cmocka_unit_test(test_slow_directory),
            cmocka_unit_test(test_leaving_before_the_answer),
    };

    sem_init(&slow, 0, 0);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
