// The command line of a subcommand: its options, its operand, and what is wrong with them.

#include "client/cli/cli.h"

#include "client/cli/when.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/format.h"
#include <errno.h>
#include <string.h>

#define SECONDS_MIN  0.001
#define SECONDS_MAX  86400
#define EXPECTED_MAX 256 // of what an option takes, in words

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

static bool take_count(const char *text, uint64_t most, uint64_t *ret)
{
    unsigned long long v;
    char *end;

    errno = 0;
    v = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || v == 0 || v > most)
        return false;
    *ret = v;
    return true;
}

static bool take_seconds(const char *text, double least, uint64_t *ret)
{
    char *end;
    double v = strtod(text, &end);

    if (end == text || *end || strspn(text, "0123456789.") != strlen(text) || v < least ||
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

// Puts the value where it belongs. False: it is not such a value.
static bool store(const cli_option_t *o, char *options, const char *value)
{
    void *at = options + o->offset;
    uint64_t ms;

    switch (o->kind) {
    case CLI_SET:
        *(int *) at = o->value;
        return true;
    case CLI_TEXT:
        *(const char **) at = value;
        return true;
    case CLI_COUNT:
        return take_count(value, o->value ? (uint64_t) o->value : UINT64_MAX, at);
    case CLI_SECONDS:
        return take_seconds(value, o->value ? o->value : SECONDS_MIN, at);
    case CLI_TIME:
        *(const char **) at = value;
        return when_parse(value, clock_realtime_us() / USEC_PER_MSEC, &ms);
    case CLI_CHOICE:
        return take_choice(o->words, value, at);
    }
    return false;
}

static const char *expected(const cli_option_t *o, char buf[EXPECTED_MAX])
{
    switch (o->kind) {
    case CLI_COUNT:
        snprintf(buf, EXPECTED_MAX,
                o->value ? "a whole number, 1 to %d" : "a whole number, 1 or more", o->value);
        return buf;
    case CLI_SECONDS:
        snprintf(buf, EXPECTED_MAX, "seconds, %g to %d", o->value ? o->value : SECONDS_MIN,
                SECONDS_MAX);
        return buf;
    case CLI_TIME:
        return WHEN_ALLOWED;
    case CLI_CHOICE:
        return format_words(buf, EXPECTED_MAX, o->words);
    default:
        return o->argument;
    }
}

// What was given before and sets the same member to something else; NULL: nothing.
static const cli_option_t *find_rival(
        const cli_command_t *c, const cli_option_t *o, const char *options)
{
    for (size_t i = 0; o->kind == CLI_SET && i < c->n_options; i++) {
        const cli_option_t *other = &c->options[i];

        if (other->kind == CLI_SET && other->offset == o->offset && other->value != o->value &&
                other->value == *(const int *) (const void *) (options + o->offset))
            return other;
    }
    return NULL;
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
    const char *name = argv[*at] + 2, *value = strchr(name, '=');
    const cli_option_t *o = find_option(c, name, value ? (size_t) (value - name) : strlen(name));
    const cli_option_t *rival;
    char buf[EXPECTED_MAX];

    if (!o)
        return unknown_option(c, argv[*at]);
    rival = find_rival(c, o, options);
    if (value && !o->argument)
        return cli_fail(CLI_USAGE, "--%s takes no value", o->name);
    if (rival)
        return cli_fail(
                CLI_USAGE, "--%s and --%s exclude each other: leave one out", rival->name, o->name);
    if (value)
        value++;
    else if (o->argument)
        value = *at + 1 < argc ? argv[++*at] : "";
    if (value && !value[0])
        return cli_fail(CLI_USAGE, "--%s needs a value: %s", o->name, o->argument);
    if (!store(o, options, value))
        return cli_fail(CLI_USAGE, "--%s '%.60s': expected %s", o->name, value, expected(o, buf));
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
        cli_print_help(c);
        return CLI_OK;
    }
    if (c->operand && c->operand[0] != '[' && !(operand && operand[0]))
        return cli_fail(CLI_USAGE, "%s is missing: try 'memscope %s --help'", c->operand, c->name);
    if (common->replay && (common->socket || common->private_daemon))
        return cli_fail(CLI_USAGE, "--replay reads a file: leave --socket and --private out");
    if (common->socket && common->private_daemon)
        return cli_fail(CLI_USAGE, "--socket and --private exclude each other: leave one out");
    common->target = *target;
    if (common->socket && snprintf(common->target.socket, sizeof(common->target.socket), "%s",
                                  common->socket) >= (int) sizeof(common->target.socket))
        return cli_fail(
                CLI_USAGE, "--socket '%.60s': expected " ATTACH_SOCKET_ALLOWED, common->socket);
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
    status = parse(c, options, argc, argv, &operand);
    if (status == CLI_OK)
        status = run_parsed(c, (cli_common_t *) (void *) options, target, operand, utf8);
    flushed = cli_flush(NULL);
    return status == CLI_OK ? flushed : status;
}
