import assert from "node:assert/strict";
import { test } from "node:test";
import { callHref, dialled, mapHref, textHref } from "../../src/field/screens/links.ts";

test("a number is dialled as it is written, whatever stands beside it", () => {
  for (const [written, number] of [["07700 900001", "07700900001"], ["+44 (0)7700-900 001", "+447700900001"], ["07700 900001 (her sister's, after 5)", "07700900001"],
    ["mum: 07700.900.001", "07700900001"], ["none", undefined], ["", undefined], ["12", undefined]] as const) assert.equal(dialled(written), number, written);
  assert.equal(callHref("07700 900001"), "tel:07700900001");
  assert.equal(textHref("ask the warden"), undefined);
});

test("a place opens the map of the phone, and a site only where there is none", () => {
  assert.equal(mapHref("Library, 1 Made-up St", "… Linux; Android 9 …"), "geo:0,0?q=Library%2C%201%20Made-up%20St");
  assert.equal(mapHref("Library", "… (iPhone; CPU iPhone OS 16_0 …"), "maps:?q=Library");
  assert.match(mapHref("Library & café", "… X11; Linux …")!, /^https:\/\/\S+query=Library%20%26%20caf%C3%A9$/);
});

test("what is on no map has no link", () => {
  for (const place of ["Phone", "by phone", "Telephone call", "Their home", "at home", "Video call", "online"]) assert.equal(mapHref(place, "Android"), undefined, place);
  for (const place of ["Phoenix House", "Home Street 4", "Online Café, High Street"]) assert.notEqual(mapHref(place, "Android"), undefined, place);
});
