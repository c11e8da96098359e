import type { JSX } from "preact";
import type { Place } from "../place.ts";
import { Audit } from "./audit.tsx";
import { Calendar } from "./calendar.tsx";
import { Caseload } from "./caseload.tsx";
import { First } from "./first.tsx";
import { Handover } from "./handover.tsx";
import { Held } from "./held.tsx";
import { Now } from "./now.tsx";
import { lazily } from "../parts/lazily.tsx";
import { Twice } from "./twice.tsx";
import { Workers } from "./workers.tsx";

/** The screen of each of the desk's own places. */
export const screens: Readonly<Record<Place, () => JSX.Element>> = {
  now: Now, caseload: Caseload, workers: Workers, handover: Handover, held: Held, figures: lazily(() => import("./figures.tsx").then((m) => m.Figures)), calendar: Calendar, audit: Audit, twice: Twice, first: First,
};
