/** The DAG file for Airflow, as text; test/heavy runs it in a real Airflow. */
import { describe, expect, test } from "vitest";
import { createPipeline } from "stagebook";
import { airflowId, toAirflow } from "../../kernel-lib/src/export/airflow";
import type { View } from "stagebook/protocol";

async function exported(): Promise<string> {
  const { stage, each, param, run, toJSON } = createPipeline({ store: "memory" });
  const count = param("count", 3, { min: 1, description: 'the "count"' });
  const on = param("on", false);
  const a = stage("a/b", { count }, ({ count }) => count);
  stage("a b", { a, on }, ({ a }) => a, { retries: 2, timeoutMs: 1500 });
  stage("apart", () => 1);
  each("many", [1, 2], (n) => n, { scale: true });
  await run();
  const limits: Readonly<Record<string, object>> = {
    "a b": { retries: 2, timeoutMs: 1500 },
    many: { each: { rangeMs: 30_000 } },
  };
  return toAirflow({
    view: toJSON() as View,
    limitsOf: (name) => limits[name] ?? {},
    file: "/notebooks/it's.ipynb",
    dagId: "report",
    version: "1.0.0",
  });
}

describe("the DAG for Airflow", () => {
  test("[X1] it has one task per stage, with valid and unique ids, and the edges of the graph", async () => {
    const text = await exported();
    expect(text).toContain('    "a_b": {"stage": "a/b"},\n    "a_b_2": {"stage": "a b", "retries": 2, "seconds": 302},\n    "apart": {"stage": "apart"},\n    "many": {"stage": "many", "scale": True},\n'); // prettier-ignore
    expect(text).toContain('EDGES = [\n    ("a_b", "a_b_2"),\n]');
  });

  test("[X1] it declares the parameters with their schema", async () => {
    const text = await exported();
    expect(text).toMatch(/"count": Param\(3, \*\*\{.*"minimum": 1.*"description": "the \\"count\\""\}\)/);
    expect(text).toContain('"on": Param(False, **{"type": "boolean"})');
  });

  test("[X1] the id of a DAG is valid in Airflow", () => {
    expect([airflowId("my report (v2)"), airflowId("über"), airflowId("")]).toEqual(["my_report_v2_", "_ber", "_"]);
  });
});
