import { randomUUID } from "node:crypto";
import { at, type Desk, type Office } from "../e2e/harness.ts";
import type { Write } from "../e2e/with/desk.ts";

/** A made-up caseload of so many people and records, as years of work leave it: most of it long ago, some of it now. */
export async function caseload(desk: Desk, worker: string, people: number, records: number): Promise<readonly string[]> {
  const ids: string[] = [], all: Write[] = [];
  const each = Math.floor(records / people);
  for (let i = 0; i < people; i++) {
    const id = randomUUID(), scope = `person/${id}`;
    ids.push(id);
    all.push({ scope, kind: "person", record: id, set: { name: `${first[i % first.length]} Madeup${names[Math.floor(i / first.length) % names.length]}${i}`, state: "open",
      phone: `07700 900${String(i % 1000).padStart(3, "0")}`, safe_times: "After two in the afternoon", goals: "To be back in the choir, and to see the doctor without fear" },
      add: { interests: ["choir", "the canal"] } });
    all.push({ scope, kind: "assignment", record: randomUUID(), set: { worker, part: "lead" } });
    for (let k = 2; k < each; k++) {
      const days = -Math.floor(((k - 2) / each) * 700) + 14, record = randomUUID();
      all.push(k % 2 === 0
        ? { scope, kind: "appointment", record, set: { title: "Clinic in the made-up street", starts_at: at(days, 9 + (i % 8), (k * 5) % 60), status: days < 0 ? "attended" : "planned",
          place: "Second floor, the door on the left", with: "Made-up nurse" } }
        : { scope, kind: "support", record, set: { what: k % 3 === 0 ? "visit" : "call", at: at(days - 15, 10 + (i % 8), (k * 7) % 60), minutes: 30 + (k % 4) * 15,
          note: "Talked about the letter from the council, and what is to be done next. Made up, as all of this is." } });
    }
  }
  await desk.write(all);
  return ids;
}
const first = ["Ada", "Bram", "Cleo", "Dora", "Ewan", "Fay", "Gus", "Hana", "Iona", "Jock", "Kim", "Lena", "Moira", "Nils", "Ola", "Pia", "Quin", "Rhona", "Sol", "Tess"];
const names = ["stone", "ford", "field", "well", "burn"];

export async function worker(o: Office): Promise<string> {
  return o.hire("Wilma Made-up");
}
