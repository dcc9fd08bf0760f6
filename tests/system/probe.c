// A viewer of the system daemon for tests: `probe SOCKET TICKS [PID [SECONDS]]` prints what it is
// shown.
//
//   rights=1 uid=0 instance=4711 processes=87 foreign_private=86 pss=1 history=60 gap=3
//
// PSS and history, of the last seconds, are of that process, or else none and the host's.

#include "common/cleanup.h"
#include "tests/support/watcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WAIT_MS 60000
#define SPAN_S  115

static bool has_history(const watcher_t *w, void *user)
{
    (void) user;
    return w->history.request != 0 || w->error.code != 0;
}

int main(int argc, char **argv)
{
    const snapshot_t *s;
    watcher_t w;
    uint64_t own_uid = geteuid(), foreign_private = 0, pid = 0, start_time = 0;
    bool pss = false;

    if (argc < 3)
        return 2;
    watcher_start(&w, argv[1]);
    if (!watcher_wait_ticks(&w, strtoull(argv[2], NULL, 10), WAIT_MS)) {
        printf("no ticks\n");
        return 1;
    }
    s = replica_snapshot(session_replica(w.session));
    for (size_t slot = 0; slot < s->n_slots; slot++) {
        const process_snapshot_t *p = &s->processes[slot];

        if (p->known != 0 && PROCESS_KNOWN(p, uid) && p->uid != own_uid &&
                (PROCESS_KNOWN(p, read_rate) || PROCESS_KNOWN(p, pss_kb)))
            foreign_private++;
    }
    if (argc > 3) {
        const process_snapshot_t *p = watcher_find(&w, (pid_t) atoi(argv[3]));

        if (p) {
            pid = p->pid;
            start_time = p->start_time;
            pss = PROCESS_KNOWN(p, pss_kb);
        }
    }
    session_request_history(w.session, pid, start_time,
            (argc > 4 ? strtoull(argv[4], NULL, 10) : SPAN_S) * 1000, 1000);
    watcher_wait(&w, has_history, NULL, WAIT_MS);
    printf("rights=%llu uid=%llu instance=%llu processes=%llu foreign_private=%llu pss=%d "
           "history=%llu gap=%llu\n",
            (unsigned long long) session_hello(w.session)->rights,
            (unsigned long long) session_hello(w.session)->uid,
            (unsigned long long) session_hello(w.session)->instance,
            (unsigned long long) s->system.processes, (unsigned long long) foreign_private, pss,
            (unsigned long long) w.history.count, (unsigned long long) w.history_gap);
    watcher_stop(&w);
    return 0;
}
