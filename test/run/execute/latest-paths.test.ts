/** The readable paths of a store, as a script finds them. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { createScript } from "../script";

const base = mkdtempSync(path.join(tmpdir(), "latest-paths-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

test("[C8] when a run is over the latest paths lead to its results", async () => {
  const { p } = createScript({ store: base });
  const limit = p.param("limit", 3);
  p.stage("rows", { limit }, ({ limit }) => "x".repeat(limit), { codec: "text" });
  for (const count of [3, 5, 3]) {
    limit.set(count);
    await p.run();
    expect(readFileSync(path.join(base, "latest", "script", "rows"), "utf8")).toBe("x".repeat(count));
    expect(JSON.parse(readFileSync(path.join(base, "latest", "script", "rows.json"), "utf8"))).toMatchObject({
      params: { limit: String(count) },
    });
  }
});

test("[C8] a cleared stage has no latest path", async () => {
  const { p } = createScript({ store: base });
  const rows = p.stage("rows", () => "text");
  await rows();
  await p.clear("rows");
  expect(existsSync(path.join(base, "latest", "script", "rows"))).toBe(false);
});
