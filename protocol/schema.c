#include "protocol/schema.h"
#include "protocol/snapshot.h"

#include <string.h>

#define INFO_(number, field_name, field_kind, field_unit, field_since, field_audience, field_doc) \
    [number] = {                                                                                  \
            .name = #field_name,                                                                  \
            .unit = field_unit,                                                                   \
            .doc = field_doc,                                                                     \
            .kind = FIELD_##field_kind,                                                           \
            .audience = FIELD_##field_audience,                                                   \
            .since = field_since,                                                                 \
    },

const field_info_t process_fields[PROCESS_FIELD_COUNT] = {PROCESS_FIELDS(INFO_)};
const field_info_t system_fields[SYSTEM_FIELD_COUNT] = {SYSTEM_FIELDS(INFO_)};

// FIELD_PRIVATE and FIELD_STRING are 1, their counterparts 0.
#define PRIVATE_BIT_(number, name, kind, unit, since, audience, doc) \
    | ((uint64_t) FIELD_##audience << (number))
#define STRING_BIT_(number, name, kind, unit, since, audience, doc) \
    | ((uint64_t) FIELD_##kind << (number))

const uint64_t process_private_mask = 0 PROCESS_FIELDS(PRIVATE_BIT_);
const uint64_t process_string_mask = 0 PROCESS_FIELDS(STRING_BIT_);
const uint64_t system_string_mask = 0 SYSTEM_FIELDS(STRING_BIT_);

_Static_assert(PROCESS_FIELD_COUNT <= 63 && SYSTEM_FIELD_COUNT <= 63, "field numbers fit a mask");
_Static_assert(FIELD_PRIVATE == 1 && FIELD_STRING == 1, "masks are sums of them");

const char *tag_word(uint64_t tag)
{
#define WORD_(name, value, doc) {name, #name},
    static const struct {
        uint64_t tag;
        const char *name;
    } words[] = {TAG_VALUES(WORD_)};
#undef WORD_

    if (tag == TAG_LEAK_SUSPECTED)
        return "LEAK?";
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (words[i].tag == tag)
            return words[i].name + strlen("TAG_");
    return NULL;
}
