import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { RecordID } from "../../src/sync/ids.ts";
import { createRouter, href, parse, shapes, type At, type Place, type Router } from "../../src/field/route.ts";
import { codeIn, takeCode, tidyCode } from "../../src/field/code.ts";

const id = "0192f0c1-8f3e-7a10-9c44-0a6f2b7d9e11" as RecordID;

test("each place has an address of its own, and is found by it", () => {
  const seen = new Set<string>();
  for (const at of Object.keys(shapes) as At[]) {
    const path = `#/${shapes[at].replace(/:\w+/g, id)}`;
    seen.add(path);
    equal(parse(path).at, at, path);
  }
  equal(seen.size, Object.keys(shapes).length);
  equal(href("person", { person: id }), `#/person/${id}`);
  deepEqual(parse(href("outcome", { record: id })), { at: "outcome", record: id });
});

test("no address is Today, an unknown one is said to be none, and what is no id is not taken for one", () => {
  for (const none of ["", "#", "#/", "#enrol=7QK2M"]) equal(parse(none).at, "today", none);
  for (const odd of ["#/nowhere", "#/person", "#/person/", "#/person/..", "#/person/<b>", `#/person/${id}/nothing`, "#/today/"]) equal(parse(odd).at, "missing", odd);
});

const at = (router: Router): string => router.route.value.at;

/** A window with a history, as far as the router needs one. */
function windowAt(hash: string): Place & { follow(hash: string): void; step(by: number): void; scroll(y: number): void } {
  const entries: { hash: string; state: unknown }[] = [{ hash, state: null }];
  const heard: { what: string; then: () => void }[] = [];
  let at = 0, y = 0;
  const tell = () => { for (const h of heard) h.then(); };
  const follow = (to: string) => {
    if (to === entries[at]!.hash) entries[at]!.state = null;
    else { entries.splice(at + 1); entries.push({ hash: to, state: null }); at++; }
    tell();
  };
  return {
    location: { get hash() { return entries[at]!.hash; }, set hash(to: string) { follow(to); } },
    history: {
      scrollRestoration: "auto",
      get state() { return entries[at]!.state; },
      replaceState(state: unknown, _: string, to?: string) { entries[at] = { hash: to ?? entries[at]!.hash, state }; },
      back() { at--; tell(); },
    },
    get scrollY() { return y; },
    scrollTo(_: number, to: number) { y = to; },
    addEventListener(what, then) { heard.push({ what, then }); },
    follow,
    step(by) { at += by; tell(); },
    scroll(to) { y = to; },
  };
}

test("a step forward begins on top, and a step back where the person had been", () => {
  const window = windowAt("#/people");
  const router = createRouter(window);
  equal(router.moves.value, 0);
  window.scroll(800);
  window.follow(href("person", { person: id }));
  equal(at(router), "person");
  equal(window.scrollY, 0);
  equal(router.moves.value, 1); // though the window told it twice
  window.scroll(50);
  router.back(href("people"));
  equal(at(router), "people");
  equal(window.scrollY, 800);
  window.step(1);
  equal(at(router), "person");
  equal(window.scrollY, 50);
});

test("Back leads to where the person was, and to the screen above if the app was opened here", () => {
  const window = windowAt(href("person", { person: id }));
  const router = createRouter(window);
  router.back(href("people"));
  equal(window.location.hash, "#/people");
  router.go(href("today"));
  router.back(href("more"));
  equal(window.location.hash, "#/people");
});

test("what is gone to in another's place cannot be gone back to", () => {
  const window = windowAt("#/today");
  const router = createRouter(window);
  router.go(href("newPerson"));
  router.go(href("person", { person: id }), "replace");
  equal(router.route.value.at, "person");
  router.back(href("people"));
  equal(router.route.value.at, "today");
});

test("the same link again is no move", () => {
  const window = windowAt("#/today");
  const router = createRouter(window);
  router.go(href("people"));
  router.go(href("people"));
  equal(router.moves.value, 1);
  router.back(href("more"));
  equal(router.route.value.at, "today");
});

test("a code is read out of a link or typing, and does not stay in the address", () => {
  equal(codeIn("https://alongside.example/app/#enrol=7QK2M-9XW4P-3TRHV"), "7QK2M-9XW4P-3TRHV");
  equal(codeIn("#enrol=7QK2M%2D9XW4P"), "7QK2M-9XW4P");
  equal(codeIn("#/today"), undefined);
  for (const typed of ["7qk2m9xw4p3trhv", " 7QK2M – 9XW4P 3TRHV ", "https://x.example/app/#enrol=7QK2M-9XW4P-3TRHV"]) equal(tidyCode(typed), "7QK2M-9XW4P-3TRHV", typed);
  equal(tidyCode(""), "");
  const replaced: unknown[] = [];
  const window = (hash: string) => ({ location: { hash, pathname: "/app/", search: "" }, history: { replaceState: (_: unknown, __: string, to?: string | URL | null) => { replaced.push(to); } } });
  equal(takeCode(window("#enrol=ABC")), "ABC");
  equal(takeCode(window("#enrol=")), undefined);
  equal(takeCode(window("#/today")), undefined);
  deepEqual(replaced, ["/app/", "/app/"]);
});
