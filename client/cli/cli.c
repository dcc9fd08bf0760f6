#include "client/cli/cli.h"

#include "client/cli/commands.h"
#include "client/cli/wrapped.h"
#include "common/cleanup.h"
#include "common/text.h"
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>

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

const char *cli_meant(const char *name, const char *before, char buf[SUGGEST_MAX])
{
    suggest_t s = suggest_for(name, strlen(name));

    for (size_t i = 0; i < n_cli_commands; i++)
        suggest_offer(&s, cli_commands[i]->name);
    return suggest_text(&s, before, "memscope help", buf);
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

static int write_failed(int error)
{
    clearerr(stdout); // it is said once
    return error ? cli_fail(CLI_FAILURE, "cannot write the output: %s", strerror(error))
                 : cli_fail(CLI_FAILURE, "cannot write the output");
}

bool cli_write(const char *text, size_t len)
{
    if (fwrite(text, 1, len, stdout) == len || errno == EPIPE)
        return true;
    write_failed(errno);
    return false;
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
    return write_failed(error);
}

void cli_print_help(const cli_command_t *c)
{
    size_t first = c->offline ? n_cli_common_options - CLI_OFFLINE_OPTIONS : 0;

    printf("Usage: memscope %s [OPTION]...%s%s\n", c->name, c->operand ? " " : "",
            c->operand ? c->operand : "");
    wrapped_help(stdout, c->about);
    putchar('\n');
    for (size_t i = 0; i < c->n_options; i++)
        wrapped_option(stdout, c->options[i].name, c->options[i].argument, c->options[i].help);
    for (size_t i = first; i < n_cli_common_options; i++)
        wrapped_option(stdout, cli_common_options[i].name, cli_common_options[i].argument,
                cli_common_options[i].help);
}
