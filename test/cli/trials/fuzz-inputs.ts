/** Hostile inputs from outside: commands over the wire, notebook files, documents of parameter values. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect } from "vitest";
import { StagebookError } from "stagebook";
import { commandSchemas } from "stagebook/protocol";
import type { CommandContext } from "../../../kernel-lib/src/cli/command-context";
import { readParamOptions } from "../../../kernel-lib/src/cli/param-options";
import { RunOverrides } from "../../../kernel-lib/src/run/state/run-overrides";
import { readNotebook, encodeOutputs } from "../../../kernel-lib/src/cli/session/notebook-file";
import { UsageError } from "../../../kernel-lib/src/cli/terminal/usage-error";
import { ShownTables } from "../../../kernel-lib/src/notebook/cells/shown-tables";
import { decodeCommand } from "../../../kernel-lib/src/notebook/page/decode-command";
import { PageCommands, type PageCommandParts } from "../../../kernel-lib/src/notebook/page/page-commands";
import { createPipelineWithInternals } from "../../../kernel-lib/src/pipeline";

const texts = fc.oneof(
  fc.constantFrom("", "a", "b", "n", "mode", "__proto__", "constructor", "toString", "../../x", "\0", "x".repeat(5000), "run-1", "slow"),
  fc.string({ maxLength: 20 }),
); // prettier-ignore
const values: fc.Arbitrary<unknown> = fc.oneof(
  texts,
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e308, 2 ** 53, [], {}, [[]], ["a"], ["a", "missing"], { n: 5 }, { n: -1 }, { mode: "slow" }, { n: 3, mode: "wrong" }),
  fc.constantFrom('{"__proto__":{"polluted":true}}', '{"n":{"__proto__":1}}', `${"[".repeat(2000)}${"]".repeat(2000)}`).map((json): unknown => JSON.parse(json)),
  fc.jsonValue({ maxDepth: 3 }),
); // prettier-ignore

const types = Object.keys(commandSchemas) as (keyof typeof commandSchemas)[];

/** A command with some of its fields, right or wrong ones; or anything. */
const command: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...types).chain((type) => {
    const names = [...Object.keys(commandSchemas[type].properties), "extra"];
    return fc.dictionary(fc.constantFrom(...names), values, { maxKeys: names.length }).map((fields) => ({ ...fields, type }));
  }) },
  { weight: 1, arbitrary: values },
); // prettier-ignore

/** Executes what passes the check. A refused or failing command has changed no parameter. Returns the number of each. */
export async function fuzzCommands(
  runs: number,
  seed: number,
): Promise<{ readonly refused: number; readonly done: number; readonly failed: number }> {
  const { pipeline: p, internals } = createPipelineWithInternals({ store: "memory", notebook: "n" }, () => undefined);
  const n = p.param("n", 1, { min: 0, max: 10 });
  const mode = p.param("mode", "fast", { choices: ["fast", "slow"] });
  const a = p.stage("a", { n }, ({ n: value }) => [{ x: value }, { x: 2 }]);
  p.stage("b", { a, mode }, ({ a: rows, mode: how }) => `${rows.length} ${how}`);
  const parts = {
    engine: internals.engine,
    bus: internals.bus,
    cells: { arrange: () => undefined, stale: () => [] },
    shownTables: new ShownTables(),
    notebook: internals.notebook,
    logLines: internals.logLines,
    runsWritten: internals.runsWritten,
    link: { flush: () => undefined },
  } as unknown as PageCommandParts;
  const commands = new PageCommands(parts);
  const counts = { refused: 0, done: 0, failed: 0 };
  const state = (): string => JSON.stringify([n.value, mode.value, Object.keys(internals.bus.view.stages)]);
  for (const data of fc.sample(command, { numRuns: runs, seed })) {
    const before = state();
    const decoded = decodeCommand(data);
    if (typeof decoded === "string") {
      expect(decoded.length).toBeLessThan(1000);
      counts.refused++;
      continue;
    }
    // It needs a notebook, and would write files.
    if (decoded.type === "run-stale" || decoded.type === "table-save") continue;
    try {
      JSON.stringify(await commands.execute(decoded));
      counts.done++;
    } catch (error) {
      counts.failed++;
      expectKnown(error, data);
      expect(state(), JSON.stringify(data)).toBe(before);
    }
  }
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  return counts;
}

function expectKnown(error: unknown, input: unknown): void {
  const isKnown = error instanceof StagebookError || error instanceof UsageError;
  if (!isKnown) throw new Error(`${JSON.stringify(input).slice(0, 500)}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`); // prettier-ignore
  expect([error.code, error.advice.length > 5]).toEqual([expect.any(String), true]);
}

const good = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: "tslab", language: "typescript" }, language_info: { name: "typescript" } },
  cells: [
    { cell_type: "markdown", id: "m", source: ["# Title"], metadata: {} },
    { cell_type: "code", id: "c", source: ["const a = 1;\n", "a;"], outputs: [], execution_count: null, metadata: {} },
  ],
};

/** A notebook of which any part is replaced, or its text is cut or changed. */
const notebook: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(fc.constantFrom(...pathsOf(good)), values).map(([path, value]) => JSON.stringify(replaced(good, path, value))),
  fc.tuple(fc.nat(JSON.stringify(good).length), fc.string({ maxLength: 5 })).map(([at, text]) => JSON.stringify(good).slice(0, at) + text + JSON.stringify(good).slice(at + 3)),
  fc.nat(JSON.stringify(good).length).map((at) => JSON.stringify(good).slice(0, at)),
  values.map((value) => JSON.stringify(value)),
); // prettier-ignore

/** Reads each as a file, and writes it back with outputs. Returns how many were accepted. */
export function fuzzNotebooks(folder: string, runs: number, seed: number): number {
  const path = join(folder, "fuzzed.ipynb");
  let accepted = 0;
  for (const text of fc.sample(notebook, { numRuns: runs, seed })) {
    writeFileSync(path, text);
    try {
      const file = readNotebook(path, "fuzzed.ipynb");
      accepted++;
      for (const { id, source } of file.cells) expect([typeof id, typeof source]).toEqual(["string", "string"]);
      const outputs = new Map([
        [1, { count: 1, messages: [{ type: "stream", content: { name: "stdout", text: "x" } }] }],
      ]);
      JSON.parse(encodeOutputs(file, outputs));
    } catch (error) {
      expectKnown(error, text);
    }
  }
  return accepted;
}

/** Reads each as a file, and defines parameters under what it says. Returns how many were accepted. */
export function fuzzParams(folder: string, runs: number, seed: number): number {
  const path = join(folder, "fuzzed.json");
  const context = { cwd: folder, environment: {} } as unknown as CommandContext;
  let accepted = 0;
  for (const text of fc.sample(paramDocuments, { numRuns: runs, seed })) {
    writeFileSync(path, text);
    try {
      const overrides = RunOverrides.forRunning({ params: readParamOptions({ params: path }, context) });
      const { pipeline: p } = createPipelineWithInternals({ store: "memory" }, () => undefined, { environment: {}, folder, notebook: "n", usesSavedParams: false, overrides, onPipeline: () => undefined }); // prettier-ignore
      const n = p.param("n", 1, { min: 0, max: 10 });
      expect(n.value >= 0 && n.value <= 10).toBe(true);
      accepted++;
    } catch (error) {
      expectKnown(error, text);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  }
  return accepted;
}

const paramDocuments: fc.Arbitrary<string> = fc.oneof(
  fc.dictionary(texts, values, { maxKeys: 5 }).map((document) => JSON.stringify(document)),
  values.map((value) => JSON.stringify(value)),
  fc.string({ maxLength: 50 }),
  fc.constantFrom('{"n": 5}', '{"n": 5, "n": 6}', '{"__proto__": {"polluted": true}}', "﻿{}", "{", "[]", "null", '{"n": 1e999}'),
); // prettier-ignore

function pathsOf(data: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof data !== "object" || data === null) return [path];
  return [...(path.length > 0 ? [path] : []), ...Object.entries(data).flatMap(([name, value]) => pathsOf(value, [...path, name]))];
} // prettier-ignore

function replaced(data: object, path: readonly string[], value: unknown): unknown {
  const copy = structuredClone(data) as Record<string, unknown>;
  let target = copy;
  for (const name of path.slice(0, -1)) target = target[name] as Record<string, unknown>;
  target[path.at(-1) ?? ""] = value;
  return copy;
}
