/**
 * Builds one store from its six ports. Adapters and decorators implement only the ports that they are about: as a `Store` is each of
 * the six ports itself, a decorator passes the inner store for those that it leaves alone.
 */
import type { Claims, Maintenance, Notebooks, Results, RunLog, StageFiles, Store, StoreInfo } from "./store";

export interface StorePorts extends StoreInfo {
  readonly results: Results;
  readonly runLog: RunLog;
  readonly notebooks: Notebooks;
  readonly stageFiles: StageFiles;
  readonly claims: Claims;
  readonly maintenance: Maintenance;
}

/** Methods are called on the port itself, so that classes may implement it. */
export function composeStore(ports: StorePorts): Store {
  const { results, runLog, notebooks, stageFiles, claims, maintenance, ...info } = ports;
  return {
    ...info,
    findEntry: (key) => results.findEntry(key),
    isWhole: (entry) => results.isWhole(entry),
    readBlob: (blob, into) => results.readBlob(blob, into),
    putBlob: (blob) => results.putBlob(blob),
    commit: (head, entry, blobs) => results.commit(head, entry, blobs),
    touch: (head, row) => results.touch(head, row),
    history: (head) => results.history(head),
    partials: () => results.partials(),
    clear: (head) => results.clear(head),
    appendRun: (run, lines) => runLog.appendRun(run, lines),
    readRun: (run) => runLog.readRun(run),
    notebooks: () => notebooks.notebooks(),
    addNotebook: (record) => notebooks.addNotebook(record),
    updateNotebook: (record) => notebooks.updateNotebook(record),
    scratchFolder: () => stageFiles.scratchFolder(),
    adoptFile: (path, name) => stageFiles.adoptFile(path, name),
    filePath: (file) => stageFiles.filePath(file),
    claim: (key, who, options) => claims.claim(key, who, options),
    holderOf: (key, options) => claims.holderOf(key, options),
    hold: (entry) => claims.hold(entry),
    pin: (key, isPinned) => claims.pin(key, isPinned),
    pinned: () => claims.pinned(),
    gc: (options) => maintenance.gc(options),
    verify: (options) => maintenance.verify(options),
  };
}

/** The information about `store`, for a decorator in front of it. */
export function infoOf(store: Store): StoreInfo {
  const { location, keepsNothing, threads } = store;
  return {
    location,
    ...(keepsNothing && { keepsNothing }),
    ...(threads && { threads }),
    ...(store.latestWritten && { latestWritten: async () => store.latestWritten?.() }),
  };
}
