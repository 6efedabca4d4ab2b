/* What goes onto the guest's disks: a swap area, and an empty ext2 as mke2fs makes it on a small disk
 * (blocks of 1 KiB), so that neither program is needed. */
#include "disk.h"
#include "guest.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/swap.h>
#include <time.h>
#include <unistd.h>

static int open_disk(const char *disk, uint64_t *bytes)
{
	int fd = open(disk, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && ioctl(fd, BLKGETSIZE64, bytes)) { close(fd); fd = -1; }
	return fd;
}

int swap_on(const char *disk)
{
	static uint32_t page[PG / 4];
	uint64_t bytes;
	int fd = open_disk(disk, &bytes);
	if (fd < 0) return -errno;
	memset(page, 0, sizeof page);
	page[256] = 1;				/* version, behind 1 KiB of boot block */
	page[257] = bytes / PG - 1;		/* last page */
	memcpy((char *)page + PG - 10, "SWAPSPACE2", 10);
	int bad = pwrite(fd, page, PG, 0) != (ssize_t)PG || fsync(fd);
	close(fd);
	return bad ? -EIO : swapon(disk, 0) ? -errno : 0;
}

#define BLOCK 1024
#define GROUP 8192		/* blocks of a group: the bits of a block */
#define INODES 128		/* of a group */
#define TABLE (INODES * 128 / BLOCK)

struct descriptor { uint32_t block_bitmap, inode_bitmap, table; uint16_t free_blocks, free_inodes, dirs, pad[7]; };

static int put(int fd, uint32_t block, const void *what)
{
	return pwrite(fd, what, BLOCK, (off_t)block * BLOCK) == BLOCK ? 0 : -EIO;
}

static void set_bits(uint8_t *map, int from, int to) { for (int i = from; i < to; i++) map[i / 8] |= 1 << i % 8; }

int make_ext2(const char *disk)
{
	uint64_t bytes;
	int fd = open_disk(disk, &bytes), bad = 0;
	if (fd < 0) return -errno;
	int groups = bytes / BLOCK / GROUP, gdt = (groups * 32 + BLOCK - 1) / BLOCK;
	uint32_t blocks = groups * GROUP, free_blocks = 0, zero[BLOCK / 4] = { 0 };
	static struct descriptor d[1024];
	if (!groups || groups > 1024) { close(fd); return -EINVAL; }
	for (int g = 0; g < groups; g++) {
		uint32_t first = 1 + g * GROUP, meta = 1 + gdt + 2 + TABLE, size = g == groups - 1 ? GROUP - 1 : GROUP;
		uint8_t used[BLOCK] = { 0 };
		d[g] = (struct descriptor){ first + 1 + gdt, first + 2 + gdt, first + 3 + gdt, size - meta - !g, INODES - (g ? 0 : 10), !g, { 0 } };
		free_blocks += d[g].free_blocks;
		set_bits(used, 0, meta + !g);	/* the first group's next block is the root folder */
		set_bits(used, size, GROUP);
		bad |= put(fd, d[g].block_bitmap, used);
		memset(used, 0, BLOCK);
		set_bits(used, 0, g ? 0 : 10);
		set_bits(used, INODES, BLOCK * 8);
		bad |= put(fd, d[g].inode_bitmap, used);
		for (int i = 0; i < TABLE; i++) bad |= put(fd, d[g].table + i, zero);
	}
	uint32_t root = 1 + 1 + gdt + 2 + TABLE, now = time(NULL), inode[32] = { 040755, BLOCK, now, now, now, 0, 2 << 16, 2 };
	inode[10] = root;
	uint8_t block[BLOCK] = { 0 };
	memcpy(block + 128, inode, sizeof inode);	/* inode 2 */
	bad |= put(fd, d[0].table, block);
	memset(block, 0, BLOCK);
	memcpy(block, "\2\0\0\0\14\0\1\2.\0\0\0\2\0\0\0\364\3\2\2..", 22);
	bad |= put(fd, root, block);
	for (int i = 0; i < gdt; i++) bad |= put(fd, 2 + i, (uint8_t *)d + i * BLOCK);
	uint32_t sb[BLOCK / 4] = {	/* struct ext2_super_block, by words */
		[0] = groups * INODES, blocks, 0, free_blocks, groups * INODES - 10, 1, 0, 0, GROUP, GROUP, INODES, 0, now,
		[13] = 0xffff0000,	/* never checked for its number of mounts */
		[14] = 0x1ef53, 1,	/* magic, clean; after errors go on */
		[19] = 1, 0, 11, 128,	/* revision; first inode of a file; bytes of an inode */
		[24] = 2,		/* names have a type */
	};
	bad |= put(fd, 1, sb);
	bad |= fsync(fd);
	close(fd);
	return bad ? -EIO : 0;
}
