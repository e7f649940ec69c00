/** The picture of the graph for clients of every kind. */
import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { createPipeline, file, files } from "stagebook";
import { toMermaid } from "../../kernel-lib/src/export/mermaid";
import { graphBundle, toSvg } from "../../kernel-lib/src/export/picture";
import { GRAPH_MIME, NODE_SIZES, type ShownGraph } from "stagebook/drawing";
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
  test("[D4] it shows a drawing, the same as a picture, and lines of text", async () => {
    const view = await viewOf(3);
    const bundle = graphBundle(view);
    expect(Object.keys(bundle)).toEqual([GRAPH_MIME, "image/svg+xml", "text/plain"]);
    expect(bundle["image/svg+xml"]).toBe(toSvg(view));
    const { document } = parseHTML(toSvg(view));
    const texts = [...document.querySelectorAll("text")].map(({ textContent }) => textContent);
    expect(texts.filter((_, at) => (at - 1) % 3 !== 2)).toEqual(["n <limit> = 3", "0", "fresh", "1", "fresh", "2", "fresh"]); // prettier-ignore
    expect(document.querySelectorAll("path")).toHaveLength(5);
    const { nodes, label } = bundle[GRAPH_MIME] as ShownGraph;
    expect(nodes.map(({ title, status }) => [title, status])).toEqual([["n <limit> = 3", undefined], ["0", "fresh"], ["1", "fresh"], ["2", "fresh"]]); // prettier-ignore
    expect(label).toBe("pipeline: 0 fresh, 1 fresh, 2 fresh");
  });

  test("[D4] boxes never overlap, and stages are below their inputs", async () => {
    const { nodes } = graphBundle(await viewOf(12))[GRAPH_MIME] as ShownGraph;
    const boxes = nodes.map(({ kind, x, y }) => ({ x, y, ...NODE_SIZES[kind] }));
    const overlaps = boxes.flatMap(
      (a, at) =>
      boxes.slice(at + 1).filter((b) => b.x < a.x + a.width && a.x < b.x + b.width && b.y < a.y + a.height && a.y < b.y + b.height), // prettier-ignore
    );
    expect(overlaps).toEqual([]);
    const tops = nodes.filter(({ kind }) => kind === "stage").map(({ y }) => y);
    expect(tops).toEqual([...tops].sort((a, b) => a - b));
    expect(new Set(tops).size).toBe(12);
  });

  test("[D4] files, folders and globs that stages read are drawn, each once", async () => {
    const p = createPipeline({ store: "memory" });
    const [one, many] = [file("data/raw/in <1>.csv"), files("data/**/*.csv")];
    p.stage("a", { one, many }, ({ many }) => many.length);
    p.stage("b", { many }, ({ many }) => many.length);
    await p.plan();
    await expect.poll(() => (p.toJSON() as View).stages.b?.inputs.length).toBe(1);
    const mermaid = toMermaid(p.toJSON() as View);
    expect(mermaid.match(/\[\/.*\/\]/g)?.sort()).toEqual(['[/"data/**/*.csv"/]', '[/"data/raw/in #60;1#62;.csv"/]']);
    expect(mermaid.match(/-\.->/g)).toHaveLength(3);
    const { document } = parseHTML(toSvg(p.toJSON() as View));
    const texts = [...document.querySelectorAll("text")].map(({ textContent }) => textContent);
    expect(texts).toEqual(expect.arrayContaining(["in <1>.csv", "data/**/*.csv"]));
    // There is room for the name of a file; its path is in the tooltip.
    expect([...document.querySelectorAll("title")].map(({ textContent }) => textContent)).toContain(
      "data/raw/in <1>.csv",
    );
    expect(document.querySelectorAll("path")).toHaveLength(3);
    const dot = p.toDot();
    expect(dot).toContain('"files data/**/*.csv" [shape=note, label="data/**/*.csv"];');
    expect(dot).toContain('"files data/**/*.csv" -> "stage b" [style=dashed];');
    expect(dot).toContain('"file data/raw/in <1>.csv" -> "stage a" [style=dashed];');
  });

  test("[D4] an empty pipeline and a cycle have a picture too", () => {
    const empty = { seq: 0, stages: {}, params: {}, cells: {}, runs: [], log: [] };
    expect(toSvg(empty)).toContain("no stages yet");
    const of = (name: string, input: string): object => ({
      name,
      status: "blocked",
      inputs: [{ path: input, kind: "stage", name: input, implicit: false }],
    });
    const cycle = { ...empty, stages: { a: of("a", "b"), b: of("b", "a") } } as unknown as View;
    expect(toSvg(cycle)).toContain("</svg>");
  });
});
