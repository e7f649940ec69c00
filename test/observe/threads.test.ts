/** [V3] Each thread installs the wrappers for itself, and sends what it recorded. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { labelOfRead, ReadRecorder, type ObservedRead, type VolatileRead } from "../../kernel-lib/src/observe";
import { buildModule } from "../rig/built";

const built = await buildModule("observe/index");

test("[V3] reads of a worker thread are merged", async () => {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "threads-")));
  fs.writeFileSync(path.join(folder, "a.txt"), "one");
  const code = `
    const { installObservers, observing, ReadRecorder } = require(${JSON.stringify(built)});
    const fs = require("node:fs");
    installObservers();
    const recorder = new ReadRecorder();
    observing(recorder, async () => {
      fs.readFileSync(${JSON.stringify(path.join(folder, "a.txt"))});
      await fs.promises.stat(${JSON.stringify(folder)});
      new Date(0).getHours();
      process.env.HOME;
      Math.random();
    }).then(async () =>
      require("node:worker_threads").parentPort.postMessage([recorder.reads(), recorder.volatile(), await recorder.changedSince()]));`;
  const worker = new Worker(code, { eval: true });
  const message = await new Promise<[ObservedRead[], VolatileRead[], string[]]>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  await worker.terminate();
  const recorder = new ReadRecorder();
  recorder.add(...message);
  expect(recorder.reads().map((read) => labelOfRead(read, folder))).toEqual([
    "variable HOME",
    "file a.txt",
    "existence of .",
    "time zone",
  ]);
  expect(recorder.volatile().map(({ name, marks }) => [name, marks])).toEqual([["Math.random()", true]]);
  fs.rmSync(folder, { recursive: true });
});
