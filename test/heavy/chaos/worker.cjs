/**
 * A child process that computes in a store until it is killed: stages here and in worker threads, a stream, a file. Prints each value; one
 * that is wrong ends it with code 3. Arguments: the library, the store, a number to begin with.
 */
const fs = require("node:fs");
const [library, store, start] = process.argv.slice(2);
const { createPipeline } = require(library);

const p = createPipeline({ store, notebook: "chaos" });
const n = p.param("n", 0);
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

process.stdout.write("ready\n");
(async () => {
  for (let turn = Number(start); ; turn++) {
    const value = turn % 40;
    n.set(value);
    const [sum, count, { file }] = await Promise.all([summed(), counted(), filed()]);
    const text = fs.readFileSync(file, "utf8");
    if (sum !== 2000 * value || count !== 300 || text !== String(sum)) {
      process.stdout.write(`wrong ${JSON.stringify({ value, sum, count, text })}\n`);
      process.exit(3);
    }
    process.stdout.write(`${value}\n`);
    if (process.argv[5] !== undefined && turn - Number(start) >= Number(process.argv[5])) process.exit(0);
  }
})().catch((error) => {
  process.stdout.write(`failed ${error.stack}\n`);
  process.exit(4);
});
