/** What the stage panel shows, as HTML. */
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { HistoryList } from "../../lab-extension/src/stage/history-list";
import { KeyParts } from "../../lab-extension/src/stage/key-parts";
import { findShownStage } from "../../lab-extension/src/stage/shown-stage";
import type { StageActions } from "../../lab-extension/src/stage/stage-card";
import { StageCard } from "../../lab-extension/src/stage/stage-card";
import type { StageView } from "stagebook/protocol";
import { createParam, createStage, createView, english, inputOf } from "./stage-fixture";

const actions: StageActions = { run: none, showStageCell: none, showCell: none, select: none, copy: none, ask: null };

describe("the stage panel", () => {
  it("[O8] names the exact part that changed, one row a part, and nothing else in the row", () => {
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

  it("shows an error with its advice and its stack", () => {
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

  it("warns of names that no key can follow", () => {
    expect(textOf(render(createStage("a", { untracked: ["socket"] })))).toContain(
      "a change of socket does not make this stage stale",
    );
  });

  it("lists the inputs with what they are now", () => {
    const stage = createStage("b", { inputs: [inputOf("stage", "a", true), inputOf("param", "limit")] });
    const view = createView([createStage("a", { status: "stale" }), stage], [createParam("limit", 7)]);
    const text = textOf(
      renderToStaticMarkup(<StageCard stage={stage} view={view} now={0} actions={actions} trans={english} />),
    );
    expect(text).toMatch(/a read in the code stale limit 7/u);
  });

  it("shows names, reasons and stored text as text, whatever they hold", () => {
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
      key: null,
      parts: [{ kind: evil, name: evil, digest: evil, text: `${evil}\n` }],
    };
    const row = { at: 0, key: evil, durationMs: 1, sizeBytes: 1, summary: evil, params: { [evil]: evil } };
    const stored = renderToStaticMarkup(
      <>
        <KeyParts explained={parts} trans={english} />
        <HistoryList rows={[row]} currentKey={evil} now={0} trans={english} />
      </>,
    );
    expect(`${html}${stored}`).not.toContain("<img");
  });

  it("offers no run while no kernel can answer", () => {
    expect(render(createStage("a"))).toMatch(/<button[^>]*disabled=""[^>]*>Run/u);
  });
});

describe("the stage that is shown", () => {
  const view = createView([
    createStage("a"),
    createStage("b", { status: "stale" }),
    createStage("c", { status: "failed" }),
  ]);

  it("is the selected one, else the first that failed, else the first stale one, else none", () => {
    expect(findShownStage(view, "a")?.name).toBe("a");
    expect(findShownStage(view, null)?.name).toBe("c");
    expect(findShownStage(createView([createStage("a"), createStage("b", { status: "stale" })]), "gone")?.name).toBe(
      "b",
    );
    expect(findShownStage(createView([createStage("a")]), "toString")).toBeNull();
  });
});

describe("the history", () => {
  it("has the newest result first and marks the current one", () => {
    const rows = [1, 2].map((at) => ({
      at,
      key: `key${at}`,
      durationMs: 5,
      sizeBytes: 9,
      summary: `result ${at}`,
      params: { limit: "7" },
    }));
    const html = renderToStaticMarkup(<HistoryList rows={rows} currentKey="key1" now={0} trans={english} />);
    expect(html.indexOf("result 2")).toBeLessThan(html.indexOf("result 1"));
    expect(html.match(/stagebook-mod-current/gu)).toHaveLength(1);
  });
});

function none(): void {
  // Nothing is pressed here.
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
