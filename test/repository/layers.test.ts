/** The dependency rules of the code: each finds what it forbids. That the code keeps them is part of `npm run check`. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createNotebookFolder, repository } from "../rig/kernel/notebook-folder";
import { isHeavy } from "../rig/part";

/** Imports that are not allowed, each with the rule that must find it. */
const violations = [
  ["key-imports-against-the-order", "key/a.ts", `import type { B } from "../run/b"; export type A = B;`],
  ["async-imports-against-the-order", "async/a.ts", `import type { B } from "../run/b"; export type A = B;`],
  ["core-does-no-io", "graph/a.ts", `import { readFileSync } from "node:fs"; export const a = readFileSync;`],
  ["rxjs-begins-at-events", "run/rx.ts", `import { map } from "rxjs"; export const a = map;`],
  ["only-notebook-knows-tslab", "run/tslab.ts", `import * as tslab from "tslab"; export const a = tslab;`],
  ["inspector-outside-of-core", "store/a.ts", `import { Session } from "node:inspector"; export const a = Session;`],
  ["no-cycles", "run/a.ts", `import { b } from "./b"; export const a = b;`],
  ["only-the-top-composes", "run/top.ts", `import { c } from "../pipeline"; export const a = c;`],
  ["run-engine-imports-against-the-order", "run/engine.ts", `import type { A } from "./api/a"; export type E = A;`],
  [
    "run-execute-imports-against-the-order",
    "run/execute/a.ts",
    `import type { E } from "../engine"; export type A = E;`,
  ],
  [
    "run-threads-imports-against-the-order",
    "run/threads/a.ts",
    `import type { A } from "../execute/a"; export type B = A;`,
  ],
  ["run-audit-imports-against-the-order", "run/audit/a.ts", `import type { E } from "../engine"; export type A = E;`],
  [
    "run-threads-thread-imports-against-the-order",
    "run/threads/thread/a.ts",
    `import type { B } from "../kernel/b"; export type A = B;`,
  ],
  [
    "run-threads-kernel-imports-against-the-order",
    "run/threads/kernel/b.ts",
    `import type { A } from "../thread/a"; export type B = A;`,
  ],
  ["run-call-imports-against-the-order", "run/call/a.ts", `import type { B } from "../threads/a"; export type A = B;`],
  ["run-engine-context-imports-against-the-order", "run/engine-context.ts", `import type { A } from "./call/a"; export type C = A;`], // prettier-ignore
  ["run-plan-imports-against-the-order", "run/plan/a.ts", `import type { A } from "../execute/a"; export type P = A;`],
  ["run-state-imports-against-the-order", "run/state/a.ts", `import type { P } from "../plan/a"; export type A = P;`],
  [
    "run-shipping-imports-against-the-order",
    "run/shipping/a.ts",
    `import type { A } from "../state/a"; export type S = A;`,
  ],
  [
    "run-external-imports-against-the-order",
    "run/external/a.ts",
    `import type { A } from "../state/a"; export type X = A;`,
  ],
  [
    "run-streams-imports-against-the-order",
    "run/streams/a.ts",
    `import type { X } from "../external/a"; export type A = X;`,
  ],
  ["sync-tasks-outside-of-calls", "run/plan/b.ts", `import type { T } from "../call/sync-task"; export type A = T;`],
  ["key-code-imports-against-the-order", "key/code/a.ts", `import type { K } from "../key"; export type A = K;`],
  ["key-values-imports-against-the-order", "key/values/a.ts", `import type { A } from "../code/a"; export type V = A;`],
  ["store-disk-imports-another-adapter", "store/disk/a.ts", `import type { A } from "../bucket/a"; export type D = A;`],
  [
    "store-bucket-imports-another-adapter",
    "store/bucket/a.ts",
    `import type { D } from "../disk/b"; export type A = D;`,
  ],
  [
    "store-tiered-imports-another-adapter",
    "store/tiered/a.ts",
    `import type { D } from "../disk/b"; export type T = D;`,
  ],
] as const;

/** The same for the page. */
const pageViolations = [
  ["page-imports-only-protocol-and-drawing", "model/a.ts", `import type { B } from "../../../kernel-lib/src/run/b"; export type A = B;`], // prettier-ignore
  ["page-ui-imports-another-part", "ui/a.ts", `import type { A } from "../log/a"; export type U = A;`],
  ["page-session-imports-another-part", "session/a.ts", `import type { B } from "../model/b"; export type A = B;`],
  ["page-model-imports-another-part", "model/b.ts", `import type { U } from "../ui/a"; export type B = U;`],
  ["page-table-imports-another-part", "table/a.ts", `import type { A } from "../log/a"; export type T = A;`],
  ["page-start-imports-another-part", "start/a.ts", `import type { A } from "../log/a"; export type S = A;`],
  ["page-sidebar-imports-another-part", "sidebar/b.ts", `import type { P } from "../plugins/a"; export type B = P;`],
  ...["graph", "stage", "params", "log", "cells", "runs", "status"].map(
    (panel) =>
      [
        `panel-${panel}-imports-another-part`,
        `${panel}/a.ts`,
        `import type { S } from "../sidebar/a"; export type A = S;`,
      ] as const,
  ),
] as const;

if (isHeavy)
  test("[repo] each folder imports only from those that the order allows, without cycles", () => {
    expect(cruise(repository)).toContain("no dependency violations found");
  });

test("[repo] each dependency rule finds a violation", () => {
  const project = createNotebookFolder({
    "kernel-lib/src/run/b.ts": `import type { a } from "./a"; export type B = typeof a; export const b = 1;`,
    "kernel-lib/src/pipeline.ts": `export const c = 1;`,
    "kernel-lib/src/run/api/a.ts": `export type A = 1;`,
    "kernel-lib/src/run/call/sync-task.ts": `export type T = 1;`,
    "kernel-lib/src/key/key.ts": `export type K = 1;`,
    "kernel-lib/src/store/disk/b.ts": `export type D = 1;`,
    "lab-extension/src/plugins/a.ts": `export type P = 1;`,
    "lab-extension/src/sidebar/a.ts": `export type S = 1;`,
    ...Object.fromEntries(violations.map(([, file, source]) => [`kernel-lib/src/${file}`, source])),
    ...Object.fromEntries(pageViolations.map(([, file, source]) => [`lab-extension/src/${file}`, source])),
  });
  const report = cruise(project.path);
  project.remove();
  for (const [rule] of [...violations, ...pageViolations]) expect(report).toContain(rule);
});

function cruise(cwd: string): string {
  const script = join(repository, "node_modules", "dependency-cruiser", "bin", "dependency-cruise.mjs");
  const config = join(repository, ".dependency-cruiser.cjs");
  const args = [script, "--config", config, "kernel-lib/src", "lab-extension/src"];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8", timeout: 240_000 });
  return stdout + stderr;
}
