/** The HTML of the stage panel. */
import fc from "fast-check";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { HistoryList } from "../../../lab-extension/src/stage/history-list";
import { KeyParts } from "../../../lab-extension/src/stage/key-parts";
import { findShownStage } from "../../../lab-extension/src/stage/shown-stage";
import type { StageActions } from "../../../lab-extension/src/stage/stage-card";
import { StageCard } from "../../../lab-extension/src/stage/stage-card";
import { findPartChanges } from "../../../lab-extension/src/stage/code-changes";
import { CodeChanges } from "../../../lab-extension/src/stage/code-diff";
import { formatNumber } from "../../../lab-extension/src/stage/output/format-number";
import { countChanges, diffLines } from "../../../lab-extension/src/stage/line-diff";
import { OutputPreview } from "../../../lab-extension/src/stage/output/output-preview";
import type { HistoryRowView, KeyPartView, PreviewView, ResultView, RunId, StageView } from "stagebook/protocol";
import { createParam, createStage, createView, english, inputOf } from "./stage-fixture";

const results = { restore: none, pin: none, showRunLog: none, pinChanges: 0 };
const result: HistoryRowView = {
  at: 0,
  key: "key",
  durationMs: 5,
  sizeBytes: 9,
  summary: "3 rows",
  params: { limit: "7" },
  pinned: false,
  run: "run" as RunId,
};
const actions: StageActions = {
  run: none,
  showStageCell: none,
  close: none,
  showCell: none,
  setOption: none,
  select: none,
  copy: none,
  showWholeError: none,
  queries: null,
  isPast: false,
  results,
};

describe("the stage panel", () => {
  it("[O8] names the exact part that changed, one row per part, and nothing else in the row", () => {
    const html = render(
      createStage("strong", {
        status: "stale",
        reasons: [
          { kind: "param", name: "minMagnitude", text: "minMagnitude 4.5 → 5", before: "4.5", after: "5" },
          { kind: "file", name: "data.json", text: "file data.json is gone" },
        ],
      }),
    );
    expect(reasonRows(html)).toEqual(["minMagnitude: 4.5 → 5", "file data.json is gone"]);
    expect(html).toContain('data-reason="minMagnitude"');
    expect(html).toContain('data-kind="parameter"');
  });

  it("shows an error with its advice and its stack trace", () => {
    const html = textOf(
      render(
        createStage("a", {
          status: "failed",
          error: { code: "TypeError", message: "no depth", advice: "Check it.", stack: "at fit" },
        }),
      ),
    );
    for (const part of ["TypeError", "no depth", "Check it.", "at fit", "failed"]) expect(html).toContain(part);
  });

  it("warns about untracked names", () => {
    expect(textOf(render(createStage("a", { untracked: ["socket"] })))).toContain(
      "changing socket does not make this stage stale",
    );
  });

  it("[V8] names what makes a result not repeatable, with answers, and keeps notes apart", () => {
    const volatile = [
      { kind: "random", name: "Math.random()", where: "cell [3], line 2", marks: true },
      { kind: "clock", name: "performance.now()", where: "package d3", marks: false },
    ] as const;
    const result = { key: "k", digest: "d", sizeBytes: 1, durationMs: 1, at: 0, summary: "1", volatile };
    const html = render(createStage("a", { result: result as unknown as ResultView }));
    const text = textOf(html).replaceAll("&quot;", '"');
    expect(text).toContain("Not repeatable");
    expect(text).toContain("Math.random() (cell [3], line 2)");
    for (const answer of ["seed: 1", 'volatile: "accept"']) expect(text).toContain(answer);
    expect(text).not.toContain("maxAge");
    expect(text).toMatch(/1 note .*performance\.now\(\) \(package d3\)/u);
  });

  it("lists the inputs with their current state", () => {
    const stage = createStage("b", { inputs: [inputOf("stage", "a", true), inputOf("param", "limit")] });
    const view = createView([createStage("a", { status: "stale" }), stage], [createParam("limit", 7)]);
    const text = textOf(
      renderToStaticMarkup(<StageCard stage={stage} view={view} now={0} actions={actions} trans={english} />),
    );
    expect(text).toMatch(/a read in the code stale limit 7/u);
  });

  it("shows names, reasons and stored text as text, whatever their characters", () => {
    const evil = '<img src=x onerror="alert(1)">';
    const html = render(
      createStage(evil, {
        description: evil,
        untracked: [evil],
        waitsFor: [evil],
        error: { code: evil, message: evil, stack: evil },
        inputs: [inputOf("value", evil)],
        reasons: [{ kind: "helper", name: evil, text: evil, before: evil, after: evil }],
      }),
    );
    const parts = {
      stage: evil,
      status: evil,
      reasons: [],
      text: evil,
      caveats: [evil],
      key: null,
      parts: [{ kind: "function", name: evil, digest: evil, text: `${evil}\n` }],
      before: [{ kind: "function", name: evil, digest: evil, text: `${evil}!\n` }],
    };
    const row = { ...result, key: evil, summary: evil, params: { [evil]: evil }, run: evil as RunId };
    const pictures: readonly PreviewView[] = [
      { kind: "text" },
      {
        kind: "rows",
        count: 1,
        sampled: 1,
        columns: [{ name: evil, type: evil, missing: 0, distinct: 1, top: { text: evil, count: 2 } }],
        moreColumns: 0,
        rows: [[evil]],
      },
      { kind: "tree", value: { [evil]: [evil, { [evil]: null }] } },
      { kind: "items", count: 1, items: [evil] },
      { kind: "numbers", type: evil, count: 1, sampled: 1, notFinite: 0, first: [evil] },
      { kind: "image", mime: "image/png", base64: null, sizeBytes: 1 },
    ];
    const stored = renderToStaticMarkup(
      <>
        <KeyParts explained={parts} trans={english} />
        <CodeChanges explained={parts} trans={english} />
        <HistoryList rows={[row]} currentKey={evil} currentMark="latest" now={0} actions={results} trans={english} />
        {pictures.map((picture) => (
          <OutputPreview
            key={picture.kind}
            preview={{ text: evil, truncated: false, picture }}
            table={null}
            trans={english}
          />
        ))}
      </>,
    );
    expect(`${html}${stored}`).not.toContain("<img");
  });

  it("disables Run while the kernel is unavailable", () => {
    expect(render(createStage("a"))).toMatch(/<button[^>]*disabled=""[^>]*>Run/u);
  });
});

describe("the stage on display", () => {
  const view = createView([createStage("a"), createStage("b", { status: "failed" })]);

  it("is the selected one; without one that exists, there is none", () => {
    expect(findShownStage({ view, selected: "a" })?.name).toBe("a");
    for (const selected of [null, "gone", "toString"]) expect(findShownStage({ view, selected })).toBeNull();
  });
});

describe("the history", () => {
  it("lists the newest result first and marks the current one", () => {
    const rows = [1, 2].map((at) => ({ ...result, at, key: `key${at}`, summary: `result ${at}` }));
    const html = renderToStaticMarkup(
      <HistoryList rows={rows} currentKey="key1" currentMark="latest" now={0} actions={null} trans={english} />,
    );
    expect(html.indexOf("result 2")).toBeLessThan(html.indexOf("result 1"));
    expect(html.match(/stagebook-mod-current/gu)).toHaveLength(1);
    expect(html).not.toContain("<button");
  });

  it("[P8] has Restore, Pin and Log for each result, and a chart of the durations", () => {
    const rows = [
      { ...result, key: "one", durationMs: 5 },
      { ...result, key: "two", at: 1, pinned: true, params: {} },
    ];
    const html = renderToStaticMarkup(
      <HistoryList rows={rows} currentKey="two" currentMark="latest" now={0} actions={results} trans={english} />,
    );
    expect(html.match(/data-action="restore"/gu)).toHaveLength(1);
    expect(html.match(/data-action="log"/gu)).toHaveLength(2);
    expect(textOf(html)).toContain("Unpin");
    expect(html.match(/<rect/gu)).toHaveLength(2);
  });
});

describe("changed code", () => {
  const part = (kind: string, name: string, text: string): KeyPartView => ({ kind, name, digest: text, text });

  it("[O8] is shown line by line, with the lines around it", () => {
    const lines = Array.from({ length: 30 }, (_, at) => `line ${at}`);
    const changed = lines.with(15, "changed").join("\n");
    expect(diffLines(lines.join("\n"), changed, 1)).toEqual([
      { kind: "skipped", count: 14 },
      { kind: "same", text: "line 14" },
      { kind: "removed", text: "line 15" },
      { kind: "added", text: "changed" },
      { kind: "same", text: "line 16" },
      { kind: "skipped", count: 13 },
    ]);
  });

  it("[O8] reproduces any two texts", () => {
    const texts = fc.array(fc.constantFrom("a", "b", "c", "")).map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        fc.pre(before.replace(/\n$/u, "") !== after.replace(/\n$/u, ""));
        const rows = diffLines(before, after, 1_000).filter((row) => row.kind !== "skipped");
        const of = (kind: string): string =>
          rows
            .filter((row) => row.kind === "same" || row.kind === kind)
            .map((row) => row.text)
            .join("\n");
        expect(of("removed")).toBe(before.replace(/\n$/u, ""));
        expect(of("added")).toBe(after.replace(/\n$/u, ""));
      }),
    );
  });

  it("[O8] finds single changes in long texts, and replaces a middle that changed completely", () => {
    const lines = (prefix: string): string => Array.from({ length: 20_000 }, (_, at) => `${prefix} ${at}`).join("\n");
    const edited = lines("a").replace("a 500\n", "b\n").replace("a 19500\n", "");
    expect(countChanges(diffLines(lines("a"), edited))).toEqual({ removed: 2, added: 1 });
    const rows = diffLines(`first\n${lines("a")}\nlast`, `first\n${lines("b")}\nlast`);
    expect(countChanges(rows)).toEqual({ removed: 20_000, added: 20_000 });
    expect([rows[0], rows.at(-1)]).toEqual(["first", "last"].map((text) => ({ kind: "same", text })));
  });

  it("[O8] covers the function and its helpers, including new ones; changed values are left to the reasons", () => {
    const before = [part("function", "a", "x => f(x)"), part("param", "limit", "3")];
    const now = [part("function", "a2", "x => g(x)"), part("param", "limit", "4"), part("helper", "g", "g = 1")];
    expect(findPartChanges(before, now)).toEqual([
      { kind: "function", name: "a", before: "x => f(x)", after: "x => g(x)" },
      { kind: "helper", name: "g", before: "", after: "g = 1" },
    ]);
    expect(findPartChanges([], now)).toEqual([]);
  });
});

describe("numbers in tables and charts", () => {
  it.each([
    [0, "0"],
    [12345.678, "12,346"],
    [1.23456e21, "1.235e+21"],
    [1e-9, "1e-9"],
    [-0.5, "-0.5"],
  ])("%s is %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});

function none(): void {
  // No button is pressed in these tests.
}

function render(stage: StageView): string {
  return renderToStaticMarkup(
    <StageCard stage={stage} view={createView([stage])} now={0} actions={actions} trans={english} />,
  );
}

function reasonRows(html: string): readonly string[] {
  return [...html.matchAll(/<li class="stagebook-Reason"[^>]*>(.*?)<\/li>/gu)].map((match) =>
    (match[1] ?? "").replace(/<[^>]*>/gu, ""),
  );
}

function textOf(html: string): string {
  return html.replace(/<[^>]*>/gu, " ").replace(/\s+/gu, " ");
}
