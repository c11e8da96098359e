import type { RunEffects } from "./run.ts";
import type { Op } from "./record.ts";
import { isSmallest, largest, shrunk, type Size } from "./outbox.ts";
import { is, type Fault } from "./transport.ts";
import { bytesOf, encodeLast, encodeOp, type Ack } from "./wire.ts";

/** A number that no client reaches: offered, it makes the server say where it stands. */
const beyond = 2 ** 52;

const mostMoves = 4;

/**
 * Hands in what the server has not answered, in batches, from a phone that was cut off (PROTOCOL §5.7). Where the server says that
 * the numbers do not fit, since it was restored or the phone copied, they are given anew: their ids stay, and a cut-off client has
 * no later ones. Undefined: the server has all.
 */
export async function handInLast(e: Pick<RunEffects, "keep" | "transport" | "pause">, signal: AbortSignal): Promise<Fault | undefined> {
  const refresh = e.keep.look((now) => now.state.refresh);
  if (refresh === undefined) return { kind: "signed_out" };
  const unsent = (after: number): readonly Op[] => e.keep.look((now) => now.entries().filter((x) => x.op.n > after).map((x) => x.op));

  let after = e.keep.look((now) => now.state.offered);
  let rest = unsent(after);
  let n = after + 1;
  let size: Size = largest;
  let moved = 0;
  for (let first = true; first || rest.length > 0; ) {
    const ops = numberedFrom(rest, n, size);
    const { ack, fault } = await handIn(ops);
    if (ack && !fault) {
      first = false;
      moved = 0;
      rest = rest.slice(ops.length);
      n += ops.length;
      if (ops.length === 0 && ack.through < after) { // restored: what it held once, it does not now
        after = ack.through;
        n = after + 1;
        rest = unsent(after);
      }
      continue;
    }
    if (!fault) return { kind: "cut" };
    const through = fault.kind === "problem" ? fault.problem.through : undefined;
    if (is(fault, "op_number_gap") && through !== undefined && moved < mostMoves) {
      moved++;
      n = through + 1;
      if (through < after) {
        after = through;
        rest = unsent(after);
      }
    } else if (is(fault, "op_number_reused") && moved < mostMoves) {
      moved++;
      n = beyond;
    } else if (fault.kind === "problem" && fault.problem.status === 413 && !isSmallest(size)) {
      size = shrunk(size);
    } else if (fault.kind === "cut" && !isSmallest(size)) {
      size = shrunk(size);
      await e.pause(500);
    } else if (fault.kind === "problem" && fault.problem.status === 401) {
      return { kind: "signed_out" };
    } else {
      return fault;
    }
  }
  return undefined;

  /** Makes one request. Its answer is an ack and nothing else. */
  async function handIn(ops: readonly string[]): Promise<{ readonly ack?: Ack; readonly fault?: Fault }> {
    const { reply, fault } = await e.transport.exchange("/v1/last", undefined, encodeLast(refresh ?? "", ops), signal);
    if (reply.ack && reply.ack.results.length === ops.length) return { ack: reply.ack };
    return { fault: fault ?? { kind: "cut" } };
  }
}

/** The first ops with numbers from n, as they are sent, as many as a request takes without cutting a group. */
function numberedFrom(ops: readonly Op[], n: number, most: Size): readonly string[] {
  const out: string[] = [];
  let whole = 0, bytes = 0;
  for (const [i, op] of ops.entries()) {
    if (i > 0 && (op.group === undefined || op.group !== ops[i - 1]?.group)) whole = i;
    const raw = encodeOp({ ...op, n: n + i });
    bytes += bytesOf(raw) + 1;
    if (whole > 0 && (i >= most.ops || bytes > most.body)) return out.slice(0, whole);
    out.push(raw);
  }
  return out;
}
