#include "client/completions.h"

#include "client/cli/cli.h"
#include "client/model/export.h"
#include "client/options.h"
#include "common/cleanup.h"
#include <string.h>

// Words of a choice, one of columns, a file, or nothing in particular.
typedef enum { WORDS_NONE, WORDS_CHOICE, WORDS_COLUMNS, WORDS_FILES } words_t;

typedef struct {
    const char *name, *argument, *help, *choice;
    words_t words;
} shell_option_t;

static words_t words_of(const char *argument, const char *choice)
{
    if (choice)
        return WORDS_CHOICE;
    if (argument && (strcmp(argument, "PATH") == 0 || strcmp(argument, "FILE") == 0))
        return WORDS_FILES;
    return argument && (strcmp(argument, "KEY") == 0 || strcmp(argument, "LIST") == 0)
                   ? WORDS_COLUMNS
                   : WORDS_NONE;
}

static shell_option_t of_subcommand(const cli_option_t *o)
{
    return (shell_option_t){
            o->name, o->argument, o->help, o->words, words_of(o->argument, o->words)};
}

static shell_option_t of_viewer(const viewer_option_t *o)
{
    return (shell_option_t){o->name, o->argument, o->help, NULL, words_of(o->argument, NULL)};
}

// Those of a subcommand, or of the viewer (NULL).
static void each_option(
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

static void put_choice(const char *words)
{
    for (; *words; words++)
        putchar(*words == '|' ? ' ' : *words);
}

static void put_column_keys(void)
{
    for (column_id_t id = 0; id < COLUMN_MAX; id++)
        if (columns[id].out.key)
            printf("%s%s", id > 0 ? " " : "", columns[id].out.key);
}

static void put_subcommand_names(void)
{
    for (size_t i = 0; i < n_cli_commands; i++)
        printf("%s%s", i > 0 ? " " : "", cli_commands[i]->name);
}

static void bash_name(const cli_command_t *c, const shell_option_t *o)
{
    (void) c;
    printf(" --%s", o->name);
}

static void bash_argument(const cli_command_t *c, const shell_option_t *o)
{
    if (!o->argument)
        return;
    printf("    '%s --%s') ", c ? c->name : "", o->name);
    if (o->words == WORDS_CHOICE) {
        fputs("words='", stdout);
        put_choice(o->choice);
        puts("' ;;");
    } else if (o->words == WORDS_COLUMNS) {
        puts("words=$columns ;;");
    } else {
        printf("words=%s ;;\n", o->words == WORDS_FILES ? "FILES" : "''");
    }
}

void completions_bash(void)
{
    fputs("# bash completion of memscope\n\n"
          "_memscope() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} sub='' "
          "words=''\n"
          "    local columns='",
            stdout);
    put_column_keys();
    fputs("'\n    local subcommands='", stdout);
    put_subcommand_names();
    puts("'\n\n"
         "    [ \"$COMP_CWORD\" -gt 1 ] && [[ \" $subcommands \" == *\" ${COMP_WORDS[1]} \"* ]] && "
         "sub=${COMP_WORDS[1]}\n"
         "    case \"$sub $prev\" in");
    each_option(NULL, bash_argument);
    for (size_t i = 0; i < n_cli_commands; i++)
        each_option(cli_commands[i], bash_argument);
    puts("    *)\n        case $sub in");
    fputs("        '') words='", stdout);
    each_option(NULL, bash_name);
    puts("'\n            [ \"$COMP_CWORD\" -eq 1 ] && words+=\" $subcommands\" ;;");
    for (size_t i = 0; i < n_cli_commands; i++) {
        printf("        %s) words='", cli_commands[i]->name);
        each_option(cli_commands[i], bash_name);
        puts("' ;;");
    }
    puts("        esac\n"
         "        [ \"$sub\" = help ] && words+=\" $subcommands\"\n"
         "        [ \"$sub\" = analyze ] && [[ $cur != -* ]] && words=FILES ;;\n"
         "    esac\n"
         "    if [ \"$words\" = FILES ]; then\n"
         "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
         "    else\n"
         "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
         "    fi\n"
         "}\n\n"
         "complete -o filenames -F _memscope memscope");
}

// Between single quotes, and for zsh without what _arguments takes for itself.
static void put_quoted(const char *s, bool zsh)
{
    for (; *s; s++) {
        if (*s == '\'')
            fputs(zsh ? "'\\''" : "\\'", stdout);
        else if (*s == '\n')
            putchar(' ');
        else if (zsh && strchr("[]:", *s))
            printf("\\%c", *s);
        else
            putchar(*s);
    }
}

static void zsh_option(const cli_command_t *c, const shell_option_t *o)
{
    (void) c;
    printf("            '--%s%s[", o->name, o->argument ? "=" : "");
    put_quoted(o->help, true);
    putchar(']');
    if (o->argument) {
        printf(":%s:", o->argument);
        if (o->words == WORDS_FILES)
            fputs("_files", stdout);
        else if (o->words != WORDS_NONE) {
            putchar('(');
            if (o->words == WORDS_CHOICE)
                put_choice(o->choice);
            else
                put_column_keys();
            putchar(')');
        }
    }
    puts("' \\");
}

void completions_zsh(void)
{
    puts("#compdef memscope\n\n"
         "_memscope() {\n"
         "    local -a subcommands=(");
    for (size_t i = 0; i < n_cli_commands; i++) {
        printf("        '%s:", cli_commands[i]->name);
        put_quoted(cli_commands[i]->summary, true);
        puts("'");
    }
    puts("    )\n\n"
         "    if (( CURRENT > 2 )) && [[ $words[2] != -* ]]; then\n"
         "        local sub=$words[2]\n"
         "        shift words\n"
         "        (( CURRENT-- ))\n"
         "        case $sub in");
    for (size_t i = 0; i < n_cli_commands; i++) {
        const cli_command_t *c = cli_commands[i];

        printf("        %s) _arguments \\\n", c->name);
        each_option(c, zsh_option);
        puts(strcmp(c->name, "analyze") == 0 ? "            '*:file:_files' ;;" : "            ;;");
    }
    puts("        esac\n"
         "        return\n"
         "    fi\n"
         "    _arguments \\");
    each_option(NULL, zsh_option);
    puts("            '1:subcommand:{_describe subcommand subcommands}'\n"
         "}\n\n"
         "_memscope \"$@\"");
}

static void fish_option(const cli_command_t *c, const shell_option_t *o)
{
    if (c)
        printf("complete -c memscope -n '__fish_seen_subcommand_from %s' -l %s", c->name, o->name);
    else
        printf("complete -c memscope -n __fish_use_subcommand -l %s", o->name);
    if (o->argument)
        fputs(o->words == WORDS_FILES ? " -r -F" : " -x", stdout);
    if (o->words == WORDS_CHOICE || o->words == WORDS_COLUMNS) {
        fputs(" -a '", stdout);
        if (o->words == WORDS_CHOICE)
            put_choice(o->choice);
        else
            put_column_keys();
        putchar('\'');
    }
    fputs(" -d '", stdout);
    put_quoted(o->help, false);
    puts("'");
}

void completions_fish(void)
{
    puts("# fish completion of memscope\n\n"
         "complete -c memscope -f");
    each_option(NULL, fish_option);
    for (size_t i = 0; i < n_cli_commands; i++) {
        const cli_command_t *c = cli_commands[i];

        printf("complete -c memscope -n __fish_use_subcommand -a %s -d '", c->name);
        put_quoted(c->summary, false);
        puts("'");
        each_option(c, fish_option);
        if (strcmp(c->name, "analyze") == 0)
            puts("complete -c memscope -n '__fish_seen_subcommand_from analyze' -F");
    }
}
