/** A page asks for a run as soon as it receives its end, while the store may still be writing. */
import { expect, test } from "vitest";
import type { Store } from "stagebook";
import type { RunId } from "stagebook/protocol";
import { PageCommands, type PageCommandParts } from "../../../kernel-lib/src/notebook/page/page-commands";
import { createPipelineWithInternals } from "../../../kernel-lib/src/pipeline";
import { createMemoryStore } from "../../../kernel-lib/src/store/memory/memory-store";

/** A store that is slow to write what belongs to runs. */
function slowStore(): Store {
  const store = createMemoryStore();
  const append = store.appendRun.bind(store);
  store.appendRun = async (...args) => {
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
    return append(...args);
  };
  return store;
}

test("[O5] a run is in the list, with its events, as soon as it has ended", async () => {
  const { pipeline: p, internals } = createPipelineWithInternals(
    { store: slowStore(), notebook: "n" },
    () => undefined,
  );
  const parts = { ...internals, cells: {}, shownTables: {}, link: { flush: () => undefined } };
  const commands = new PageCommands(parts as unknown as PageCommandParts);
  const a = p.stage("a", ({ log }) => {
    log.info("a ran");
    return 1;
  });
  await a();
  const { rows } = (await commands.execute({ type: "runs", before: 0, limit: 10 })) as { rows: { id: RunId }[] };
  expect(rows).toMatchObject([{ targets: ["a"], status: "succeeded", executed: 1 }]);
  const run = rows[0]?.id ?? ("" as RunId);
  const log = await commands.execute({ type: "log", run, before: 0, limit: 10 });
  expect(log).toMatchObject({ records: [{ message: "a ran" }] });
  const events = await commands.execute({ type: "run-events", run, from: 0, limit: 100 });
  expect(JSON.stringify(events)).toContain("run:ended");
});
