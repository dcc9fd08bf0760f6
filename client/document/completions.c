#include "client/document/completions.h"
#include "client/document/completions_private.h"

#include "client/cli/cli.h"
#include "client/model/export.h"
#include "client/options.h"
#include "common/cleanup.h"
#include <string.h>

words_t completions_words(const char *argument, const char *choice)
{
    static const struct {
        const char *argument;
        words_t words;
    } known[] = {
            {"PATH", WORDS_FILES},
            {"FILE", WORDS_FILES},
            {"[FILE]", WORDS_FILES},
            {"KEY", WORDS_COLUMN},
            {"LIST", WORDS_COLUMNS},
            {"PID", WORDS_PIDS},
            {"[SUBCOMMAND]", WORDS_SUBCOMMANDS},
    };

    if (choice)
        return WORDS_CHOICE;
    for (size_t i = 0; argument && i < ARRAY_SIZE(known); i++)
        if (strcmp(known[i].argument, argument) == 0)
            return known[i].words;
    return WORDS_NONE;
}

static shell_option_t of_subcommand(const cli_option_t *o)
{
    return (shell_option_t){
            o->name, o->argument, o->help, o->words, completions_words(o->argument, o->words)};
}

static shell_option_t of_viewer(const viewer_option_t *o)
{
    const char *words = options_words(o);

    return (shell_option_t){
            o->name, o->argument, o->help, words, completions_words(o->argument, words)};
}

void completions_each_option(
        const cli_command_t *c, void (*put)(const cli_command_t *c, const shell_option_t *o))
{
    shell_option_t o;

    for (size_t i = 0; !c && i < n_viewer_options; i++) {
        o = of_viewer(&viewer_options[i]);
        put(c, &o);
    }
    for (size_t i = 0; c && i < c->n_options; i++) {
        o = of_subcommand(&c->options[i]);
        put(c, &o);
    }
    for (size_t i = c && c->offline ? n_cli_common_options - CLI_OFFLINE_OPTIONS : 0;
            c && i < n_cli_common_options; i++) {
        o = of_subcommand(&cli_common_options[i]);
        put(c, &o);
    }
}

void completions_put_choice(const char *words)
{
    for (; *words; words++)
        putchar(*words == '|' ? ' ' : *words);
}

void completions_put_columns(void)
{
    for (column_id_t id = 0; id < COLUMN_MAX; id++)
        if (columns[id].out.key)
            printf("%s%s", id > 0 ? " " : "", columns[id].out.key);
}

void completions_put_subcommands(void)
{
    for (size_t i = 0; i < n_cli_commands; i++)
        printf("%s%s", i > 0 ? " " : "", cli_commands[i]->name);
}

// Between single quotes, and for zsh without what _arguments takes for itself.
static void put_quoted(const char *s, bool zsh)
{
    for (; *s; s++) {
        if (*s == '\'')
            fputs(zsh ? "'\\''" : "\\'", stdout);
        else if (zsh && strchr("[]:", *s))
            printf("\\%c", *s);
        else
            putchar(*s);
    }
}

static void zsh_words(words_t words, const char *choice)
{
    static const char *const others[] = {[WORDS_FILES] = "_files",
            [WORDS_PIDS] = "_memscope_pids",
            [WORDS_SUBCOMMANDS] = "($names)"};

    switch (words) {
    case WORDS_NONE:
        break;
    case WORDS_CHOICE:
        putchar('(');
        completions_put_choice(choice);
        putchar(')');
        break;
    case WORDS_COLUMN:
        putchar('(');
        completions_put_columns();
        putchar(')');
        break;
    case WORDS_COLUMNS:
        fputs("_values -s , column ", stdout);
        completions_put_columns();
        break;
    default:
        fputs(others[words], stdout);
    }
}

static void zsh_option(const cli_command_t *c, const shell_option_t *o)
{
    (void) c;
    printf("            '--%s%s[", o->name, o->argument ? "=" : "");
    put_quoted(o->help, true);
    putchar(']');
    if (o->argument) {
        fputs(":", stdout);
        put_quoted(o->argument, true);
        putchar(':');
        zsh_words(o->words, o->choice);
    }
    puts("' \\");
}

static void zsh_operand(const cli_command_t *c)
{
    if (!c->operand) {
        puts("            ;;");
        return;
    }
    fputs("            \"1:", stdout);
    for (const char *at = c->operand; *at; at++)
        if (*at != '[' && *at != ']')
            putchar(*at);
    putchar(':');
    zsh_words(completions_words(c->operand, NULL), NULL);
    puts("\" ;;");
}

void completions_zsh(void)
{
    puts("#compdef memscope\n\n"
         "_memscope_pids() {\n"
         "    local -a pids=(/proc/<->(N:t))\n"
         "    compadd -a pids\n"
         "}\n\n"
         "_memscope() {\n"
         "    local -a subcommands=(");
    for (size_t i = 0; i < n_cli_commands; i++) {
        printf("        '%s:", cli_commands[i]->name);
        put_quoted(cli_commands[i]->summary, true);
        puts("'");
    }
    puts("    )\n"
         "    local names=${subcommands%%:*}\n\n"
         "    if (( CURRENT > 2 )) && [[ $words[2] != -* ]]; then\n"
         "        local sub=$words[2]\n"
         "        shift words\n"
         "        (( CURRENT-- ))\n"
         "        case $sub in");
    for (size_t i = 0; i < n_cli_commands; i++) {
        const cli_command_t *c = cli_commands[i];

        printf("        %s) _arguments \\\n", c->name);
        completions_each_option(c, zsh_option);
        zsh_operand(c);
    }
    puts("        esac\n"
         "        return\n"
         "    fi\n"
         "    _arguments \\");
    completions_each_option(NULL, zsh_option);
    puts("            '1:subcommand:{_describe subcommand subcommands}'\n"
         "}\n\n"
         "_memscope \"$@\"");
}

static void fish_words(words_t words, const char *choice)
{
    static const char *const others[] = {[WORDS_FILES] = " -F",
            [WORDS_PIDS] = " -x -a '(__fish_complete_pids)'",
            [WORDS_SUBCOMMANDS] = " -x -a "};

    if (words == WORDS_CHOICE || words == WORDS_COLUMN) {
        fputs(" -x -a '", stdout);
        if (words == WORDS_CHOICE)
            completions_put_choice(choice);
        else
            completions_put_columns();
        putchar('\'');
    } else if (words == WORDS_COLUMNS) {
        fputs(" -x -a '(__fish_complete_list , \"printf \\\"%s\\\\\\n\\\" ", stdout);
        completions_put_columns();
        fputs("\")'", stdout);
    } else {
        fputs(words == WORDS_NONE ? " -x" : others[words], stdout);
    }
    if (words == WORDS_SUBCOMMANDS) {
        putchar('\'');
        completions_put_subcommands();
        putchar('\'');
    }
}

static void fish_option(const cli_command_t *c, const shell_option_t *o)
{
    if (c)
        printf("complete -c memscope -n '__fish_seen_subcommand_from %s' -l %s", c->name, o->name);
    else
        printf("complete -c memscope -n __fish_use_subcommand -l %s", o->name);
    if (o->argument) {
        fputs(o->words == WORDS_FILES ? " -r" : "", stdout);
        fish_words(o->words, o->choice);
    }
    fputs(" -d '", stdout);
    put_quoted(o->help, false);
    puts("'");
}

void completions_fish(void)
{
    puts("# fish completion of memscope\n\n"
         "complete -c memscope -f");
    completions_each_option(NULL, fish_option);
    for (size_t i = 0; i < n_cli_commands; i++) {
        const cli_command_t *c = cli_commands[i];

        printf("complete -c memscope -n __fish_use_subcommand -a %s -d '", c->name);
        put_quoted(c->summary, false);
        puts("'");
        completions_each_option(c, fish_option);
        if (c->operand) {
            printf("complete -c memscope -n '__fish_seen_subcommand_from %s'", c->name);
            fish_words(completions_words(c->operand, NULL), NULL);
            putchar('\n');
        }
    }
}
