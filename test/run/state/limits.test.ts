/** How much a kernel keeps: each bound is set by an environment variable, and what is not a number is refused. */
import { describe, expect, test } from "vitest";
import { defaultLimits, readLimits } from "../../../kernel-lib/src/stage/limits";
import { createPipelineWithInternals } from "../../../kernel-lib/src/pipeline";
import { findPipelineContext } from "../../../kernel-lib/src/pipeline-context";
import { ShownTables } from "../../../kernel-lib/src/notebook/cells/shown-tables";

describe("[O4] bounds of memory", () => {
  test("are read from the environment; sizes have units", () => {
    const limits = readLimits({ STAGEBOOK_LOG_LINES: "500", STAGEBOOK_PAGE_BYTES: "5MB", STAGEBOOK_SHOWN_TABLES: "" });
    expect(limits).toEqual({ ...defaultLimits, logLines: 500, pageBytes: 5_000_000 });
  });

  test.each(["many", "-1", "1.5", "0", "1e9999"])("STAGEBOOK_REMEMBERED_RESULTS=%s is refused", (text) => {
    expect(() => readLimits({ STAGEBOOK_REMEMBERED_RESULTS: text })).toThrow(
      `STAGEBOOK_REMEMBERED_RESULTS is "${text}", which is not a whole number of at least 1`,
    );
  });

  test("apply to the log of a pipeline", () => {
    const context = { ...findPipelineContext(), environment: { STAGEBOOK_LOG_LINES: "100" } };
    const { internals } = createPipelineWithInternals({ store: "memory" }, () => undefined, context);
    for (let line = 0; line < 500; line++) internals.engine.log("info", `line ${line}`);
    const lines = internals.logLines();
    expect(lines.length).toBeLessThanOrEqual(110);
    expect(lines.at(-1)?.message).toBe("line 499");
  });

  test("apply to results: those beyond the bound are found in the store again", async () => {
    const context = { ...findPipelineContext(), environment: { STAGEBOOK_REMEMBERED_RESULTS: "5" } };
    const { pipeline } = createPipelineWithInternals({ store: "memory" }, () => undefined, context);
    const v = pipeline.param("v", 0);
    const stage = pipeline.stage("a", { v }, (each) => each.v * 2);
    for (let value = 0; value < 20; value++) {
      v.set(value);
      await stage();
    }
    v.set(3);
    expect(await stage.status()).toBe("fresh");
    expect(await stage()).toBe(6);
  });

  test("apply to shown tables", () => {
    const tables = new ShownTables(2);
    const rows = { columns: [], rowCount: 0 } as never;
    const ids = [1, 2, 3].map(() => tables.keep(null, rows));
    expect(() => tables.find(ids[0] ?? "")).toThrow("no longer in the kernel");
    expect(tables.find(ids[2] ?? "")).toBeDefined();
  });
});
