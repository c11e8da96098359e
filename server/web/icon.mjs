// The app's mark, two people side by side on one way, drawn once: as SVG, and as PNG for the home screens that want one.
import { crc32 as nodeCrc, deflateSync } from "node:zlib";

const ground = "#0b3835", near = "#ffffff", beside = "#ffd166", way = "#8ed6c8";
/** On a grid of 512. A dot is a head; a bar is a thick line with round ends, or a way of several points. */
const marks = [
  { fill: near, dot: [180, 150, 50] },
  { fill: near, bar: [[180, 262], [180, 312]], width: 100 },
  { fill: beside, dot: [332, 150, 50] },
  { fill: beside, bar: [[332, 262], [332, 312]], width: 100 },
  { fill: way, bar: [[148, 402], [364, 402]], width: 24 },
];
const corner = 116;

/** A drawing for a browser's tab. */
export const svg = () => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512"><rect width="512" height="512" rx="${corner}" fill="${ground}"/>${marks.map((m) =>
  m.dot ? `<circle cx="${m.dot[0]}" cy="${m.dot[1]}" r="${m.dot[2]}" fill="${m.fill}"/>`
    : `<path d="M${m.bar.map((p) => p.join(" ")).join("L")}" fill="none" stroke="${m.fill}" stroke-width="${m.width}" stroke-linecap="round"/>`).join("")}</svg>\n`;

/** The same as PNG. `whole`: to the edges, for systems that cut out their own shape, with the marks inside the middle 80 %. */
export function png(size, whole) {
  const step = 512 / size, row = size * 4 + 1, raw = Buffer.alloc(row * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const px = (x + 0.5) * step, py = (y + 0.5) * step;
      let c = [...rgb(ground), whole ? 1 : cover(box(px, py), step)];
      for (const m of marks) c = over(rgb(m.fill), cover(away(m, px, py), step), c);
      raw.set([c[0], c[1], c[2], Math.round(c[3] * 255)], y * row + 1 + x * 4);
    }
  }
  return encode(size, raw);
}

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
/** How much of a pixel lies inside, from the distance of its middle to the edge; below 0 is inside. */
const cover = (distance, step) => Math.min(1, Math.max(0, 0.5 - distance / step));
const over = (c, a, under) => [0, 1, 2].map((i) => Math.round(c[i] * a + under[i] * (1 - a))).concat(under[3]);
const box = (x, y) => {
  const dx = Math.abs(x - 256) - 256 + corner, dy = Math.abs(y - 256) - 256 + corner;
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - corner;
};
function away(m, x, y) {
  if (m.dot) return Math.hypot(x - m.dot[0], y - m.dot[1]) - m.dot[2];
  return Math.min(...m.bar.slice(1).map(([bx, by], i) => {
    const [ax, ay] = m.bar[i];
    const along = Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)));
    return Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay));
  })) - m.width / 2;
}

/** PNG (RFC 2083): eight bits each of red, green, blue and alpha, no filter. */
function encode(size, raw) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 6, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", deflateSync(raw, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}
function chunk(name, data) {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(name, 4, "latin1");
  out.set(data, 8);
  out.writeUInt32BE(crc(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}
/** node:zlib has it from 20.15 on. */
function crc(bytes) {
  if (nodeCrc) return nodeCrc(bytes);
  let c = ~0;
  for (const b of bytes) {
    c ^= b;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return ~c >>> 0;
}
