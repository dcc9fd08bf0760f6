// Makes memscope-protocol(7): copies a template and puts what the schema declares in its places.
// @NAME@ alone on a line is a list, within a line a number.

#include "protocol/document.h"
#include "common/cleanup.h"
#include "protocol/frame.h"
#include "protocol/message.h"
#include "protocol/tick.h"

#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_WIDTH 78

// ---- Lists -------------------------------------------------------------------------------------

// A line of text as mdoc(7) has it: no backslashes, no control character in front, and wrapped.
static void put_text(const char *s)
{
    size_t column = 0;

    while (*s) {
        size_t word = strcspn(s, " ");

        if (column > 0 && column + 1 + word > LINE_WIDTH && *s != '.' && *s != '\'') {
            putchar('\n');
            column = 0;
        } else if (column > 0) {
            putchar(' ');
            column++;
        }
        if (column == 0 && (*s == '.' || *s == '\''))
            fputs("\\&", stdout);
        for (size_t i = 0; i < word; i++)
            fputs(s[i] == '\\' ? "\\e" : (char[]){s[i], '\0'}, stdout);
        column += word;
        s += word;
        s += strspn(s, " ");
    }
    putchar('\n');
}

static void put_item(unsigned number, const char *name, const char *kind, const char *unit,
        bool is_private, unsigned since)
{
    printf(".It %u Va %s Pq %s", number, name, kind);
    if (unit[0])
        printf(" , %s", unit);
    if (is_private)
        fputs(" , private", stdout);
    if (since > 1)
        printf(" , since version %u", since);
    putchar('\n');
}

static void put_fields(const field_info_t *fields, unsigned count)
{
    puts(".Bl -tag -width 4n");
    for (unsigned i = 0; i < count; i++) {
        const field_info_t *f = &fields[i];

        put_item(i, f->name, f->kind == FIELD_STRING ? "STRING" : "UINT", f->unit,
                f->audience == FIELD_PRIVATE, f->since);
        put_text(f->doc);
    }
    puts(".El");
}

static void put_process_fields(void)
{
    put_fields(process_fields, PROCESS_FIELD_COUNT);
}

static void put_system_fields(void)
{
    put_fields(system_fields, SYSTEM_FIELD_COUNT);
}

static void put_message(const message_info_t *info)
{
    static const char *const directions[] = {
            [DIRECTION_BOTH] = "both ways",
            [DIRECTION_TO_CLIENT] = "daemon to client",
            [DIRECTION_TO_DAEMON] = "client to daemon",
    };
    static const char *const kinds[] = {
            [MESSAGE_KIND_UINT] = "UINT",
            [MESSAGE_KIND_INT] = "INT",
            [MESSAGE_KIND_TEXT] = "TEXT",
            [MESSAGE_KIND_BYTES] = "BYTES",
    };

    printf(".Ss %s\nType %u, %s:\n", info->name, (unsigned) info->type,
            directions[info->direction]);
    put_text(info->doc);
    if (info->n_fields == 0)
        return;
    puts(".Bl -tag -width 4n");
    for (size_t i = 0; i < info->n_fields; i++) {
        const message_field_t *f = &info->fields[i];

        put_item(f->number, f->name, kinds[f->kind], f->unit, f->audience == FIELD_PRIVATE,
                f->since);
        put_text(f->doc);
    }
    puts(".El");
}

static void put_messages(void)
{
    for (unsigned type = 0; type < MESSAGE_TYPE_MAX; type++)
        if (message_info(type))
            put_message(message_info(type));
}

typedef struct {
    const char *name;
    uint64_t value;
    const char *doc;
} value_t;

static void put_value_list(const char *title, const value_t *values, size_t count)
{
    printf(".Ss %s\n.Bl -tag -width 4n\n", title);
    for (size_t i = 0; i < count; i++) {
        printf(".It %" PRIu64 " Dv %s\n", values[i].value, values[i].name);
        put_text(values[i].doc);
    }
    puts(".El");
}

#define ROW_(value_name, number, text) {.name = #value_name, .value = (number), .doc = (text)},
#define PUT_VALUES_(title, VALUES)                           \
    do {                                                     \
        static const value_t values_[] = {VALUES(ROW_)};     \
        put_value_list(title, values_, ARRAY_SIZE(values_)); \
    } while (0)

static void put_values(void)
{
    PUT_VALUES_("Bits of tags of a process", TAG_VALUES);
    PUT_VALUES_("Bits of flags of a process", PROCESS_FLAG_VALUES);
    PUT_VALUES_("Bits of system_flags", SYSTEM_FLAG_VALUES);
    PUT_VALUES_("Numbers of pss_source, and of source in DETAILS", PSS_SOURCE_VALUES);
    PUT_VALUES_("Bits of features in HELLO", FEATURE_VALUES);
    PUT_VALUES_("Numbers of rights in HELLO", RIGHTS_VALUES);
    PUT_VALUES_("Numbers of code in REFUSED", REFUSED_VALUES);
    PUT_VALUES_("Numbers of code in ERROR", ERROR_VALUES);
    PUT_VALUES_("Numbers of kind in EVENT", EVENT_VALUES);
    PUT_VALUES_("Bits of ruled_out in EVENT", RULED_OUT_VALUES);
    PUT_VALUES_("Numbers of by in WHY", WHY_BY_VALUES);
    PUT_VALUES_("Kinds of rows and of the ledger in WHY", LEDGER_VALUES);
}

// ---- Template ----------------------------------------------------------------------------------

static const struct {
    const char *name;
    void (*put)(void);
} lists[] = {
        {"MESSAGES", put_messages},
        {"PROCESS_FIELDS", put_process_fields},
        {"SYSTEM_FIELDS", put_system_fields},
        {"VALUES", put_values},
        {"EXAMPLES", document_put_examples},
};

#define NUMBER_(macro) \
    {                  \
#macro, macro  \
    }
static const struct {
    const char *name;
    uint64_t value;
} numbers[] = {
        NUMBER_(FRAME_MAX),
        NUMBER_(FRAME_MAX_TO_DAEMON),
        NUMBER_(PROTOCOL_MAGIC),
        NUMBER_(PROTOCOL_SLOTS_MAX),
        NUMBER_(PROTOCOL_VERSION_MAX),
        NUMBER_(PROTOCOL_VERSION_MIN),
        NUMBER_(TICK_BORN),
        NUMBER_(TICK_KINDS),
        NUMBER_(TICK_PROCESSES),
        NUMBER_(TICK_REPEAT),
        NUMBER_(TICK_STRING_MAX),
        NUMBER_(TICK_SYSTEM),
        NUMBER_(TICK_UNSET),
        NUMBER_(TICK_UPDATE),
};

static bool put_place(const char *name, size_t len, bool alone)
{
    for (size_t i = 0; alone && i < ARRAY_SIZE(lists); i++) {
        if (strlen(lists[i].name) == len && strncmp(lists[i].name, name, len) == 0) {
            lists[i].put();
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (strlen(numbers[i].name) == len && strncmp(numbers[i].name, name, len) == 0) {
            printf("%" PRIu64, numbers[i].value);
            return true;
        }
    }
    if (len == strlen("SOCKET_PATH") && strncmp(name, "SOCKET_PATH", len) == 0) {
        fputs(MEMSCOPE_SOCKET_PATH, stdout);
        return true;
    }
    return false;
}

// False: a place that nobody knows.
static bool put_line(const char *line)
{
    bool list = line[0] == '@' && line[strlen(line) - 2] == '@';

    while (*line) {
        const char *at = strchr(line, '@'), *end = at ? strchr(at + 1, '@') : NULL;

        if (!end)
            return fputs(line, stdout) >= 0;
        fwrite(line, 1, (size_t) (at - line), stdout);
        if (!put_place(at + 1, (size_t) (end - at - 1), list))
            return false;
        line = end + 1;
        if (list && *line == '\n')
            break;
    }
    return true;
}

int main(int argc, char *argv[])
{
    _cleanup_fclose_ FILE *template = NULL;
    _cleanup_free_ char *line = NULL;
    size_t cap = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: %s TEMPLATE\n", argv[0]);
        return 2;
    }
    template = fopen(argv[1], "re");
    if (!template) {
        perror(argv[1]);
        return 1;
    }
    while (getline(&line, &cap, template) > 0) {
        if (!put_line(line)) {
            fprintf(stderr, "%s: unknown place: %s", argv[1], line);
            return 1;
        }
    }
    return fflush(stdout) != 0;
}
