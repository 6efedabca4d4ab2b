/* A guest on x86. */
#ifdef __x86_64__
#define _GNU_SOURCE
#include "guest.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/* KVM: flat 32-bit guest without guest paging, so that every access of a
 * region page goes through the nested page table only. */
#define CODE_AT    0x200000000000UL	/* of its 4 pages, in the worker */
#define GPA_CODE   0x00001000u
#define GPA_REGION 0x10000000u
#define GPA_TRACE  0x40000000u
/* esi: list, ecx: count, ebp: region base
 *  loop: lodsd; mov edx,eax; shl eax,12; bt edx,31 -> read or write
 *  out 0x10,al ; jmp start                                              */
static const uint8_t guest_code[] = {
	0xad,				/* lodsd               eax = *esi++   */
	0x89, 0xc2,			/* mov edx, eax                        */
	0xc1, 0xe0, 0x0c,		/* shl eax, 12         (drops bit 31)  */
	0x85, 0xd2,			/* test edx, edx                       */
	0x78, 0x06,			/* js read                             */
	0x89, 0x54, 0x05, 0x00,		/* mov [ebp+eax+0], edx   write        */
	0xeb, 0x04,			/* jmp next                            */
	0x8b, 0x54, 0x05, 0x00,		/* read: mov edx, [ebp+eax+0]          */
	0x49,				/* next: dec ecx                       */
	0x75, 0xe9,			/* jnz loop (-23)                      */
	0xe6, 0x10,			/* out 0x10, al                        */
	0xf4,				/* hlt                                 */
};

int kvm_setup(void *region, size_t bytes, void *trace, size_t trace_bytes, char *msg)
{
	int kfd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kfd < 0) { strcpy(msg, "open /dev/kvm"); return -errno; }
	vm->fd = ioctl(kfd, KVM_CREATE_VM, 0);
	if (vm->fd < 0) { strcpy(msg, "KVM_CREATE_VM"); return -errno; }
	ioctl(vm->fd, KVM_SET_TSS_ADDR, 0xfffbd000);
	/* far from everything else: other memory in its page table would count in walks */
	uint8_t *code = mmap((void *)CODE_AT, 4 * PG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (code == MAP_FAILED) { strcpy(msg, "mmap code"); return -errno; }
	memcpy(code + PG, guest_code, sizeof guest_code);
	struct kvm_userspace_memory_region m = { .slot = 0, .guest_phys_addr = 0, .memory_size = 4 * PG, .userspace_addr = (uint64_t)code };
	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &m) < 0) { strcpy(msg, "slot0"); return -errno; }
	m = (struct kvm_userspace_memory_region){ .slot = 1, .guest_phys_addr = GPA_REGION, .memory_size = bytes, .userspace_addr = (uint64_t)region };
	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &m) < 0) { strcpy(msg, "slot1"); return -errno; }
	m = (struct kvm_userspace_memory_region){ .slot = 2, .guest_phys_addr = GPA_TRACE, .memory_size = trace_bytes, .userspace_addr = (uint64_t)trace };
	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &m) < 0) { strcpy(msg, "slot2"); return -errno; }
	vm->vcpu = ioctl(vm->fd, KVM_CREATE_VCPU, 0);
	if (vm->vcpu < 0) { strcpy(msg, "KVM_CREATE_VCPU"); return -errno; }
	int sz = ioctl(kfd, KVM_GET_VCPU_MMAP_SIZE, 0);
	vm->run = mmap(NULL, sz, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu, 0);
	struct kvm_sregs s;
	ioctl(vm->vcpu, KVM_GET_SREGS, &s);
	struct kvm_segment cs = { .base = 0, .limit = 0xffffffff, .selector = 8, .type = 11, .present = 1, .s = 1, .db = 1, .g = 1 };
	struct kvm_segment ds = cs;
	ds.type = 3; ds.selector = 16;
	s.cs = cs; s.ds = s.es = s.fs = s.gs = s.ss = ds;
	s.cr0 |= 1;	/* PE, no PG */
	if (ioctl(vm->vcpu, KVM_SET_SREGS, &s) < 0) { strcpy(msg, "KVM_SET_SREGS"); return -errno; }
	return 0;
}

int kvm_run(uint32_t from, uint32_t to, uint64_t *exits, char *msg)
{
	struct kvm_run *run = vm->run;
	struct kvm_regs r = { .rip = GPA_CODE, .rflags = 2, .rsp = 0x3ff0, .rbp = GPA_REGION,
			      .rsi = GPA_TRACE + from * 4, .rcx = to - from };
	if (ioctl(vm->vcpu, KVM_SET_REGS, &r) < 0) { strcpy(msg, "KVM_SET_REGS"); return -errno; }
	for (;;) {
		if (ioctl(vm->vcpu, KVM_RUN, 0) < 0) {
			if (errno == EINTR || errno == EAGAIN) continue;
			strcpy(msg, "KVM_RUN");
			return -errno;
		}
		++*exits;
		if (run->exit_reason == KVM_EXIT_IO && run->io.port == 0x10) return 0;
		struct kvm_regs q;
		ioctl(vm->vcpu, KVM_GET_REGS, &q);
		snprintf(msg, MSG, "kvm exit_reason %u hw %#llx rip %#llx rsi %#llx rcx %llu",
			 run->exit_reason, (unsigned long long)run->hw.hardware_exit_reason,
			 (unsigned long long)q.rip, (unsigned long long)q.rsi, (unsigned long long)q.rcx);
		return -EIO;
	}
}
#endif
