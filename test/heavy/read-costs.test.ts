/** What it costs that reads are observed: files of 1 KB, each read for the first time in an execution, against the same reads outside. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installObservers, observing, ReadRecorder } from "../../kernel-lib/src/observe";

/** In one execution. */
const FILES = 200;
const EXECUTIONS = 200;
const now = performance.now.bind(performance);

const parent = fs.existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir();
const folder = fs.mkdtempSync(path.join(parent, "read-costs-"));
const names = Array.from({ length: FILES * EXECUTIONS }, (_, at) => path.join(folder, String(at)));

beforeAll(async () => {
  for (const name of names) fs.writeFileSync(name, "x".repeat(1024));
  // Of a file that has just changed the content is kept too.
  await new Promise((done) => setTimeout(done, 3500));
  installObservers();
}, 120_000);
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** Each execution is followed by the same reads outside of one. Of both the fastest tenth counts: the machine may be busy. */
function ratioOf(read: (file: string) => number): number {
  const times: [inside: number[], outside: number[]] = [[], []];
  const timed = (at: number): number => {
    const begin = now();
    let bytes = 0;
    for (const name of names.slice(at * FILES, (at + 1) * FILES)) bytes += read(name);
    const ms = now() - begin;
    expect(bytes).toBe(FILES * 1024);
    return ms;
  };
  for (let at = 0; at < EXECUTIONS; at++) {
    const recorder = new ReadRecorder();
    times[0].push(observing(recorder, () => timed(at)));
    expect(recorder.reads()).toHaveLength(FILES);
    times[1].push(timed((at + EXECUTIONS / 2) % EXECUTIONS));
  }
  const [inside, outside] = times.map((all) => all.sort((a, b) => a - b)[EXECUTIONS / 10] ?? NaN);
  return (inside ?? NaN) / (outside ?? NaN);
}

test.each<readonly [string, (file: string) => number]>([
  ["bytes", (file) => fs.readFileSync(file).length],
  ["text", (file) => fs.readFileSync(file, "utf8").length],
])("[V1] the first read of a file of 1 KB costs at most 1.1 times as much in an execution: %s", (form, read) => {
  const ratio = Math.min(...Array.from({ length: 3 }, () => ratioOf(read)));
  console.log(`${form}: ${ratio.toFixed(3)}`);
  expect(ratio).toBeLessThanOrEqual(1.1);
});
