import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { createDates, dates, dateText, readDate, readTime } from "../../src/field/dates.ts";
import type { Day } from "../../src/field/views/wall.ts";
import { w } from "../../src/field/words.ts";

const now = Date.parse("2026-11-26T14:30:00Z");

test("a moment is said by its nearness", () => {
  equal(dates.moment("2026-11-26T14:02:00Z", now), "today 14:02");
  equal(dates.moment("2026-11-25T09:30:00Z", now), "yesterday 09:30");
  equal(dates.moment("2026-11-27T00:05:00Z", now), "tomorrow 00:05");
  equal(dates.moment("2026-11-19T14:02:00Z", now), "Thu 19 November 14:02");
  equal(dates.moment("2025-11-19T14:02:00Z", now), "Wed 19 November 2025 14:02");
  equal(dates.when("2026-11-26T14:02:00Z", now), "at 14:02");
  equal(dates.when("2026-11-25T14:02:00Z", now), "yesterday 14:02");
});

test("times are those of the partnership's clocks, summer time included", () => {
  equal(dates.time("2026-07-01T13:02:00Z"), "14:02");
  equal(dates.dayName("2026-07-01T23:30:00Z", Date.parse("2026-07-02T08:00:00Z")), "Today"); // 00:30 there
  equal(dates.day("2026-03-29T00:30:00Z", Date.parse("2026-03-29T12:00:00Z")), "Sun 29 March");
});

test("a day is said as a day, without a time that could move it", () => {
  equal(dates.day("2026-07-01", now), "Wed 1 July");
  equal(dates.longDay("2026-11-26"), "Thursday 26 November");
  equal(dates.fullDate("2026-11-26"), "26 November 2026");
  equal(dates.dayName("2026-11-27", now), "Tomorrow");
  equal(dates.dayName("2026-11-30", now), "Mon 30 November");
});

test("how long ago is counted in days of the calendar, and rounded down", () => {
  const ago = (day: string) => dates.ago(day, now);
  deepEqual(["2026-11-26", "2026-11-25", "2026-11-23", "2026-11-13", "2026-11-12", "2026-11-05", "2026-09-27", "2026-09-26", "2025-11-27", "2025-11-26", "2024-11-26"].map(ago),
    ["today", "yesterday", "3 days ago", "13 days ago", "2 weeks ago", "3 weeks ago", "8 weeks ago", "2 months ago", "11 months ago", "1 year ago", "2 years ago"]);
  equal(dates.ago("2026-11-25T23:59:00Z", Date.parse("2026-11-26T00:01:00Z")), "yesterday");
  equal(dates.ago("2026-11-28", now), "in 2 days");
});

test("a length is said in hours and minutes", () => {
  deepEqual([1, 45, 60, 90, 121].map(dates.length), ["1 minute", "45 minutes", "1 hour", "1 hour 30 minutes", "2 hours 1 minute"]);
});

test("another language says them its own way", () => {
  const french = createDates({ ...w, locale: "fr-FR" });
  equal(french.longDay("2026-11-26"), "jeudi 26 novembre");
  equal(french.ago("2026-11-05", now), "il y a 3 semaines");
});

test("a time is read as people write it", () => {
  deepEqual(["14:30", "14.30", "1430", "930", "9", "9:5", " 2pm ", "2:15 PM", "12am", "12 pm", "0:00", "24:00", "14:60", "13pm", "0am", "", "soon", "25"].map((t) => readTime(t) ?? "-"),
    ["14:30", "14:30", "14:30", "09:30", "09:00", "-", "14:00", "14:15", "00:00", "12:00", "00:00", "-", "-", "-", "-", "-", "-", "-"]);
});

test("a date is read from its three fields, or it is said which is missing", () => {
  const read = (day: string, month: string, year: string) => { const r = readDate({ day, month, year }); return "day" in r ? r.day : r.wrong; };
  equal(read("26", "11", "2026"), "2026-11-26");
  equal(read(" 6", "1", "27"), "2027-01-06");
  equal(read("6", "jan", "2027"), "2027-01-06");
  equal(read("6", "Sept", "2027"), "2027-09-06");
  equal(read("", "", ""), w.date.missing);
  equal(read("6", "", "2027"), "The date needs a month");
  equal(read("", "1", "2027"), w.date.incomplete.day);
  equal(read("6", "1", ""), w.date.incomplete.year);
  for (const [d, m, y] of [["31", "2", "2026"], ["0", "1", "2026"], ["6", "13", "2026"], ["6", "ja", "2026"], ["6", "1", "206"], ["6", "1", "20260"], ["x", "1", "2026"], ["6", "1", "1899"]] as const) equal(read(d, m, y), w.date.impossible, `${d} ${m} ${y}`);
  deepEqual(dateText("2026-01-06" as Day), { day: "6", month: "1", year: "2026" });
});
