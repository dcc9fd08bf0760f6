#include "daemon/journal.h"
#include "tests/support/cmocka.h"

static void assert_text(const char *tag, bool set, const char *receipt, const char *expected)
{
    char text[256];

    assert_string_equal(
            journal_tag_text(text, sizeof(text), 42, "redis", tag, set, receipt), expected);
}

static void test_a_tag_is_said_once(void **state)
{
    (void) state;
    assert_text("SPIKE", true, "SPIKE: +250.00 MB in 5 s", "redis (42): SPIKE: +250.00 MB in 5 s");
    assert_text("LEAK", true, "LEAK: +1.00 GB", "redis (42): LEAK: +1.00 GB");
    assert_text("LEAK", false, "LEAK?: +1.00 GB", "redis (42): LEAK cleared: +1.00 GB");
    assert_text(
            "UNREAPED", true, "UNREAPED: 3 dead children", "redis (42): UNREAPED: 3 dead children");
}

static void test_other_texts_stay_whole(void **state)
{
    (void) state;
    assert_text("LEAK", false, "no leak: growth has stopped",
            "redis (42): LEAK cleared: no leak: growth has stopped");
    assert_text("LEAK", false, "LEAKY pipe", "redis (42): LEAK cleared: LEAKY pipe");
    assert_text("ZOMBIE", false, "", "redis (42): ZOMBIE cleared");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_a_tag_is_said_once),
            cmocka_unit_test(test_other_texts_stay_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
