import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { App, fetchInside } from "./app.tsx";
import { takeCode } from "./code.ts";
import type { Surroundings } from "./context.ts";
import { watchInstall } from "./install.ts";
import type { Saying } from "./parts/said.tsx";
import { connect } from "./remote.ts";
import { createRouter } from "./route.ts";
import { door } from "./words/door.ts";

declare const __WORKER__: string;

const code = signal(takeCode(window)); // before anything else
const remote = connect(new Worker(__WORKER__, { type: "module", name: "alongside" }));
const now = signal(Date.now());
const said = signal<Saying | undefined>(undefined);

// A link with a code, tapped while the app is open in this window: taken before the router sees it.
addEventListener("popstate", () => {
  const came = takeCode(window);
  if (came === undefined) return;
  if (remote.state.value.kind === "open") around.say(door.join.already);
  else code.value = came;
});
const router = createRouter(window);
const install = watchInstall(window);

const tick = (): void => { now.value = Date.now(); };
setInterval(tick, 20_000);

// The phone locks itself when nobody has touched it for a while, or it was out of sight for longer than a grace.
const tell = (what: "hidden" | "shown" | "touched"): void => { Promise.resolve(remote.port.presence(what)).catch(() => undefined); };
let touched = -Infinity;
const touch = (): void => {
  if (performance.now() - touched < 5_000) return;
  touched = performance.now();
  tell("touched");
};
addEventListener("pointerdown", touch, { passive: true, capture: true });
addEventListener("keydown", touch, { passive: true, capture: true });
const inView = (): boolean => document.visibilityState === "visible";
tell(inView() ? "shown" : "hidden");
document.addEventListener("visibilitychange", () => {
  const shown = inView();
  tell(shown ? "shown" : "hidden");
  if (!shown) return;
  tick();
  remote.refresh();
  void install.look();
});
document.documentElement.lang = door.locale;
const root = document.getElementById("app")!;
root.textContent = "";
const around: Surroundings = {
  remote, router, install, code, now, said,
  say: (text, undo) => { said.value = { text, undo, moves: router.moves.peek() }; },
  hush: () => { said.value = undefined; },
};
render(<App around={around} />, root);
effect(() => { // whoever left this phone is not told of anything on it any more
  const state = remote.state.value;
  if (state.kind === "new" && state.left) import("./wake.ts").then((wake) => wake.leave()).catch(() => undefined);
});
setTimeout(fetchInside, 0); // once the first screen is drawn
