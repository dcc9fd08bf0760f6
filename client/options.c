#include "client/options.h"

#include "client/cli/cli.h"
#include "client/cli/wrapped.h"
#include "common/cleanup.h"
#include "common/format.h"
#include "config.h"
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

// ---- The options -------------------------------------------------------------------------------

static bool set_socket(options_t *o, const char *value)
{
    return snprintf(o->target.socket, sizeof(o->target.socket), "%s", value) <
           (int) sizeof(o->target.socket);
}

static bool set_private(options_t *o, const char *value)
{
    (void) value;
    return o->target.private_daemon = true;
}

static bool set_replay(options_t *o, const char *value)
{
    o->replay = value;
    return true;
}

static bool set_speed(options_t *o, const char *value)
{
    char *end;
    double speed = strtod(value, &end);
    bool number = end != value && !*end && strspn(value, "0123456789.") == strlen(value) &&
                  speed >= 0.01 && speed <= 1000000;

    return (number || strcmp(value, "max") == 0) &&
           snprintf(o->speed, sizeof(o->speed), "%s", value) < (int) sizeof(o->speed);
}

static bool set_theme(options_t *o, const char *value)
{
    o->theme = theme_get(value);
    return o->theme != NULL;
}

static bool set_sort(options_t *o, const char *value)
{
    for (column_id_t id = 0; id < COLUMN_MAX; id++) {
        if (!columns[id].sortable || !columns[id].title ||
                strcasecmp(columns[id].sort_name, value) != 0)
            continue;
        o->sort = id;
        return true;
    }
    return false;
}

static bool set_switch(bool *ret, const char *value)
{
    static const char *const words[] = {"no", "yes", "off", "on", "false", "true", "0", "1"};

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (strcasecmp(words[i], value) == 0) {
            *ret = i % 2;
            return true;
        }
    }
    return false;
}

static bool set_mouse(options_t *o, const char *value)
{
    bool mouse = true;
    bool good = set_switch(&mouse, value);

    o->no_mouse = !mouse;
    return good;
}

static bool set_signals(options_t *o, const char *value)
{
    bool signals = true;
    bool good = set_switch(&signals, value);

    o->no_signals = !signals;
    return good;
}

static bool set_command(options_t *o, const char *value)
{
    return set_switch(&o->command, value);
}

static bool set_version(options_t *o, const char *value)
{
    (void) value;
    return o->version = true;
}

static bool set_help(options_t *o, const char *value)
{
    (void) value;
    return o->help = true;
}

// clang-format off
const viewer_option_t viewer_options[] = {
    {"socket", "PATH", true, set_socket, "connect to this socket instead of " MEMSCOPE_SOCKET_PATH, NULL, ATTACH_SOCKET_ALLOWED},
    {"private", NULL, false, set_private, "start a private daemon, with your own rights"},
    {"replay", "FILE", false, set_replay, "play a recorded trace, as 'memscope analyze' takes it"},
    {"speed", "X", false, set_speed, "0.01 to 1000000 times as fast as it was recorded, or max", NULL, "0.01 to 1000000, or max"},
    {"theme", "NAME", true, set_theme, "default, high-contrast or mono", "default|high-contrast|mono", NULL},
    {"sort", "COLUMN", true, set_sort, "MEM, CPU, DELTA, PID, NAME, PSS, SWAP, RATE, ..."},
    {"command", "YES|NO", true, set_command, "show command lines instead of names", "yes|no", NULL},
    {"mouse", "YES|NO", true, set_mouse, "use the mouse (default: yes)", "yes|no", NULL},
    {"signals", "YES|NO", true, set_signals, "send signals with the key K (default: yes)", "yes|no", NULL},
    {"version", NULL, false, set_version, "print the version and exit"},
    {"help", NULL, false, set_help, "print this help and exit, as -h does"},
};
// clang-format on
const size_t n_viewer_options = ARRAY_SIZE(viewer_options);

const char *options_words(const viewer_option_t *option)
{
    static char names[256];
    line_t line = {.buf = names, .cap = sizeof(names)};

    if (option->set != set_sort)
        return option->words;
    for (column_id_t id = 0; id < COLUMN_MAX; id++)
        if (columns[id].title && columns[id].sortable && columns[id].sort_name)
            line_add(&line, "%s%s", line.len > 0 ? "|" : "", columns[id].sort_name);
    for (size_t i = 0; i < line.len; i++)
        names[i] = (char) tolower((unsigned char) names[i]);
    return names;
}

const viewer_option_t *options_find(const char *name, size_t len)
{
    for (size_t i = 0; i < n_viewer_options; i++)
        if (strlen(viewer_options[i].name) == len && memcmp(viewer_options[i].name, name, len) == 0)
            return &viewer_options[i];
    return NULL;
}

void options_init(options_t *o)
{
    *o = (options_t){.sort = COLUMN_RSS};
}

void options_print_help(FILE *out)
{
    fputs("Usage: memscope [OPTION]...\n"
          "       memscope SUBCOMMAND [OPTION]...\n"
          "Shows which processes take the host's memory, and which of them leak.\n\n",
            out);
    for (size_t i = 0; i < n_viewer_options; i++)
        wrapped_option(
                out, viewer_options[i].name, viewer_options[i].argument, viewer_options[i].help);
    fputs("\nWithout a daemon on the system's socket, memscope starts a private one.\n", out);
    wrapped_help(out, "Settings: options that take a value, other than those of a replay, can be "
                      "kept as \"name = value\" in ~/.config/memscope/config, which also remembers "
                      "sort order, command lines and theme.");
    fputs("Keys: ? shows them.\n"
          "Subcommands for scripts: 'memscope help' lists them.\n",
            out);
}

// ---- The command line --------------------------------------------------------------------------

const char *options_expected(const viewer_option_t *option, char buf[OPTIONS_EXPECTED_MAX])
{
    const char *words = options_words(option);

    return words ? format_words(buf, OPTIONS_EXPECTED_MAX, words) : option->expected;
}

// `value`: what followed a '=', or NULL. *at is the place of the option, and moves to its argument.
static int apply(options_t *o, const viewer_option_t *option, const char *value, int *at, int argc,
        char **argv, char *ret_error, size_t cap)
{
    char buf[OPTIONS_EXPECTED_MAX];

    if (!option->argument && value) {
        snprintf(ret_error, cap, "--%s takes no value", option->name);
        return -EINVAL;
    }
    if (option->argument && !value)
        value = *at + 1 < argc ? argv[++*at] : "";
    if (option->argument && !value[0]) {
        snprintf(ret_error, cap, "--%s needs a value: %s", option->name, option->argument);
        return -EINVAL;
    }
    if (option->set(o, value))
        return 0;
    snprintf(ret_error, cap, "--%s '%.60s': expected %s", option->name, value,
            options_expected(option, buf));
    return -EINVAL;
}

// `at`: where it stands in argv. What follows may be the subcommand whose option it is.
static int not_understood(char *const *at, char *ret_error, size_t cap)
{
    const char *text = at[0];
    size_t dashes = strspn(text, "-");
    suggest_t s = suggest_for(text + dashes, strcspn(text + dashes, "="));
    char meant[SUGGEST_MAX];

    for (char *const *word = at; *word; word++) {
        if (!cli_find(*word))
            continue;
        snprintf(ret_error, cap,
                "'%.80s': a subcommand comes before its options: try 'memscope %s'", text, *word);
        return -EINVAL;
    }
    for (size_t i = 0; i < n_viewer_options; i++)
        suggest_offer(&s, viewer_options[i].name);
    snprintf(ret_error, cap, "unknown %s '%.80s': %s", dashes > 0 ? "option" : "subcommand", text,
            dashes > 0 ? suggest_text(&s, "--", "memscope --help", meant)
                       : cli_meant(text, "memscope ", meant));
    return -EINVAL;
}

int options_parse(options_t *o, int argc, char **argv, char *ret_error, size_t cap)
{
    bool socket = false, private_daemon = false;

    for (int i = 1; i < argc; i++) {
        const char *name = argv[i] + 2, *value;
        const viewer_option_t *option;
        int r;

        if (strcmp(argv[i], "-h") == 0)
            name = "help";
        else if (strncmp(argv[i], "--", 2) != 0)
            return not_understood(argv + i, ret_error, cap);
        value = strchr(name, '=');
        option = options_find(name, value ? (size_t) (value - name) : strlen(name));
        if (!option)
            return not_understood(argv + i, ret_error, cap);
        r = apply(o, option, value ? value + 1 : NULL, &i, argc, argv, ret_error, cap);
        if (r < 0)
            return r;
        socket |= option->set == set_socket;
        private_daemon |= option->set == set_private;
    }
    if (o->replay && (socket || private_daemon)) {
        snprintf(ret_error, cap, "--replay reads a file: leave --socket and --private out");
        return -EINVAL;
    }
    if (socket && private_daemon) {
        snprintf(ret_error, cap, "--socket and --private exclude each other: leave one out");
        return -EINVAL;
    }
    if (o->speed[0] && !o->replay) {
        snprintf(ret_error, cap, "--speed is that of --replay: give both");
        return -EINVAL;
    }
    return 0;
}
