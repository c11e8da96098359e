import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { inflateSync } from "node:zlib";

const web = process.env["WEB"]!;
interface Drawing { svg(): string; png(size: number, whole?: boolean): Buffer }
const drawing = await import(pathToFileURL(join(web, "icon.mjs")).href) as Drawing;

/** Pixels of a PNG of ours: no filter, RGBA. */
function read(png: Buffer): { size: number; at(x: number, y: number): number[] } {
  const data: Buffer[] = [];
  let size = 0;
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at), kind = png.toString("latin1", at + 4, at + 8);
    if (kind === "IHDR") size = png.readUInt32BE(at + 8);
    if (kind === "IDAT") data.push(png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const raw = inflateSync(Buffer.concat(data));
  return { size, at: (x, y) => [...raw.subarray(y * (size * 4 + 1) + 1 + x * 4).subarray(0, 4)] };
}

test("the icons show the mark: two people on the ground, the corners open, or closed where the system cuts its own", () => {
  const icon = read(drawing.png(192)), whole = read(drawing.png(192, true));
  equal(icon.size, 192);
  deepEqual([icon.at(0, 0)[3], whole.at(0, 0)[3]], [0, 255]);
  const head = (x: number) => icon.at(Math.round(x / 512 * 192), Math.round(150 / 512 * 192));
  deepEqual([head(180), head(332), head(256)], [[255, 255, 255, 255], [255, 209, 102, 255], [11, 56, 53, 255]]);
});

test("what a system may cut off holds nothing of the mark", () => {
  const whole = read(drawing.png(128, true));
  const outside: string[] = [];
  for (let y = 0; y < 128; y++) for (let x = 0; x < 128; x++) if (Math.hypot(x - 63.5, y - 63.5) > 0.4 * 128 && whole.at(x, y).join() !== "11,56,53,255") outside.push(`${x},${y}`);
  deepEqual(outside, []);
});

test("the drawing in the app is the drawing of the icon", () => {
  const shown = readFileSync(join(web, "src/field/icons.tsx"), "utf8");
  for (const [, x, y, r] of drawing.svg().matchAll(/cx="(\d+)" cy="(\d+)" r="(\d+)"/g)) ok(shown.includes(`cx="${x}" cy="${y}" r="${r}"`));
});

test("the manifest's icons are made by the build", () => {
  const manifest = JSON.parse(readFileSync(join(web, "src/field/static/manifest.webmanifest"), "utf8")) as { icons: { src: string }[] };
  const built = readFileSync(join(web, "build.mjs"), "utf8");
  for (const { src } of manifest.icons) {
    const size = /^icon-(\d+)\.png$/.exec(src)?.[1];
    ok(size ? new RegExp(`\\[[^\\]]*\\b${size}\\b`).test(built) : built.includes(src), src);
  }
});
