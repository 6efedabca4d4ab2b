/*
 * guest.c - runs inside the QEMU guest.  Controller + worker.
 *
 *   guest SCENARIO.scn > result
 *
 * The controller (in the root memcg) reads a scenario, forks a worker, puts
 * the worker into a fresh memcg and makes it touch pages.  Only the worker
 * touches the region, so the region's pages are charged to that memcg and sit
 * in that memcg's lruvec.  The controller dumps the state through
 *   /sys/kernel/debug/lru_gen, lru_gen_full, memory.stat, /proc/vmstat,
 *   /proc/PID/pagemap + /proc/kcore (page->flags of every page of the region:
 *   the exact generation of each page, which debugfs does not show).
 *
 * Scenario language, one command a line, '#' starts a comment:
 *   enabled X                  write X to /sys/kernel/mm/lru_gen/enabled
 *   sysctl NAME VALUE          write /proc/sys/NAME
 *   knob NAME VALUE            write /sys/kernel/debug/NAME (a kernel with a switch: README, Options)
 *   region N KIND [PATH]       KIND: anon | kvm | file (mmap of PATH, a file on
 *                              a block device) | rfile (pread of PATH, unmapped)
 *                              A second 'region N kvm' line after 'region N anon' makes
 *                              mixed memory: the first is the host region, this the
 *                              guest region, in one process and memcg; trace entries
 *                              with bit 30 set go to the guest region
 *   split 1                    (before 'region') the guest region in a process and memcg
 *                              of its own; both memcgs under one parent, 'limit' is
 *                              the parent's; age and evict go to both memcgs
 *   limit M                    memory.max = memory.current + M pages
 *   byuser 1                   userspace instead of the guest touches the guest region
 *                              (the same memory without a secondary MMU: the control)
 *   proactive P age [D [NR]]   after every P accesses of a replay: '+', then '-' for all
 *                              generations <= max_seq - D (3), at most NR pages
 *   proactive P reclaim N      the same with N pages written to memory.reclaim
 *   proactive P walk           '+' only
 *   proactive 0                off
 *   flush K                    full TLB flush after every K accesses (0: never)
 *   yield K                    a round trip to the controller after every K accesses:
 *                              the context switch back calls lru_gen_use_mm(),
 *                              without which the next aging pass skips this mm
 *                              (0: never)
 *   fifo 1                     the worker runs as SCHED_FIFO: no preemption, so no
 *                              context switch except at the marks (before 'region')
 *   misslog 0|1|2               mincore() before each access: log hit/miss
 *                              (2: also print the bits)
 *   walklog 1                  (before the first aging) trace reclaim; at the end a line 'walks',
 *                              1 or 0 an aging: whether it walked the page tables, and a line 'slab',
 *                              RECLAIM:ROUND:PAGES: slab pages freed amid that round
 *   calls GLOB...              trace these kernel functions; 'callsend LABEL': their counts by caller
 *   touch A B [STEP]           write-touch pages A, A+STEP, ... < B in order
 *   utouch A B [STEP]          as touch, but by userspace even if KIND is kvm
 *   rtouch A B [STEP]          read-touch
 *   gtouch A B [STEP]          as touch, in the guest region of mixed memory
 *   trace PATH                 load a trace: uint32 little endian; bit 31 set:
 *                              read access, clear: write access; bit 30 set: the
 *                              guest region of mixed memory; bits 0..29: the page
 *   asread                     turn every access of the loaded trace into a read
 *   replay FROM TO             replay trace[FROM..TO)
 *   replaymarks FROM TO K      replay in K equal parts, one 'stat' line after each
 *   settle                     drain the worker CPU's LRU-add batch
 *   age [CAN_SWAP [FORCE]]     '+ memcg nid max_gen can_swap force' to debugfs
 *   evict MINGEN|all SWAPPINESS NR   '- memcg nid gen swappiness nr'; 'old' = min_gen
 *   dump LABEL                 lru_gen table, per page map, histogram, counters; the files that
 *                              /host lists, if it is there, in hexadecimal
 *   stat LABEL                 counters only
 *   echo TEXT
 *
 * Mixed memory: 'stat' lines end with host_ and guest_ fields: acc accesses, majflt and
 * minflt (getrusage around each stretch of accesses to one region; majflt are the
 * swap-ins), misses (mincore before each access, with misslog), resident and swapped
 * (pagemap).  Dumps have 'histg' and 'mapg' lines for the guest region.  Without
 * yield, flush and misslog one KVM_RUN does a whole stretch of guest accesses, else
 * one access.  With split, LABEL@vm lines hold the guest's memcg.  'pro' lines:
 * one a proactive pass.
 */
#define _GNU_SOURCE
#include "guest.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAXTRACE (1u << 20)

enum { C_REGION, C_RUN, C_SETTLE, C_QUIT, C_WARM };
#define GBIT 0x40000000u
#define PAGEMASK 0x3fffffffu
enum { K_ANON, K_KVM, K_FILE, K_RFILE };

struct shared {
	/* request */
	int cmd, kind, which, mixed, flush, yield, misslog, byuser;
	uint32_t npages, from, to;
	char path[200];
	/* reply */
	int err;
	char msg[200];
	uint64_t base;
	struct rusage ru;
	uint64_t accesses, kvm_exits, ns;
	uint32_t misses, swapmiss;
	struct { uint64_t acc, maj, min, misses; } r[2];	/* host, guest */
};
static struct shared *sh;
/* data of all workers */
static struct common {
	uint8_t miss[MAXTRACE / 8];
	uint32_t trace[MAXTRACE] __attribute__((aligned(4096)));
} *cm;
static int to_w[2], from_w[2];
static pid_t wpid;
static FILE *out;

static char cgname[100], cgdir[128], cgparent[128];
static void killall_w(void);
static void die(const char *f, ...)
{
	va_list ap;
	va_start(ap, f);
	fprintf(out ? out : stderr, "FATAL: ");
	vfprintf(out ? out : stderr, f, ap);
	fprintf(out ? out : stderr, " (errno %d %s)\n", errno, strerror(errno));
	va_end(ap);
	if (out) fflush(out);
	killall_w();
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* ------------------------------------------------------------- worker */
/* All that a worker writes of the program's own data is on one page: a second one would be
 * one page more in its memcg. */
static struct {
	struct vm vm;
	volatile uint8_t *region[2];	/* 1: the guest region of mixed memory */
	uint8_t *dummy;
	uint32_t wn[2];
	int wkind[2], filefd;
} me __attribute__((aligned(4096)));
struct vm *const vm = &me.vm;

static void tlbflush(void)
{
	/* tlb_single_page_flush_ceiling is 0 in the guest, so changing one
	 * present PTE's protection flushes the whole TLB of this mm */
	mprotect(me.dummy, PG, PROT_READ);
	mprotect(me.dummy, PG, PROT_READ | PROT_WRITE);
	*me.dummy = 1;
}

static int w_region(void)
{
	int w = sh->which;
	me.wn[w] = sh->npages;
	me.wkind[w] = sh->kind;
	size_t len = me.wn[w] * PG, al = 2ul << 20;
	/* 2 MiB aligned, so that page p is PTE p%512 of PMD p/512 */
	uint8_t *p = mmap(NULL, len + 2 * al, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	p = (uint8_t *)(((uintptr_t)p + al - 1) & ~(al - 1));
	if (sh->kind == K_FILE || sh->kind == K_RFILE) {
		int fd = me.filefd = open(sh->path, O_RDWR);
		if (fd < 0) { strcpy(sh->msg, "open file"); return -errno; }
		me.region[w] = mmap(p, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
		if (me.region[w] == MAP_FAILED) { strcpy(sh->msg, "mmap file"); return -errno; }
		/* no MADV_RANDOM: vma_has_recency() would be false and MGLRU
		 * would ignore the accesses; init turns readahead off */
	} else {
		me.region[w] = mmap(p, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		if (me.region[w] == MAP_FAILED) { strcpy(sh->msg, "mmap anon"); return -errno; }
		madvise((void *)me.region[w], len, MADV_NOHUGEPAGE);
		/* allocate the page tables, then drop the pages again */
		for (size_t o = 0; o < len; o += al) me.region[w][o] = 1;
		madvise((void *)me.region[w], len, MADV_DONTNEED);
	}
	sh->base = (uint64_t)me.region[w];
	if (sh->kind == K_KVM) return kvm_setup((void *)me.region[w], len, cm->trace, MAXTRACE * 4, sh->msg);
	return 0;
}

/* faults since the last call belong to region g; only with mixed memory, because
 * the page of `last` is charged to the memcg */
static void account(int g)
{
	static struct rusage last;
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	if (g >= 0) {
		sh->r[g].maj += r.ru_majflt - last.ru_majflt;
		sh->r[g].min += r.ru_minflt - last.ru_minflt;
	}
	last = r;
}

static int w_run(void)
{
	uint32_t from = sh->from, to = sh->to, i;
	int k = sh->flush, left = k, log = sh->misslog, y = sh->yield, yleft = y, cur = -1;
	char yc = 'y';
	uint64_t t0 = now_ns();
	int err = 0;
	if (me.wkind[0] == K_KVM && !sh->byuser) {
		err = kvm_run(from, to, &sh->kvm_exits, sh->msg);
	} else {
		for (i = from; i < to && !err; i++) {
			uint32_t e = cm->trace[i], p = e & PAGEMASK;
			int g = !!(e & GBIT);
			volatile uint8_t *a = me.region[g] + p * PG;
			if (p >= me.wn[g]) { snprintf(sh->msg, sizeof sh->msg, "entry %u %#x outside of its region", i, e); return -EINVAL; }
			if (sh->mixed && g != cur) { account(cur); cur = g; }
			sh->r[g].acc++;
			if (log) {
				unsigned char v = 0;
				mincore((void *)a, PG, &v);
				if (!(v & 1)) { cm->miss[i >> 3] |= 1 << (i & 7); sh->misses++; sh->r[g].misses++; }
				else cm->miss[i >> 3] &= ~(1 << (i & 7));
			}
			if (g && me.wkind[1] == K_KVM && !sh->byuser) {
				uint32_t j = i + 1;
				if (!log && !y && !k) while (j < to && (cm->trace[j] & GBIT)) j++;
				err = kvm_run(i, j, &sh->kvm_exits, sh->msg);
				sh->r[g].acc += j - i - 1;
				i = j - 1;
			} else if (me.wkind[g] == K_RFILE) {
				char one;
				if (pread(me.filefd, &one, 1, p * PG) != 1) { strcpy(sh->msg, "pread"); return -EIO; }
			} else if (e >> 31) (void)*(volatile uint32_t *)a;
			else *(volatile uint32_t *)a = (e & ~0x80000000u) + 1;
			if (k && --left == 0) { tlbflush(); left = k; }
			if (y && --yleft == 0) {
				yleft = y;
				yc = 'y';
				if (write(from_w[1], &yc, 1) != 1 || read(to_w[0], &yc, 1) != 1) return -EPIPE;
			}
		}
		if (sh->mixed) account(cur);
	}
	sh->accesses += to - from;
	sh->ns += now_ns() - t0;
	getrusage(RUSAGE_SELF, &sh->ru);
	return err;
}

/* How deep the stack of a later call goes into another page depends on its random
 * start; such a page is not to be charged to the memcg that the worker joins next. */
static void __attribute__((noinline)) touch_stack(void)
{
	volatile char deep[8 * PG];
	for (size_t i = 0; i < sizeof deep; i += PG / 2) deep[i] = 1;
}

static void worker(void)
{
	char c;
	touch_stack();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	me.dummy = mmap(NULL, PG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*me.dummy = 1;
	while (read(to_w[0], &c, 1) == 1) {
		sh->err = 0;
		sh->msg[0] = 0;
		switch (sh->cmd) {
		case C_WARM: tlbflush(); now_ns(); getrusage(RUSAGE_SELF, &sh->ru); break;
		case C_REGION:
			if (sh->mixed) account(-1);
			sh->err = w_region();
			getrusage(RUSAGE_SELF, &sh->ru);
			break;
		case C_RUN: sh->err = w_run(); break;
		/* MADV_COLD starts with lru_add_drain(); the dummy page was
		 * charged to the root memcg */
		case C_SETTLE: madvise(me.dummy, PG, MADV_COLD); break;
		case C_QUIT: _exit(0);
		}
		if (write(from_w[1], &c, 1) != 1) _exit(2);
	}
	_exit(0);
}

static void call(int cmd)
{
	char c = 'x';
	sh->cmd = cmd;
	if (write(to_w[1], &c, 1) != 1) die("worker pipe");
	if (cmd == C_QUIT) return;
	for (;;) {
		if (read(from_w[0], &c, 1) != 1) die("worker died in command %d", cmd);
		if (c != 'y') break;
		if (write(to_w[1], &c, 1) != 1) die("worker pipe");
	}
	if (sh->err) die("worker: command %d: %s: error %d %s", cmd, sh->msg, sh->err, strerror(-sh->err));
}

/* --------------------------------------------------------- controller */
static char big[1 << 20];
static uint32_t ntrace, npages;
static int kind;
static unsigned long long memcg_id;	/* since 7.x the cgroup's id, 64 bits */
static struct creg { int worker; uint64_t base; uint32_t n; const char *cache; } cr[2];	/* host, guest */
static int ncr, split;
static uint64_t min_seq, max_seq;
struct row { uint64_t seq, age, anon, file; } rows[8];
static int nrows;
static struct rusage ru0;

/* split: two workers; the globals above belong to the selected one */
static struct wk {
	struct shared *sh;
	int to_w[2], from_w[2];
	pid_t wpid;
	char cgname[100], cgdir[128];
	unsigned long long memcg_id;
	struct rusage ru0;
} wk[2];
static int cur_w;

static void sel(int i)
{
	struct wk *o = &wk[cur_w], *n = &wk[i];
	if (i == cur_w) return;
	o->sh = sh; memcpy(o->to_w, to_w, sizeof to_w); memcpy(o->from_w, from_w, sizeof from_w);
	o->wpid = wpid; strcpy(o->cgname, cgname); strcpy(o->cgdir, cgdir); o->memcg_id = memcg_id; o->ru0 = ru0;
	sh = n->sh; memcpy(to_w, n->to_w, sizeof to_w); memcpy(from_w, n->from_w, sizeof from_w);
	wpid = n->wpid; strcpy(cgname, n->cgname); strcpy(cgdir, n->cgdir); memcg_id = n->memcg_id; ru0 = n->ru0;
	cur_w = i;
}

static struct shared *newsh(void)
{
	struct shared *p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(p, 0, sizeof *p);
	return p;
}

static void killall_w(void)
{
	for (int i = 1; i >= 0; i--) {
		if (i > split) continue;
		sel(i);
		if (wpid > 0) {
			kill(wpid, SIGKILL);
			waitpid(wpid, NULL, 0);
			usleep(100000);
			rmdir(cgdir);
		}
	}
	if (split) rmdir(cgparent);
}

static void cgpath(char *b, const char *f) { snprintf(b, 200, "%s/%s", cgdir, f); }

static long cgnum(const char *f)
{
	char p[200], b[64];
	cgpath(p, f);
	if (slurp(p, b, sizeof b) < 0) return -1;
	if (!strncmp(b, "max", 3)) return -2;
	return atol(b);
}

/* the block of this memcg in a debugfs file */
static char *lru_block(const char *file)
{
	static char blk[1 << 16];
	char p[100], want[110];
	snprintf(p, sizeof p, DBG "%s", file);
	if (slurp(p, big, sizeof big) < 0) return NULL;
	snprintf(want, sizeof want, " /%s\n", cgname);
	char *s = big;
	while (s && *s) {
		if (!strncmp(s, "memcg", 5)) {
			char *e = strstr(s + 5, "\nmemcg"), *nl = strchr(s, '\n');
			size_t l = e ? (size_t)(e + 1 - s) : strlen(s);
			size_t wl = strlen(want);
			if (nl && (size_t)(nl + 1 - s) > wl && !strncmp(nl + 1 - wl, want, wl)) {
				memcpy(blk, s, l);
				blk[l] = 0;
				return blk;
			}
			s = e ? e + 1 : NULL;
		} else {
			s = strchr(s, '\n');
			if (s) s++;
		}
	}
	return NULL;
}

static int lru_read(void)
{
	char *b = lru_block("lru_gen");
	if (!b) return -1;
	sscanf(b, "memcg %llu", &memcg_id);
	char *l = strchr(b, '\n') + 1;
	nrows = 0;
	while (l && *l) {
		unsigned long long s, a, x, y;
		if (strncmp(l, " node", 5) && sscanf(l, "%llu %llu %llu %llu", &s, &a, &x, &y) == 4 && nrows < 8)
			rows[nrows++] = (struct row){ s, a, x, y };
		l = strchr(l, '\n');
		if (l) l++;
	}
	if (nrows) { min_seq = rows[0].seq; max_seq = rows[nrows - 1].seq; }
	return 0;
}

static const char *stat_keys[] = {
	"anon", "file", "kernel", "inactive_anon", "active_anon", "inactive_file", "active_file",
	"pgfault", "pgmajfault", "pswpin", "pswpout", "pgscan", "pgsteal", "pgscan_direct", "pgsteal_direct",
	"pgrefill", "pgactivate", "pgdeactivate", "workingset_refault_anon", "workingset_refault_file",
	"workingset_activate_anon", "workingset_activate_file", "workingset_restore_anon",
	"workingset_restore_file", "workingset_nodereclaim", "swapcached", NULL };
static const char *vm_keys[] = {
	"pgfault", "pgmajfault", "pswpin", "pswpout", "pgscan_direct", "pgsteal_direct", "pgscan_kswapd", "pgscan_anon", "pgsteal_anon",
	"pgscan_file", "pgsteal_file", "pgrotated", "workingset_refault_anon", "workingset_refault_file",
	"workingset_activate_anon", "workingset_activate_file", "workingset_restore_anon", "workingset_restore_file", NULL };
static uint64_t vm0[32];

static uint64_t key(const char *buf, const char *k, int *ok)
{
	size_t l = strlen(k);
	const char *s = buf;
	while (s && *s) {
		if (!strncmp(s, k, l) && s[l] == ' ') { *ok = 1; return strtoull(s + l + 1, NULL, 10); }
		s = strchr(s, '\n');
		if (s) s++;
	}
	*ok = 0;
	return 0;
}

/* Since 7.x what reclaim scanned is counted per node, and each CPU keeps a difference to itself until
 * it is large or a second is over: have those added up first. Elsewhere leave the machine alone. */
static void vm_slurp(void)
{
	char b[64];
	slurp("/proc/vmstat", big, sizeof big);
	char *scan = strstr(big, "\npgscan_anon "), *events = strstr(big, "\npgpgin ");
	if (!scan || !events || scan > events) return;
	slurp("/proc/sys/vm/stat_refresh", b, sizeof b);
	slurp("/proc/vmstat", big, sizeof big);
}

static void vm_read(uint64_t *v)
{
	int ok;
	vm_slurp();
	for (int i = 0; vm_keys[i]; i++) v[i] = key(big, vm_keys[i], &ok);
}

/* every /proc/vmstat counter that changed since 'region' */
static char *vmall0;
static void vm_all(void)
{
	vm_slurp();
	if (!vmall0) { vmall0 = strdup(big); return; }
	fprintf(out, "-- /proc/vmstat changes since 'region' (whole guest):");
	int ok;
	for (char *l = big; l && *l; l = strchr(l, '\n'), l = l ? l + 1 : NULL) {
		char k[80];
		unsigned long long v;
		if (sscanf(l, "%79s %llu", k, &v) != 2) break;
		long long d = v - key(vmall0, k, &ok);
		if (d) fprintf(out, " %s=%lld", k, d);
	}
	fprintf(out, "\n");
}

/* pagemap of one region */
static uint64_t pme[1 << 16];

/* A file that is only read has its pages in the cache, but in no page table: the
 * controller maps those that are there; a sequential mapping marks nothing when it goes. */
static void pagemap_cached(int r, volatile uint8_t *a)
{
	size_t len = cr[r].n * PG;
	static unsigned char in[1 << 16];
	int pm = open("/proc/self/pagemap", O_RDONLY);
	mincore((void *)a, len, in);
	for (uint32_t i = 0; i < cr[r].n; i++) if (in[i] & 1) (void)a[i * PG];
	if (pm < 0 || pread(pm, pme, cr[r].n * 8ul, (uintptr_t)a / PG * 8) != (ssize_t)(cr[r].n * 8ul)) die("pagemap");
	close(pm);
}

static void pagemap(int r)
{
	char p[200];
	size_t want = cr[r].n * 8ul;
	int was = cur_w;
	sel(cr[r].worker);
	snprintf(p, sizeof p, "/proc/%d/pagemap", wpid);
	int pm = open(p, O_RDONLY);
	if (pm < 0 || pread(pm, pme, want, cr[r].base / PG * 8) != (ssize_t)want) die("pagemap");
	close(pm);
	sel(was);
}

static void resident(int r, unsigned long *res, unsigned long *sw)
{
	*res = *sw = 0;
	pagemap(r);
	for (uint32_t i = 0; i < cr[r].n; i++)
		if (pme[i] >> 63) ++*res;
		else if ((pme[i] >> 62) & 1) ++*sw;
}

static void mixed_stat(int all)
{
	static const char *nm[] = { "host", "guest" };
	int was = cur_w;
	if (ncr < 2) return;
	for (int r = 0; r < 2; r++) {
		unsigned long res, sw;
		resident(r, &res, &sw);
		sel(cr[r].worker);
		if (all) fprintf(out, " %s_acc=%llu", nm[r], (unsigned long long)sh->r[r].acc);
		fprintf(out, " %s_majflt=%llu", nm[r], (unsigned long long)sh->r[r].maj);
		if (all) fprintf(out, " %s_minflt=%llu %s_misses=%llu", nm[r], (unsigned long long)sh->r[r].min, nm[r], (unsigned long long)sh->r[r].misses);
		fprintf(out, " %s_resident=%lu %s_swapped=%lu", nm[r], res, nm[r], sw);
	}
	sel(was);
}

/* how often a kernel with a switch (README, Options) asked the secondary MMU */
static uint64_t ask0[3];
static int ask_read(uint64_t *v)
{
	static const char *const f[] = { "walk", "evict", "window" };
	char p[100], b[64];
	for (int i = 0; i < 3; i++) {
		snprintf(p, sizeof p, DBG "lru_gen_ask_%s", f[i]);
		if (slurp(p, b, sizeof b) < 0) return -1;
		v[i] = strtoull(b, NULL, 0);
	}
	return 0;
}

static void do_stat(const char *label)
{
	char p[200];
	int ok;
	fprintf(out, "stat %s accesses=%llu worker_minflt=%ld worker_majflt=%ld nvcsw=%ld nivcsw=%ld run_ms=%llu misslog_misses=%u",
		label, (unsigned long long)sh->accesses, sh->ru.ru_minflt - ru0.ru_minflt, sh->ru.ru_majflt - ru0.ru_majflt,
		sh->ru.ru_nvcsw, sh->ru.ru_nivcsw, (unsigned long long)(sh->ns / 1000000), sh->misses);
	fprintf(out, " memory.current=%ld memory.swap.current=%ld", cgnum("memory.current"), cgnum("memory.swap.current"));
	cgpath(p, "memory.stat");
	slurp(p, big, sizeof big);
	for (int i = 0; stat_keys[i]; i++) {
		uint64_t v = key(big, stat_keys[i], &ok);
		if (ok && v) fprintf(out, " %s=%llu", stat_keys[i], (unsigned long long)v);
	}
	uint64_t v[32];
	vm_read(v);
	for (int i = 0; vm_keys[i]; i++)
		if (v[i] != vm0[i]) fprintf(out, " vm.%s=%lld", vm_keys[i], (long long)(v[i] - vm0[i]));
	if (lru_read() == 0 && nrows) {
		fprintf(out, " max_seq=%llu gens=", (unsigned long long)max_seq);
		for (int i = 0; i < nrows; i++)
			fprintf(out, "%s%llu:%llu/%llu", i ? "," : "", (unsigned long long)rows[i].seq, (unsigned long long)rows[i].anon, (unsigned long long)rows[i].file);
	}
	mixed_stat(1);
	if (ask_read(v) == 0)
		fprintf(out, " ask_walk=%llu ask_evict=%llu ask_window=%llu", (unsigned long long)(v[0] - ask0[0]), (unsigned long long)(v[1] - ask0[1]), (unsigned long long)(v[2] - ask0[2]));
	fprintf(out, "\n");
}

static void dump_map(const char *label, int r, const char *sfx)
{
	uint64_t *e = pme;
	uint32_t npages = cr[r].n;
	void *mapped = NULL;
	if (cr[r].cache) {
		int fd = open(cr[r].cache, O_RDONLY);
		mapped = mmap(NULL, npages * PG, PROT_READ, MAP_SHARED, fd, 0);
		if (fd < 0 || mapped == MAP_FAILED) die("map %s", cr[r].cache);
		close(fd);
		madvise(mapped, npages * PG, MADV_SEQUENTIAL);
		pagemap_cached(r, mapped);
	} else pagemap(r);
	static char map[1 << 16];
	unsigned long cnt[8][2][2][4] = { 0 }, nolru = 0, swapped = 0, absent = 0, bad = 0, ws = 0;
	for (uint32_t i = 0; i < npages; i++) {
		if (!(e[i] >> 63)) {
			if ((e[i] >> 62) & 1) { map[i] = 's'; swapped++; }
			else { map[i] = '.'; absent++; }
			continue;
		}
		uint64_t pfn = e[i] & ((1ull << 55) - 1), fl;
		if (page_flags(pfn, &fl) < 0) { map[i] = '?'; bad++; continue; }
		int g = (fl >> lay.gen) & ((1 << lay.gen_width) - 1), act = (fl >> lay.active) & 1, ref = (fl >> lay.referenced) & 1,
			refs = (fl >> lay.refs) & ((1 << lay.refs_width) - 1);
		ws += (fl >> lay.workingset) & 1;
		if (!g) { map[i] = 'n'; nolru++; if (act) map[i] = 'A'; else if (ref) map[i] = 'r'; continue; }
		/* seq with seq % MAX_NR_GENS == g - 1 inside [min_seq, max_seq] */
		uint64_t s = max_seq;
		while (s % MAX_NR_GENS != (uint64_t)(g - 1) && s) s--;
		map[i] = '0' + (max_seq - s);	/* 0: youngest, 3: oldest possible */
		cnt[max_seq - s][act][ref][refs]++;
	}
	if (mapped) munmap(mapped, npages * PG);
	fprintf(out, "-- pages%s: swapped=%lu absent=%lu no_generation=%lu unreadable=%lu workingset_flag=%lu\n", r ? " of the guest region" : "", swapped, absent, nolru, bad, ws);
	fprintf(out, "-- histogram of the region (from page->flags): seq distance_from_max PG_active PG_referenced refs_field pages\n");
	for (int d = 7; d >= 0; d--)
		for (int a = 0; a < 2; a++)
			for (int r = 0; r < 2; r++)
				for (int f = 0; f < 4; f++)
					if (cnt[d][a][r][f])
						fprintf(out, "hist%s %lld %d %d %d %d %lu\n", sfx, (long long)(max_seq - d), d, a, r, f, cnt[d][a][r][f]);
	fprintf(out, "-- map: one letter a page from page 0, runs as COUNTxLETTER; digit: max_seq - seq (0 youngest), s swapped, . absent,"
		" no generation (classic LRU or LRU-add batch): A active, r referenced, n neither\nmap%s %s", sfx, label);
	for (uint32_t i = 0; i < npages;) {
		uint32_t j = i;
		while (j < npages && map[j] == map[i]) j++;
		if (j - i > 3) fprintf(out, " %ux%c", j - i, map[i]);
		else for (uint32_t q = i; q < j; q++) fprintf(out, " %c", map[i]);
		i = j;
	}
	fprintf(out, "\n");
}

static void do_dump(const char *label)
{
	char *b = lru_block("lru_gen");
	fprintf(out, "== dump %s\n", label);
	fprintf(out, "-- lru_gen (columns: generation, age in ms, anon pages, file pages)\n%s", b ? b : "none\n");
	b = lru_block("lru_gen_full");
	fprintf(out, "-- lru_gen_full, lines that are not all zero\n");
	for (char *l = b, *e; l && *l; l = e + 1) {
		e = strchr(l, '\n');
		if (!e) break;
		*e = 0;
		char *q = l;	/* skip the tier number */
		while (*q == ' ') q++;
		while (*q && *q != ' ') q++;
		if (q[strspn(q, " 0xrepTYFA")] || strncmp(l, "      ", 6)) fprintf(out, "%s\n", l);
		*e = '\n';
	}
	lru_read();
	do_stat(label);
	vm_all();
	if (ncr < 2) dump_map(label, 0, "");
	else for (int r = 0; r < 2; r++) if (cr[r].worker == cur_w) dump_map(label, r, r ? "g" : "");
	fprintf(out, "== end %s\n", label);
}

/* the bytes of one file, if it is there */
static void send_file(const char *p)
{
	ssize_t n = slurp(p, big, sizeof big);
	if (n < 0) return;
	fprintf(out, "hf %s ", p);
	for (ssize_t i = 0; i < n; i++) fprintf(out, "%02x", (unsigned char)big[i]);
	fprintf(out, "\n");
}

/* what a look at this machine from outside would find: the listed files, the memcgs' memory.stat */
static void host_files(const char *label)
{
	FILE *f = fopen("/host", "r");
	char p[300];
	if (!f) return;
	fprintf(out, "== host %s %lld\n", label, (long long)time(NULL));
	while (fgets(p, sizeof p, f)) {
		p[strcspn(p, "\n")] = 0;
		send_file(p);
	}
	fclose(f);
	send_file(CG "memory.stat");
	if (split) { snprintf(p, sizeof p, "%s/memory.stat", cgparent); send_file(p); }
	for (int i = 0; i <= split; i++) {
		sel(i);
		cgpath(p, "memory.stat");
		send_file(p);
	}
	sel(0);
}

#define TRACING "/sys/kernel/tracing/"
enum { RECLAIM, ROUND, FREED, AGING, WALK };
static const char *const traced[] = {
	"try_to_free_mem_cgroup_pages", "shrink_node", "__free_slab", "try_to_inc_max_seq", "walk_pud_range"
};

static void walklog_start(void)
{
	FILE *f = fopen(TRACING "trace", "w");	/* forgets what an earlier scenario left */
	int e = !f;
	for (size_t i = 0; i < sizeof traced / sizeof *traced; i++) e |= spit(TRACING "set_ftrace_filter", traced[i]);
	if (e || spit(TRACING "current_tracer", "function")) die("walklog: this kernel cannot be traced");
	fclose(f);
}

/* An aging that walks calls walk_pud_range once for each part of the address space.  Slab pages
 * that an interrupt frees amid the worker's reclaim are nodes of the swap cache's tree. */
static void walklog_end(void)
{
	static char l[400], call[60], walks[20000], slab[20000];	/* not on the stack, which the worker has, too */
	char b[16] = "0";
	int reclaim = 0, round = 0, aging = 0, is[5];
	size_t n = 0;
	spit(TRACING "tracing_on", "0");
	slurp("/sys/kernel/slab/radix_tree_node/order", b, sizeof b);
	FILE *f = fopen(TRACING "trace", "r");
	while (f && fgets(l, sizeof l, f)) {
		if (strstr(l, "LOST")) die("walklog: events are lost");
		for (int i = 0; i < 5; i++) {
			snprintf(call, sizeof call, ": %s <-", traced[i]);
			is[i] = !!strstr(l, call);
		}
		if (is[RECLAIM]) { reclaim++; round = 0; }
		if (is[ROUND]) round++;
		if (is[AGING] && aging < (int)sizeof walks - 1) walks[aging++] = '0';
		if (is[WALK] && aging) walks[aging - 1] = '1';
		if (is[FREED] && strstr(l, " guest-") && round && n < sizeof slab - 40)
			n += sprintf(slab + n, " %d:%d:%d", reclaim, round, 1 << atoi(b));
	}
	if (f) fclose(f);
	fprintf(out, "walks %s\nslab%s\n", walks, slab);
	spit(TRACING "current_tracer", "nop");
	spit(TRACING "tracing_on", "1");
}

/* calls GLOB...: trace these kernel functions until 'callsend LABEL', which counts them by caller.
 * Of locks only those taken from KVM's functions are told. */
static void calls_start(char w[][200], int n)
{
	FILE *f = fopen(TRACING "set_ftrace_filter", "w");
	if (!f) die("calls: this kernel cannot be traced");
	fclose(f);
	for (int i = 1; i < n; i++) fprintf(out, "calls %s -> %d\n", w[i], spit(TRACING "set_ftrace_filter", w[i]));
	spit(TRACING "buffer_size_kb", "16384");
	int e = spit(TRACING "current_tracer", "function");
	fclose(fopen(TRACING "trace", "w"));
	fprintf(out, "calls: tracer %d\n", e);
}

static void calls_end(const char *label)
{
	static struct { char f[60], by[60]; long n; } t[200];
	static char l[400];
	int used = 0;
	spit(TRACING "tracing_on", "0");
	FILE *f = fopen(TRACING "trace", "r");
	while (f && fgets(l, sizeof l, f)) {
		char *c = strstr(l, ": "), fn[60], by[60];
		if (strstr(l, "LOST")) fprintf(out, "# calls: %s", l);
		if (!c || sscanf(c + 2, "%59s <-%59s", fn, by) != 2) continue;
		if (!strncmp(fn, "_raw", 4) && !strstr(by, "kvm") && !strstr(by, "tdp")) continue;
		int i = 0;
		while (i < used && (strcmp(t[i].f, fn) || strcmp(t[i].by, by))) i++;
		if (i == used) { if (used == 200) continue; strcpy(t[i].f, fn); strcpy(t[i].by, by); t[i].n = 0; used++; }
		t[i].n++;
	}
	if (f) fclose(f);
	fprintf(out, "calls %s", label);
	for (int i = 0; i < used; i++) fprintf(out, " %s<-%s:%ld", t[i].f, t[i].by, t[i].n);
	fprintf(out, "\n");
	spit(TRACING "current_tracer", "nop");
	spit(TRACING "tracing_on", "1");
}

static void do_misslog(uint32_t from, uint32_t to)
{
	fprintf(out, "misslog %u %u (hex, bit i&7 of byte i>>3)", from, to);
	for (uint32_t i = from >> 3; i < (to + 7) >> 3; i++) {
		if (((i - (from >> 3)) & 63) == 0) fprintf(out, "\nml ");
		fprintf(out, "%02x", cm->miss[i]);
	}
	fprintf(out, "\n");
}

static void start(int want_kind)
{
	char p[200], b[64];
	(void)want_kind;
	if (pipe(to_w) || pipe(from_w)) die("pipe");
	wpid = fork();
	if (!wpid) { close(to_w[1]); close(from_w[0]); worker(); }
	close(to_w[0]);		/* so that a killed worker is seen as end of file */
	close(from_w[1]);
	call(C_WARM);
	if (split) {	/* the workers' memcgs: o_NAME/host and o_NAME/vm */
		if (cur_w == 0) {
			snprintf(cgparent, sizeof cgparent, CG "%.90s", cgname);
			rmdir(cgparent);
			if (mkdir(cgparent, 0755)) die("mkdir %s", cgparent);
			snprintf(p, sizeof p, "%s/cgroup.subtree_control", cgparent);
			if (spit(p, "+memory")) die("subtree_control");
		}
		snprintf(cgname, sizeof cgname, "%.80s/%s", cgparent + strlen(CG), cur_w ? "vm" : "host");
	}
	snprintf(cgdir, sizeof cgdir, CG "%s", cgname);
	rmdir(cgdir);
	if (mkdir(cgdir, 0755)) die("mkdir %s", cgdir);
	cgpath(p, "cgroup.procs");
	sprintf(b, "%d", wpid);
	if (spit(p, b)) die("cgroup.procs");
}

/* file F of the memcg that has the limit */
static void limpath(char *b, const char *f)
{
	if (split) snprintf(b, 200, "%s/%s", cgparent, f);
	else cgpath(b, f);
}

/* replay trace[a..b): with split, every stretch goes to its worker */
static void run_part(uint32_t a, uint32_t b)
{
	struct shared *h = sh;
	while (a < b) {
		uint32_t e = b;
		if (split) {
			for (e = a + 1; e < b && !((cm->trace[a] ^ cm->trace[e]) & GBIT); e++) ;
			sel(!!(cm->trace[a] & GBIT));
			sh->flush = h->flush; sh->yield = h->yield; sh->misslog = h->misslog; sh->byuser = h->byuser;
		}
		sh->from = a; sh->to = e; sh->mixed = ncr > 1;
		call(C_RUN);
		a = e;
	}
	sel(0);
}

static uint32_t pro_every, pro_left, pro_n;
static char pro_kind[16];
static long pro_a, pro_b;
static void proactive(void)
{
	char b[300], p[200];
	int e1 = 0, e2 = 0;
	fprintf(out, "pro %u accesses=%llu before:", ++pro_n, (unsigned long long)(sh->accesses + (split ? wk[1].sh->accesses : 0)));
	mixed_stat(0);
	uint64_t t0 = now_ns();
	if (!strcmp(pro_kind, "reclaim")) {
		limpath(p, "memory.reclaim");
		sprintf(b, "%ld", pro_a * (long)PG);
		e1 = spit(p, b);
	} else {
		for (int i = 0; i <= split; i++) {
			sel(i);
			lru_read();
			sprintf(b, "+ %llu 0 %llu 1 1", memcg_id, (unsigned long long)max_seq);
			e1 = spit(DBG "lru_gen", b);
			if (strcmp(pro_kind, "age") || (int64_t)max_seq + 1 - pro_a < 0) continue;
			sprintf(b, "- %llu 0 %lld 200 %ld", memcg_id, (long long)max_seq + 1 - pro_a, pro_b);
			e2 = spit(DBG "lru_gen", b);
		}
		sel(0);
	}
	fprintf(out, " us=%llu result=%d,%d after:", (unsigned long long)(now_ns() - t0) / 1000, e1, e2);
	mixed_stat(0);
	for (int i = 0; i <= split; i++) {
		sel(i);
		cgpath(p, "memory.stat");
		int ok;
		slurp(p, big, sizeof big);
		uint64_t sc = key(big, "pgscan", &ok), st = key(big, "pgsteal", &ok);
		lru_read();
		fprintf(out, " pgscan%s=%llu pgsteal%s=%llu max_seq%s=%llu gens%s=", i ? "@vm" : "", (unsigned long long)sc, i ? "@vm" : "", (unsigned long long)st,
			i ? "@vm" : "", (unsigned long long)max_seq, i ? "@vm" : "");
		for (int j = 0; j < nrows; j++) fprintf(out, "%s%llu:%llu/%llu", j ? "," : "", (unsigned long long)rows[j].seq, (unsigned long long)rows[j].anon, (unsigned long long)rows[j].file);
	}
	sel(0);
	fprintf(out, "\n");
}

/* with proactive passes in between */
static void run_range(uint32_t a, uint32_t b)
{
	while (a < b) {
		uint32_t e = b;
		if (pro_every && e - a > pro_left) e = a + pro_left;
		run_part(a, e);
		if (pro_every && !(pro_left -= e - a)) {
			pro_left = pro_every;
			proactive();
		}
		a = e;
	}
}

static void stats(const char *label)
{
	char l[300];
	do_stat(label);
	if (!split) return;
	snprintf(l, sizeof l, "%s@vm", label);
	sel(1);
	do_stat(l);
	sel(0);
}

static void dbg_write(const char *cmd)
{
	int e = spit(DBG "lru_gen", cmd);
	fprintf(out, "debugfs-write '%s' -> %d %s\n", cmd, e, e ? strerror(-e) : "ok");
}

int main(int argc, char **argv)
{
	out = stdout;
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	if (getpid() == 1) return init_main();
	if (argc < 2) { fprintf(stderr, "usage: guest scenario\n"); return 2; }
	sh = newsh();
	cm = mmap(NULL, sizeof *cm, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(cm, 0, sizeof *cm);
	const char *bn = strrchr(argv[1], '/');
	snprintf(cgname, sizeof cgname, "o_%.80s", bn ? bn + 1 : argv[1]);
	char *dot = strstr(cgname, ".scn");
	if (dot) *dot = 0;
	if (layout_load()) die("no layout of page->flags");
	FILE *f = fopen(argv[1], "r");
	if (!f) die("scenario %s", argv[1]);
	char line[400];
	int flush = 0, misslog = 0, walklog = 0, yield = 0, fifo = 0, byuser = 0;
	char name[100];
	snprintf(name, sizeof name, "%s", cgname + 2);
	fprintf(out, "#### scenario %s\n", name);
	while (fgets(line, sizeof line, f)) {
		char *hash = strchr(line, '#');
		if (hash) *hash = 0;
		char w[8][200] = { { 0 } };
		int n = sscanf(line, "%199s %199s %199s %199s %199s %199s %199s %199s", w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]);
		if (n < 1) continue;
		line[strcspn(line, "\n")] = 0;
		if (strcmp(w[0], "stat") && strcmp(w[0], "dump")) fprintf(out, "> %s\n", line);
#define IS(x) (!strcmp(w[0], x))
		if (IS("enabled")) {
			int e = spit("/sys/kernel/mm/lru_gen/enabled", w[1]);
			slurp("/sys/kernel/mm/lru_gen/enabled", big, 64);
			fprintf(out, "enabled: write %d, reads %s", e, big);
		} else if (IS("sysctl")) {
			char p[300];
			snprintf(p, sizeof p, "/proc/sys/%s", w[1]);
			fprintf(out, "sysctl -> %d\n", spit(p, w[2]));
		} else if (IS("knob")) {
			char p[300], b[64];
			snprintf(p, sizeof p, DBG "%s", w[1]);
			int e = spit(p, w[2]);
			slurp(p, b, sizeof b);
			b[strcspn(b, "\n")] = 0;
			fprintf(out, "knob -> %d, reads %s\n", e, b);
		} else if (IS("region")) {
			int r = ncr;
			if (r > 1 || (r && strcmp(w[2], "kvm"))) die("region: at most two, the second kvm");
			npages = atoi(w[1]);
			kind = !strcmp(w[2], "kvm") ? K_KVM : !strcmp(w[2], "file") ? K_FILE : !strcmp(w[2], "rfile") ? K_RFILE : K_ANON;
			if (r && split) {
				wk[1].sh = newsh();
				sel(1);
			}
			if (!r || split) {
				start(kind);
				if (fifo) {
					struct sched_param sp = { .sched_priority = 99 };
					spit("/proc/sys/kernel/sched_rt_runtime_us", "-1");
					/* since 6.12 a deadline server would preempt it for others */
					spit("/sys/kernel/debug/sched/fair_server/cpu0/runtime", "0");
					/* since 7.x sched_ext has one, too */
					spit("/sys/kernel/debug/sched/ext_server/cpu0/runtime", "0");
					/* every 4 s the soft lockup watchdog's stopper would, too */
					spit("/proc/sys/kernel/watchdog", "0");
					fprintf(out, "fifo -> %d\n", sched_setscheduler(wpid, SCHED_FIFO, &sp));
				}
			}
			sh->npages = npages; sh->kind = kind; sh->which = r; sh->mixed = r || split;
			snprintf(sh->path, sizeof sh->path, "%.199s", w[3][0] ? w[3] : "/dev/ram0");
			call(C_REGION);
			ru0 = sh->ru;
			vm_read(vm0);
			if (!r) { vm_all(); ask_read(ask0); }
			lru_read();
			fprintf(out, "%sregion base=%#llx pages=%u kind=%s memcg_id=%llu min_seq=%llu max_seq=%llu memory.current=%ld\n", r ? "guest" : "", (unsigned long long)sh->base, npages, w[2], memcg_id,
				(unsigned long long)min_seq, (unsigned long long)max_seq, cgnum("memory.current"));
			cr[ncr++] = (struct creg){ cur_w, sh->base, npages, kind == K_RFILE ? strdup(sh->path) : NULL };
			sel(0);
			npages = cr[0].n;
		} else if (IS("limit")) {
			char p[300], b[64];
			limpath(p, "memory.current");
			slurp(p, b, sizeof b);
			long cur = atol(b);
			limpath(p, "memory.max");
			sprintf(b, "%ld", cur + atol(w[1]) * (long)PG);
			int e = spit(p, b);
			fprintf(out, "memory.max=%s (memory.current %ld) -> %d\n", b, cur, e);
		} else if (IS("flush")) flush = atoi(w[1]);
		else if (IS("misslog")) misslog = atoi(w[1]);
		else if (IS("walklog")) {
			walklog = atoi(w[1]);
			if (walklog) walklog_start();
		}
		else if (IS("calls")) calls_start(w, n);
		else if (IS("callsend")) calls_end(w[1]);
		else if (IS("fifo")) fifo = atoi(w[1]);
		else if (IS("yield")) yield = atoi(w[1]);
		else if (IS("split")) split = atoi(w[1]);
		else if (IS("byuser")) byuser = atoi(w[1]);
		else if (IS("proactive")) {
			pro_every = pro_left = atoi(w[1]);
			snprintf(pro_kind, sizeof pro_kind, "%.15s", w[2]);
			pro_a = n > 3 ? atol(w[3]) : 3;
			pro_b = n > 4 ? atol(w[4]) : 1000000;
		}
		else if (IS("trace")) {
			int fd = open(w[1], O_RDONLY);
			if (fd < 0) die("trace %s", w[1]);
			ssize_t r, t = 0;
			while ((r = read(fd, (char *)cm->trace + t, MAXTRACE * 4 - t)) > 0) t += r;
			close(fd);
			ntrace = t / 4;
			fprintf(out, "trace entries=%u\n", ntrace);
		} else if (IS("asread")) {
			for (uint32_t i = 0; i < ntrace; i++) cm->trace[i] |= 0x80000000u;
		} else if (IS("touch") || IS("utouch") || IS("rtouch") || IS("gtouch")) {
			uint32_t a = atoi(w[1]), b = atoi(w[2]), st = n > 3 ? atoi(w[3]) : 1, k = 0;
			for (uint32_t i = a; i < b; i += st) cm->trace[k++] = i | (IS("rtouch") ? 0x80000000u : IS("gtouch") ? GBIT : 0);
			sh->flush = flush; sh->yield = yield; sh->misslog = 0; sh->byuser = IS("utouch") || (ncr > 1 && byuser);
			run_part(0, k);
		} else if (IS("replay") || IS("replaymarks")) {
			uint32_t a = atoi(w[1]), b = atoi(w[2]), k = IS("replaymarks") ? atoi(w[3]) : 1;
			if (b > ntrace) b = ntrace;
			for (uint32_t i = 0; i < k; i++) {
				sh->flush = flush; sh->yield = yield; sh->misslog = misslog; sh->byuser = byuser;
				run_range(a + (uint64_t)(b - a) * i / k, a + (uint64_t)(b - a) * (i + 1) / k);
				if (k > 1) { char l[32]; sprintf(l, "mark%u", i + 1); stats(l); }
			}
			if (misslog == 2) do_misslog(a, b);
		} else if (IS("settle")) {
			for (int i = split; i >= 0; i--) { sel(i); call(C_SETTLE); }
		}
		else if (IS("age") || IS("evict")) for (int i = 0; i <= split; i++) {
			char b[900], g[256];
			sel(i);
			lru_read();
			if (IS("age")) sprintf(b, "+ %llu 0 %llu %s %s", memcg_id, (unsigned long long)max_seq, n > 1 ? w[1] : "1", n > 2 ? w[2] : "1");
			else {
				if (!strcmp(w[1], "old")) sprintf(g, "%llu", (unsigned long long)min_seq);
				else if (!strcmp(w[1], "all")) sprintf(g, "%llu", (unsigned long long)max_seq - 2);
				else strcpy(g, w[1]);
				sprintf(b, "- %llu 0 %s %s %s", memcg_id, g, n > 2 ? w[2] : "200", n > 3 ? w[3] : "1000000");
			}
			dbg_write(b);
			sel(0);
		} else if (IS("dump")) {
			char l[300];
			do_dump(w[1]);
			snprintf(l, sizeof l, "%s@vm", w[1]);
			if (split) { sel(1); do_dump(l); sel(0); }
			host_files(w[1]);
		} else if (IS("stat")) stats(w[1]);
		else if (IS("echo")) ;
		else die("unknown command %s", w[0]);
		fflush(out);
	}
	if (walklog) walklog_end();
	for (int j = split; j >= 0; j--) {
		sel(j);
		if (wpid <= 0) continue;
		call(C_QUIT);
		waitpid(wpid, NULL, 0);
		for (int i = 0; i < 50 && rmdir(cgdir); i++) usleep(20000);
	}
	if (split) for (int i = 0; i < 50 && rmdir(cgparent); i++) usleep(20000);
	fprintf(out, "#### end %s\n\n", name);
	fflush(out);
	return 0;
}
