/** The lines at the left of the list of stages. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LaneInput, Lanes } from "../../../lab-extension/src/graph/model/lanes";
import { assignLanes } from "../../../lab-extension/src/graph/model/lanes";

const rowsOf = (...inputs: readonly (readonly number[] | null)[]): LaneInput[] =>
  inputs.map((own) => ({ inputs: own ?? [], isNode: own !== null }));

/** Each row as text: `│` for a passing lane, `●` for the node, `○` for one that nothing below reads; then where the lines come from. */
function draw({ rows, count }: Lanes): string[] {
  return rows.map(({ lane, passing, entering, isRead }) => {
    const cells = Array.from({ length: count }, (_, at) => {
      if (at === lane && (isRead || entering.length > 0 || passing.every((line) => line.lane !== at)))
        return isRead ? "●" : "○";
      return passing.some((line) => line.lane === at) ? "│" : " ";
    });
    const from = entering.map((line) => line.lane).join(",");
    return `${cells.join("").trimEnd()}${from === "" ? "" : ` <${from}`}`;
  });
}

describe("the lanes of the list", () => {
  it("[O7] a chain stays in one lane", () => {
    expect(draw(assignLanes(rowsOf([], [0], [1]), 8))).toEqual(["●", "● <0", "○ <0"]);
  });

  it("[O7] a row that is read again later keeps its lane beside its first reader, and the last reader continues it", () => {
    expect(draw(assignLanes(rowsOf([], [0], [0]), 8))).toEqual(["●", "│○ <0", "○ <0"]);
  });

  it("[O7] independent rows take free lanes, and a reader of both joins them", () => {
    expect(draw(assignLanes(rowsOf([], [], [0, 1], []), 8))).toEqual(["●", "│●", "○ <0,1", "○"]);
  });

  it("[O7] the heading of a group is passed, and an input below its reader has no line", () => {
    const { rows } = assignLanes(rowsOf([], null, [0], [4], []), 8);
    expect(rows[1]).toEqual({ lane: 0, passing: [{ lane: 0, from: 0 }], entering: [], isRead: false });
    expect(rows[3]?.entering).toEqual([]);
    expect(rows[4]?.isRead).toBe(false);
  });

  it("[O7] lanes above the limit share the last one", () => {
    const sources = Array.from({ length: 20 }, () => [] as number[]);
    const lanes = assignLanes(rowsOf(...sources, [...sources.keys()]), 4);
    expect(lanes.count).toBe(4);
    expect(lanes.rows[20]?.entering.map(({ lane }) => lane)).toEqual([0, 1, 2, 3]);
    expect(Math.max(...lanes.rows.map(({ lane }) => lane))).toBe(3);
  });

  it("[O7] every edge of any graph can be followed from the input's row to the reader's, and no node is on a foreign line", () => {
    const graphs = fc
      .array(fc.array(fc.nat(30), { maxLength: 4 }), { maxLength: 30 })
      .map((inputs) => inputs.map((own, row) => own.filter((source) => source < row)));
    fc.assert(
      fc.property(graphs, (inputs) => {
        const { rows } = assignLanes(rowsOf(...inputs), 1000);
        inputs.forEach((own, row) => {
          const { lane, passing, entering } = rows[row]!;
          expect(passing.map((line) => line.lane)).not.toContain(lane);
          expect(new Set(passing.map((line) => line.lane)).size).toBe(passing.length);
          expect(new Set(entering.map(({ from }) => from))).toEqual(new Set(own));
          for (const source of own) {
            const line = { lane: rows[source]!.lane, from: source };
            expect(rows[source]!.isRead).toBe(true);
            expect(entering).toContainEqual(line);
            for (let between = source + 1; between < row; between++)
              expect(rows[between]!.passing).toContainEqual(line);
          }
        });
      }),
    );
  });
});
