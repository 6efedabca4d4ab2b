/* The kernel's own types, from /sys/kernel/btf/vmlinux: as much of them as the layout needs. */
#include "guest.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t *btf;
static const char *btf_str;
static uint32_t btf_types, btf_tlen, btf_slen, *btf_at, btf_n;

static uint32_t u32(const void *p) { uint32_t v; memcpy(&v, p, 4); return v; }

int btf_load(void)
{
	static const int extra[32] = { [1] = 4, [3] = 12, [14] = 4, [17] = 4 }, each[32] = { [4] = 12, [5] = 12, [6] = 8, [13] = 8, [15] = 12, [19] = 12 };
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY);
	struct stat st;
	if (fd < 0 || fstat(fd, &st)) return -1;
	uint8_t *b = malloc(st.st_size);
	ssize_t n = 0, r;
	while (n < st.st_size && (r = read(fd, b + n, st.st_size - n)) > 0) n += r;
	close(fd);
	if (n < 24 || b[0] != 0x9f || b[1] != 0xeb) return -1;
	uint32_t hdr = u32(b + 4);
	btf_types = hdr + u32(b + 8); btf_tlen = u32(b + 12);
	btf_str = (char *)b + hdr + u32(b + 16); btf_slen = u32(b + 20);
	btf = b;
	btf_at = malloc(4 * (btf_tlen / 12 + 2));
	for (uint32_t o = 0; o + 12 <= btf_tlen;) {
		uint32_t info = u32(b + btf_types + o + 4), kind = (info >> 24) & 0x7f, vlen = info & 0xffffff;
		btf_at[++btf_n] = btf_types + o;	/* type ids begin with 1 */
		if (kind < 1 || kind > 19) break;	/* unknown size: what came before is enough, or not */
		o += 12 + extra[kind] + each[kind] * vlen;
	}
	return 0;
}

static const char *btf_name(uint32_t off) { return off < btf_slen ? btf_str + off : ""; }

static uint32_t btf_find(int kind, const char *name)
{
	for (uint32_t i = 1; i <= btf_n; i++)
		if (((u32(btf + btf_at[i] + 4) >> 24) & 0x7f) == (uint32_t)kind && !strcmp(btf_name(u32(btf + btf_at[i])), name)) return btf_at[i];
	return 0;
}

int btf_size(const char *of)
{
	uint32_t at = btf_find(4, of);
	return at ? (int)u32(btf + at + 8) : -1;
}

/* a value of whatever enum has it */
long btf_enum(const char *name)
{
	for (uint32_t i = 1; i <= btf_n; i++) {
		uint32_t at = btf_at[i], info = u32(btf + at + 4);
		if (((info >> 24) & 0x7f) != 6) continue;
		for (uint32_t k = 0; k < (info & 0xffffff); k++)
			if (!strcmp(btf_name(u32(btf + at + 12 + 8 * k)), name)) return u32(btf + at + 16 + 8 * k);
	}
	return -1;
}

/* elements of an array member of a struct (the outermost dimension; inner: the next), -1: no such */
long btf_array(const char *of, const char *member, int dim)
{
	uint32_t at = btf_find(4, of);
	if (!at) return -1;
	for (uint32_t k = 0, n = u32(btf + at + 4) & 0xffffff; k < n; k++) {
		if (strcmp(btf_name(u32(btf + at + 12 + 12 * k)), member)) continue;
		uint32_t t = u32(btf + at + 16 + 12 * k);
		for (;;) {
			if (!t || t > btf_n) return -1;
			uint32_t a = btf_at[t];
			if (((u32(btf + a + 4) >> 24) & 0x7f) != 3) return -2;	/* a member, but no array */
			if (!dim--) return u32(btf + a + 20);
			t = u32(btf + a + 12);
		}
	}
	return -1;
}
