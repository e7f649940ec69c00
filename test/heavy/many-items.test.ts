/** Many more items than memory holds, through three `each`, in a process of its own. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const program = `
  const { createPipeline } = require(process.argv[1]);
  const p = createPipeline({ store: process.argv[2] });
  const numbers = p.stage("numbers", { count: p.param("count", Number(process.argv[3])) }, function* ({ count }) {
    for (let n = 0; n < count; n++) yield n;
  });
  const one = p.each("one", numbers, (n) => n + 1);
  const two = p.each("two", one, (n) => n * 2);
  const three = p.each("three", two, (n) => n - 1);
  const sum = p.stage("sum", { three }, async ({ three }) => {
    let all = 0;
    for await (const n of three) all += n;
    return all;
  });
  (async () => {
    const start = process.memoryUsage().rss;
    const all = await sum();
    console.log(JSON.stringify({ all, moreMb: process.resourceUsage().maxRSS / 1024 - start / 2 ** 20 }));
  })();
`;

test("[C6] [R5] 10 million items pass through three each, with at most 150 MB more than at the start", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "stagebook-items-"));
  try {
    const library = path.resolve(import.meta.dirname, "../../kernel-lib");
    const count = 10_000_000;
    const args = ["-e", program, library, path.join(folder, "store"), String(count)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { all, moreMb } = JSON.parse(stdout) as { readonly all: number; readonly moreMb: number };
    console.log(`10 million items: ${Math.round(moreMb)} MB more than at the start`);
    expect(all).toBe(count * count);
    expect(moreMb).toBeLessThan(150);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 3_600_000);
