import type { Version } from "./ids.ts";
import type { Frame, Mark, Step, Taken } from "./keep.ts";

/**
 * What a frame does to what the run has brought of its scope (PROTOCOL §6.3, §6.4). `mark` is the run's; the first time in a
 * run, `{ gen }` of what the view shows; undefined where neither has the scope. A `gone` that counts takes the record from
 * what came whole, and else is kept, to take it out of the view when the run lands.
 */
export function take(mark: Mark | undefined, frame: Frame): Taken {
  switch (frame.frame) {
    case "drop":
      return mark && frame.gen < mark.gen ? { kind: "ignored" } : { kind: "begun", mark: { gen: frame.gen, dropped: true } };
    case "scope":
      if (frame.backfill) return { kind: "begun", mark: { gen: frame.gen, came: true } };
      if (!holds(mark, frame.gen)) return { kind: "ignored" };
      return { kind: "marked", mark: { gen: mark.gen, ...(mark.came && { came: true, ...(frame.done && { done: true }) }) } };
    case "record":
    case "gone":
      return holds(mark, frame.gen) ? { kind: "counts", mark } : { kind: "ignored" };
  }
}

const holds = (mark: Mark | undefined, gen: Version): mark is Mark => mark !== undefined && !mark.dropped && mark.gen === gen;

/** What becomes of a scope of the view when the run lands; `shown`: the view has it. */
export type Fate = "stays" | "goes" | "replaced" | "poured";

/** `mark` is what the run has brought of it; with `reset` a scope goes that did not come whole. */
export function fate(shown: boolean, mark: Mark | undefined, reset: boolean): Fate {
  if (mark?.came) return "replaced";
  if (mark?.dropped || reset || !shown) return "goes";
  return mark ? "poured" : "stays";
}

/**
 * Gives up the run under way. From nothing: the next one begins with an empty cursor, and what does not come in it goes.
 */
export function restart(step: Step, fromNothing: boolean): void {
  const { run: _run, ...rest } = step.state;
  step.state = fromNothing ? { ...rest, cursor: "", run: { cursor: "", epoch: "", reset: true } } : rest;
  step.unstage();
}
