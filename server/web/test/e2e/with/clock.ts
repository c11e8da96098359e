import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { web } from "./binary.ts";

/**
 * A library that sets the wall clock of whatever it is loaded into, workers and all, so many seconds ahead (AHEAD_SECONDS). The steady clock,
 * by which browsers wait, stays as it is, as on a phone whose date was set wrong.
 */
const source = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long ahead(void) { static long s; static int known; if (!known) { const char *e = getenv("AHEAD_SECONDS"); s = e ? atol(e) : 0; known = 1; } return s; }
int clock_gettime(clockid_t id, struct timespec *t) {
	static int (*real)(clockid_t, struct timespec *);
	if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
	int r = real(id, t);
	if (r == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) t->tv_sec += ahead();
	return r;
}
int gettimeofday(struct timeval *t, void *z) {
	static int (*real)(struct timeval *, void *);
	if (!real) real = dlsym(RTLD_NEXT, "gettimeofday");
	int r = real(t, z);
	if (r == 0 && t) t->tv_sec += ahead();
	return r;
}
time_t time(time_t *t) { struct timespec now; clock_gettime(CLOCK_REALTIME, &now); if (t) *t = now.tv_sec; return now.tv_sec; }
`;

export async function wrongClock(): Promise<string> {
  const dir = join(web, ".test", "clock");
  await mkdir(dir, { recursive: true });
  const c = join(dir, "ahead.c"), so = join(dir, "ahead.so");
  await writeFile(c, source);
  await promisify(execFile)("cc", ["-shared", "-fPIC", "-O1", "-o", so, c, "-ldl"]);
  return so;
}
