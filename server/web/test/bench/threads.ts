import { readdir, readFile } from "node:fs/promises";
import type { Chromium } from "../e2e/harness.ts";

/**
 * Processor time of the thread that is the app's worker, from the kernel's own account (/proc/PID/task/TID/schedstat, in nanoseconds), which
 * counts the time on a processor and nothing else: what other programs do on the machine is not in it.
 */
export interface WorkerThread {
  /** Milliseconds so far, of the worker itself. */
  own(): Promise<number>;
  /** Of the threads on which the browser does its cryptography and its other work in the background. */
  pool(): Promise<number>;
}

export async function workerThread(chromium: Chromium): Promise<WorkerThread> {
  const cdp = await chromium.browser.newBrowserCDPSession();
  const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
  await cdp.detach();
  const own: string[] = [], pool: string[] = [];
  for (const p of processInfo.filter((i) => i.type === "renderer")) {
    const tasks: { path: string; name: string }[] = [];
    for (const tid of await readdir(`/proc/${p.id}/task`)) {
      const path = `/proc/${p.id}/task/${tid}`;
      tasks.push({ path, name: (await readFile(`${path}/comm`, "utf8")).trim() });
    }
    const workers = tasks.filter((x) => x.name === "DedicatedWorker");
    if (workers.length === 0) continue;
    own.push(...workers.map((x) => x.path));
    pool.push(...tasks.filter((x) => x.name === "ThreadPoolForeg").map((x) => x.path));
  }
  if (own.length === 0) throw new Error("no worker thread is running");
  const sum = async (paths: readonly string[]): Promise<number> => {
    let ns = 0;
    for (const path of paths) ns += Number((await readFile(`${path}/schedstat`, "utf8").catch(() => "0")).split(" ", 1)[0]);
    return ns / 1e6;
  };
  return { own: () => sum(own), pool: () => sum(pool) };
}

interface Traced { readonly name: string; readonly ph: string; readonly pid: number; readonly tid: number; readonly ts: number; readonly tdur?: number }

/** The marks between which a page's thread is looked at: `performance.mark` of these names. */
export const marks = { from: "alongside from", to: "alongside to" } as const;

/**
 * Milliseconds of processor time that the page's thread spends on its tasks between two marks. The kernel's account of the thread would not do: the
 * slow-down makes a thread that has nothing to do spin as well, and waiting would be counted as work.
 */
export async function pageTasks(chromium: Chromium, during: () => Promise<void>): Promise<number> {
  const cdp = await chromium.browser.newBrowserCDPSession(), events: Traced[] = [];
  cdp.on("Tracing.dataCollected", ({ value }) => events.push(...value as unknown as Traced[]));
  await cdp.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["disabled-by-default-devtools.timeline", "blink.user_timing"] } });
  await during();
  const whole = new Promise((done) => cdp.once("Tracing.tracingComplete", done));
  await cdp.send("Tracing.end");
  await whole;
  await cdp.detach();
  const mark = (name: string): Traced => {
    const found = events.find((e) => e.name === name);
    if (found === undefined) throw new Error(`the page made no mark "${name}"`);
    return found;
  };
  const from = mark(marks.from), to = mark(marks.to);
  return events.filter((e) => e.name === "RunTask" && e.pid === from.pid && e.tid === from.tid && e.ts >= from.ts && e.ts < to.ts)
    .reduce((sum, e) => sum + (e.tdur ?? 0), 0) / 1000;
}

/** Bytes that the page's thread and its worker hold after all garbage is collected: objects, and what stands outside of the heap. */
export async function heaps(chromium: Chromium): Promise<{ readonly main: number; readonly worker: number; readonly outside: number }> {
  const cdp = await chromium.browser.newBrowserCDPSession();
  const { targetInfos } = await cdp.send("Target.getTargets");
  const of = async (type: string): Promise<{ used: number; outside: number }> => {
    let used = 0, outside = 0;
    for (const target of targetInfos.filter((i) => i.type === type && i.url.startsWith("http"))) {
      const { sessionId } = await cdp.send("Target.attachToTarget", { targetId: target.targetId, flatten: false });
      const ask = (id: number, method: string): Promise<unknown> => new Promise((done) => {
        const heard = (e: { sessionId: string; message: string }): void => {
          const m = JSON.parse(e.message) as { id?: number; result?: unknown };
          if (e.sessionId !== sessionId || m.id !== id) return;
          cdp.off("Target.receivedMessageFromTarget", heard);
          done(m.result);
        };
        cdp.on("Target.receivedMessageFromTarget", heard);
        void cdp.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method }) });
      });
      await ask(1, "HeapProfiler.collectGarbage");
      await ask(2, "HeapProfiler.collectGarbage");
      const usage = await ask(3, "Runtime.getHeapUsage") as { usedSize: number; backingStorageSize?: number; embedderHeapUsedSize?: number };
      used += usage.usedSize;
      outside += (usage.backingStorageSize ?? 0) + (usage.embedderHeapUsedSize ?? 0);
      await cdp.send("Target.detachFromTarget", { sessionId });
    }
    return { used, outside };
  };
  const main = await of("page"), worker = await of("worker");
  await cdp.detach();
  return { main: main.used, worker: worker.used, outside: main.outside + worker.outside };
}
