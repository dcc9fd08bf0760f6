#ifndef MEMSCOPE_TESTS_CMOCKA_H
#define MEMSCOPE_TESTS_CMOCKA_H

// cmocka with what it wants included before it.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
