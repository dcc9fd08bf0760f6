// Runs a harness over the files of its corpus, each whole, cut off at every byte, and with every
// byte changed in a few ways. TAP, a test point per file.

#include "common/cleanup.h"
#include "common/file.h"
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (1u << 20)

// On the heap and of the exact size, for the sanitizer to see every byte read beyond.
static void run(const char *data, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);

    if (!copy)
        abort();
    memcpy(copy, data, len);
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static void run_changed(char *data, size_t len)
{
    static const unsigned char flips[] = {0x01, 0x80, 0xff};

    // Long inputs are sampled: what matters are the kinds of bytes, not each of many.
    size_t step = 1 + len / 500;

    for (size_t at = 0; at < len; at += step) {
        run(data, at);
        for (size_t i = 0; i < ARRAY_SIZE(flips); i++) {
            data[at] ^= (char) flips[i];
            run(data, len);
            data[at] ^= (char) flips[i];
        }
    }
}

static int replay(int dirfd, const char *name)
{
    _cleanup_free_ char *data = NULL;
    size_t len;
    int r = file_read_alloc(dirfd, name, INPUT_MAX, &data, &len);

    if (r < 0) {
        fprintf(stderr, "%s: %s\n", name, strerror(-r));
        return r;
    }
    run(data, len);
    run_changed(data, len);
    return 0;
}

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char *argv[])
{
    struct dirent **entries = NULL;
    _cleanup_close_ int dirfd = -1;
    int n, failed = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    dirfd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    n = scandir(argv[1], &entries, is_input, alphasort);
    if (dirfd < 0 || n <= 0) {
        fprintf(stderr, "%s: no corpus\n", argv[1]);
        return 1;
    }
    printf("1..%d\n", n);
    for (int i = 0; i < n; i++) {
        bool ok = replay(dirfd, entries[i]->d_name) == 0;

        failed += !ok;
        printf("%s %d - %s\n", ok ? "ok" : "not ok", i + 1, entries[i]->d_name);
        fflush(stdout);
        free(entries[i]);
    }
    free(entries);
    return failed > 0;
}
