/** The picture of the graph for clients of every kind. */
import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { createPipeline, file, files } from "stagebook";
import { graphBundle } from "../../kernel-lib/src/export/mermaid";
import type { View } from "stagebook/protocol";

async function viewOf(count: number): Promise<View> {
  const { stage, param, run, toJSON } = createPipeline({ store: "memory" });
  const n = param("n <limit>", 3);
  let last = stage("0", { n }, ({ n }) => n);
  for (let at = 1; at < count; at++) last = stage(`${at}`, { last, n }, ({ last, n }) => last + n);
  await run();
  return toJSON() as View;
}

describe("show(pipeline)", () => {
  test("[D4] it shows a picture, a diagram and lines of text", async () => {
    const bundle = graphBundle(await viewOf(3));
    expect(Object.keys(bundle)).toEqual(["text/markdown", "image/svg+xml", "text/plain"]);
    const { document } = parseHTML(bundle["image/svg+xml"] ?? "");
    const texts = [...document.querySelectorAll("text")].map(({ textContent }) => textContent);
    expect(texts).toEqual(["n <limit>", "3", "0", "fresh", "1", "fresh", "2", "fresh"]);
    expect(document.querySelectorAll("path")).toHaveLength(5);
  });

  test("[D4] boxes never overlap, and arrows point down", async () => {
    const { document } = parseHTML(graphBundle(await viewOf(12))["image/svg+xml"] ?? "");
    const boxes = [...document.querySelectorAll("rect")].map((rect) =>
      ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name))),
    ) as [number, number, number, number][];
    const overlaps = boxes.flatMap(([x, y, width, height], at) =>
      boxes.slice(at + 1).filter(([a, b, w, h]) => a < x + width && x < a + w && b < y + height && y < b + h),
    );
    expect(overlaps).toEqual([]);
    for (const path of document.querySelectorAll("path")) {
      const [, from = NaN] = (path.getAttribute("d") ?? "").split(/[MC ]/).filter(Boolean).map(Number);
      expect(Number((path.getAttribute("d") ?? "").split(" ").at(-1))).toBeGreaterThan(from);
    }
  });

  test("[D4] files, folders and globs that stages read are drawn, each once", async () => {
    const p = createPipeline({ store: "memory" });
    const [one, many] = [file("in <1>.csv"), files("data/**/*.csv")];
    p.stage("a", { one, many }, ({ many }) => many.length);
    p.stage("b", { many }, ({ many }) => many.length);
    await p.plan();
    await expect.poll(() => (p.toJSON() as View).stages.b?.inputs.length).toBe(1);
    const bundle = graphBundle(p.toJSON() as View);
    const mermaid = bundle["text/markdown"] ?? "";
    expect(mermaid).toContain('n3[/"in #60;1#62;.csv"/]');
    expect(mermaid).toContain('n2[/"data/**/*.csv"/]');
    expect(mermaid.match(/n[23] -\.-> n[01]/g)).toEqual(["n2 -.-> n0", "n3 -.-> n0", "n2 -.-> n1"]);
    const { document } = parseHTML(bundle["image/svg+xml"] ?? "");
    const texts = [...document.querySelectorAll("text")].map(({ textContent }) => textContent);
    expect(texts).toEqual(expect.arrayContaining(["in <1>.csv", "file", "data/**/*.csv", "files"]));
    expect(document.querySelectorAll("path")).toHaveLength(3);
    const dot = p.toDot();
    expect(dot).toContain('"files data/**/*.csv" [shape=note, label="data/**/*.csv"];');
    expect(dot).toContain('"files data/**/*.csv" -> "stage b" [style=dashed];');
    expect(dot).toContain('"file in <1>.csv" -> "stage a" [style=dashed];');
  });

  test("[D4] an empty pipeline and a cycle have a picture too", () => {
    const empty = { seq: 0, stages: {}, params: {}, cells: {}, runs: [], log: [] };
    expect(graphBundle(empty)["image/svg+xml"]).toContain("no stages yet");
    const of = (name: string, input: string): object => ({
      name,
      status: "blocked",
      inputs: [{ path: input, kind: "stage", name: input, implicit: false }],
    });
    const cycle = { ...empty, stages: { a: of("a", "b"), b: of("b", "a") } } as unknown as View;
    expect(graphBundle(cycle)["image/svg+xml"]).toContain("</svg>");
  });
});
