#include "client/cli/cli.h"

#include "client/cli/commands.h"
#include "client/cli/when.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/text.h"
#include "config.h"
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#define SECONDS_MAX 86400

const cli_command_t *const cli_commands[] = {
        &cli_snapshot,
        &cli_inspect,
        &cli_analyze,
        &cli_status_of,
        &cli_events,
        &cli_why,
        &cli_export,
        &cli_help,
};
const size_t n_cli_commands = ARRAY_SIZE(cli_commands);

const cli_status_t cli_statuses[] = {
        {CLI_OK, "It did what was asked, or the reader of its output has gone."},
        {CLI_FAILURE, "It could not: no daemon, no such file, malformed input."},
        {CLI_USAGE, "The command line is not understood."},
        {CLI_NO_PROCESS, "There is no such process."},
        {CLI_NOT_PERMITTED, "This user may not see or do that."},
};
const size_t n_cli_statuses = ARRAY_SIZE(cli_statuses);

// clang-format off
const cli_option_t cli_common_options[] = {
    {"socket", "PATH", CLI_TEXT, offsetof(cli_common_t, socket), 0, NULL,
        "talk to the daemon on this socket"},
    {"private", NULL, CLI_SET, offsetof(cli_common_t, private_daemon), 1, NULL,
        "start a private daemon, with your own rights"},
    {"help", NULL, CLI_SET, offsetof(cli_common_t, help), 1, NULL,
        "print this help and exit, as -h does"},
};
// clang-format on
const size_t n_cli_common_options = ARRAY_SIZE(cli_common_options);

const cli_command_t *cli_find(const char *name)
{
    for (size_t i = 0; i < n_cli_commands; i++)
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
    return NULL;
}

const char *cli_meant(const char *name, char buf[SUGGEST_MAX])
{
    suggest_t s = suggest_for(name, strlen(name));

    for (size_t i = 0; i < n_cli_commands; i++)
        suggest_offer(&s, cli_commands[i]->name);
    return suggest_text(&s, "memscope ", "memscope help", buf);
}

// ---- Output ------------------------------------------------------------------------------------

int cli_fail(int status, const char *format, ...)
{
    char text[1024], safe[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    text_sanitize(safe, sizeof(safe), text, strlen(text), true);
    fprintf(stderr, "memscope: %s\n", safe);
    return status;
}

int cli_flush(bool *ret_closed)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    int error;

    if (ret_closed)
        *ret_closed = false;
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return CLI_OK;
    error = errno;
    // Whoever read has seen enough.
    if (error == EPIPE || (poll(&out, 1, 0) == 1 && out.revents & (POLLERR | POLLHUP))) {
        if (ret_closed)
            *ret_closed = true;
        return CLI_OK;
    }
    // What failed before the last write has left no reason behind.
    clearerr(stdout); // it is said once
    return error ? cli_fail(CLI_FAILURE, "cannot write the output: %s", strerror(error))
                 : cli_fail(CLI_FAILURE, "cannot write the output");
}

static void print_option(FILE *out, const cli_option_t *o)
{
    char left[64];

    snprintf(left, sizeof(left), "--%s%s%s", o->name, o->argument ? " " : "",
            o->argument ? o->argument : "");
    fprintf(out, "  %-22s %s\n", left, o->help);
}

void cli_print_help(FILE *out, const cli_command_t *c)
{
    size_t first = c->offline ? n_cli_common_options - CLI_OFFLINE_OPTIONS : 0;

    fprintf(out, "Usage: memscope %s [OPTION]...%s%s\n%s\n\n", c->name, c->operand ? " " : "",
            c->operand ? c->operand : "", c->about);
    for (size_t i = 0; i < c->n_options; i++)
        print_option(out, &c->options[i]);
    for (size_t i = first; i < n_cli_common_options; i++)
        print_option(out, &cli_common_options[i]);
}

// ---- The command line --------------------------------------------------------------------------

static const cli_option_t *find_in(
        const cli_option_t *options, size_t n, const char *name, size_t len)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0)
            return &options[i];
    return NULL;
}

static const cli_option_t *find_option(const cli_command_t *c, const char *name, size_t len)
{
    size_t first = c->offline ? n_cli_common_options - CLI_OFFLINE_OPTIONS : 0;
    const cli_option_t *o = find_in(c->options, c->n_options, name, len);

    return o ? o : find_in(cli_common_options + first, n_cli_common_options - first, name, len);
}

static bool take_count(const char *text, uint64_t *ret)
{
    unsigned long long v;
    char *end;

    errno = 0;
    v = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || v == 0)
        return false;
    *ret = v;
    return true;
}

static bool take_seconds(const char *text, uint64_t *ret)
{
    char *end;
    double v = strtod(text, &end);

    if (end == text || *end || strspn(text, "0123456789.") != strlen(text) || v < 0.001 ||
            v > SECONDS_MAX)
        return false;
    *ret = (uint64_t) (v * 1e6 + 0.5);
    return true;
}

static bool take_choice(const char *words, const char *text, int *ret)
{
    size_t len = strlen(text);

    for (int place = 1; *words; place++) {
        size_t n = strcspn(words, "|");

        if (n == len && memcmp(words, text, n) == 0) {
            *ret = place;
            return true;
        }
        words += n + (words[n] == '|');
    }
    return false;
}

// Puts the value where it belongs; what would be right instead, or NULL where it is.
static const char *store(const cli_option_t *o, char *options, const char *value)
{
    void *at = options + o->offset;
    uint64_t ms;

    switch (o->kind) {
    case CLI_SET:
        *(int *) at = o->value;
        return NULL;
    case CLI_TEXT:
        *(const char **) at = value;
        return value[0] ? NULL : "a text that is not empty";
    case CLI_COUNT:
        return take_count(value, at) ? NULL : "a whole number from 1 on";
    case CLI_SECONDS:
        return take_seconds(value, at) ? NULL : "seconds, 0.001 to 86400";
    case CLI_TIME:
        *(const char **) at = value;
        return when_parse(value, clock_realtime_us() / USEC_PER_MSEC, &ms) ? NULL : WHEN_ALLOWED;
    case CLI_CHOICE:
        return take_choice(o->words, value, at) ? NULL : o->words;
    }
    return "known";
}

static int unknown_option(const cli_command_t *c, const char *text)
{
    size_t first = c->offline ? n_cli_common_options - CLI_OFFLINE_OPTIONS : 0;
    size_t dashes = strspn(text, "-");
    suggest_t s = suggest_for(text + dashes, strcspn(text + dashes, "="));
    char meant[SUGGEST_MAX], help[48];

    for (size_t i = 0; i < c->n_options; i++)
        suggest_offer(&s, c->options[i].name);
    for (size_t i = first; i < n_cli_common_options; i++)
        suggest_offer(&s, cli_common_options[i].name);
    snprintf(help, sizeof(help), "memscope %s --help", c->name);
    return cli_fail(
            CLI_USAGE, "unknown option '%.80s': %s", text, suggest_text(&s, "--", help, meant));
}

static int take_option(const cli_command_t *c, char *options, int *at, int argc, char **argv)
{
    const char *name = argv[*at] + 2, *value = strchr(name, '='), *allowed;
    const cli_option_t *o = find_option(c, name, value ? (size_t) (value - name) : strlen(name));

    if (!o)
        return unknown_option(c, argv[*at]);
    if (value && !o->argument)
        return cli_fail(CLI_USAGE, "--%s takes no argument", o->name);
    if (value)
        value++;
    else if (o->argument && *at + 1 >= argc)
        return cli_fail(CLI_USAGE, "--%s needs an argument: %s", o->name, o->argument);
    else if (o->argument)
        value = argv[++*at];
    allowed = store(o, options, value);
    if (allowed)
        return cli_fail(CLI_USAGE, "--%s %.60s: expected %s", o->name, value, allowed);
    return CLI_OK;
}

static int parse(
        const cli_command_t *c, char *options, int argc, char **argv, const char **ret_operand)
{
    bool rest = false;

    *ret_operand = NULL;
    for (int i = 1; i < argc; i++) {
        int status = CLI_OK;

        if (!rest && strcmp(argv[i], "--") == 0)
            rest = true;
        else if (!rest && strcmp(argv[i], "-h") == 0)
            ((cli_common_t *) (void *) options)->help = 1;
        else if (!rest && strncmp(argv[i], "--", 2) == 0)
            status = take_option(c, options, &i, argc, argv);
        else if (!rest && argv[i][0] == '-' && argv[i][1])
            status = unknown_option(c, argv[i]);
        else if (!c->operand || *ret_operand)
            status = cli_fail(
                    CLI_USAGE, "unexpected '%.80s': try 'memscope %s --help'", argv[i], c->name);
        else
            *ret_operand = argv[i];
        if (status != CLI_OK)
            return status;
    }
    return CLI_OK;
}

static int run_parsed(const cli_command_t *c, cli_common_t *common, const attach_target_t *target,
        const char *operand, bool utf8)
{
    const cli_call_t call = {c, common, operand, utf8};

    if (common->help) {
        cli_print_help(stdout, c);
        return CLI_OK;
    }
    if (c->operand && c->operand[0] != '[' && !operand)
        return cli_fail(CLI_USAGE, "%s is missing: try 'memscope %s --help'", c->operand, c->name);
    if (common->replay && (common->socket || common->private_daemon))
        return cli_fail(CLI_USAGE, "--replay asks a file: leave --socket and --private out");
    common->target = *target;
    if (common->socket && snprintf(common->target.socket, sizeof(common->target.socket), "%s",
                                  common->socket) >= (int) sizeof(common->target.socket))
        return cli_fail(CLI_USAGE, "--socket: the path is too long");
    common->target.private_daemon |= common->private_daemon != 0;
    return c->run(&call);
}

int cli_run(const cli_command_t *c, int argc, char **argv, const attach_target_t *target, bool utf8)
{
    _cleanup_free_ char *options = calloc(1, MAX(c->options_size, sizeof(cli_common_t)));
    const char *operand;
    int status, flushed;

    if (!options)
        return cli_fail(CLI_FAILURE, "out of memory");
    signal(SIGPIPE, SIG_IGN);
    setlocale(LC_NUMERIC, "C"); // a decimal comma is no JSON
    status = parse(c, options, argc, argv, &operand);
    if (status == CLI_OK)
        status = run_parsed(c, (cli_common_t *) (void *) options, target, operand, utf8);
    flushed = cli_flush(NULL);
    return status == CLI_OK ? flushed : status;
}
