import { signal } from "@preact/signals";
import { render } from "preact";
import { takeCode } from "../field/code.ts";
import type { Surroundings } from "../field/context.ts";
import type { Install } from "../field/install.ts";
import type { Saying } from "../field/parts/said.tsx";
import { connect } from "../field/remote.ts";
import { createRouter } from "../field/route.ts";
import { door } from "../field/words/door.ts";
import { App } from "./app.tsx";

declare const __WORKER__: string;

const over = (history.state as { readonly over?: boolean } | null)?.over === true;
const code = signal(takeCode(window)); // before anything else
const remote = connect(new Worker(__WORKER__, { type: "module", name: "alongside desk" }));
const now = signal(Date.now()), said = signal<Saying | undefined>(undefined);
const router = createRouter(window);
setInterval(() => { now.value = Date.now(); }, 20_000);
document.addEventListener("visibilitychange", () => {
  const shown = document.visibilityState === "visible";
  Promise.resolve(remote.port.presence(shown ? "shown" : "hidden")).catch(() => undefined);
  if (shown) now.value = Date.now();
});
// What has not reached the server is in this window alone: whoever closes it is asked.
addEventListener("beforeunload", (e) => {
  const state = remote.state.peek();
  if (state.kind === "open" && state.reach.unsent > 0) e.preventDefault();
});
document.documentElement.lang = door.locale;
const root = document.getElementById("app")!;
root.textContent = "";
/** A desk is not installed, and keeps nothing. */
const install: Install = { place: signal({ kind: "browser" }), whole: signal(false), waits: signal(false), stale: signal(false), kept: signal(undefined), keep: () => Promise.resolve(undefined), look: () => Promise.resolve(), take: () => Promise.resolve(false) };
const around: Surroundings = {
  remote, router, install, code, now, said,
  say: (text, undo) => { said.value = { text, undo, moves: router.moves.peek() }; },
  hush: () => { said.value = undefined; },
};
render(<App around={around} over={over} />, root);
