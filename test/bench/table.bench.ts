/** Tables of a million rows: the first page, an order, a filter, the statistics of a column. Each starts from a table that was not read yet. */
import { createRequire } from "node:module";
import type * as Arrow from "apache-arrow";
import { bench, describe } from "vitest";
import { tableOf } from "../../kernel-lib/src/table/table-data";
import { TableView } from "../../kernel-lib/src/table/table-view";

const arrow = createRequire(import.meta.url)("apache-arrow") as typeof Arrow;
const once = { iterations: 3, time: 0, warmupIterations: 1, warmupTime: 0 };
const ROWS = 1_000_000;

const rows = Array.from({ length: ROWS }, (_, id) => ({
  id,
  name: `item ${((id * 7919) % ROWS).toString(36)}-${id}`,
  mag: Math.sin(id) * 100,
  place: `place ${id % 300}`,
  at: new Date(1.5e12 + id * 60_000 * (id % 7)),
}));
const tables = {
  objects: rows,
  "apache-arrow": arrow.tableFromArrays({
    id: Int32Array.from(rows, ({ id }) => id),
    name: rows.map(({ name }) => name),
    mag: Float64Array.from(rows, ({ mag }) => mag),
    place: rows.map(({ place }) => place),
    at: rows.map(({ at }) => at),
  }),
};

describe.each(Object.entries(tables))("a million rows of %s", (_, value) => {
  const open = (): TableView => {
    const data = tableOf(value);
    if (!data) throw new Error("not a table");
    return new TableView(data);
  };
  bench("first page", () => void open().page({}, 0, 200), once);
  for (const [column, name] of ["whole numbers", "different texts", "numbers", "few texts", "dates"].entries())
    bench(`sorted by ${name}`, () => void open().page({ sort: { column, descending: true } }, 0, 200), once);
  bench("filtered by text", () => void open().page({ filters: [{ column: 1, is: "contains", value: "99" }] }, 0, 200), once); // prettier-ignore
  bench("filtered by number", () => void open().page({ filters: [{ column: 2, is: ">", value: "50" }] }, 0, 200), once);
  bench("statistics of a column", () => void open().summary(2), once);
});
