// Makes memscope(1) and the completions of shells from the tables of options, subcommands, keys and
// columns: client-document man TEMPLATE | bash | zsh | fish.

#include "client/cli/cli.h"
#include "client/document/completions.h"
#include "client/exporter/metrics.h"
#include "client/model/export.h"
#include "client/model/keys.h"
#include "client/options.h"
#include "common/cleanup.h"
#include "common/mdoc.h"
#include "config.h"

#include <ctype.h>
#include <string.h>

// ---- The manual --------------------------------------------------------------------------------

static void put_option(const char *name, const char *argument, const char *help)
{
    char text[512];

    printf(".It Fl \\-%s", name);
    if (argument)
        printf(" Ar %s", argument);
    putchar('\n');
    snprintf(text, sizeof(text), "%c%s%s", toupper((unsigned char) help[0]), help + 1,
            help[strlen(help) - 1] == '.' ? "" : ".");
    mdoc_put_text(text);
}

static void put_viewer_options(void)
{
    puts(".Bl -tag -width Ds");
    for (size_t i = 0; i < n_viewer_options; i++)
        put_option(viewer_options[i].name, viewer_options[i].argument, viewer_options[i].help);
    puts(".El");
}

static void put_common_options(void)
{
    puts(".Bl -tag -width Ds");
    for (size_t i = 0; i < n_cli_common_options; i++)
        put_option(cli_common_options[i].name, cli_common_options[i].argument,
                cli_common_options[i].help);
    puts(".El");
}

// A sentence a line.
static void put_sentences(const char *s)
{
    char text[1024];

    snprintf(text, sizeof(text), "%s", s);
    for (char *at = text; *at;) {
        char *end = strstr(at, ". ");

        if (end)
            end[1] = '\0';
        mdoc_put_text(at);
        if (!end)
            break;
        at = end + 2;
    }
}

static void put_subcommands(void)
{
    for (size_t i = 0; i < n_cli_commands; i++) {
        const cli_command_t *c = cli_commands[i];

        printf(".Ss %s\n.Nm memscope %s\n", c->name, c->name);
        for (size_t o = 0; o < c->n_options; o++) {
            printf(".Op Fl \\-%s", c->options[o].name);
            if (c->options[o].argument)
                printf(" Ar %s", c->options[o].argument);
            putchar('\n');
        }
        if (c->operand && c->operand[0] == '[')
            printf(".Op Ar %.*s\n", (int) strcspn(c->operand + 1, "]"), c->operand + 1);
        else if (c->operand)
            printf(".Ar %s\n", c->operand);
        puts(".Pp");
        put_sentences(c->about);
        if (c->n_options == 0)
            continue;
        puts(".Bl -tag -width Ds");
        for (size_t o = 0; o < c->n_options; o++)
            put_option(c->options[o].name, c->options[o].argument, c->options[o].help);
        puts(".El");
    }
}

static void put_statuses(void)
{
    puts(".Bl -tag -width Ds");
    for (size_t i = 0; i < n_cli_statuses; i++) {
        printf(".It %d\n", cli_statuses[i].status);
        mdoc_put_text(cli_statuses[i].text);
    }
    puts(".El");
}

static void put_keys(void)
{
    puts(".Bl -tag -width \"PgDn\"");
    for (size_t i = 0; i < n_key_bindings; i++) {
        char text[256];

        printf(".It Ic \"%s\"\n", key_label(&key_bindings[i], false));
        snprintf(text, sizeof(text), "%c%s.", toupper((unsigned char) key_bindings[i].help[0]),
                key_bindings[i].help + 1);
        mdoc_put_text(text);
    }
    puts(".El");
}

static const char *heading(column_id_t id)
{
    const column_t *c = &columns[id];
    const char *title = c->title ? c->title : (c->group_title ? c->group_title : c->tree_title);

    return title ? title : c->sort_name;
}

static void put_columns(void)
{
    puts(".Bl -tag -width Ds");
    for (column_id_t id = 0; id < COLUMN_MAX; id++) {
        const column_t *c = &columns[id];
        char text[512];

        printf(".It Sy %s", heading(id));
        if (c->out.key)
            printf(" Pq Va %s", c->out.key);
        else if (c->out.group_key)
            printf(" Pq groups: Va %s", c->out.group_key);
        putchar('\n');
        snprintf(text, sizeof(text), "%c%s.", toupper((unsigned char) c->help[0]), c->help + 1);
        mdoc_put_text(text);
        if (c->out.key && c->out.group_key && strcmp(c->out.key, c->out.group_key) != 0)
            printf("Of groups:\n.Va %s .\n", c->out.group_key);
    }
    puts(".El");
}

static void put_metrics(void)
{
    char name[128];

    puts(".Bl -tag -width Ds");
    for (size_t i = 0; i < METRICS_MAX; i++) {
        const metric_t *m = &metrics[i];

        printf(".It Va %s", exposition_sample_name(m, name, sizeof(name)));
        if (m->labels[0])
            printf(" Pq %s", m->labels);
        putchar('\n');
        put_sentences(m->help);
    }
    puts(".El");
}

static bool put_place(const char *name, size_t len, bool alone)
{
    static const struct {
        const char *name;
        void (*put)(void);
    } lists[] = {
            {"OPTIONS", put_viewer_options},
            {"COMMON_OPTIONS", put_common_options},
            {"SUBCOMMANDS", put_subcommands},
            {"STATUSES", put_statuses},
            {"KEYS", put_keys},
            {"COLUMNS", put_columns},
            {"METRICS", put_metrics},
    };

    for (size_t i = 0; alone && i < ARRAY_SIZE(lists); i++) {
        if (mdoc_is(name, len, lists[i].name)) {
            lists[i].put();
            return true;
        }
    }
    if (mdoc_is(name, len, "RULES_PATH"))
        return fputs(MEMSCOPE_RULES_PATH, stdout) >= 0;
    return mdoc_is(name, len, "SOCKET_PATH") && fputs(MEMSCOPE_SOCKET_PATH, stdout) >= 0;
}

int main(int argc, char *argv[])
{
    if (argc == 3 && strcmp(argv[1], "man") == 0)
        return mdoc_fill(argv[2], put_place);
    if (argc == 2 && strcmp(argv[1], "bash") == 0)
        completions_bash();
    else if (argc == 2 && strcmp(argv[1], "zsh") == 0)
        completions_zsh();
    else if (argc == 2 && strcmp(argv[1], "fish") == 0)
        completions_fish();
    else {
        fprintf(stderr, "usage: %s man TEMPLATE | bash | zsh | fish\n", argv[0]);
        return 2;
    }
    return fflush(stdout) != 0;
}
