/** A plan in which everything is fresh is used again, but never after something that it depends on has changed. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { createPipelineWithInternals } from "../../../kernel-lib/src/pipeline";
import type { FullPlan } from "../../../kernel-lib/src/run/plan/full-plan";
import type { Param, ScriptPipeline, Stage } from "../../../kernel-lib/src";

interface Planned {
  readonly pipeline: ScriptPipeline;
  readonly plan: () => Promise<FullPlan>;
}

function createPlanned(): Planned {
  const { pipeline, internals } = createPipelineWithInternals({ store: "memory" }, () => undefined);
  const { engine } = internals;
  const all = () => engine.registry.stages.all().map(({ name }) => engine.instances.find(name));
  return { pipeline, plan: () => engine.plan(all()) };
}

const actions = (plan: FullPlan): readonly string[] => [...plan.assessed.values()].map(({ row }) => row.action);

interface Change {
  readonly define: (pipeline: ScriptPipeline) => readonly Stage<unknown>[];
  readonly change: (pipeline: ScriptPipeline) => unknown;
}

let captured = { limit: 1 };
let level = 1;
let parameter: Param<number> | undefined;
const list = [1];
const limits = new Map([["limit", 1]]);

const changes: Record<string, Change> = {
  "a parameter": {
    define: (p) => [p.stage("a", { v: (parameter = p.param("v", 1)) }, ({ v }) => v)],
    change: () => parameter?.set(2),
  },
  "a list in a parameter, in place": {
    define: (p) => [p.stage("a", { list: p.param("list", list as readonly number[]) }, (each) => each.list.length)],
    change: () => list.push(2),
  },
  "a captured object, in place": {
    define: (p) => [p.stage("a", () => captured.limit)],
    change: () => captured.limit++,
  },
  "a captured variable": {
    define: (p) => [p.stage("a", () => level)],
    change: () => level++,
  },
  "a captured variable, another object": {
    define: (p) => [p.stage("a", () => captured.limit)],
    change: () => (captured = { limit: captured.limit + 1 }),
  },
  "a fixed input, in place": {
    define: (p) => [p.stage("a", { limits }, (each) => each.limits.get("limit"))],
    change: () => limits.set("limit", 2),
  },
  "the definition of a stage": {
    define: (p) => [p.stage("a", () => 1)],
    change: (p) => p.stage("a", () => 2),
  },
  "a stage upstream": {
    define: (p) => {
      const a = p.stage("a", () => 1);
      return [p.stage("b", { a }, (each) => each.a)];
    },
    change: (p) => p.stage("a", () => 2),
  },
  "a result that is removed": {
    define: (p) => [p.stage("a", () => 1)],
    change: (p) => p.clear("a"),
  },
};

describe("a plan in which everything is fresh", () => {
  test.each(Object.entries(changes))("[S11] is replaced after a change of %s", async (_name, { define, change }) => {
    const { pipeline, plan } = createPlanned();
    const stages = define(pipeline);
    for (const stage of stages) await stage();
    const before = await plan();
    expect(new Set(actions(before))).toEqual(new Set(["fresh"]));
    expect(actions(await plan())).toEqual(actions(before));
    await change(pipeline);
    expect(actions(await plan())).toContain("run");
  });

  test("[S11] is the same object while nothing changes, also after calls that found everything", async () => {
    const { pipeline, plan } = createPlanned();
    const a = pipeline.stage("a", { v: pipeline.param("v", 1) }, ({ v }) => v);
    const b = pipeline.stage("b", { a }, (each) => each.a);
    await b();
    await plan();
    const before = await plan();
    await b();
    await a();
    expect(await plan()).toBe(before);
  });

  test("[S11] is replaced when a value that a call reads is gone from the store", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "lasting-"));
    const { pipeline } = createPipelineWithInternals({ store: folder }, () => undefined);
    const calls = path.join(folder, "calls.txt");
    const a = pipeline.stage("a", { calls }, (each) => (fs.appendFileSync(each.calls, "x"), "a value"));
    for (let call = 0; call < 3; call++) await expect(a()).resolves.toBe("a value");
    expect(fs.readFileSync(calls, "utf8")).toBe("x");
    for (const file of fs.readdirSync(path.join(folder, "blobs-v1"), { recursive: true, withFileTypes: true }))
      if (file.isFile()) fs.rmSync(path.join(file.parentPath, file.name));
    await expect(a()).resolves.toBe("a value");
    expect(fs.readFileSync(calls, "utf8")).toBe("xx");
  });
});
