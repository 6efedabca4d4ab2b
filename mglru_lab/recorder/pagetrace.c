/* A plugin for QEMU's user-mode emulation: which pages the program's data accesses touch.
 *
 * After every QUANTUM accesses (q=) it writes to OUT (out=) one record a page that was touched, in
 * the order of first touch: quantum u32, page u64, accesses u32, written u8; little-endian, packed.
 * Threads share the count; a forked child is not recorded.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef API
#define API 1
#endif

/* What is used of qemu-plugin.h, which distributions do not package with qemu-user. */
typedef uint64_t plugin_id;
typedef uint32_t mem_info;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *,
				      void (*)(unsigned, mem_info, uint64_t, void *),
				      int flags, int rw, void *);
bool qemu_plugin_mem_is_store(mem_info);
void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);

__attribute__((visibility("default"))) int qemu_plugin_version = API;

enum { NO_REGISTERS = 0, READS_AND_WRITES = 3, PAGE_SHIFT = 12 };

struct record {
	uint32_t quantum;
	uint64_t page;
	uint32_t accesses;
	uint8_t written;
} __attribute__((packed));

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static FILE *out;
static struct record *touched; /* of this quantum, in order of first touch */
static uint32_t *slots;        /* hash of a page to 1 + its place in touched; 0: free */
static uint64_t capacity = 1 << 16, count, accesses, quantum_length = 10000;
static uint32_t quantum;
static struct record *last;

static uint64_t slot_of(uint64_t page)
{
	uint64_t at = (page * 0x9e3779b97f4a7c15u) >> 20 & (capacity - 1);

	while (slots[at] && touched[slots[at] - 1].page != page)
		at = (at + 1) & (capacity - 1);
	return at;
}

static void make_room(void)
{
	free(slots);
	slots = calloc(capacity, sizeof(*slots));
	touched = realloc(touched, capacity / 2 * sizeof(*touched));
	if (!slots || !touched) {
		fprintf(stderr, "pagetrace: out of memory\n");
		_Exit(3);
	}
	for (uint64_t i = 0; i < count; i++)
		slots[slot_of(touched[i].page)] = i + 1;
}

static void end_quantum(void)
{
	if (count && fwrite(touched, sizeof(*touched), count, out) != count) {
		perror("pagetrace");
		_Exit(3);
	}
	memset(slots, 0, capacity * sizeof(*slots));
	count = 0;
	last = NULL;
	quantum++;
}

static void on_access(unsigned cpu, mem_info info, uint64_t address, void *unused)
{
	uint64_t page = address >> PAGE_SHIFT;

	pthread_mutex_lock(&lock);
	if (out) {
		if (!last || last->page != page) {
			uint64_t at = slot_of(page);

			if (!slots[at]) {
				if (count == capacity / 2) {
					capacity *= 2;
					make_room();
					at = slot_of(page);
				}
				touched[count] = (struct record){ quantum, page, 0, 0 };
				slots[at] = ++count;
			}
			last = &touched[slots[at] - 1];
		}
		last->accesses++;
		last->written |= qemu_plugin_mem_is_store(info);
		if (++accesses % quantum_length == 0)
			end_quantum();
	}
	pthread_mutex_unlock(&lock);
}

static void on_block(plugin_id id, struct qemu_plugin_tb *block)
{
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++)
		qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(block, i), on_access,
						 NO_REGISTERS, READS_AND_WRITES, NULL);
}

static void in_child(void)
{
	out = NULL; /* the parent's file, and its buffer: not to be flushed here */
	pthread_mutex_init(&lock, NULL);
}

static void on_exit_of_program(plugin_id id, void *unused)
{
	pthread_mutex_lock(&lock);
	if (out) {
		end_quantum();
		if (fclose(out))
			perror("pagetrace");
		out = NULL;
	}
	pthread_mutex_unlock(&lock);
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info,
							       int argc, char **argv)
{
	const char *path = NULL;

	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			path = argv[i] + 4;
		if (!strncmp(argv[i], "q=", 2))
			quantum_length = strtoull(argv[i] + 2, NULL, 10);
	}
	out = path && quantum_length ? fopen(path, "wb") : NULL;
	if (!out)
		return -1;
	make_room();
	pthread_atfork(NULL, NULL, in_child);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_block);
	qemu_plugin_register_atexit_cb(id, on_exit_of_program, NULL);
	return 0;
}
