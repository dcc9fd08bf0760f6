#include "client/app/actions.h"

#include <stdio.h>
#include <string.h>

// What is typed into the prompt: a search moves the cursor as it grows, a filter is in force as far
// as it is understood, a signal is sent when it is complete.

static void typed(app_t *a)
{
    prompt_t *p = &a->prompt;
    list_t *l = &a->list;

    p->error[0] = '\0';
    if (p->kind == PROMPT_SIGNAL)
        return;
    if (p->kind == PROMPT_FILTER) {
        list_set_filter(l, p->text, p->error, sizeof(p->error));
        a->stale = true;
        return;
    }
    snprintf(l->search, sizeof(l->search), "%s", p->text);
    if (p->text[0] && !list_search(l, &a->model, p->place, 1, true))
        snprintf(p->error, sizeof(p->error), "no match; ESC gives up");
}

// Puts back what was in force before.
static void cancel_prompt(app_t *a)
{
    prompt_t *p = &a->prompt;

    if (p->kind == PROMPT_FILTER) {
        list_set_filter(&a->list, p->before, p->error, sizeof(p->error));
        a->stale = true;
    } else if (p->kind == PROMPT_SEARCH) {
        snprintf(a->list.search, sizeof(a->list.search), "%s", p->before);
    }
    p->kind = PROMPT_NONE;
}

static void accept_prompt(app_t *a)
{
    prompt_t *p = &a->prompt;
    bool again = p->kind == PROMPT_SEARCH && !p->text[0];

    if (p->error[0] && p->kind == PROMPT_FILTER)
        return; // it stays open until it is right, or given up
    if (p->kind == PROMPT_SIGNAL && !signals_send(a))
        return;
    p->kind = PROMPT_NONE;
    if (again) {
        snprintf(a->list.search, sizeof(a->list.search), "%s", p->before);
        actions_search(a, a->list.cursor, 1, false);
    }
}

void app_paste(app_t *a, int code)
{
    if (a->prompt.kind == PROMPT_NONE) {
        app_say(a, "what is pasted are no keys: / and f open a prompt for it");
        a->dirty = true;
    } else if (code >= ' ' && code != KEY_CODE_BACKSPACE && code < KEY_CODE_UP) {
        app_key(a, code);
    }
}

void typing_key(app_t *a, int code)
{
    switch (code) {
    case KEY_CODE_ESCAPE:
        cancel_prompt(a);
        break;
    case KEY_CODE_ENTER:
    case '\n':
        accept_prompt(a);
        break;
    case KEY_CODE_UP:
    case KEY_CODE_DOWN:
        if (a->prompt.kind == PROMPT_SIGNAL)
            break;
        list_move(&a->list, &a->model, code == KEY_CODE_UP ? -1 : 1);
        a->prompt.place = a->list.cursor;
        break;
    case 'l' & 0x1f:
        a->redraw = true;
        break;
    default:
        if (prompt_key(&a->prompt, code))
            typed(a);
    }
}
