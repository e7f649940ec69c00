/**
 * A child process that computes in a store until it is killed: stages here and in worker threads, streams, items that are stored one by one,
 * files, and values that nobody keeps. Prints a line of JSON for each turn: its value, what it executed, and the time it took while this
 * process had a processor. A wrong value ends it with code 3, an error with code 4.
 *
 * Arguments: the library, the store, and either a number to begin with or `only:1,2,3`, the values to compute once each.
 */
const fs = require("node:fs");
const [library, store, what] = process.argv.slice(2);
const { createPipeline } = require(library);

const VALUES = 40;
const p = createPipeline({ store, notebook: "chaos" });
const n = p.param("n", 0);
const m = p.param("m", 0);
const rows = p.stage("rows", { n }, ({ n }) => Array.from({ length: 2000 }, (_, at) => ({ at, n })));
const summed = p.stage("summed", { rows }, ({ rows }) => rows.reduce((sum, { n }) => sum + n, 0), { worker: true });
const items = p.stage("items", { n }, function* ({ n }) {
  for (let at = 0; at < 300; at++) yield at + n;
});
const counted = p.stage("counted", { items }, async ({ items }) => {
  let count = 0;
  for await (const item of items) count += item >= 0 ? 1 : 0;
  return count;
});
const filed = p.stage("filed", { summed }, ({ summed }, { fileOut }) => {
  const file = fileOut("sum.txt");
  fs.writeFileSync(file, String(summed));
  return { file };
});
const names = p.stage("names", { n }, ({ n }) => [n, n + 1, n + 2, n + 3]);
const squares = p.each("squares", names, (name) => name * name, { cacheItems: true, workers: 2 });
const squared = p.stage("squared", { squares }, async ({ squares }) => {
  let sum = 0;
  for await (const square of squares) sum += square;
  return sum;
});
const draws = p.stage("draws", { m }, ({ m }) => Array.from({ length: 8 }, (_, at) => m * 8 + at));
const scrap = p.each("scrap", draws, (draw) => Buffer.alloc(2000, draw % 251), { cacheItems: true });
const mixed = p.stage("mixed", { scrap }, async ({ scrap }) => {
  let mixed = 0;
  for await (const bytes of scrap) mixed += bytes.length !== 2000 || bytes.some((byte) => byte !== bytes[0]) ? 1 : 0;
  return mixed;
});
/** Their results are among those that maintenance removes. */
const removed = ["draws", "scrap", "mixed"];

let executed = [];
p.events$.subscribe((event) => {
  if (event.type === "stage:running" && !removed.includes(event.stage)) executed.push(event.stage);
});
/** The store has not answered in time, as that of a busy machine may: what follows may be in the memory of this process alone. */
let isUnsure = false;
p.events$.subscribe((event) => {
  if (event.type === "store:problem" && /for now/.test(event.message)) isUnsure = true;
});
let ticks = 0;
setInterval(() => ticks++, 5);

async function turn(value) {
  ticks = 0;
  executed = [];
  n.set(value);
  m.set(Math.floor(Math.random() * 10_000));
  const [sum, count, { file }, total, wrong] = await Promise.all([summed(), counted(), filed(), squared(), mixed()]);
  const text = fs.readFileSync(file, "utf8");
  const expected = [0, 1, 2, 3].reduce((sum, more) => sum + (value + more) ** 2, 0);
  const isRight = sum === 2000 * value && count === 300 && text === String(sum) && total === expected;
  if (!isRight || wrong > 0) {
    fs.writeSync(1, `wrong ${JSON.stringify({ value, sum, count, text, total, wrong })}\n`);
    process.exit(3);
  }
  fs.writeSync(1, `${JSON.stringify({ value, executed, isUnsure, ms: ticks * 5 })}\n`);
}

fs.writeSync(1, "ready\n");
(async () => {
  if (what.startsWith("only:")) {
    for (const value of what.slice(5).split(",").filter(Boolean)) await turn(Number(value));
    process.exit(0);
  }
  for (let at = Number(what); ; at++) await turn(at % VALUES);
})().catch((error) => {
  fs.writeSync(1, `failed ${error.stack}\n`);
  process.exit(4);
});
