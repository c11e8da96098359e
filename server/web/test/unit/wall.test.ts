import assert from "node:assert/strict";
import { test } from "node:test";
import { clockOf, dayOf, daysBetween, instantOf, isClock, isDay, momentOf, plusDays, startOf, weekday } from "../../src/field/views/wall.ts";
import type { Clock, Day } from "../../src/field/views/wall.ts";

const day = (t: string): Day => t as Day;
const clock = (t: string): Clock => t as Clock;

test("a wall time is UTC in winter and an hour ahead in summer", () => {
  assert.equal(instantOf(day("2026-01-15"), clock("10:30")), "2026-01-15T10:30:00.000Z");
  assert.equal(instantOf(day("2026-07-15"), clock("10:30")), "2026-07-15T09:30:00.000Z");
});

test("the days on which the clocks change have 23 and 25 hours", () => {
  const hours = (d: string): number => (startOf(plusDays(day(d), 1)) - startOf(day(d))) / 3_600_000;
  assert.equal(hours("2026-03-28"), 24);
  assert.equal(hours("2026-03-29"), 23);
  assert.equal(hours("2026-10-25"), 25);
  assert.equal(hours("2026-10-26"), 24);
});

test("times around the change in March keep to the wall", () => {
  assert.equal(instantOf(day("2026-03-29"), clock("00:59")), "2026-03-29T00:59:00.000Z");
  assert.equal(instantOf(day("2026-03-29"), clock("02:00")), "2026-03-29T01:00:00.000Z");
  assert.equal(instantOf(day("2026-03-29"), clock("09:00")), "2026-03-29T08:00:00.000Z");
});

test("a time that is left out in March is an hour later by the wall", () => {
  const ms = momentOf(day("2026-03-29"), clock("01:30"));
  assert.equal(new Date(ms).toISOString(), "2026-03-29T01:30:00.000Z");
  assert.equal(clockOf(ms), "02:30");
});

test("a time that comes twice in October is its first", () => {
  assert.equal(instantOf(day("2026-10-25"), clock("01:30")), "2026-10-25T00:30:00.000Z");
  assert.equal(clockOf(Date.parse("2026-10-25T01:30:00Z")), "01:30");
  assert.equal(instantOf(day("2026-10-25"), clock("02:00")), "2026-10-25T02:00:00.000Z");
});

test("every hour of two years comes back as it was, but for the one that comes twice", () => {
  let twice = 0;
  for (let ms = Date.UTC(2026, 0, 1); ms < Date.UTC(2028, 0, 1); ms += 3_600_000) {
    const back = momentOf(dayOf(ms), clockOf(ms));
    if (back !== ms) {
      assert.equal(back, ms - 3_600_000, new Date(ms).toISOString());
      twice++;
    }
  }
  assert.equal(twice, 2);
});

test("the day turns at midnight by the wall, not at that of UTC", () => {
  assert.equal(dayOf(Date.parse("2026-06-30T22:59:59Z")), "2026-06-30");
  assert.equal(dayOf(Date.parse("2026-06-30T23:00:00Z")), "2026-07-01");
  assert.equal(dayOf(Date.parse("2026-12-31T23:59:59Z")), "2026-12-31");
});

test("days are counted by the calendar across a change", () => {
  assert.equal(plusDays(day("2026-03-27"), 7), "2026-04-03");
  assert.equal(plusDays(day("2026-10-23"), 7), "2026-10-30");
  assert.equal(plusDays(day("2026-03-01"), -1), "2026-02-28");
  assert.equal(daysBetween(day("2026-10-24"), day("2026-10-26")), 2);
  assert.equal(daysBetween(day("2026-03-30"), day("2026-03-28")), -2);
  assert.equal(weekday(day("2026-11-22")), 6);
  assert.equal(weekday(day("2026-11-23")), 0);
});

test("only days of the calendar and times of a day are taken", () => {
  for (const good of ["2026-02-28", "2028-02-29", "1950-12-31"]) assert.equal(isDay(good), true, good);
  for (const bad of ["2026-02-29", "2026-13-01", "2026-1-1", "", "tomorrow", "2026-11-22T09:00:00Z"]) assert.equal(isDay(bad), false, bad);
  for (const good of ["00:00", "09:15", "23:59"]) assert.equal(isClock(good), true, good);
  for (const bad of ["24:00", "9:15", "12:60", ""]) assert.equal(isClock(bad), false, bad);
});
