import type { Sights } from "./caseload.ts";
import { instant, mintedAt, type OpID, type Scope } from "./ids.ts";
import type { Written } from "./keep.ts";
import type { Gone, Memory } from "./load.ts";
import { waits } from "./outbox.ts";
import type { Entry, Notice, Office } from "./phone.ts";
import { inOrder } from "./step.ts";

/** What is behind the line that says how far things have come. */
export function officeOf(m: Memory, caseload: Sights, gone: readonly Gone[], sealed: number): Office {
  const names = new Map(caseload.people().map((h) => [h.scope, h.person.fields["preferred_name"] ?? h.person.fields["name"]]));
  const entry = (w: Written): Entry => {
    const about = names.get(w.op.scope as Scope);
    return { op: w.op, ...(w.result && { result: w.result }), ...(typeof about === "string" && { about }) };
  };
  const entryOf = (id: OpID): Written | undefined => m.listed.get(id) ?? [...m.outbox.values()].find((w) => w.op.id === id);
  return {
    waiting: inOrder([...m.outbox.values()].filter(waits)).map(entry),
    needsYou: [...m.listed.values()].sort((a, b) => b.op.at.localeCompare(a.op.at)).map(entry),
    sealed,
    notices: caseload.hot("notice").filter((n) => n.fields["seen"] === undefined).map((record): Notice => {
      const id = record.fields["op"], of = typeof id === "string" ? entryOf(id as OpID) : undefined, at = typeof id === "string" ? mintedAt(id) : undefined;
      return { record, ...(of ? { entry: entry(of) } : at !== undefined && { written: instant(at) }) };
    }),
    gone: [...gone].sort((a, b) => b.at - a.at).map((g) => ({ name: g.name, at: instant(g.at) })),
  };
}
