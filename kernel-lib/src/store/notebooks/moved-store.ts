/**
 * A store, in front of the one where its notebook was before it was moved: histories, runs and pins of both. New ones go to the store
 * itself; values are read from the former one by a tiered store below, and are copied when a stage reaches them.
 */
import { composeStore, infoOf } from "../compose-store";
import { isRunListOf, runListOf } from "../maintenance/run-choices";
import type { HeadName, HeadRow, Store } from "../store";

export interface MovedStoreOptions {
  readonly store: Store;
  readonly former: Store;
  /** The notebook's id in the former store. */
  readonly formerId: string;
}

export function createMovedStore({ store, former, formerId }: MovedStoreOptions): Store {
  const formerHead = ({ stage }: HeadName): HeadName => ({ notebook: formerId, stage });
  const history = async (head: HeadName): Promise<readonly HeadRow[]> => {
    const rows = [...(await former.history(formerHead(head))), ...(await store.history(head))];
    // Each key once, at its latest position.
    const lastAt = new Map(rows.map(({ key }, at) => [key, at]));
    return rows.filter(({ key }, at) => lastAt.get(key) === at);
  };
  return composeStore({
    ...infoOf(store),
    results: {
      findEntry: (key) => store.findEntry(key),
      isWhole: (entry) => store.isWhole(entry),
      readBlob: (blob, into) => store.readBlob(blob, into),
      putBlob: (blob) => store.putBlob(blob),
      commit: (head, entry, blobs) => store.commit(head, entry, blobs),
      touch: (head, row) => store.touch(head, row),
      history,
      partials: async () => new Set([...(await former.partials()), ...(await store.partials())]),
      clear: async (head) => {
        const { length } = await history(head);
        await Promise.all([store.clear(head), former.clear(formerHead(head))]);
        return length;
      },
    },
    runLog: {
      appendRun: (run, lines) => store.appendRun(run, lines),
      readRun: async (run) => {
        if (!isRunListOf(run)) return (await store.readRun(run)) ?? former.readRun(run);
        const lines = [...((await former.readRun(runListOf(formerId))) ?? []), ...((await store.readRun(run)) ?? [])];
        return lines.length === 0 ? undefined : lines;
      },
    },
    notebooks: store,
    stageFiles: store,
    claims: {
      claim: (key, who, options) => store.claim(key, who, options),
      holderOf: (key, options) => store.holderOf(key, options),
      hold: (entry) => store.hold(entry),
      pin: async (key, isPinned) => {
        await store.pin(key, isPinned);
        if (!isPinned) await former.pin(key, false);
      },
      pinned: async () => new Set([...(await former.pinned()), ...(await store.pinned())]),
    },
    maintenance: store,
  });
}
