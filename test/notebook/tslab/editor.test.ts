/** Completion and inspection, as the editor of JupyterLab asks for them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startKernel, type Kernel } from "../../rig/kernel/kernel-rig";

let kernel: Kernel;
beforeAll(async () => {
  kernel = await startKernel();
  await kernel.run('import { stage } from "stagebook";');
  await kernel.run('const rows = [{ mag: 1, place: "x" }];');
  await kernel.run(
    "/** Adds.\n * @param a the first\n * @example add(1, 2) */\nfunction add(a: number, b = 2) { return a + b; }",
  );
});
afterAll(() => kernel.stop());

interface Candidate {
  readonly text: string;
  readonly type: string;
  readonly signature: string;
}

/** `|` is the cursor. */
const at = (code: string): { code: string; cursor_pos: number } => ({
  code: code.replace("|", ""),
  cursor_pos: code.indexOf("|"),
});

async function complete(code: string): Promise<readonly Candidate[]> {
  const { matches, metadata } = await kernel.request("complete_request", at(code));
  const candidates = (metadata as { _jupyter_types_experimental: Candidate[] })._jupyter_types_experimental;
  expect(candidates.map(({ text }) => text)).toEqual(matches);
  return candidates.map(({ text, type, signature }) => ({ text, type, signature }));
}

async function inspect(code: string): Promise<{ readonly found: boolean; readonly text: string }> {
  const { found, data } = await kernel.request("inspect_request", { ...at(code), detail_level: 0 });
  return { found: found as boolean, text: (data as Record<string, string>)["text/markdown"] ?? "" };
}

describe("[H5] completion", () => {
  test("of members, with kinds and types", async () => {
    expect(await complete("rows[0].|")).toEqual([
      { text: "mag", type: "property", signature: "number" },
      { text: "place", type: "property", signature: "string" },
    ]);
  });

  test("of names, with the parameters of functions", async () => {
    expect(await complete("ad|")).toContainEqual({
      text: "add",
      type: "function",
      signature: "(a: number, b?: number): number",
    });
  });

  test("inside the braces of an import", async () => {
    const candidates = await complete('import { sta| } from "stagebook"');
    expect(candidates[0]).toMatchObject({ text: "stage", type: "constant" });
    expect(candidates).toContainEqual({ text: "StageOptions", type: "interface", signature: "" });
  });

  test("a long list has kinds alone", async () => {
    const candidates = await complete("|");
    expect(candidates.length).toBeGreaterThan(100);
    expect(candidates.find(({ text }) => text === "const")?.type).toBe("keyword");
  });
});

describe("[H5] inspection", () => {
  test("documentation, parameters and examples of a function of an earlier cell", async () => {
    const { text } = await inspect("ad|d(1)");
    expect(text).toBe(
      "```ts\nfunction add(a: number, b?: number): number\n```\n\nAdds.\n\n_@param_ a the first\n\n```ts\nadd(1, 2)\n```",
    );
  });

  test.each(["add(|", "add(1, |)", "[add(1, [2, |])]"])("inside a call: %s", async (code) => {
    expect((await inspect(code)).text).toContain("function add(a: number, b?: number): number");
  });

  test("of what Stagebook exports", async () => {
    expect((await inspect("sta|ge")).text).toContain("Defines a stage: a named function of its inputs");
  });

  test("of nothing", async () => {
    expect(await inspect("1 + |2")).toEqual({ found: false, text: "" });
  });
});
