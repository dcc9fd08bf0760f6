#include "daemon/capture/reader.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"
#include "daemon/proc/pid_stat.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define RESULTS_MAX 16
#define STACK_SIZE  (128 * 1024)

typedef struct {
    reader_request_t at[READER_REQUESTS_MAX];
    size_t head, count;
} queue_t;

typedef struct {
    reader_t *reader;
    reader_request_t request;
    uint64_t since_us; // 0: idle
    bool spare;        // leaves when it comes back: others have taken its place
} worker_t;

struct reader {
    pthread_mutex_t lock;
    pthread_cond_t work;  // a request came, or room for a result
    pthread_cond_t ended; // a worker left
    procfs_t fs;
    int event_fd;
    bool closing, abandoned;
    unsigned threads, idle;
    worker_t workers[READER_THREADS_MAX];
    bool worker_used[READER_THREADS_MAX];
    queue_t urgent, normal;
    reader_result_t *results; // ring
    size_t results_head, results_count;
};

bool reader_result_is_private(const reader_result_t *result)
{
    return result->smaps_error == 0 || result->exe_error == 0;
}

static bool queue_push(queue_t *q, const reader_request_t *request)
{
    if (q->count == READER_REQUESTS_MAX)
        return false;
    q->at[(q->head + q->count++) % READER_REQUESTS_MAX] = *request;
    return true;
}

static bool queue_pop(queue_t *q, reader_request_t *ret)
{
    if (q->count == 0)
        return false;
    *ret = q->at[q->head];
    q->head = (q->head + 1) % READER_REQUESTS_MAX;
    q->count--;
    return true;
}

static int verify_identity(
        int dir, const reader_request_t *request, char *buf, size_t cap, uint64_t *ret_stack)
{
    pid_stat_t stat;
    ssize_t n = file_read_at(dir, "stat", buf, cap);

    if (n < 0)
        return (int) n;
    if (pid_stat_parse(buf, (size_t) n, &stat) < 0 || stat.start_time != request->start_time)
        return -ESRCH;
    *ret_stack = stat.start_stack;
    return 0;
}

// Whose it was all the time since it had this stack: nobody's where it ran another program since.
static owner_t find_owner(const procfs_t *fs, int dir, const reader_request_t *request,
        uint64_t stack, char *buf, size_t cap)
{
    const owner_t owner = owner_now(fs, request->pid);
    uint64_t by_now = 0;

    return verify_identity(dir, request, buf, cap, &by_now) == 0 && by_now == stack
                   ? owner
                   : (owner_t){OWNER_ROOT_ONLY, OWNER_ROOT_ONLY};
}

static void read_exe(int dir, reader_result_t *result)
{
    ssize_t n = readlinkat(dir, "exe", result->exe, sizeof(result->exe));

    result->exe_error = n < 0 ? -errno : 0;
    result->exe_len = n < 0 ? 0 : (size_t) n;
}

static void read_cmdline(int dir, reader_result_t *result)
{
    ssize_t n = file_read_at(dir, "cmdline", result->cmdline, sizeof(result->cmdline));

    result->cmdline_error = n < 0 ? (int) n : 0;
    result->cmdline_len = n < 0 ? 0 : (size_t) n;
}

static void begin_result(const reader_request_t *request, int error, reader_result_t *result)
{
    result->request = *request;
    result->cmdline_error = result->smaps_error = result->exe_error = error;
    result->cmdline_len = result->exe_len = 0;
    result->smaps_us = result->cpu_us = 0;
    result->owner = (owner_t){OWNER_ROOT_ONLY, OWNER_ROOT_ONLY};
    result->time_ms = clock_boottime_us() / USEC_PER_MSEC;
}

static void perform(const procfs_t *fs, const reader_request_t *request, reader_result_t *result)
{
    char buf[8192];
    uint64_t cpu = clock_thread_cpu_us(), stack = 0;
    _cleanup_close_ int dir = procfs_open_dir(fs, request->pid);
    int r = dir < 0 ? dir : verify_identity(dir, request, buf, sizeof(buf), &stack);

    if (r == -ENOENT) // it has ended, and is reaped
        r = -ESRCH;
    begin_result(request, r, result);
    if (r < 0)
        return;
    if (request->what & READER_CMDLINE)
        read_cmdline(dir, result);
    if (request->what & READER_EXE)
        read_exe(dir, result);
    if (request->what & READER_SMAPS) {
        uint64_t wall = clock_monotonic_us();

        result->smaps_error = (request->urgent ? smaps_acquire : smaps_acquire_totals)(
                dir, buf, sizeof(buf), &result->smaps);
        result->smaps_us = clock_monotonic_us() - wall;
    }
    if (request->what & READER_EXE)
        result->owner = find_owner(fs, dir, request, stack, buf, sizeof(buf));
    result->cpu_us = clock_thread_cpu_us() - cpu;
    result->time_ms = clock_boottime_us() / USEC_PER_MSEC;
}

static void deliver(reader_t *r, const reader_result_t *result)
{
    uint64_t one = 1;

    while (r->results_count == RESULTS_MAX && !r->closing)
        pthread_cond_wait(&r->work, &r->lock);
    if (r->closing)
        return;
    r->results[(r->results_head + r->results_count++) % RESULTS_MAX] = *result;
    // What nobody waits for is collected with the next capture, if there is room till then.
    if (!result->request.urgent && r->results_count < RESULTS_MAX * 3 / 4)
        return;
    if (write(r->event_fd, &one, sizeof(one)) < 0) {
        // The counter cannot overflow, and it is readable already if it could.
    }
}

// With the lock held.
static bool is_greedy(const reader_t *r, uint64_t user)
{
    unsigned held = 0;

    for (size_t i = 0; i < READER_THREADS_MAX; i++)
        held += r->worker_used[i] && r->workers[i].since_us != 0 &&
                r->workers[i].request.user == user;
    return held >= READER_PER_USER;
}

static void destroy(reader_t *r)
{
    pthread_cond_destroy(&r->work);
    pthread_cond_destroy(&r->ended);
    pthread_mutex_destroy(&r->lock);
    free(r->results);
    if (r->fs.fd >= 0)
        close(r->fs.fd);
    if (r->event_fd >= 0)
        close(r->event_fd);
    free(r);
}

static void *worker_main(void *arg)
{
    worker_t *w = arg;
    reader_t *r = w->reader;
    reader_result_t *result = malloc(sizeof(*result));
    bool last;

    pthread_mutex_lock(&r->lock);
    while (!r->closing && !w->spare && result) {
        if (!queue_pop(&r->urgent, &w->request) && !queue_pop(&r->normal, &w->request)) {
            r->idle++;
            pthread_cond_wait(&r->work, &r->lock);
            r->idle--;
            continue;
        }
        if (is_greedy(r, w->request.user)) {
            begin_result(&w->request, -EBUSY, result);
        } else {
            w->since_us = clock_monotonic_us();
            pthread_mutex_unlock(&r->lock);
            perform(&r->fs, &w->request, result);
            pthread_mutex_lock(&r->lock);
            w->since_us = 0;
        }
        deliver(r, result);
    }
    r->worker_used[w - r->workers] = false;
    last = --r->threads == 0 && r->abandoned;
    pthread_cond_broadcast(&r->ended);
    pthread_mutex_unlock(&r->lock);
    if (last)
        destroy(r);
    free(result);
    return NULL;
}

// With the lock held.
static int start_worker(reader_t *r)
{
    pthread_attr_t attr;
    sigset_t all, before;
    pthread_t thread;
    size_t i = 0;
    int e;

    while (i < READER_THREADS_MAX && r->worker_used[i])
        i++;
    if (i == READER_THREADS_MAX)
        return -EAGAIN;
    r->workers[i] = (worker_t){.reader = r};
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // signals belong to the event loop
    e = pthread_create(&thread, &attr, worker_main, &r->workers[i]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (e != 0)
        return -e;
    r->worker_used[i] = true;
    r->threads++;
    return 0;
}

int reader_new(reader_t **ret, const procfs_t *fs)
{
    reader_t *r = calloc(1, sizeof(*r));
    int e;

    if (!r)
        return -ENOMEM;
    r->fs = *fs;
    r->fs.fd = fcntl(fs->fd, F_DUPFD_CLOEXEC, 3);
    r->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->results = calloc(RESULTS_MAX, sizeof(*r->results));
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->work, NULL);
    pthread_cond_init(&r->ended, NULL);
    if (r->fs.fd < 0 || r->event_fd < 0 || !r->results) {
        e = r->results ? -errno : -ENOMEM;
        reader_free(r);
        return e;
    }
    pthread_mutex_lock(&r->lock);
    e = start_worker(r);
    pthread_mutex_unlock(&r->lock);
    if (e < 0) {
        reader_free(r);
        return e;
    }
    *ret = r;
    return 0;
}

void reader_free(reader_t *r)
{
    bool stuck;

    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->closing = true;
    pthread_cond_broadcast(&r->work);
    while (r->threads > 0) {
        struct timespec until;

        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 1;
        if (pthread_cond_timedwait(&r->ended, &r->lock, &until) == ETIMEDOUT)
            break;
    }
    // The last of those whose read does not return frees what they need, if it ever does.
    r->abandoned = r->threads > 0;
    stuck = r->abandoned;
    pthread_mutex_unlock(&r->lock);
    if (!stuck)
        destroy(r);
}

int reader_fd(const reader_t *r)
{
    return r->event_fd;
}

int reader_submit(reader_t *r, const reader_request_t *request)
{
    bool queued;

    pthread_mutex_lock(&r->lock);
    queued = queue_push(request->urgent ? &r->urgent : &r->normal, request);
    if (queued && r->idle > 0)
        pthread_cond_signal(&r->work);
    pthread_mutex_unlock(&r->lock);
    return queued ? 0 : -EAGAIN;
}

size_t reader_drain(
        reader_t *r, void (*done)(void *user, const reader_result_t *result), void *user)
{
    uint64_t count;
    size_t n = 0;

    if (read(r->event_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
        return 0;
    for (;; n++) {
        // The place stays taken while `done` looks at it, so the lock need not be held.
        const reader_result_t *result = NULL;

        pthread_mutex_lock(&r->lock);
        if (r->results_count > 0)
            result = &r->results[r->results_head];
        pthread_mutex_unlock(&r->lock);
        if (!result)
            return n;
        done(user, result);
        pthread_mutex_lock(&r->lock);
        r->results_head = (r->results_head + 1) % RESULTS_MAX;
        r->results_count--;
        pthread_cond_broadcast(&r->work);
        pthread_mutex_unlock(&r->lock);
    }
}

void reader_check(reader_t *r, uint64_t min_us,
        void (*stuck)(void *user, const reader_request_t *request, uint64_t since_us), void *user)
{
    uint64_t now = clock_monotonic_us();
    unsigned held = 0;

    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < READER_THREADS_MAX; i++) {
        const worker_t *w = &r->workers[i];

        if (!r->worker_used[i] || w->since_us == 0 || now - w->since_us < min_us)
            continue;
        held++;
        stuck(user, &w->request, now - w->since_us);
    }
    // One free thread is enough: those that come back from a long read stay only while needed.
    if (held == r->threads && r->urgent.count + r->normal.count > 0)
        start_worker(r);
    for (size_t i = 0, free_threads = r->threads - held; i < READER_THREADS_MAX; i++) {
        worker_t *w = &r->workers[i];

        if (r->worker_used[i] && w->since_us == 0 && !w->spare && free_threads > 1) {
            w->spare = true;
            free_threads--;
            pthread_cond_broadcast(&r->work);
        }
    }
    pthread_mutex_unlock(&r->lock);
}
