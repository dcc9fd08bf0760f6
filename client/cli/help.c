#include "client/cli/commands.h"
#include "client/cli/wrapped.h"

#include <string.h>

#define SUMMARY_INDENT 13

static int run(const cli_call_t *call)
{
    char meant[SUGGEST_MAX];
    const cli_command_t *command = call->operand ? cli_find(call->operand) : NULL;

    if (call->operand && !command)
        return cli_fail(CLI_USAGE, "unknown subcommand '%.80s': %s", call->operand,
                cli_meant(call->operand, "memscope help ", meant));
    if (command) {
        cli_print_help(command);
        return CLI_OK;
    }
    puts("Usage: memscope SUBCOMMAND [OPTION]...\n");
    for (size_t i = 0; i < n_cli_commands; i++)
        wrapped_entry(stdout, cli_commands[i]->name, SUMMARY_INDENT, cli_commands[i]->summary);
    puts("\nExit status:");
    for (size_t i = 0; i < n_cli_statuses; i++)
        printf("  %d  %s\n", cli_statuses[i].status, cli_statuses[i].text);
    puts("\nWithout a subcommand, memscope shows the list: see 'memscope --help'.");
    return CLI_OK;
}

const cli_command_t cli_help = {
        .name = "help",
        .summary = "what the subcommands are, or how one is used",
        .operand = "[SUBCOMMAND]",
        .about = "Lists the subcommands and the exit statuses, or prints the help of one "
                 "subcommand.",
        .offline = true,
        .run = run,
};
