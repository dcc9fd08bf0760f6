#ifndef MEMSCOPE_TESTS_CMOCKA_H
#define MEMSCOPE_TESTS_CMOCKA_H

// cmocka with what it wants included before it.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// Whatever is skipped says why.
#define skip_because(...)             \
    do {                              \
        print_message("# skipped: "); \
        print_message(__VA_ARGS__);   \
        print_message("\n");          \
        skip();                       \
    } while (0)

#endif
