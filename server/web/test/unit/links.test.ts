import assert from "node:assert/strict";
import { test } from "node:test";
import { callHref, dialled, mapHref, textHref } from "../../src/field/screens/links.ts";

test("a number is dialled as it is written, whatever stands beside it", () => {
  for (const [written, number] of [["07700 900001", "07700900001"], ["+44 (0)7700-900 001", "+447700900001"], ["07700 900001 (her sister's, after 5)", "07700900001"],
    ["mum: 07700.900.001", "07700900001"], ["none", undefined], ["", undefined], ["12", undefined]] as const) assert.equal(dialled(written), number, written);
  assert.equal(callHref("07700 900001"), "tel:07700900001");
  assert.equal(textHref("ask the warden"), undefined);
});

test("of several numbers the first is dialled, and what stands beside one is never taken for a part of it", () => {
  for (const [written, number] of [
    ["07700 900001 / 07700 900002", "07700900001"], ["07700 900001\n07700 900002", "07700900001"], ["07700 900001, 07700 900002", "07700900001"], ["07700 900001 07700 900002", "07700900001"],
    ["07700900001 or 07700900002", "07700900001"], ["07700 900001 (2 rings)", "07700900001"], ["07700 900001 2 rings", "07700900001"], ["07700 900001-2", "07700900001"],
    ["9-5 07700 900001", "07700900001"], ["flat 1 07700 900001", "07700900001"], ["flat 01 07700 900001", "07700900001"], ["01.02.2026 07700 900001", "07700900001"],
    ["(01632) 960001", "01632960001"], ["01632 96000", "0163296000"], ["01632 96000 (9-5)", "0163296000"], ["01632 96000 5", undefined],
    ["+44 7700 900001", "+447700900001"], ["+447700900001 9-5", "+447700900001"], ["+44 07700 900001", "+447700900001"], ["0044 7700 900001", "00447700900001"], ["+44(0)7700 900001", "+447700900001"],
    ["+33 6 39 98 00 01", "+33639980001"], ["116 123", "116123"], ["0800 1111", "08001111"],
    ["077009000012", undefined], ["9-5", undefined], ["10.30-12.30", undefined], ["01.02.2026", undefined], ["2026-11-26", undefined], ["flat 12345", undefined],
  ] as const) assert.equal(dialled(written), number, written);
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
