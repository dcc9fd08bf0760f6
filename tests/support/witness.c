#include "tests/support/witness.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/support/process.h"

#include <dirent.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVERY_MS    100
#define SAMPLES_MAX 1024
#define PID_LIMIT   (1 << 22) // the kernel's

#define INITIAL_PID_NAMESPACE 0xeffffffcu // its inode, whatever the host

typedef struct {
    uint64_t time_us, kb;
} sample_t;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sample_t samples[SAMPLES_MAX];
static uint64_t n_samples;

static uint64_t anon_kb(pid_t pid)
{
    uint64_t resident = 0, shared = 0;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/statm", (int) pid);
    _cleanup_fclose_ FILE *f = fopen(path, "re");
    if (!f || fscanf(f, "%*u %" SCNu64 " %" SCNu64, &resident, &shared) != 2 || shared > resident)
        return 0;
    return (resident - shared) * (uint64_t) sysconf(_SC_PAGESIZE) / 1024;
}

static uint64_t host_kb(const char *what)
{
    _cleanup_fclose_ FILE *f = fopen("/proc/meminfo", "re");
    size_t len = strlen(what);
    char line[128];

    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, what, len) == 0 && line[len] == ':')
            return strtoull(line + len + 1, NULL, 10);
    return 0;
}

// It does not show the others of its host.
static bool is_contained(void)
{
    struct stat st;

    return stat("/proc/self/ns/pid", &st) == 0 && st.st_ino != INITIAL_PID_NAMESPACE;
}

// In a container, what all of the host have, without ours. Pages that are shared with a copy count
// twice as ours there.
static uint64_t others_kb(void)
{
    uint64_t all = host_kb("AnonPages"), our = 0, others = 0;
    static bool ours[PID_LIMIT]; // for good: what has lost its parent is no stranger
    _cleanup_closedir_ DIR *dir = opendir("/proc");
    struct dirent *entry;

    ours[getpid()] = true;
    while (dir && (entry = readdir(dir))) {
        pid_t pid = (pid_t) strtol(entry->d_name, NULL, 10);

        if (pid <= 0 || pid >= PID_LIMIT)
            continue;
        if (ours[proc_parent(pid)])
            ours[pid] = true;
        *(ours[pid] ? &our : &others) += anon_kb(pid);
    }
    return is_contained() ? all - MIN(all, our) : others;
}

static void *look(void *arg)
{
    (void) arg;
    for (;;) {
        uint64_t kb = others_kb() + host_kb("Shmem");

        pthread_mutex_lock(&lock);
        samples[n_samples++ % SAMPLES_MAX] = (sample_t){clock_monotonic_us(), kb};
        pthread_mutex_unlock(&lock);
        poll(NULL, 0, EVERY_MS);
    }
    return NULL;
}

void witness_start(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, look, NULL) != 0) {
        fprintf(stderr, "witness: no thread\n");
        exit(1);
    }
    pthread_detach(thread);
}

uint64_t witness_moved_kb(uint64_t since_us)
{
    uint64_t least = UINT64_MAX, most = 0;

    pthread_mutex_lock(&lock);
    for (uint64_t i = 0; i < MIN(n_samples, SAMPLES_MAX); i++) {
        if (samples[i].time_us < since_us)
            continue;
        least = MIN(least, samples[i].kb);
        most = MAX(most, samples[i].kb);
    }
    pthread_mutex_unlock(&lock);
    return most > least ? most - least : 0;
}
