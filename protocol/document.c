// Makes memscope-protocol(7): copies a template and puts what the schema declares in its places.
// @NAME@ alone on a line is a list, within a line a number.

#include "protocol/document.h"
#include "common/cleanup.h"
#include "common/mdoc.h"
#include "protocol/frame.h"
#include "protocol/message.h"
#include "protocol/tick.h"

#include "config.h"

#include <inttypes.h>
#include <stdio.h>

// ---- Lists -------------------------------------------------------------------------------------

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
        mdoc_put_text(f->doc);
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
    mdoc_put_text(info->doc);
    if (info->n_fields == 0)
        return;
    puts(".Bl -tag -width 4n");
    for (size_t i = 0; i < info->n_fields; i++) {
        const message_field_t *f = &info->fields[i];

        put_item(f->number, f->name, kinds[f->kind], f->unit, f->audience == FIELD_PRIVATE,
                f->since);
        mdoc_put_text(f->doc);
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
        mdoc_put_text(values[i].doc);
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
        if (mdoc_is(name, len, lists[i].name)) {
            lists[i].put();
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (mdoc_is(name, len, numbers[i].name)) {
            printf("%" PRIu64, numbers[i].value);
            return true;
        }
    }
    if (mdoc_is(name, len, "SOCKET_PATH")) {
        fputs(MEMSCOPE_SOCKET_PATH, stdout);
        return true;
    }
    return false;
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s TEMPLATE\n", argv[0]);
        return 2;
    }
    return mdoc_fill(argv[1], put_place);
}
