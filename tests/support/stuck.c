#include "tests/support/stuck.h"

#include "common/cleanup.h"
#include "tests/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define AREA_SIZE ((size_t) sysconf(_SC_PAGESIZE))

// Fields of proc_pid_stat(5), by their numbers there.
enum { CODE = 26, STACK = 28, DATA = 45, BRK = 47, ENV = 50, FIELDS = 53 };

static int read_stat(uint64_t ret[FIELDS])
{
    _cleanup_fclose_ FILE *f = fopen("/proc/self/stat", "re");
    char text[2048], *save = NULL, *at;
    size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

    text[n] = '\0';
    at = strrchr(text, ')');
    if (!at)
        return -EBADMSG;
    at = strtok_r(at + 1, " ", &save);
    for (int i = 3; at && i < FIELDS; i++, at = strtok_r(NULL, " ", &save))
        ret[i] = strtoull(at, NULL, 10);
    return at || ret[ENV] ? 0 : -EBADMSG;
}

static int move_arguments(uint64_t to)
{
    struct prctl_mm_map map = {0};
    uint64_t field[FIELDS] = {0};
    int r = read_stat(field);

    if (r < 0)
        return r;
    map.start_code = field[CODE], map.end_code = field[CODE + 1];
    map.start_stack = field[STACK];
    map.start_data = field[DATA], map.end_data = field[DATA + 1];
    map.start_brk = field[BRK], map.brk = (uint64_t) (uintptr_t) sbrk(0);
    map.arg_start = to, map.arg_end = to + 100;
    map.env_start = field[ENV], map.env_end = field[ENV + 1];
    map.exe_fd = (uint32_t) -1;
    return prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) < 0 ? -errno : 0;
}

// The descriptor that keeps the area silent, or -errno.
static int make_silent(void *area)
{
    struct uffdio_register range = {.range = {(uint64_t) (uintptr_t) area, AREA_SIZE},
            .mode = UFFDIO_REGISTER_MODE_MISSING};
    struct uffdio_api api = {.api = UFFD_API};
    int fd = (int) syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0 || ioctl(fd, UFFDIO_REGISTER, &range) < 0)
        return -errno;
    return fd;
}

static _Noreturn void be_stuck(int say, int hear)
{
    void *area = mmap(NULL, AREA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = area == MAP_FAILED ? -errno : make_silent(area), r;
    char c;

    r = fd < 0 ? fd : move_arguments((uint64_t) (uintptr_t) area);
    if (write(say, &r, sizeof(r)) < 0 || r < 0)
        _exit(1);
    close(say);
    while (read(hear, &c, 1) < 0 && errno == EINTR)
        ;
    close(fd); // who waits goes on, and finds zeros
    for (;;)
        pause();
}

int stuck_start(stuck_t *s)
{
    int said[2], released[2], r = -EIO;

    if (pipe2(said, O_CLOEXEC) < 0 || pipe2(released, O_CLOEXEC) < 0)
        return -errno;
    s->pid = process_fork();
    if (s->pid == 0) {
        close(released[1]);
        be_stuck(said[1], released[0]);
    }
    close(said[1]);
    close(released[0]);
    s->release = released[1];
    if (s->pid > 0 && read(said[0], &r, sizeof(r)) != sizeof(r))
        r = -EIO;
    close(said[0]);
    if (r < 0)
        stuck_stop(s);
    return r;
}

bool stuck_blocks(const stuck_t *s)
{
    bool blocks = true;
    char path[64], c;
    pid_t reader;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/cmdline", (int) s->pid);
    reader = process_fork();
    if (reader == 0) {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        _exit(read(fd, &c, 1) < 0);
    }
    for (int i = 0; i < 200 && blocks; i++) {
        usleep(10000);
        blocks = waitpid(reader, NULL, WNOHANG) == 0;
    }
    if (blocks) {
        kill(reader, SIGKILL);
        waitpid(reader, NULL, 0);
    }
    return blocks;
}

void stuck_release(stuck_t *s)
{
    if (s->release >= 0)
        close(s->release);
    s->release = -1;
}

void stuck_stop(stuck_t *s)
{
    stuck_release(s);
    if (s->pid > 0) {
        kill(s->pid, SIGKILL);
        waitpid(s->pid, NULL, 0);
    }
    s->pid = 0;
}
