/* Whole small files. */
#include "guest.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

ssize_t slurp(const char *p, char *buf, size_t cap)
{
	int fd = open(p, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0, r;
	if (fd < 0) { buf[0] = 0; return -1; }
	while ((size_t)n < cap - 1 && (r = read(fd, buf + n, cap - 1 - n)) > 0) n += r;
	close(fd);
	buf[n] = 0;
	return n;
}

int spit(const char *p, const char *s)
{
	int fd = open(p, O_WRONLY | O_CLOEXEC), e = 0;
	if (fd < 0) return -errno;
	if (write(fd, s, strlen(s)) < 0) e = -errno;
	close(fd);
	return e;
}
