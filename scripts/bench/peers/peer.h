/* peer.h: what the programs around the C parsers share. A program reads lines "OP N" from
 * standard input, does OP N times, and answers each line with the CPU time that took, in
 * nanoseconds, and how often memory was allocated. The texts are
 * the files of its arguments: a SIP message, a session description. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned long allocations;

/* The libraries' calls come here too: a program's own symbols go before those of the libc. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
void *malloc(size_t n) { allocations++; return __libc_malloc(n); }
void *calloc(size_t n, size_t m) { allocations++; return __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { allocations++; return __libc_realloc(p, n); }

struct text { char *at; size_t size; };

static struct text wire(const char *path)
{
	static char room[2][65536];
	static int used;
	struct text t = {room[used++ % 2], 0};
	FILE *f = fopen(path, "rb");
	if (!f) {
		perror(path);
		exit(1);
	}
	t.size = fread(t.at, 1, sizeof room[0] - 1, f);
	t.at[t.size] = 0;
	fclose(f);
	return t;
}

static void expect(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "the peer could not %s\n", what);
		exit(1);
	}
}

struct op { const char *name; void (*run)(void); };

static int serve(const struct op *ops)
{
	char line[64], name[16];
	long n;
	while (fgets(line, sizeof line, stdin) && sscanf(line, "%15s %ld", name, &n) == 2) {
		const struct op *o = ops;
		struct timespec a, b;
		while (o->name && strcmp(o->name, name))
			o++;
		expect(o->name != 0, name);
		unsigned long had = allocations;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
		for (long i = 0; i < n; i++)
			o->run();
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
		printf("%lld %lu\n", (b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec, allocations - had);
		fflush(stdout);
	}
	return 0;
}
