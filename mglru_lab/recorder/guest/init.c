/*
 * init.c - the guest's first process: mounts, modules, layout, swap, then every scenario in /scn/LIST.
 *
 * What the recorder put into the archive: /mods/LIST (a module and its parameters a line, in order),
 * /scn/LIST, /wants (words: kvm files mnt trace), /recorder (lines for the recording's head).
 * What the kernel lacks is told as 'lacks SYMBOL' before a scenario runs, to the recording or, where
 * that needs what is lacking, to the console.
 */
#define _GNU_SOURCE
#include "disk.h"
#include "guest.h"
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *out;
static int lacking;
static char text[1 << 16], wants[200];

static void lacks(const char *symbol) { fprintf(out, "lacks %s\n", symbol); lacking = 1; }
static int is_there(const char *path) { return !access(path, F_OK); }
static int wanted(const char *word) { return !!strstr(wants, word); }

/* the first line of a file, "none" without it */
static const char *line_of(const char *path)
{
	static char l[4][4096];
	static int turn;
	char *b = l[turn++ & 3];
	if (slurp(path, b, sizeof l[0]) < 0) return "none";
	b[strcspn(b, "\n")] = 0;
	return b;
}

static void tell_line(const char *label, const char *path, const char *begin)
{
	char l[8192];
	FILE *f = fopen(path, "re");
	while (f && fgets(l, sizeof l, f)) {
		if (strncmp(l, begin, strlen(begin))) continue;
		fprintf(out, "%s %s", label, l);
		break;
	}
	if (f) fclose(f);
}

static char *kernel_log(void)
{
	static char log[1 << 18];
	int n = klogctl(3, log, sizeof log - 1);
	log[n > 0 ? n : 0] = 0;
	return log;
}

static void log_lines(const char *const *words, int last)
{
	const char *lines[4096];
	int k = 0;
	for (char *l = strtok(kernel_log(), "\n"); l && k < 4096; l = strtok(NULL, "\n")) {
		int fits = 0;
		for (int i = 0; words[i]; i++) fits |= !!strcasestr(l, words[i]);
		if (fits) lines[k++] = l;
	}
	for (int i = k > last ? k - last : 0; i < k; i++) fprintf(out, "# log: %s\n", lines[i]);
}

static void mounts(void)
{
	mkdir("/proc", 0755); mkdir("/sys", 0755); mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL);
}

/* 'FILE PARAMETERS' a line; an error is told, but may not matter */
static void modules(char *told, size_t cap)
{
	size_t n = 0;
	slurp("/mods/LIST", text, sizeof text);
	told[0] = 0;
	for (char *l = strtok(text, "\n"); l; l = strtok(NULL, "\n")) {
		char path[300];
		char *space = strchr(l, ' ');
		if (space) *space = 0;
		snprintf(path, sizeof path, "/mods/%s", l);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		int e = syscall(SYS_finit_module, fd, space ? space + 1 : "", 0) ? errno : 0;
		if (fd >= 0) close(fd);
		if (n < cap - 300) n += snprintf(told + n, cap - n, "module %s%s%s -> %d %s\n", l, space ? " " : "", space ? space + 1 : "", -e, e ? strerror(e) : "ok");
	}
}

/* a file that a driver makes, perhaps a little later */
static const char *wait_for(const char *pattern, int tenths)
{
	static char found[200];
	for (int i = 0; i <= tenths; i++) {
		glob_t g;
		int none = glob(pattern, 0, NULL, &g);
		if (!none) snprintf(found, sizeof found, "%s", g.gl_pathv[0]);
		globfree(&g);
		if (!none) return found;
		usleep(100000);
	}
	return NULL;
}

static void reset(void)
{
	if (out) fclose(out);
	sync();
	reboot(RB_AUTOBOOT);	/* QEMU takes a reset for the end: no driver is needed for that */
	for (;;) pause();
}

static void probe(void)
{
	static const char *const needs[][2] = {
		{ "/sys/kernel/mm/lru_gen/enabled", "LRU_GEN" }, { "/sys/kernel/debug", "DEBUG_FS" },
		{ "/proc/self/pagemap", "PROC_PAGE_MONITOR" }, { "/proc/kcore", "PROC_KCORE" },
		{ "/proc/swaps", "SWAP" }, { "/sys/fs/cgroup/cgroup.procs", "CGROUPS" }, { "/proc/vmstat", "VM_EVENT_COUNTERS" },
	};
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) if (!is_there(needs[i][0])) lacks(needs[i][1]);
	if (is_there("/sys/fs/cgroup/cgroup.procs") && !strstr(line_of("/sys/fs/cgroup/cgroup.controllers"), "memory")) lacks("MEMCG");
	if (wanted("kvm") && !is_there("/dev/kvm")) lacks("KVM_AMD");
	/* KVM then waits for ever for the rate that its guest's clock needs */
	if (wanted("kvm") && strstr(kernel_log(), "could not calculate TSC khz")) lacks("X86_PM_TIMER");
	if (wanted("files") && !is_there("/dev/ram0")) lacks("BLK_DEV_RAM");
	if (wanted("trace") && !is_there("/sys/kernel/tracing/set_ftrace_filter")) lacks("FUNCTION_TRACER");
}

static void head(const char *loaded)
{
	struct utsname un;
	uname(&un);
	fprintf(out, "#### guest\nkernel %s %s\narch %s\ncmdline %s\n", un.release, un.version, un.machine, line_of("/proc/cmdline"));
	if (slurp("/recorder", text, sizeof text) > 0) fputs(text, out);
	tell_line("cpu", "/proc/cpuinfo", "model name");
	tell_line("cpuflags", "/proc/cpuinfo", "flags");
	fprintf(out, "boot_seconds %.*s\n", (int)strcspn(line_of("/proc/uptime"), " "), line_of("/proc/uptime"));
	fprintf(out, "lru_gen_enabled %s min_ttl_ms %s\n", line_of("/sys/kernel/mm/lru_gen/enabled"), line_of("/sys/kernel/mm/lru_gen/min_ttl_ms"));
	fprintf(out, "%sthp %s\n", loaded, line_of("/sys/kernel/mm/transparent_hugepage/enabled"));
}

/* what the scenarios count on; DAMON's statistics, since 6.17, clear accessed bits of random pages */
static void settings(void)
{
	static const char *const set[][2] = {
		{ "/sys/kernel/mm/transparent_hugepage/enabled", "never" }, { DBG "x86/tlb_single_page_flush_ceiling", "0" },
		{ "/proc/sys/vm/page-cluster", "0" }, { "/proc/sys/kernel/randomize_va_space", "0" },
		{ "/proc/sys/kernel/numa_balancing", "0" }, { "/sys/module/damon_stat/parameters/enabled", "N" },
	};
	for (size_t i = 0; i < sizeof set / sizeof *set; i++) spit(set[i][0], set[i][1]);
	fprintf(out, "page-cluster %s swappiness %s tlb_ceiling %s\n", line_of("/proc/sys/vm/page-cluster"), line_of("/proc/sys/vm/swappiness"), line_of(DBG "x86/tlb_single_page_flush_ceiling"));
	fprintf(out, "damon_stat %s\n", line_of("/sys/module/damon_stat/parameters/enabled"));
}

static void swap(void)
{
	const char *disk = is_there("/sys/block/zram0") ? "/dev/zram0" : wait_for("/dev/nvme0n1", is_there("/sys/bus/pci/drivers/nvme") ? 50 : 0);
	if (!disk) { lacks("ZRAM"); return; }
	if (strstr(disk, "zram")) spit("/sys/block/zram0/disksize", "512M");
	int e = swap_on(disk);
	fprintf(out, "swap %s -> %d %s\n", disk, e, e ? strerror(-e) : "ok");
	if (e) lacking = 1;
	tell_line("swaps", "/proc/swaps", "/dev/");
}

static void guests(void)
{
	static const char *const words[] = { "kvm", "svm", "npt", NULL };
	if (!wanted("kvm") || !is_there("/dev/kvm")) return;
	fprintf(out, "kvm npt %s tdp_mmu %s\n", line_of("/sys/module/kvm_amd/parameters/npt"), line_of("/sys/module/kvm/parameters/tdp_mmu"));
	log_lines(words, 20);
}

static void files(void)
{
	static char zero[1 << 20];
	if (!is_there("/dev/ram0")) return;
	spit("/sys/block/ram0/queue/read_ahead_kb", "0");
	spit(DBG "fault_around_bytes", "4096");
	if (!wanted("mnt")) return;
	mkdir("/mnt", 0755);
	int e = make_ext2("/dev/ram0");
	if (!e && mount("/dev/ram0", "/mnt", "ext2", 0, NULL) && mount("/dev/ram0", "/mnt", "ext4", 0, NULL)) e = -errno;
	if (e) { fprintf(out, "ext2 on /dev/ram0 -> %d %s\n", e, strerror(-e)); lacks("EXT4_FS"); return; }
	int fd = open("/mnt/f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	for (int i = 0; i < 32; i++) if (write(fd, zero, sizeof zero) != sizeof zero) { fprintf(out, "FATAL: /mnt/f: %s\n", strerror(errno)); lacking = 1; break; }
	close(fd);
	tell_line("mnt", "/proc/mounts", "/dev/ram0");
	fprintf(out, "read_ahead_kb %s fault_around_bytes %s\n", line_of("/sys/block/ram0/queue/read_ahead_kb"), line_of(DBG "fault_around_bytes"));
}

static void scenario(const char *name)
{
	static const char *const words[] = { "oom", "killed", "bug", "warn", NULL };
	char path[300];
	snprintf(path, sizeof path, "/scn/%s", name);
	slurp(path, text, sizeof text);
	if (strstr(text, " file") || strstr(text, " rfile")) { sync(); spit("/proc/sys/vm/drop_caches", "3"); }
	fflush(out);
	pid_t pid = fork();
	if (!pid) {
		dup2(fileno(out), 1);
		dup2(fileno(out), 2);
		execl("/init", "/guest", path, (char *)NULL);
		_exit(127);
	}
	int status = 0;
	waitpid(pid, &status, 0);
	if (!status) return;
	fprintf(out, "#### oracle exit %d in %s\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), name);
	log_lines(words, 20);
}

int init_main(void)
{
	static char loaded[1 << 16], list[1 << 16];
	mounts();
	slurp("/wants", wants, sizeof wants);
	modules(loaded, sizeof loaded);
	const char *port = wait_for("/dev/vport*", 100);
	out = port ? fopen(port, "we") : fopen("/dev/console", "we");
	if (!out) reset();
	if (!port) { lacks("VIRTIO_CONSOLE"); reset(); }
	head(loaded);
	probe();
	spit("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if (!lacking && layout_find(out)) lacking = 1;
	settings();
	if (is_there("/proc/swaps")) swap();
	guests();
	files();
	fprintf(out, "####\n");
	slurp("/scn/LIST", list, sizeof list);
	char *rest;
	for (char *name = strtok_r(list, "\n", &rest); name && !lacking; name = strtok_r(NULL, "\n", &rest)) scenario(name);
	static const char *const words[] = { "oom", "BUG", "WARN", "error", NULL };
	log_lines(words, 5);
	if (!lacking) fprintf(out, "#### all done uptime %.*s\n", (int)strcspn(line_of("/proc/uptime"), " "), line_of("/proc/uptime"));
	reset();
	return 1;
}
