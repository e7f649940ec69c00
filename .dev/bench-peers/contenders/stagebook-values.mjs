/** Stagebook's own figures for large values: `stagebook-values.mjs rows|map|table store|load FOLDER`. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { createPipeline } from "stagebook";
import { createColumns, createMap, createRows, peakBeyondMb, report } from "./work.mjs";

const [kind, action, folder = "."] = process.argv.slice(2);
// As a cell loads it: Stagebook rejects tables of another copy of the package than its own.
const { tableFromArrays } = createRequire(import.meta.url)("apache-arrow");
const clock = /** @type {{ madeAt?: number, madeBytes?: number }} */ (globalThis);
const p = createPipeline({ store: join(folder, "store"), notebook: "values" });

/** Notes when the value is complete, and the memory then: what follows is Stagebook's. */
const mark = "globalThis.madeBytes = process.memoryUsage.rss(); globalThis.madeAt = performance.now();";
const complete = /** @type {() => void} */ (new Function(mark));

const value =
  kind === "rows"
    ? p.stage("value", () => {
        const rows = createRows();
        complete();
        return rows;
      })
    : kind === "map"
      ? p.stage("value", () => {
          const map = createMap();
          complete();
          return map;
        })
      : p.stage(
          "value",
          () => {
            const table = tableFromArrays(createColumns());
            complete();
            return table;
          },
          { codec: "arrow" },
        );

const start = performance.now();
const found = /** @type {any} */ (await value());
const end = performance.now();
if ((found.length ?? found.size ?? found.numRows) !== 1_000_000) throw new Error("The value is incomplete.");
if ((action === "store") !== (clock.madeAt !== undefined)) throw new Error("Stored instead of loaded, or the reverse.");
if (action === "load") report({ load: end - start });
else report({ store: end - (clock.madeAt ?? NaN), storeMb: peakBeyondMb(clock.madeBytes ?? NaN) });
