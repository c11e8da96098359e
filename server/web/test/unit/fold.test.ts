import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, matcher } from "../../src/field/views/fold.ts";

test("a name is found without its marks, whatever the case", () => {
  for (const [typed, name] of [["zoe", "Zoë Ravenshaw"], ["muller", "Jürgen Müller"], ["lukasz", "Łukasz Wren"], ["soren", "Søren Fell"], ["ANNA", "anna"],
    ["Zoë", "Zoe Fell"], ["oneil", "Cal O'Neil"], ["o'neil", "Cal O’Neil"], ["am", "A.M."]] as const) {
    assert.equal(matcher(typed)(fold(name)), true, `${typed} in ${name}`);
  }
});

test("each word typed begins a word of the name, in any order", () => {
  const name = fold("Big Agnes Curlew-Brae");
  for (const yes of ["ag", "curl ag", "brae", "big cu", " agnes  ", ""]) assert.equal(matcher(yes)(name), true, yes);
  for (const no of ["gnes", "agnes x", "curlewbrae"]) assert.equal(matcher(no)(name), false, no);
});
