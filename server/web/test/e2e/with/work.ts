/** Where most tests of the field app begin. */
import type { TestContext } from "node:test";
import { office, openDesk, phone, type Desk, type Office, type Phone } from "../harness.ts";
import { join, line } from "./hand.ts";

export interface Work {
  readonly o: Office;
  readonly worker: string;
  /** Fills the office. */
  readonly desk: Desk;
  /** The one person, Pia Madeupstone, by id. */
  readonly pia: string;
  readonly p: Phone;
}

/** An office with one worker and one person, and the worker's phone, joined and up to date. */
export async function atWork(t: TestContext): Promise<Work> {
  const o = await office(t), worker = await o.hire("Wilma Made-up"), desk = await openDesk(o);
  const pia = await desk.person(worker, { name: "Pia Madeupstone" });
  const p = await phone(t);
  await join(p.page, await o.invite(worker));
  await line(p.page, "everything");
  return { o, worker, desk, pia, p };
}
