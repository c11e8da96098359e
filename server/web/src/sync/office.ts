import type { Sights } from "./caseload.ts";
import { instant, type Scope } from "./ids.ts";
import type { Written } from "./keep.ts";
import type { Gone, Memory } from "./load.ts";
import { waits } from "./outbox.ts";
import type { Entry, Office } from "./phone.ts";
import { inOrder } from "./step.ts";

/** What is behind the line that says how far things have come. */
export function officeOf(m: Memory, caseload: Sights, gone: readonly Gone[]): Office {
  const names = new Map(caseload.people().map((h) => [h.scope, h.person.fields["preferred_name"] ?? h.person.fields["name"]]));
  const entry = (w: Written): Entry => {
    const about = names.get(w.op.scope as Scope);
    return { op: w.op, ...(w.result && { result: w.result }), ...(typeof about === "string" && { about }) };
  };
  return {
    waiting: inOrder([...m.outbox.values()].filter(waits)).map(entry),
    needsYou: [...m.listed.values()].sort((a, b) => b.op.at.localeCompare(a.op.at)).map(entry),
    notices: caseload.hot("notice").filter((n) => n.fields["seen"] === undefined),
    gone: [...gone].sort((a, b) => b.at - a.at).map((g) => ({ name: g.name, at: instant(g.at) })),
  };
}
