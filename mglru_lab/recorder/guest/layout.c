/*
 * layout.c - where page->flags keeps the generation and the rest, once a boot.
 *  - struct page, enum pageflags and the sizes that include/linux/page-flags-layout.h computes with,
 *    from the kernel's own types (BTF); without BTF, what kernels of that release have by default;
 *  - the address of page 0's struct page: the kernel's variable vmemmap_base, or where /proc/kcore has
 *    the struct pages of each range of RAM, or the default (so KASLR and 5 levels of page tables work);
 *  - measured: pages of a memcg of its own are touched and aged, and only one place can agree with
 *    debugfs in every round; PG_referenced and PG_active are where /proc/kpageflags says in every page.
 * What is measured wins over what is said. What is neither ends the recording: maps would be wrong.
 * Lines with '#' are for the reader; the line 'layout' is the result, kept for the scenarios' runs.
 */
#define _GNU_SOURCE
#include "guest.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEPT "/layout"
#define PROBE 1024
#define ROUNDS 5
#define ENABLED "/sys/kernel/mm/lru_gen/enabled"
#define PFN(entry) ((entry) & ((1ull << 55) - 1))

struct layout lay;

int page_flags(uint64_t pfn, uint64_t *flags)
{
	return kread(lay.vmemmap + pfn * lay.page_size, flags, 8);
}

static void by_release(void)
{
	struct utsname un;
	uname(&un);
	int old = atoi(un.release) < 6 || (!strncmp(un.release, "6.", 2) && atoi(un.release + 2) < 12);
	lay = (struct layout){ .page_size = 64, .gen = 27, .gen_width = 3, .refs = 25, .refs_width = 2,
		.referenced = old ? 1 : 2, .active = old ? 5 : 8, .workingset = old ? 6 : 9 };
}

static int log2up(long n) { int b = 0; while ((1l << b) < n) b++; return b; }

/* as include/linux/page-flags-layout.h; 0: BTF tells where the generation is */
static int by_types(FILE *out)
{
	if (btf_load()) { fprintf(out, "# layout: this kernel has no /sys/kernel/btf/vmlinux\n"); return -1; }
	long flags = btf_enum("__NR_PAGEFLAGS"), zones = btf_enum("__MAX_NR_ZONES"), refs = btf_array("zonelist", "_zonerefs", 0);
	long longs = btf_array("cpumask", "bits", 0), gens = btf_array("lru_gen_folio", "timestamps", 0), tiers = btf_array("lru_gen_folio", "avg_refaulted", 1);
	if (gens < 0) { gens = btf_array("lru_gen_struct", "timestamps", 0); tiers = btf_array("lru_gen_struct", "avg_refaulted", 1); }
	if (tiers < 0) {	/* pahole makes one dimension of both: file and anon, tiers */
		tiers = btf_array("lru_gen_folio", "avg_refaulted", 0);
		if (tiers < 0) tiers = btf_array("lru_gen_struct", "avg_refaulted", 0);
		tiers /= 2;
	}
	int numab = btf_array("task_struct", "numa_faults", 0) != -1, apart = btf_array("page", "_last_cpupid", 0) != -1;
	long v;
	if ((v = btf_size("page")) > 0) lay.page_size = v;
	if ((v = btf_enum("PG_referenced")) >= 0) lay.referenced = v;
	if ((v = btf_enum("PG_active")) >= 0) lay.active = v;
	if ((v = btf_enum("PG_workingset")) >= 0) lay.workingset = v;
	fprintf(out, "# layout: BTF: struct page %d bytes, NR_PAGEFLAGS %ld, MAX_NR_ZONES %ld, MAX_NUMNODES %ld, NR_CPUS <= %ld, numa balancing %d, _last_cpupid %s, MAX_NR_GENS %ld, MAX_NR_TIERS %ld\n",
		lay.page_size, flags, zones, zones > 0 ? (refs - 1) / zones : -1, longs * 64, numab, apart ? "in struct page" : numab ? "in flags" : "none", gens, tiers);
	if (flags < 0 || zones < 1 || refs < 2 || gens < 2 || tiers < 2) return -1;
	int zshift = zones < 2 ? 0 : zones <= 2 ? 1 : zones <= 4 ? 2 : 3, node = log2up((refs - 1) / zones);
	int cpupid = numab && !apart ? 8 + log2up(longs * 64) : 0, spare;
	lay.gen_width = log2up(gens + 1);
	lay.gen = 64 - node - zshift - cpupid - lay.gen_width;
	spare = lay.gen - flags;
	lay.refs_width = tiers - 2 < spare ? tiers - 2 : spare;
	lay.refs = lay.gen - lay.refs_width;
	return 0;
}

/* ------------------------------------------------ pages whose generations are known */
static int to[2], from[2];
static uint64_t entries[PROBE], flags[PROBE];
static uint32_t resident;

/* the process that touches: at 'r' the pages of round r, then the batch of new pages is emptied */
static void toucher(void)
{
	char c;
	uint8_t *p = NULL, *idle = mmap(NULL, PG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	*idle = 1;
	while (read(to[0], &c, 1) == 1) {
		int r = c - 'a';
		if (!p) {
			p = mmap(NULL, PROBE * PG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (p == MAP_FAILED) _exit(1);
		}
		for (int i = 0; i < PROBE; i++) if (!r || (i / 64 & 3) == (r & 3)) *(volatile uint8_t *)(p + i * PG) = 1;
		madvise(idle, PG, MADV_COLD);	/* starts with lru_add_drain() */
		if (write(from[1], &p, sizeof p) != sizeof p) _exit(1);
	}
	_exit(0);
}

struct generations { unsigned long long memcg, max_seq, seq[8], anon[8]; int n; };

static int read_generations(const char *name, struct generations *g)
{
	static char text[1 << 16];
	char want[64];
	int inside = 0;
	snprintf(want, sizeof want, " /%s", name);
	*g = (struct generations){ 0 };
	slurp(DBG "lru_gen", text, sizeof text);
	for (char *l = strtok(text, "\n"); l; l = strtok(NULL, "\n")) {
		unsigned long long s, age, anon, file;
		if (!strncmp(l, "memcg", 5)) {
			size_t n = strlen(l), w = strlen(want);
			inside = n > w && !strcmp(l + n - w, want);
			if (inside) sscanf(l, "memcg %llu", &g->memcg);
		} else if (inside && sscanf(l, "%llu %llu %llu %llu", &s, &age, &anon, &file) == 4 && g->n < 8) {
			g->seq[g->n] = g->max_seq = s;
			g->anon[g->n++] = anon;
		}
	}
	return g->n ? 0 : -1;
}

static int read_flags(pid_t pid, uint8_t *base)
{
	char p[64];
	snprintf(p, sizeof p, "/proc/%d/pagemap", pid);
	int fd = open(p, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, entries, sizeof entries, (uintptr_t)base / PG * 8);
	if (fd >= 0) close(fd);
	if (n != (ssize_t)sizeof entries) return -1;
	resident = 0;
	for (int i = 0; i < PROBE; i++) {
		if (!(entries[i] >> 63) || !PFN(entries[i])) continue;
		if (page_flags(PFN(entries[i]), &flags[resident])) return -1;
		resident++;
	}
	return 0;
}

/* bits of `can` that still agree with debugfs */
static uint64_t agreeing(uint64_t can, const struct generations *g)
{
	for (int o = 0; o <= 61; o++) {
		long cnt[8] = { 0 };
		int same = resident > 0;
		for (uint32_t i = 0; i < resident; i++) cnt[(flags[i] >> o) & 7]++;
		/* the process's few other pages are in the memcg, too, or in a batch */
		for (int r = 0; r < g->n && same; r++) {
			long d = (long)g->anon[r] - cnt[g->seq[r] % MAX_NR_GENS + 1];
			if (d < -64 || d > 64) same = 0;
		}
		if (cnt[0] + cnt[5] + cnt[6] + cnt[7] > 64) same = 0;
		if (!same) can &= ~(1ull << o);
	}
	return can;
}

/* Bits that /proc/kpageflags' bit `kpf` agrees with in every page frame of RAM; a page may change in between. */
static uint64_t mirrored(int kpf)
{
	static uint64_t known[4096];
	static uint8_t structs[64 * 4096];
	long wrong[48] = { 0 }, set = 0;
	uint64_t can = 0;
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || lay.page_size > 64) return 0;
	for (uint64_t pfn = 0; pread(fd, known, sizeof known, pfn * 8) == (ssize_t)sizeof known; pfn += 4096) {
		if (kread(lay.vmemmap + pfn * lay.page_size, structs, 4096 * lay.page_size)) continue;
		for (int i = 0; i < 4096; i++) {
			uint64_t f;
			memcpy(&f, structs + i * lay.page_size, 8);
			/* KPF_NOPAGE; buddy, slab and page tables; tails: kpageflags tells of their head */
			if (known[i] & (1ull << 20 | 1ull << 10 | 1ull << 7 | 1ull << 26 | 1ull << 16)) continue;
			int is = (known[i] >> kpf) & 1;
			set += is;
			for (int b = 0; b < 48; b++) wrong[b] += is != (int)((f >> b) & 1);
		}
	}
	close(fd);
	for (int b = 0; b < 48 && set > 256; b++) if (wrong[b] < 64) can |= 1ull << b;
	return can;
}

static uint64_t seen_referenced, seen_active;

/* places of the generation in page->flags that agree with debugfs in every round */
static uint64_t measured(FILE *out)
{
	uint64_t can = ~0ull >> 3;
	struct generations g;
	char was[64], b[100];
	uint8_t *base;
	pid_t pid;
	slurp(ENABLED, was, sizeof was);	/* off at boot without CONFIG_LRU_GEN_ENABLED */
	was[strcspn(was, "\n")] = 0;
	spit(ENABLED, "7");
	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC)) return 0;
	fflush(out);
	if (!(pid = fork())) { close(to[1]); close(from[0]); toucher(); }
	close(to[0]);
	close(from[1]);
	mkdir(CG "o_layout", 0755);
	sprintf(b, "%d", pid);
	spit(CG "o_layout/cgroup.procs", b);
	for (int round = 0; round < ROUNDS && can; round++) {
		char c = 'a' + round;
		if (write(to[1], &c, 1) != 1 || read(from[0], &base, sizeof base) != sizeof base) { can = 0; break; }
		if (read_generations("o_layout", &g)) { fprintf(out, "# layout: the memcg is not in lru_gen\n"); can = 0; break; }
		if (round) {
			sprintf(b, "+ %llu 0 %llu 1 1", g.memcg, g.max_seq);
			int e = spit(DBG "lru_gen", b);
			if (e) fprintf(out, "# layout: lru_gen '%s': %d\n", b, e);
			read_generations("o_layout", &g);
		}
		if (read_flags(pid, base)) { can = 0; break; }
		can = agreeing(can, &g);
	}
	if (can) {	/* pages of young generations become active ones */
		spit(ENABLED, "0");
		seen_active = mirrored(6);
		seen_referenced = mirrored(2);
	}
	close(to[1]);
	close(from[0]);
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 50 && rmdir(CG "o_layout"); i++) usleep(20000);
	spit(ENABLED, was);
	return can;
}

/* ------------------------------------------------------------- the result */
static int only(uint64_t bits) { return bits && !(bits & (bits - 1)) ? __builtin_ctzll(bits) : -1; }

static void tell_bits(FILE *out, const char *what, int said, uint64_t seen)
{
	fprintf(out, "# layout: %s: said bit %d; measured:", what, said);
	for (int o = 0; o < 62; o++) if ((seen >> o) & 1) fprintf(out, " %d", o);
	fprintf(out, "%s\n", seen ? "" : " nothing");
}

/* A flag's bit: as measured if one place fits, as said if it is among those that fit; by itself
 * (nothing could be measured) what the types say is taken. -1: nothing is certain. */
static int settle_bit(FILE *out, const char *what, int said, int types, uint64_t seen)
{
	tell_bits(out, what, said, seen);
	if (seen && (seen >> said) & 1) return said;
	if (only(seen) >= 0) return only(seen);
	return seen || !types ? -1 : said;
}

int layout_find(FILE *out)
{
	uint64_t at, v, bases[10], can = 0;
	int nbases = 0, types, i;
	by_release();
	types = by_types(out) == 0;
	at = ksym("vmemmap_base");
	if (at && !kread(at, &v, 8) && v >> 63) bases[nbases++] = v;
	nbases += kcore_vmemmap(lay.page_size, bases + nbases);
	if (!nbases) bases[nbases++] = 0xffffea0000000000ULL;	/* x86-64, 4 levels, no KASLR */
	for (i = 0; i < nbases && !can; i++) {
		lay.vmemmap = bases[i];
		can = measured(out);
		fprintf(out, "# layout: vmemmap %#llx (%s): %s\n", (unsigned long long)bases[i], i ? "by /proc/kcore" : at ? "vmemmap_base" : "by /proc/kcore",
			can ? "agrees" : "no place agrees with debugfs");
	}
	int gen = settle_bit(out, "generation", lay.gen, types, can);
	if (!can || gen < 0) { fprintf(out, "FATAL: where page->flags keeps the generation is not certain: %s\n", can ? "several places agree with debugfs" : "no place agrees with debugfs"); return -1; }
	lay.refs += gen - lay.gen;
	lay.gen = gen;
	if ((lay.referenced = settle_bit(out, "PG_referenced", lay.referenced, types, seen_referenced)) < 0 ||
	    (i = settle_bit(out, "PG_active", lay.active, types, seen_active)) < 0) {
		fprintf(out, "FATAL: where page->flags keeps PG_referenced and PG_active is not certain\n");
		return -1;
	}
	if (btf_enum("PG_workingset") < 0) lay.workingset += i - lay.active;	/* it follows in every kernel so far */
	lay.active = i;
	fprintf(out, "layout vmemmap=%#llx page=%d gen=%d,%d refs=%d,%d referenced=%d active=%d workingset=%d measured=gen%s%s\n",
		(unsigned long long)lay.vmemmap, lay.page_size, lay.gen, lay.gen_width, lay.refs, lay.refs_width, lay.referenced, lay.active,
		lay.workingset, seen_referenced ? ",referenced" : "", seen_active ? ",active" : "");
	fflush(out);
	FILE *f = fopen(KEPT, "we");
	if (!f || fwrite(&lay, sizeof lay, 1, f) != 1) return -1;
	return fclose(f);
}

int layout_load(void)
{
	FILE *f = fopen(KEPT, "re");
	size_t n = f ? fread(&lay, sizeof lay, 1, f) : 0;
	if (f) fclose(f);
	return n == 1 ? 0 : -1;
}
