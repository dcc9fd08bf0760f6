#include "protocol/slots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SLOTS 256

typedef struct slots_page {
    uint32_t inner[PAGE_SLOTS];
    uint64_t alive[PAGE_SLOTS / 64];
} page_t;

void slots_done(slots_t *s)
{
    for (size_t i = 0; i < s->n_pages; i++)
        free(s->pages[i]);
    free(s->pages);
    *s = (slots_t){0};
}

static page_t *page_of(const slots_t *s, uint32_t outer)
{
    size_t i = outer / PAGE_SLOTS;

    return i < s->n_pages ? s->pages[i] : NULL;
}

int slots_reserve(slots_t *s, uint32_t outer)
{
    size_t i = outer / PAGE_SLOTS;

    if (i >= s->n_pages) {
        page_t **pages = realloc(s->pages, (i + 1) * sizeof(*pages));

        if (!pages)
            return -ENOMEM;
        memset(pages + s->n_pages, 0, (i + 1 - s->n_pages) * sizeof(*pages));
        s->pages = pages;
        s->n_pages = i + 1;
    }
    if (!s->pages[i]) {
        page_t *page = calloc(1, sizeof(*page));

        if (!page)
            return -ENOMEM;
        for (size_t k = 0; k < PAGE_SLOTS; k++)
            page->inner[k] = SLOTS_NONE;
        s->pages[i] = page;
    }
    return 0;
}

bool slots_is_alive(const slots_t *s, uint32_t outer)
{
    const page_t *page = page_of(s, outer);

    return page && (page->alive[outer % PAGE_SLOTS / 64] >> outer % 64 & 1);
}

static void set_alive(page_t *page, uint32_t outer, bool alive)
{
    uint64_t bit = UINT64_C(1) << outer % 64, *word = &page->alive[outer % PAGE_SLOTS / 64];

    *word = alive ? *word | bit : *word & ~bit;
}

void slots_set_alive(slots_t *s, uint32_t outer, bool alive)
{
    set_alive(page_of(s, outer), outer, alive);
}

void slots_kill_all(slots_t *s)
{
    for (size_t i = 0; i < s->n_pages; i++)
        if (s->pages[i])
            memset(s->pages[i]->alive, 0, sizeof(s->pages[i]->alive));
}

void slots_forget_check(slots_t *s)
{
    for (size_t i = 0; i < s->n_pages; i++)
        for (uint32_t k = 0; s->pages[i] && k < PAGE_SLOTS; k++)
            set_alive(s->pages[i], k, s->pages[i]->inner[k] != SLOTS_NONE);
}

uint32_t *slots_inner(const slots_t *s, uint32_t outer)
{
    return &page_of(s, outer)->inner[outer % PAGE_SLOTS];
}

void slots_unmap_all(slots_t *s)
{
    for (size_t i = 0; i < s->n_pages; i++)
        for (size_t k = 0; s->pages[i] && k < PAGE_SLOTS; k++)
            s->pages[i]->inner[k] = SLOTS_NONE;
}
