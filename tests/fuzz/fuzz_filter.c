// Any line in place of a filter that somebody types: it is understood or it is said why not, and
// then it says the same of the same process every time.

#include "client/model/filter.h"
#include "common/cleanup.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/stage.h"

#include <errno.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static stage_t stage;
    static bool ready;
    char line[2 * FILTER_TEXT_MAX], error[64] = "";
    filter_t *f = NULL, *again = NULL;
    int r;

    if (!ready) {
        stage_init(&stage, true, 24, 80);
        stage_populate(&stage);
        stage_run(&stage, 1);
        ready = true;
    }
    len = MIN(len, sizeof(line) - 1);
    memcpy(line, data, len);
    line[len] = '\0';
    r = filter_new(&f, line, error, sizeof(error));
    FUZZ_CHECK(r == 0 || (r == -EINVAL && strlen(error) > 0));
    FUZZ_CHECK(filter_new(&again, line, error, sizeof(error)) == r);
    for (size_t i = 0; r == 0 && i < stage.app->model.processes.n; i++) {
        const row_t *row = &stage.app->model.processes.items[i];

        FUZZ_CHECK(filter_passes(f, &stage.app->model, row) ==
                   filter_passes(again, &stage.app->model, row));
        filter_finds(&stage.app->model, row, line);
    }
    if (r == 0) {
        filter_free(f);
        filter_free(again);
    }
    return 0;
}
