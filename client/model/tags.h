#ifndef MEMSCOPE_CLIENT_MODEL_TAGS_H
#define MEMSCOPE_CLIENT_MODEL_TAGS_H

// The tags, declared once: how urgent each is, its colour, its receipt, what the metrics call it.
// Its word is tag_word().

#include "client/widget/style.h"
#include "protocol/message.h"
#include "protocol/schema.h"

#define TAG_ONE_(name, value, doc) +1
enum { N_TAGS = 0 TAG_VALUES(TAG_ONE_) };

typedef struct {
    uint32_t tag; // TAG_*
    style_t style;
    const char *metric; // the label's value
    size_t receipt;     // its text in a details_message_t
    const char *title;  // of the receipt, where it is listed; NULL: as another tag's, or elsewhere
} tag_info_t;

// Most urgent first.
extern const tag_info_t tag_infos[]; // N_TAGS of them

// The place of one tag in it.
size_t tag_place(uint32_t tag);

const text_view_t *tag_receipt(const tag_info_t *t, const details_message_t *d);

// All tags that have the same receipt as `t`.
uint32_t tags_sharing(const tag_info_t *t);

// The most urgent tag of a set; NULL: there is none that is known.
const tag_info_t *tags_urgent(uint32_t set);

// Orders sets of TAG_*: the more urgent one is greater.
int tags_weight(uint32_t set);

#endif
