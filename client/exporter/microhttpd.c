#include "client/exporter/microhttpd.h"

#include "common/cleanup.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

// Its functions have been the same since 0.9.50, and so has this name.
#define LIBRARY "libmicrohttpd.so.12"

microhttpd_t mhd;

int microhttpd_load(char *ret_error, size_t cap)
{
    static const char *const names[] = {
#define X(name) "MHD_" #name,
            MICROHTTPD_FUNCTIONS(X)
#undef X
    };
    void *found[ARRAY_SIZE(names)] = {0};
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    for (size_t i = 0; library && i < ARRAY_SIZE(names); i++)
        if (!(found[i] = dlsym(library, names[i])))
            library = NULL;
    if (!library) {
        const char *why = dlerror();

        snprintf(ret_error, cap, "cannot serve HTTP: %.150s; install it, or use --textfile",
                why ? why : LIBRARY " is incomplete");
        return -ENOENT;
    }
    _Static_assert(sizeof(mhd) == sizeof(found), "one pointer for each function");
    memcpy(&mhd, found, sizeof(mhd));
    return 0;
}
