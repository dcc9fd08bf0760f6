#ifndef MEMSCOPE_PROTOCOL_SCHEMA_H
#define MEMSCOPE_PROTOCOL_SCHEMA_H

// The wire, declared once. Structures, encoder, decoder, debug printer and the reference document
// are all made from these tables; a field is added by adding a line, and its number never changes
// meaning afterwards.
//
// PROCESS_FIELDS and SYSTEM_FIELDS: X(number, name, kind, unit, since, audience, doc)
//   number    its bit in the masks on the wire; dense, at most 62; often-changing fields first,
//             since a mask takes a byte for every seven
//   name      member of process_snapshot_t / system_snapshot_t
//   kind      UINT: unsigned 64 bits.  STRING: an intern id in memory, text on the wire
//   unit      of the value, for people
//   since     protocol version that brought it
//   audience  PUBLIC: the kernel shows it to everybody.  PRIVATE: only to those who may
//             ptrace-read the process (and so to root and the group memscope)
//
// A process's RSS does not travel: it is anon_kb + file_kb + shmem_kb, by the kernel's own
// definition (see snapshot_rss_kb).

#include <stddef.h>
#include <stdint.h>

#define PROTOCOL_MAGIC       UINT32_C(0x4350534d) // "MSPC", little-endian
#define PROTOCOL_VERSION_MIN 1
#define PROTOCOL_VERSION_MAX 1
#define PROTOCOL_SLOTS_MAX   (UINT64_C(1) << 22) // slots are below: no kernel has more PIDs

// clang-format off
#define PROCESS_FIELDS(X) \
    X( 0, anon_kb,        UINT,   "KiB",    1, PUBLIC,  "resident anonymous memory (RssAnon)") \
    X( 1, cpu_permille,   UINT,   "1/1000 core", 1, PUBLIC, "CPU used over the last interval; 1000 is one core") \
    X( 2, minflt_rate,    UINT,   "1/s",    1, PUBLIC,  "minor page faults per second over the last interval") \
    X( 3, read_rate,      UINT,   "KiB/s",  1, PRIVATE, "storage reads over the last interval, rounded up; later ones are the less for it") \
    X( 4, write_rate,     UINT,   "KiB/s",  1, PRIVATE, "storage writes over the last interval, likewise") \
    X( 5, file_kb,        UINT,   "KiB",    1, PUBLIC,  "resident file mappings (RssFile)") \
    X( 6, state,          UINT,   "ASCII",  1, PUBLIC,  "scheduler state: R S D Z T t I X") \
    X( 7, hwm_kb,         UINT,   "KiB",    1, PUBLIC,  "peak RSS (VmHWM)") \
    X( 8, pss_kb,         UINT,   "KiB",    1, PRIVATE, "proportional set size when it was last read") \
    X( 9, pss_rss_kb,     UINT,   "KiB",    1, PRIVATE, "RSS at that moment, for estimates") \
    X(10, uss_kb,         UINT,   "KiB",    1, PRIVATE, "unique set size (Private_Clean + Private_Dirty) when PSS was last read") \
    X(11, pss_time_ms,    UINT,   "ms",     1, PRIVATE, "when PSS was last read, on the clock of the system's mono_ms") \
    X(12, pss_source,     UINT,   "",       1, PRIVATE, "who answered then: PSS_SOURCE_*") \
    X(13, shmem_kb,       UINT,   "KiB",    1, PUBLIC,  "resident shared memory and tmpfs mappings (RssShmem)") \
    X(14, majflt_rate,    UINT,   "1/s",    1, PUBLIC,  "major page faults per second over the last interval") \
    X(15, swap_kb,        UINT,   "KiB",    1, PUBLIC,  "anonymous memory in swap (VmSwap)") \
    X(16, threads,        UINT,   "",       1, PUBLIC,  "threads") \
    X(17, tags,           UINT,   "bits",   1, PUBLIC,  "what was found out about it") \
    X(18, baseline_kb,    UINT,   "KiB",    1, PUBLIC,  "anonymous + swap when this process was first captured, or when it began another program, if that was less") \
    X(19, zombies,        UINT,   "",       1, PUBLIC,  "children in state Z that it has not reaped") \
    X(20, blocked_s,      UINT,   "s",      1, PUBLIC,  "how long a read of its memory map has been blocked") \
    X(21, name,           STRING, "",       1, PUBLIC,  "command name, raw bytes") \
    X(22, cmdline,        STRING, "",       1, PUBLIC,  "command line, arguments separated by NUL, raw bytes, cut at 4096") \
    X(23, unit,           STRING, "",       1, PUBLIC,  "systemd unit or, without one, the last part of the cgroup path") \
    X(24, uid,            UINT,   "",       1, PUBLIC,  "real user id") \
    X(25, ppid,           UINT,   "",       1, PUBLIC,  "parent's process id") \
    X(26, pid,            UINT,   "",       1, PUBLIC,  "process id; together with start_time the identity") \
    X(27, start_time,     UINT,   "clock ticks", 1, PUBLIC, "start since boot, field 22 of /proc/PID/stat") \
    X(28, first_seen_ms,  UINT,   "ms",     1, PUBLIC,  "first capture, on the clock of the system's mono_ms") \
    X(29, flags,          UINT,   "bits",   1, PUBLIC,  "what kind of process it is")

#define SYSTEM_FIELDS(X) \
    X( 0, tick,           UINT,   "",       1, PUBLIC,  "number of this capture; grows by one or more") \
    X( 1, mono_ms,        UINT,   "ms",     1, PUBLIC,  "CLOCK_BOOTTIME at the end of the capture") \
    X( 2, real_ms,        UINT,   "ms",     1, PUBLIC,  "CLOCK_REALTIME at the end of the capture, since 1970") \
    X( 3, interval_us,    UINT,   "us",     1, PUBLIC,  "measured time since the capture before: what rates are computed with") \
    X( 4, capture_us,     UINT,   "us",     1, PUBLIC,  "CPU time that this capture took") \
    X( 5, mem_free_kb,    UINT,   "KiB",    1, PUBLIC,  "MemFree") \
    X( 6, mem_available_kb, UINT, "KiB",    1, PUBLIC,  "MemAvailable") \
    X( 7, anon_kb,        UINT,   "KiB",    1, PUBLIC,  "AnonPages") \
    X( 8, cached_kb,      UINT,   "KiB",    1, PUBLIC,  "Cached") \
    X( 9, pgfault,        UINT,   "",       1, PUBLIC,  "page faults since boot") \
    X(10, processes,      UINT,   "",       1, PUBLIC,  "processes on the host, seen by this viewer or not") \
    X(11, page_tables_kb, UINT,   "KiB",    1, PUBLIC,  "PageTables + SecPageTables") \
    X(12, slab_reclaimable_kb, UINT, "KiB", 1, PUBLIC,  "SReclaimable") \
    X(13, slab_unreclaimable_kb, UINT, "KiB", 1, PUBLIC, "SUnreclaim") \
    X(14, mapped_kb,      UINT,   "KiB",    1, PUBLIC,  "Mapped") \
    X(15, kernel_stack_kb, UINT,  "KiB",    1, PUBLIC,  "KernelStack") \
    X(16, percpu_kb,      UINT,   "KiB",    1, PUBLIC,  "Percpu") \
    X(17, dirty_kb,       UINT,   "KiB",    1, PUBLIC,  "Dirty") \
    X(18, writeback_kb,   UINT,   "KiB",    1, PUBLIC,  "Writeback") \
    X(19, buffers_kb,     UINT,   "KiB",    1, PUBLIC,  "Buffers") \
    X(20, shmem_kb,       UINT,   "KiB",    1, PUBLIC,  "Shmem: shared memory and tmpfs") \
    X(21, swap_free_kb,   UINT,   "KiB",    1, PUBLIC,  "SwapFree") \
    X(22, swap_cached_kb, UINT,   "KiB",    1, PUBLIC,  "SwapCached") \
    X(23, psi_some,       UINT,   "1/100 %", 1, PUBLIC, "/proc/pressure/memory some avg10") \
    X(24, psi_full,       UINT,   "1/100 %", 1, PUBLIC, "/proc/pressure/memory full avg10") \
    X(25, pgmajfault,     UINT,   "",       1, PUBLIC,  "major page faults since boot") \
    X(26, pswpin,         UINT,   "pages",  1, PUBLIC,  "pages swapped in since boot") \
    X(27, pswpout,        UINT,   "pages",  1, PUBLIC,  "pages swapped out since boot") \
    X(28, oom_kill,       UINT,   "",       1, PUBLIC,  "OOM kills since boot") \
    X(29, mem_total_kb,   UINT,   "KiB",    1, PUBLIC,  "MemTotal") \
    X(30, swap_total_kb,  UINT,   "KiB",    1, PUBLIC,  "SwapTotal") \
    X(31, hugetlb_kb,     UINT,   "KiB",    1, PUBLIC,  "Hugetlb") \
    X(32, zswap_kb,       UINT,   "KiB",    1, PUBLIC,  "Zswap: RAM that compressed swap takes") \
    X(33, vmalloc_kb,     UINT,   "KiB",    1, PUBLIC,  "VmallocUsed") \
    X(34, unevictable_kb, UINT,   "KiB",    1, PUBLIC,  "Unevictable") \
    X(35, mlocked_kb,     UINT,   "KiB",    1, PUBLIC,  "Mlocked") \
    X(36, system_flags,   UINT,   "bits",   1, PUBLIC,  "what kind of sample it is") \
    X(37, clock_ticks,    UINT,   "1/s",    1, PUBLIC,  "clock ticks per second, the unit of start_time") \
    X(38, cpus,           UINT,   "",       1, PUBLIC,  "processors online") \
    X(39, host,           STRING, "",       1, PUBLIC,  "host name") \
    X(40, missed_ticks,   UINT,   "",       1, PUBLIC,  "ticks skipped since the daemon started, because they were late") \
    X(41, pgsteal,        UINT,   "pages",  1, PUBLIC,  "pages reclaimed since boot (all pgsteal_*)") \
    X(42, zsmalloc_kb,    UINT,   "KiB",    1, PUBLIC,  "RAM that zram and zswap take for what they hold (nr_zspages)") \
    X(43, percpu_free_kb, UINT,   "KiB",    1, PUBLIC,  "free pages that the processors keep for themselves and MemFree does not count (zoneinfo)") \
    X(44, psi_some_total_us, UINT, "us",    1, PUBLIC,  "/proc/pressure/memory some total: time since boot in which some processes waited for memory") \
    X(45, psi_full_total_us, UINT, "us",    1, PUBLIC,  "/proc/pressure/memory full total: in which all of them did") \
    X(46, lru_anon_kb,    UINT,   "KiB",    1, PUBLIC,  "Active(anon) + Inactive(anon)")
// clang-format on

// What the bits and codes of fields mean: V(name, value, doc)
// clang-format off
#define TAG_VALUES(V) \
    V(TAG_LEAK,           1 << 0, "growth of private memory that lasts") \
    V(TAG_LEAK_SUSPECTED, 1 << 1, "growth that may yet turn out to be ordinary") \
    V(TAG_SPIKE,          1 << 2, "much memory taken within seconds") \
    V(TAG_ZOMBIE,         1 << 3, "it is dead and its parent does not reap it") \
    V(TAG_UNREAPED,       1 << 4, "it is the parent that does not reap") \
    V(TAG_BLOCKED,        1 << 5, "reading its memory map does not return")

#define PROCESS_FLAG_VALUES(V) \
    V(PROCESS_KERNEL_THREAD, 1 << 0, "has no user memory")

#define SYSTEM_FLAG_VALUES(V) \
    V(SYSTEM_TRUNCATED, 1 << 0, "the memory cap left processes out of this sample") \
    V(SYSTEM_PRIVATE,   1 << 1, "a private daemon with one user's rights") \
    V(SYSTEM_REPLAY,    1 << 2, "a recorded sample: real_ms is the time in the trace, whose clock may begin anywhere, mono_ms and start_time are later by 1000000 s; a start_time after mono_ms is by another clock") \
    V(SYSTEM_ENDED,     1 << 3, "the last one of the recording")

#define PSS_SOURCE_VALUES(V) \
    V(PSS_SOURCE_NONE,   0, "nobody") \
    V(PSS_SOURCE_ROLLUP, 1, "/proc/PID/smaps_rollup") \
    V(PSS_SOURCE_SMAPS,  2, "/proc/PID/smaps, summed up") \
    V(PSS_SOURCE_STATUS, 3, "/proc/PID/status, which knows no PSS")
// clang-format on

#define VALUE_NAME_(name, value, doc) name = value,
enum { TAG_VALUES(VALUE_NAME_) };
enum { PROCESS_FLAG_VALUES(VALUE_NAME_) };
enum { SYSTEM_FLAG_VALUES(VALUE_NAME_) };
enum { PSS_SOURCE_VALUES(VALUE_NAME_) };

typedef enum { FIELD_UINT, FIELD_STRING } field_kind_t;
typedef enum { FIELD_PUBLIC, FIELD_PRIVATE } field_audience_t;

typedef struct {
    const char *name;
    const char *unit;
    const char *doc;
    field_kind_t kind;
    field_audience_t audience;
    unsigned since;
} field_info_t;

#define FIELD_NUMBER_(number, name, kind, unit, since, audience, doc) PROCESS_FIELD_##name = number,
enum { PROCESS_FIELDS(FIELD_NUMBER_) PROCESS_FIELD_COUNT };
#undef FIELD_NUMBER_
#define FIELD_NUMBER_(number, name, kind, unit, since, audience, doc) SYSTEM_FIELD_##name = number,
enum { SYSTEM_FIELDS(FIELD_NUMBER_) SYSTEM_FIELD_COUNT };
#undef FIELD_NUMBER_

// What one tag is called: "LEAK", "LEAK?" where it is suspected, "SPIKE", ...; NULL: it is not
// known.
const char *tag_word(uint64_t tag);

extern const field_info_t process_fields[PROCESS_FIELD_COUNT];
extern const field_info_t system_fields[SYSTEM_FIELD_COUNT];

// The fields of kind STRING, and those that are PRIVATE (all of the system's are public).
extern const uint64_t process_string_mask;
extern const uint64_t system_string_mask;
extern const uint64_t process_private_mask;

#endif
