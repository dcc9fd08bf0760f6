#include "client/model/prompt.h"

#include "client/model/keys.h"
#include "common/text.h"
#include <stdio.h>
#include <string.h>
#include <wchar.h>

void prompt_open(prompt_t *p, prompt_kind_t kind, const char *text, size_t place)
{
    *p = (prompt_t){.kind = kind, .place = place};
    snprintf(p->before, sizeof(p->before), "%s", text);
    if (kind == PROMPT_FILTER)
        snprintf(p->text, sizeof(p->text), "%s", text);
}

static bool append(prompt_t *p, uint32_t code)
{
    size_t len = strlen(p->text), need;
    char bytes[4];

    if (text_codepoint_width(code) < 0 || code > 0x10ffff)
        return false;
    need = text_encode(code, bytes);
    if (len + need >= sizeof(p->text))
        return false;
    memcpy(p->text + len, bytes, need);
    p->text[len + need] = '\0';
    return true;
}

static bool cut_last(prompt_t *p)
{
    size_t len = strlen(p->text);

    if (len == 0)
        return false;
    do
        len--;
    while (len > 0 && ((unsigned char) p->text[len] & 0xc0) == 0x80);
    p->text[len] = '\0';
    return true;
}

static bool cut_word(prompt_t *p)
{
    bool cut = false;
    size_t len;

    while ((len = strlen(p->text)) > 0 && p->text[len - 1] == ' ')
        cut |= cut_last(p);
    while ((len = strlen(p->text)) > 0 && p->text[len - 1] != ' ')
        cut |= cut_last(p);
    return cut;
}

bool prompt_key(prompt_t *p, int code)
{
    switch (code) {
    case KEY_CODE_BACKSPACE:
    case 'h' & 0x1f:
        return cut_last(p);
    case 'w' & 0x1f:
        return cut_word(p);
    case 'u' & 0x1f:
        if (!p->text[0])
            return false;
        p->text[0] = '\0';
        return true;
    default:
        return code > 0 && append(p, (uint32_t) code);
    }
}
