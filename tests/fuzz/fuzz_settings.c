// Any bytes in place of memscoped.conf: what is right is taken, what is not is counted, and a
// setting is within its limits whatever stood there.

#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/settings/conf.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    _cleanup_close_ int fd = memfd_create("settings", MFD_CLOEXEC);
    settings_t settings;
    conf_texts_t texts = {0};
    char path[64];

    log_open("fuzz", 0);
    FUZZ_CHECK(fd >= 0 && write(fd, data, len) == (ssize_t) len);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    settings_default(&settings);
    FUZZ_CHECK(conf_load(&settings, &texts, path, true) <= len + 1);
    FUZZ_CHECK(texts.count <= CONF_TEXTS_MAX);
    FUZZ_CHECK(settings.subscribers_max > 0 && settings.subscribers_max_per_user > 0);
    FUZZ_CHECK(settings.pss_budget_ppm <= 1000000);
    conf_texts_done(&texts);
    return 0;
}
