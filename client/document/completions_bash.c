#include "client/document/completions.h"
#include "client/document/completions_private.h"

static void bash_name(const cli_command_t *c, const shell_option_t *o)
{
    (void) c;
    printf(" --%s", o->name);
}

static void bash_words(words_t words, const char *choice)
{
    static const char *const others[] = {
            [WORDS_COLUMN] = "words=$columns",
            [WORDS_COLUMNS] = "words=$columns list=${cur%\"${cur##*,}\"}",
            [WORDS_FILES] = "words=FILES",
            [WORDS_PIDS] = "words=$(cd /proc && echo [0-9]*)",
            [WORDS_SUBCOMMANDS] = "words=$subcommands",
    };

    if (words == WORDS_CHOICE) {
        fputs("words='", stdout);
        completions_put_choice(choice);
        fputs("'", stdout);
    } else {
        fputs(words == WORDS_NONE ? "words=''" : others[words], stdout);
    }
}

static void bash_argument(const cli_command_t *c, const shell_option_t *o)
{
    if (!o->argument)
        return;
    printf("    '%s --%s') ", c ? c->name : "", o->name);
    bash_words(o->words, o->choice);
    puts(" ;;");
}

static void bash_operand(const cli_command_t *c)
{
    if (!c->operand)
        return;
    printf("        [ \"$sub\" = %s ] && [[ $cur != -* ]] && ", c->name);
    bash_words(completions_words(c->operand, NULL), NULL);
    putchar('\n');
}

// What bash splits at '=' is put together again.
static const char bash_head[] =
        "    [ \"$COMP_CWORD\" -gt 1 ] && [[ \" $subcommands \" == *\" ${COMP_WORDS[1]} \"* ]] && "
        "sub=${COMP_WORDS[1]}\n"
        "    if [ \"$cur\" = = ]; then\n"
        "        cur=''\n"
        "    elif [ \"$prev\" = = ]; then\n"
        "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
        "    fi\n"
        "    case \"$sub $prev\" in";

static const char bash_tail[] =
        "        ;;\n"
        "    esac\n"
        "    if [ \"$words\" = FILES ]; then\n"
        "        compopt -o filenames 2>/dev/null\n"
        "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
        "    else\n"
        "        mapfile -t COMPREPLY < <(compgen -P \"$list\" -W \"$words\" -- "
        "\"${cur#\"$list\"}\")\n"
        "    fi\n"
        "}\n\n"
        "complete -F _memscope memscope";

void completions_bash(void)
{
    fputs("# bash completion of memscope\n\n"
          "_memscope() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} sub='' "
          "words='' list=''\n"
          "    local columns='",
            stdout);
    completions_put_columns();
    fputs("'\n    local subcommands='", stdout);
    completions_put_subcommands();
    puts("'\n");
    puts(bash_head);
    completions_each_option(NULL, bash_argument);
    for (size_t i = 0; i < n_cli_commands; i++)
        completions_each_option(cli_commands[i], bash_argument);
    puts("    *)\n        case $sub in");
    fputs("        '') words='", stdout);
    completions_each_option(NULL, bash_name);
    puts("'\n            [ \"$COMP_CWORD\" -eq 1 ] && words+=\" $subcommands\" ;;");
    for (size_t i = 0; i < n_cli_commands; i++) {
        printf("        %s) words='", cli_commands[i]->name);
        completions_each_option(cli_commands[i], bash_name);
        puts("' ;;");
    }
    puts("        esac");
    for (size_t i = 0; i < n_cli_commands; i++)
        bash_operand(cli_commands[i]);
    puts(bash_tail);
}
