/* What the parts of the guest's program share: reading and writing files, the kernel's memory, page->flags. */
#ifndef GUEST_H
#define GUEST_H
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define PG 4096UL
#define DBG "/sys/kernel/debug/"
#define CG "/sys/fs/cgroup/"
#define MAX_NR_GENS 4

/* files.c */
ssize_t slurp(const char *path, char *buf, size_t cap);	/* the whole file and a 0; -1: cannot be opened */
int spit(const char *path, const char *text);		/* 0 or -errno */

/* kcore.c */
int kread(uint64_t address, void *to, size_t n);	/* 0, or -1 */
int kcore_vmemmap(int page_size, uint64_t *base);	/* candidates for the address of page 0's struct page */
uint64_t ksym(const char *name);			/* address of a symbol, 0 */

/* btf.c: the kernel's own types */
int btf_load(void);
int btf_size(const char *of);				/* bytes of a struct, -1 */
long btf_enum(const char *name);			/* a value of whatever enum has it, -1 */
long btf_array(const char *of, const char *member, int dimension);	/* elements; -1 no such, -2 no array */

/* layout.c: where page->flags keeps what */
extern struct layout {
	uint64_t vmemmap;	/* address of page 0's struct page */
	int page_size;		/* bytes of a struct page */
	int gen, gen_width;	/* first bit and bits of the generation */
	int refs, refs_width;	/* of the references in addition to PG_referenced */
	int referenced, active, workingset;
} lay;
int page_flags(uint64_t pfn, uint64_t *flags);
int layout_find(FILE *out);	/* once a boot: finds it out, says so in `out`, keeps it in a file */
int layout_load(void);		/* what layout_find() kept; 0, or -1 */

/* kvm_ARCH.c: a guest of one's own, which touches the pages of `region` that entries of `trace` name.
 * 0 or -errno, then with the reason in `msg`, of MSG bytes */
#define MSG 200
struct vm {
	void *run;	/* struct kvm_run */
	int fd, vcpu;
};
extern struct vm *const vm;
int kvm_setup(void *region, size_t bytes, void *trace, size_t trace_bytes, char *msg);
int kvm_run(uint32_t from, uint32_t to, uint64_t *exits, char *msg);

/* init.c: the first process */
int init_main(void);
#endif
