/** The least that a durable result costs, by hand: `bare.mjs WORKLOAD … FOLDER`. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { tableFromArrays, tableFromIPC, tableToIPC } from "apache-arrow";
import { createPipeline } from "stagebook";
import { createColumns, createMap, createRows, peakBeyondMb, report, smallResult, timeMs } from "./work.mjs";

const [workload = "", kind = "", action] = process.argv.slice(2);
const folder = process.argv.at(-1) ?? ".";

if (workload === "measure-files") await measureFiles();
else if (workload === "new") await storeSmallResults();
else if (action === "store") await storeValue();
else await loadValue();

/** Writes down how many bytes Stagebook needs for one small result: blob, entry and a line of the history. */
async function measureFiles() {
  const store = join(folder, "sample");
  const p = createPipeline({ store, notebook: "new" });
  await p.stage("result2000", { n: 2000 }, ({ n }) => smallResult(n))();
  const sizes = Object.fromEntries(
    ["blobs-v1", "entries-v1", "heads"].map((name) => [name, sizeOf(join(store, name))]),
  );
  writeFileSync(join(folder, "sizes.json"), JSON.stringify(sizes));
  report({});
}

/** @param {string} path @returns {number} bytes of all files below */
function sizeOf(path) {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

async function storeSmallResults() {
  const sizes = JSON.parse(readFileSync(join(folder, "sizes.json"), "utf8"));
  const round = join(folder, `round-${process.pid}`);
  for (const name of ["blobs-v1", "entries-v1", "heads"]) mkdirSync(join(round, name), { recursive: true });
  const put = (/** @type {number} */ n) => putResult(round, String(n), sizes);
  for (let n = 0; n < 20; n++) await put(n);
  const alone = await timeMs(async () => {
    for (let n = 1000; n < 1050; n++) await put(n);
  });
  const together = await timeMs(() => Promise.all(Array.from({ length: 200 }, (_, n) => put(2000 + n))));
  report({ alone: alone / 50, together: together / 200 });
}

/**
 * The same bytes in as many files, which all survive a power cut.
 * @param {string} round
 * @param {string} name
 * @param {Readonly<Record<string, number>>} sizes
 */
async function putResult(round, name, sizes) {
  const files = ["blobs-v1", "entries-v1"].map((part) => ({ part, path: join(round, part, name) }));
  await Promise.all(
    files.map(({ part, path }) => writeFlushed(`${path}.tmp`, "w", Buffer.alloc(sizes[part] ?? 0, "x"))),
  );
  for (const { path } of files) await rename(`${path}.tmp`, path);
  await Promise.all([
    ...files.map(({ part }) => flushFolder(join(round, part))),
    writeFlushed(join(round, "heads", name), "a", Buffer.alloc(sizes.heads ?? 0, "x")),
  ]);
}

/**
 * @param {string} path
 * @param {string} flags
 * @param {Uint8Array} bytes
 */
async function writeFlushed(path, flags, bytes) {
  const file = await open(path, flags);
  await file.writeFile(bytes);
  await file.sync();
  await file.close();
}

/** @param {string} path */
async function flushFolder(path) {
  const file = await open(path);
  await file.sync();
  await file.close();
}

/** Serialize, digest, write, flush, rename, flush the folder. */
async function storeValue() {
  const value = kind === "rows" ? createRows() : kind === "map" ? createMap() : tableFromArrays(createColumns());
  const before = process.memoryUsage.rss();
  const store = await timeMs(async () => {
    const bytes = kind === "table" ? tableToIPC(/** @type {any} */ (value), "file") : serialize(value);
    const digest = createHash("sha256").update(bytes).digest("hex");
    await writeFlushed(join(folder, "value.tmp"), "w", bytes);
    writeFileSync(join(folder, "digest"), digest);
    await rename(join(folder, "value.tmp"), join(folder, "value"));
    await flushFolder(folder);
  });
  report({ store, storeMb: peakBeyondMb(before) });
}

async function loadValue() {
  let size = 0;
  const load = await timeMs(async () => {
    const bytes = await readFile(join(folder, "value"));
    const digest = createHash("sha256").update(bytes).digest("hex");
    if (digest !== readFileSync(join(folder, "digest"), "utf8")) throw new Error("The file is damaged.");
    const value = kind === "table" ? tableFromIPC(bytes) : deserialize(bytes);
    size = value.length ?? value.size ?? value.numRows;
  });
  if (size !== 1_000_000) throw new Error("The value is incomplete.");
  report({ load });
}
