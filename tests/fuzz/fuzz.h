#ifndef MEMSCOPE_TESTS_FUZZ_H
#define MEMSCOPE_TESTS_FUZZ_H

// A harness is a file fuzz_NAME.c that defines this function, a line in meson.build, and a
// directory corpus/NAME of small inputs. libFuzzer runs it with inputs of its own; replay.c runs it
// with the corpus and simple changes of it, as a test.

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

// What must hold whatever the input: not assert(), which a build may leave out.
#define FUZZ_CHECK(condition) \
    do {                      \
        if (!(condition))     \
            abort();          \
    } while (0)

#endif
