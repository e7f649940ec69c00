import { describe, expect, test } from "vitest";
import { areCuts, cutsOf, Pace, piecesOf, sizeOf, type Range } from "../../../kernel-lib/src/run/ranges/range";
import { KnownRanges } from "../../../kernel-lib/src/run/ranges/known-ranges";
import { createRandom } from "../../rig/random";

const all = (to: number): Range => ({ from: 0, to });
const paced = (items: number, ms: number): Pace => {
  const pace = new Pace();
  pace.add(items, ms);
  return pace;
};

describe("[W1] how the items of a stage are cut into ranges", () => {
  test("while the duration is unknown, the first range has one item, and each next one is longer", () => {
    expect(cutsOf(all(20_000), 20_000, new Pace(), 30_000)).toEqual([1]);
    expect(cutsOf({ from: 1, to: 20_000 }, 20_000, paced(1, 5), 30_000)).toEqual([9]);
    expect(cutsOf({ from: 9, to: 20_000 }, 20_000, paced(8, 40), 30_000)).toEqual([73]);
  });

  test("once it is known, ranges take as long as they should, or a 64th of all if that is less", () => {
    const long = piecesOf(all(1_000_000), cutsOf(all(1_000_000), 1_000_000, paced(100, 5000), 30_000));
    expect(Math.max(...long.map(sizeOf))).toBeLessThanOrEqual(1000);
    // More pieces than one cut has: each is cut again.
    expect(long).toHaveLength(1024);
    expect(cutsOf(long[3]!, 1_000_000, paced(100, 5000), 30_000)).not.toEqual([]);
    const short = piecesOf(all(4000), cutsOf(all(4000), 4000, paced(100, 5000), 30_000));
    expect(short).toHaveLength(64);
    expect(cutsOf(short[0]!, 4000, paced(100, 5000), 30_000)).toEqual([]);
  });

  test("an item that takes longer than a range is a range of its own", () => {
    expect(piecesOf(all(3), cutsOf(all(3), 3, paced(1, 60_000), 30_000))).toEqual([
      { from: 0, to: 1 },
      { from: 1, to: 2 },
      { from: 2, to: 3 },
    ]);
  });

  test("a million items that take no time are cut into few ranges", () => {
    const pace = new Pace();
    let [claims, open] = [0, [all(1_000_000)]];
    while (open.length > 0) {
      const range = open.shift()!;
      claims++;
      const cuts = cutsOf(range, 1_000_000, pace, 30_000);
      if (cuts.length > 0) open = [...piecesOf(range, cuts), ...open];
      else pace.add(sizeOf(range), sizeOf(range) * 0.003);
    }
    expect(claims).toBeLessThan(200);
  });

  test("the duration of an earlier execution counts until this one has been measured for a second", () => {
    const pace = new Pace(1000);
    expect(cutsOf(all(6000), 6000, pace, 30_000)).toHaveLength(199);
    pace.add(100, 900);
    expect(pace.perItemMs).toBe(1000);
    pace.add(100, 900);
    expect(pace.perItemMs).toBe(9);
  });

  test("whatever the durations, the pieces are all items in order, each once", () => {
    const random = createRandom(1);
    for (let round = 0; round < 300; round++) {
      const total = 1 + Math.floor(random() * 5000);
      const known = new KnownRanges(total, random);
      const pace = new Pace(random() < 0.5 ? undefined : random() * 1000);
      for (let range = known.next(0); range; range = known.next(0)) {
        const cuts = cutsOf(range, total, pace, 1 + random() * 60_000);
        if (cuts.length > 0) {
          expect(areCuts(range, cuts)).toBe(true);
          known.cut(range, cuts);
        } else if (random() < 0.2) known.taken(range, undefined, 0);
        else {
          const durationMs = random() * 100 * sizeOf(range);
          pace.add(sizeOf(range), durationMs);
          known.finish(range, { part: { blobs: [], items: sizeOf(range), digests: new Uint8Array() }, durationMs });
        }
      }
      expect(known.isDone).toBe(true);
      expect(known.ranges.map(({ from }) => from)).toEqual([0, ...known.ranges.slice(0, -1).map(({ to }) => to)]);
      expect(known.ranges.at(-1)?.to).toBe(total);
    }
  });

  test("cuts outside of a range are none", () => {
    for (const cuts of [[], [0], [10], [5, 5], [7, 3], [2.5], [NaN], [11]]) expect([cuts, areCuts(all(10), cuts)]).toEqual([cuts, false]); // prettier-ignore
    expect(areCuts(all(10), [1, 2, 9])).toBe(true);
  });
});
