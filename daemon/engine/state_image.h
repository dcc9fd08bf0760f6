#ifndef MEMSCOPE_DAEMON_ENGINE_STATE_IMAGE_H
#define MEMSCOPE_DAEMON_ENGINE_STATE_IMAGE_H

// What is kept for a restart, as bytes: a head, and sections that are found by their names and
// judged one by one, so that an update costs no more than the sections that it changes.

#include "daemon/engine/engine.h"
#include "protocol/cursor.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATE_BOOT_MAX     40 // bytes of a boot's id, zeros at its end
#define STATE_NAME_MAX     32 // of a section, the same; what is longer is cut
#define STATE_SECTIONS_MAX 24 // of any version

_Static_assert(ENGINE_SECTIONS <= STATE_SECTIONS_MAX, "another version could not read the head");

typedef struct {
    char name[STATE_NAME_MAX]; // empty: no section
    uint64_t layout;           // of what the section holds
    uint64_t offset, len, sum;
} state_section_t;

typedef struct {
    uint64_t magic, saved_us; // CLOCK_BOOTTIME
    char boot[STATE_BOOT_MAX];
    uint64_t len; // of all
    state_section_t section[STATE_SECTIONS_MAX];
    uint64_t sum; // of all before
} state_head_t;

// Finds what was torn or damaged, not what somebody forged.
uint64_t state_image_sum(const void *data, size_t len);

// Into an empty buffer. 0 or -errno; what was not built to its end is no image.
int state_image_build(engine_t *e, const char boot[STATE_BOOT_MAX], buffer_t *out);

// Whether there is an image, whole in its head and of this boot. What is wrong is logged.
bool state_image_check(const void *image, size_t len, const char boot[STATE_BOOT_MAX]);

// Of one that was checked.
uint64_t state_image_time_us(const void *image); // when it was built, CLOCK_BOOTTIME
size_t state_image_len(const void *image);
// One of engine_sections. False: there is none, or it is damaged or of another version, which was
// logged.
bool state_image_load(const void *image, unsigned section, engine_t *e);

#endif
