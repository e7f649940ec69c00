/** The order and filters of a grid while they change faster than the kernel answers. */
import { expect, test } from "vitest";
import { TableQueries } from "../../../lab-extension/src/table/table-queries";
import type { TableQuery } from "../../../lab-extension/src/table/table-source";

const sorted: TableQuery = { filters: [], sort: { column: 0, descending: false } };

/** A change whose answer the test gives. */
function ask(queries: TableQueries, query: TableQuery) {
  let answer!: { ok(): void; refuse(): void };
  const load = (): Promise<string> =>
    new Promise((resolve, reject) => (answer = { ok: () => resolve("rows"), refuse: () => reject(new Error("bad filter")) })); // prettier-ignore
  const rows = queries.change(query, load);
  return { rows, ...answer };
}

test("[U6] an order that is on its way stays when a filter that follows it is refused", async () => {
  const queries = new TableQueries();
  const sort = ask(queries, sorted);
  expect([queries.shown.sort, queries.asked.sort]).toEqual([undefined, sorted.sort]);
  const filter = ask(queries, { ...queries.asked, filters: [{ column: 1 }] as never });
  filter.refuse();
  await expect(filter.rows).rejects.toThrow("bad filter");
  sort.ok();
  expect([await sort.rows, queries.shown]).toEqual(["rows", sorted]);
});

test("[U6] a filter that is refused after the order has come leaves the order", async () => {
  const queries = new TableQueries();
  const sort = ask(queries, sorted);
  const filter = ask(queries, { ...queries.asked, filters: [{ column: 1 }] as never });
  sort.ok();
  await sort.rows;
  filter.refuse();
  await expect(filter.rows).rejects.toThrow("bad filter");
  expect([queries.shown, queries.asked]).toEqual([sorted, sorted]);
});

test("[U6] rows of an earlier question are not shown after those of a later one", async () => {
  const queries = new TableQueries();
  const first = ask(queries, sorted);
  const second = ask(queries, { filters: [] });
  second.ok();
  await second.rows;
  first.ok();
  expect([await first.rows, queries.shown]).toEqual([undefined, { filters: [] }]);
});
