/** The file system as the compiler reaches it, `ts.sys`: what it looks at is written down for the kernels that ask for it. */
import type ts from "@tslab/typescript-for-tslab";
import { silently } from "../../../observe/silence";
import type { LookUps } from "./look-ups";

/** What the compiler looks at is given to all of them. */
interface Observer {
  readonly lookUps: () => LookUps;
  /** The compiler has done something that cannot be written down. */
  readonly unknown: () => void;
}

/** Kernels of one process share their TypeScript. */
const observers = new WeakMap<ts.System, Set<Observer>>();

/** Returns the function that ends it. */
export function observeSystem(sys: ts.System, lookUps: () => LookUps, unknown: () => void): () => void {
  let all = observers.get(sys);
  if (!all) {
    all = new Set();
    observers.set(sys, all);
    replaceReads(sys, all);
  }
  const observer = { lookUps, unknown };
  all.add(observer);
  return () => void all.delete(observer);
}

function replaceReads(sys: ts.System, all: ReadonlySet<Observer>): void {
  const original = { ...sys };
  const note = (act: (lookUps: LookUps) => void): void => {
    silently(() => {
      for (const { lookUps } of all) act(lookUps());
    });
  };
  sys.readFile = (file, encoding) => {
    const ends = silently(() => [...all].map(({ lookUps }) => lookUps().reading(file)));
    const text = original.readFile(file, encoding);
    silently(() => {
      for (const end of ends) end(text);
    });
    return text;
  };
  sys.fileExists = (file) => {
    const isThere = original.fileExists(file);
    note((lookUps) => lookUps.lookedFor(file, "file", isThere));
    return isThere;
  };
  sys.directoryExists = (folder) => {
    const isThere = original.directoryExists(folder);
    note((lookUps) => lookUps.lookedFor(folder, "folder", isThere));
    return isThere;
  };
  sys.getDirectories = (folder) => {
    const names = original.getDirectories(folder);
    note((lookUps) => lookUps.listed(folder, names));
    return names;
  };
  if (original.realpath)
    sys.realpath = (file) => {
      const real = original.realpath?.(file) ?? file;
      note((lookUps) => lookUps.resolved(file, real));
      return real;
    };
  sys.readDirectory = (...args) => {
    for (const { unknown } of all) unknown();
    return original.readDirectory(...args);
  };
}
