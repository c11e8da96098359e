import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

/** Looks for words in the raw bytes of every file of a folder, as UTF-8 and as UTF-16, packed ones too; says which word is in which file. */
export async function scan(dir: string, words: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const forms = words.flatMap((word) => [...new Set([word, encodeURIComponent(word), JSON.stringify(word).slice(1, -1), Buffer.from(word).toString("base64").replace(/.{1,3}$/, "")])]
    .filter((form) => form.length >= Math.min(6, word.length))
    .flatMap((form) => [Buffer.from(form, "utf8"), Buffer.from(form, "utf16le")].map((bytes) => ({ word, bytes }))));
  for (const file of await filesOf(dir)) {
    const raw = await readFile(file).catch(() => Buffer.alloc(0)); // a lock or a socket is no file
    for (const { name, bytes } of layers(raw)) {
      for (const f of forms) if (bytes.includes(f.bytes)) found.push(`${f.word} in ${relative(dir, file)}${name}`);
    }
  }
  return [...new Set(found)];
}

/** A file, and what it holds if it is packed. */
function layers(raw: Buffer): { name: string; bytes: Buffer }[] {
  const all = [{ name: "", bytes: raw }];
  for (let at = raw.indexOf(Buffer.from([0x1f, 0x8b, 8])); at >= 0 && at < 4096; at = raw.indexOf(Buffer.from([0x1f, 0x8b, 8]), at + 1)) {
    try { all.push({ name: ` (gzip at ${at})`, bytes: gunzipSync(raw.subarray(at), { finishFlush: 2 }) }); } catch { /* it only looked like one */ }
  }
  if (raw.length > 0 && raw.length < 1 << 20) {
    try { all.push({ name: " (brotli)", bytes: brotliDecompressSync(raw) }); } catch { /* it is none */ }
  }
  return all;
}

export async function filesOf(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const e of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, e.name);
    if (e.isDirectory()) found.push(...(await filesOf(path)));
    else if (e.isFile()) found.push(path);
  }
  return found;
}
