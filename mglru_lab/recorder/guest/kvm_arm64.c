/* A guest on arm64: EL1 without paging of its own, so that an access goes through stage 2 only. */
#ifdef __aarch64__
#define _GNU_SOURCE
#include "guest.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define CODE_AT    0x200000000000UL	/* of its 4 pages, in the worker; below the top of 48 bits */
#define GPA_CODE   0x00001000u
#define GPA_REGION 0x10000000u
#define GPA_TRACE  0x40000000u
#define GPA_DONE   0x09000000u	/* no memory: a store there ends KVM_RUN */

/* x0: list, x1: count, x2: region, x6: GPA_DONE; as in kvm_x86.c bit 31 of an entry is a read */
__asm__(".pushsection .rodata\n.balign 8\nguest_code:\n"
	"1: ldr w3, [x0], #4\n lsl w4, w3, #12\n add x4, x2, x4\n tbnz w3, #31, 2f\n str w3, [x4]\n b 3f\n"
	"2: ldr w5, [x4]\n3: subs x1, x1, #1\n b.ne 1b\n str w3, [x6]\n4: b 4b\nguest_code_end:\n.popsection\n");
extern const uint8_t guest_code[], guest_code_end[];

static int set(uint64_t at, uint64_t value)
{
	struct kvm_one_reg r = { .id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | at / 4, .addr = (uint64_t)&value };
	return ioctl(vm->vcpu, KVM_SET_ONE_REG, &r);
}
#define REG(n) (offsetof(struct kvm_regs, regs.regs) + 8 * (n))

int kvm_setup(void *region, size_t bytes, void *trace, size_t trace_bytes, char *msg)
{
	int kfd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kfd < 0) { strcpy(msg, "open /dev/kvm"); return -errno; }
	vm->fd = ioctl(kfd, KVM_CREATE_VM, 0);
	if (vm->fd < 0) { strcpy(msg, "KVM_CREATE_VM"); return -errno; }
	uint8_t *code = mmap((void *)CODE_AT, 4 * PG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (code == MAP_FAILED) { strcpy(msg, "mmap code"); return -errno; }
	memcpy(code + PG, guest_code, guest_code_end - guest_code);
	__builtin___clear_cache((char *)code + PG, (char *)code + 2 * PG);
	const struct kvm_userspace_memory_region m[] = {
		{ .slot = 0, .guest_phys_addr = 0, .memory_size = 4 * PG, .userspace_addr = (uint64_t)code },
		{ .slot = 1, .guest_phys_addr = GPA_REGION, .memory_size = bytes, .userspace_addr = (uint64_t)region },
		{ .slot = 2, .guest_phys_addr = GPA_TRACE, .memory_size = trace_bytes, .userspace_addr = (uint64_t)trace },
	};
	for (int i = 0; i < 3; i++) if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &m[i]) < 0) { strcpy(msg, "KVM_SET_USER_MEMORY_REGION"); return -errno; }
	vm->vcpu = ioctl(vm->fd, KVM_CREATE_VCPU, 0);
	if (vm->vcpu < 0) { strcpy(msg, "KVM_CREATE_VCPU"); return -errno; }
	int size = ioctl(kfd, KVM_GET_VCPU_MMAP_SIZE, 0);
	vm->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu, 0);
	struct kvm_vcpu_init init;
	if (ioctl(vm->fd, KVM_ARM_PREFERRED_TARGET, &init) < 0 || ioctl(vm->vcpu, KVM_ARM_VCPU_INIT, &init) < 0) { strcpy(msg, "KVM_ARM_VCPU_INIT"); return -errno; }
	return 0;
}

int kvm_run(uint32_t from, uint32_t to, uint64_t *exits, char *msg)
{
	struct kvm_run *run = vm->run;
	if (set(REG(0), GPA_TRACE + 4ull * from) || set(REG(1), to - from) || set(REG(2), GPA_REGION) || set(REG(6), GPA_DONE) ||
	    set(offsetof(struct kvm_regs, regs.pc), GPA_CODE) || set(offsetof(struct kvm_regs, regs.pstate), 0x3c5)) { strcpy(msg, "KVM_SET_ONE_REG"); return -errno; }
	for (;;) {
		if (ioctl(vm->vcpu, KVM_RUN, 0) < 0) {
			if (errno == EINTR || errno == EAGAIN) continue;
			strcpy(msg, "KVM_RUN");
			return -errno;
		}
		++*exits;
		if (run->exit_reason == KVM_EXIT_MMIO && run->mmio.phys_addr == GPA_DONE) return 0;
		snprintf(msg, MSG, "kvm exit_reason %u", run->exit_reason);
		return -EIO;
	}
}
#endif
