// Searching and filtering.

#include "tests/support/cmocka.h"
#include "tests/support/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROW 5 // head and headings above it
#define RULE_ROW  2 // where it is said what is listed

static size_t count_passing(const stage_t *s, const char *line)
{
    char error[64] = "";
    filter_t *f = NULL;
    size_t n = 0;

    assert_int_equal(filter_new(&f, line, error, sizeof(error)), 0);
    for (size_t i = 0; i < s->app->model.processes.n; i++)
        n += filter_passes(f, &s->app->model, &s->app->model.processes.items[i]);
    filter_free(f);
    return n;
}

static void terms_mean_what_help_says(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 40, 100);
    assert_int_equal(count_passing(&s, ""), 32);
    assert_int_equal(count_passing(&s, "   "), 32);
    assert_int_equal(count_passing(&s, "chrome"), 2);
    assert_int_equal(count_passing(&s, "CHROME"), 2);
    assert_int_equal(count_passing(&s, "--type=renderer"), 1); // of the command line
    assert_int_equal(count_passing(&s, "!worker"), 8);
    assert_int_equal(count_passing(&s, "/^(chrome|firefox)$/"), 3);
    assert_int_equal(count_passing(&s, "/renderer --lang/"), 1);
    assert_int_equal(count_passing(&s, "/^wor"), 24);
    assert_int_equal(count_passing(&s, "user:root"), 30);
    assert_int_equal(count_passing(&s, "user:54321"), 1);
    assert_int_equal(count_passing(&s, "user=root"), 30);
    assert_int_equal(count_passing(&s, "rss>100M"), count_passing(&s, ">100M"));
    assert_int_equal(count_passing(&s, "MEM<100M"), count_passing(&s, "<100M"));
    assert_int_not_equal(count_passing(&s, "rss<100M"), count_passing(&s, ">100M"));
    assert_int_equal(count_passing(&s, "unit:chrome"), 1);
    assert_int_equal(count_passing(&s, "tag:leak"), 2);
    assert_int_equal(count_passing(&s, "tag:z"), 1);
    assert_int_equal(count_passing(&s, "tag:any"), 4);
    assert_int_equal(count_passing(&s, "pid:812"), 1);
    assert_int_equal(count_passing(&s, ">100M"), 2);
    assert_int_equal(count_passing(&s, ">100"), 2);
    assert_int_equal(count_passing(&s, ">0.4G"), 2);
    assert_int_equal(count_passing(&s, "<10M"), 24); // those without memory are not below
    assert_int_equal(count_passing(&s, ">10M chrome !tag:leak"), 0);
    assert_int_equal(count_passing(&s, ">10M chrome !>100M"), 1);
    stage_done(&s);
}

#define TEN  "0123456789"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static void what_is_no_filter_is_refused(void **state)
{
    static const char *const lines[] = {"/(/", "tag:nonsense", "tag:", "user:", "pid:x",
            "pid:", ">", ">x", ">5Q", "<-3", ">nan", "a b c d e f g h i", "/[/ x", "!tag:q", LONG,
            "user:" LONG, "/" LONG "/"};
    char error[128];
    filter_t *f;

    (void) state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        error[0] = '\0';
        assert_int_equal(filter_new(&f, lines[i], error, sizeof(error)), -EINVAL);
        assert_true(error[0] != '\0');
    }
}

// The library would copy these until there is no memory, or match them for ever.
static void expressions_without_bounds_are_refused(void **state)
{
    static const char *const lines[] = {"/a++++++++++++++++++++++++/", "/(((a+)+)+)+{200}{200}/",
            "/((a*|b*)+){60}/", "/(ch|f.)+*+++/", "/((a{99}){99}){99}/", "/(a|b){1,9999}/",
            "/a{99999999999999999999}/", "/(a*)\\1/",
            "/((((((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+/",
            "/(x?)*+*+*+*+*+*+*+*+*+*+*+*+*+*+/"};
    static const char *const good[] = {"/a+b*c?[+*{]+[[:alpha:]]{2,8}(x|y)+/", "/^(a|b){3}$/",
            "/a{,3}/", "/(((a*|b+)*|c?)*d)*/", "/(foo|bar)+-(x|y){3,9}/", "/[]a]+[^]]+/",
            "/a\\+\\+\\+\\+\\+/"};
    char error[64];
    filter_t *f;

    (void) state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_int_equal(filter_new(&f, lines[i], error, sizeof(error)), -EINVAL);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (filter_new(&f, good[i], error, sizeof(error)) != 0)
            fail_msg("%s: %s", good[i], error);
        filter_free(f);
    }
}

static void any_line_is_a_filter_or_is_not(void **state)
{
    static const char letters[] = "ab/!<>:(*)[] .0mGuser:tag:leak";
    char line[40], error[64];
    filter_t *f;
    stage_t s;

    (void) state;
    stage_open(&s, 40, 100);
    srand(3);
    for (int i = 0; i < 20000; i++) {
        size_t n = (size_t) rand() % (sizeof(line) - 1);

        for (size_t k = 0; k < n; k++)
            line[k] = letters[(size_t) rand() % (sizeof(letters) - 1)];
        line[n] = '\0';
        f = NULL;
        if (filter_new(&f, line, error, sizeof(error)) == 0)
            filter_passes(f, &s.app->model, &s.app->model.processes.items[0]);
        filter_free(f);
    }
    stage_done(&s);
}

static void typing_filters_at_once(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 40, 100);
    stage_keys(&s, "fpost");
    assert_int_equal(stage_find_row(&s, "Filter: post_"), 39);
    assert_int_equal(stage_find_row(&s, "FILTER: post"), RULE_ROW);
    assert_int_equal(stage_find_row(&s, "postgres"), FIRST_ROW);
    assert_int_equal(s.app->list.n, 1);
    stage_keys(&s, "\r");
    assert_not_shown(&s, "Filter:");
    assert_int_equal(s.app->list.n, 1);
    // It stays in force for what comes.
    stage_add(&s, 4000, "postmaster", 1);
    stage_run(&s, 1);
    assert_int_equal(s.app->list.n, 2);
    // ESC lifts it before it quits.
    stage_keys(&s, "\x1b");
    assert_int_equal(s.app->list.n, 33);
    assert_false(s.app->quit);
    stage_keys(&s, "\x1b");
    assert_true(s.app->quit);
    stage_done(&s);
}

static void giving_up_restores(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 40, 100);
    stage_keys(&s, "fworker\r");
    assert_int_equal(s.app->list.n, 24);
    stage_keys(&s, "f");
    assert_int_equal(stage_find_row(&s, "Filter: worker_"), 39);
    stage_keys(&s, "\x15"
                   "chrome");
    assert_int_equal(s.app->list.n, 2);
    stage_keys(&s, "\x1b");
    assert_int_equal(s.app->list.n, 24);
    stage_done(&s);
}

// Whatever a filter hid, the cursor goes back to whom the viewer had put it on.
static void the_cursor_comes_back_from_a_filter(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 40, 100);
    stage_keys(&s, "jjj");
    assert_selected(&s, "postgres");
    stage_keys(&s, "fcaf");
    assert_selected(&s, "caf");
    stage_keys(&s, "\x1b");
    assert_selected(&s, "postgres");
    stage_keys(&s, "fnobody\r");
    assert_string_equal(stage_selected(&s), "");
    stage_run(&s, 2);
    stage_keys(&s, "\x1b");
    assert_selected(&s, "postgres");
    // Who was chosen in the meantime is chosen.
    stage_keys(&s, "fwork\rj\x1b");
    assert_selected(&s, "worker");
    stage_keys(&s, "fpostgres\r\r\x1b\x1b");
    assert_selected(&s, "postgres");
    // So with groups.
    stage_keys(&s, "gfcaf\r\x1b");
    assert_selected(&s, "postgres");
    // Who has died does not come back.
    stage_keys(&s, "ggg/postgres\rfcaf\r");
    stage_remove(&s, 812);
    stage_run(&s, 1);
    stage_keys(&s, "\x1b");
    assert_selected(&s, "caf");
    stage_done(&s);
}

static void a_wrong_filter_says_so_and_changes_nothing(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 40, 100);
    stage_keys(&s, "f/(");
    assert_shown(&s, "'/(': expected a regular expression");
    assert_int_equal(s.app->list.n, 32);
    stage_keys(&s, "\r");
    assert_shown(&s, "Filter: /(");
    stage_keys(&s, "\x7f\x7f"
                   "firefox\r");
    assert_int_equal(s.app->list.n, 1);
    stage_done(&s);
}

// What is typed stays in sight, and of what is wrong with it whole words.
static void a_narrow_prompt_shows_both(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 15, 60);
    stage_keys(&s, "ftag:foo");
    assert_shown(&s, "Filter: tag:foo_ ");
    assert_shown(&s, " 'tag:foo': expected leak, spike, zombie…");
    stage_resize(&s, 8, 40);
    assert_shown(&s, "Filter: tag:foo_ ");
    assert_shown(&s, " 'tag:foo': expected…");
    stage_resize(&s, 24, 120);
    assert_shown(&s, "'tag:foo': expected leak, spike, zombie, unreaped, blocked or any");
    // Ten kilobytes that somebody pasted: as much as there is room for.
    stage_resize(&s, 24, 80);
    stage_keys(&s, "\x15");
    for (int i = 0; i < 10000; i++)
        stage_key(&s, 'x');
    assert_int_equal(strlen(s.app->prompt.text), PROMPT_MAX - 1);
    assert_shown(&s, "xxx_");
    for (int cols = 1; cols < 100; cols++)
        stage_resize(&s, 1 + cols % 30, cols);
    stage_done(&s);
}

static void letters_are_text_while_typing(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 40, 100);
    stage_keys(&s, "fq g?");
    assert_false(s.app->quit);
    assert_shown(&s, "Filter: q g?_");
    for (int i = 0; i < 300; i++)
        app_key(s.app, 0x6f22);
    stage_draw(&s);
    app_key(s.app, KEY_CODE_F1);
    app_key(s.app, 0x1b5b); // wide
    stage_keys(&s, "\x17\x17\x7f");
    assert_shown(&s, "Filter: _");
    stage_done(&s);
}

static void filters_apply_to_groups(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 40, 100);
    stage_keys(&s, "f>100M\rg");
    assert_int_equal(s.app->list.n, 2);
    assert_int_equal(strtol(stage_row(&s, stage_find_row(&s, "chrome")), NULL, 10), 1);
    assert_int_equal(stage_find_row(&s, "FILTER: >100M, BY NAME"), RULE_ROW);
    stage_done(&s);
}

static void only_the_tagged(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 40, 100);
    stage_keys(&s, "T");
    assert_int_equal(s.app->list.n, 4);
    assert_int_equal(stage_find_row(&s, "TAGGED"), RULE_ROW);
    stage_keys(&s, "T");
    assert_int_equal(s.app->list.n, 32);
    stage_done(&s);
}

static void search_moves_as_one_types(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 40, 100);
    stage_keys(&s, "/fire");
    assert_selected(&s, "firefox");
    stage_keys(&s, "\x15"
                   "chrome");
    assert_selected(&s, "3587 ");
    stage_keys(&s, "\r");
    assert_null(s.app->inspect);
    stage_keys(&s, "N");
    assert_selected(&s, "3600 ");
    stage_keys(&s, "N");
    assert_selected(&s, "3587 ");
    stage_keys(&s, "P");
    assert_selected(&s, "3600 ");
    stage_keys(&s, "/812");
    assert_selected(&s, "postgres");
    stage_keys(&s, "x");
    assert_shown(&s, "no match");
    assert_selected(&s, "postgres");
    stage_keys(&s, "\x1b");
    assert_false(s.app->quit);
    stage_done(&s);
}

static void an_empty_search_goes_on_with_the_last(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 40, 100);
    stage_keys(&s, "/chrome\r/\r");
    assert_selected(&s, "3600 ");
    stage_done(&s);
}

static void a_frozen_picture_asks_for_no_ticks(void **state)
{
    stage_t s;

    (void) state;
    stage_open(&s, 40, 100);
    stage_keys(&s, "Z");
    assert_true(s.paused);
    assert_int_equal(stage_find_row(&s, "frozen"), 0);
    app_time(s.app, s.app->now_ms + 60000);
    assert_false(s.app->dirty);
    stage_keys(&s, "jjj");
    assert_int_equal(stage_find_row(&s, "frozen"), 0);
    stage_keys(&s, "Z");
    assert_false(s.paused);
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(terms_mean_what_help_says),
            cmocka_unit_test(what_is_no_filter_is_refused),
            cmocka_unit_test(expressions_without_bounds_are_refused),
            cmocka_unit_test(any_line_is_a_filter_or_is_not),
            cmocka_unit_test(typing_filters_at_once),
            cmocka_unit_test(giving_up_restores),
            cmocka_unit_test(the_cursor_comes_back_from_a_filter),
            cmocka_unit_test(a_wrong_filter_says_so_and_changes_nothing),
            cmocka_unit_test(a_narrow_prompt_shows_both),
            cmocka_unit_test(letters_are_text_while_typing),
            cmocka_unit_test(filters_apply_to_groups),
            cmocka_unit_test(only_the_tagged),
            cmocka_unit_test(search_moves_as_one_types),
            cmocka_unit_test(an_empty_search_goes_on_with_the_last),
            cmocka_unit_test(a_frozen_picture_asks_for_no_ticks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
