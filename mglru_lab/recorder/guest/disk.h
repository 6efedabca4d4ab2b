#ifndef DISK_H
#define DISK_H
int swap_on(const char *disk);		/* makes it a swap area and swaps to it: 0 or -errno */
int make_ext2(const char *disk);	/* 0 or -errno */
#endif
