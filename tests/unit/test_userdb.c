#include "common/userdb.h"
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_names_and_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
