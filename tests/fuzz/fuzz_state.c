// What a restart finds, changed in any way: the input is pairs of a place (two bytes) and a byte
// for it, on top of a state that this program saved; with an odd first byte the header is given the
// right sum again, so that what it points to is looked at.

#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/engine/state.h"
#include "daemon/engine/state_image.h"
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned char *saved;
static size_t saved_len;

static engine_t *new_engine(void)
{
    // A /proc without processes: what is loaded is all that there is.
    const engine_config_t config = {
            .proc_root = "/proc/self/fdinfo", .memory_max = 64 << 20, .descriptors_max = 8};
    engine_t *e;

    FUZZ_CHECK(engine_new(&e, &config, NULL, NULL) == 0);
    return e;
}

static void load(int fd, bool save_again)
{
    int fds[STATE_COPIES] = {fd, -1};
    engine_t *e = new_engine();
    state_t *s;

    FUZZ_CHECK(state_new(&s, fds, NULL) == 0);
    state_load(s, e);
    if (save_again)
        state_store(s, e);
    state_free(s);
    engine_free(e);
}

static void save_one(void)
{
    int fd = memfd_create("state", MFD_CLOEXEC), kept = dup(fd);
    state_head_t head;
    struct stat st;

    FUZZ_CHECK(fd >= 0 && kept >= 0);
    load(fd, true);
    FUZZ_CHECK(pread(kept, &head, sizeof(head), 0) == sizeof(head));
    FUZZ_CHECK(fstat(kept, &st) == 0);
    FUZZ_CHECK(head.len > sizeof(head) && head.len <= (uint64_t) st.st_size);
    saved_len = head.len;
    saved = malloc(saved_len);
    FUZZ_CHECK(saved && pread(kept, saved, saved_len, 0) == (ssize_t) saved_len);
    close(kept);
}

static void mend_sum(unsigned char *image)
{
    size_t at = offsetof(state_head_t, sum);
    uint64_t sum = state_image_sum(image, at);

    memcpy(image + at, &sum, sizeof(sum));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    unsigned char *copy;
    int fd;

    log_open("fuzz", 0);
    if (!saved)
        save_one();
    copy = malloc(saved_len);
    fd = memfd_create("state", MFD_CLOEXEC);
    FUZZ_CHECK(copy && fd >= 0);
    memcpy(copy, saved, saved_len);
    for (size_t i = 1; i + 3 <= len; i += 3)
        copy[(data[i] | (size_t) data[i + 1] << 8) % saved_len] = data[i + 2];
    if (len > 0 && data[0] % 2)
        mend_sum(copy);
    // Less than there was, too.
    size_t left = len > 0 && data[0] & 2 ? saved_len * (data[0] >> 2) / 64 : saved_len;
    FUZZ_CHECK(write(fd, copy, left) == (ssize_t) left);
    free(copy);
    load(fd, false);
    return 0;
}
