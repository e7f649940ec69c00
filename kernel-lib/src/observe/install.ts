/** Installs the wrappers that observe reads, once per process or thread. */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { digestOf } from "../key/digest";
import { setSourceOf, type SourceOf } from "./volatile-notes";
import { observeClocks } from "./wrappers/clock";
import { observeEnvironment } from "./wrappers/environment";
import { observeFiles } from "./wrappers/files";
import { observeLocale } from "./wrappers/intl";
import { observeModules } from "./wrappers/modules";
import { observeNetwork } from "./wrappers/network";
import { observeProcesses } from "./wrappers/processes";
import { observeRandom } from "./wrappers/random";
import { setRegister } from "./wrappers/replace";
import { observeSystem } from "./wrappers/system";

export interface ObserverOptions {
  /** Called with each wrapper and the built-in that it stands for: keys must not change because a built-in is wrapped. */
  readonly registerBuiltin?: (wrapper: object, original: object) => void;
  /** The source of a script that this process has loaded; by default of files alone, which are compared by their digest. */
  readonly sourceOf?: SourceOf;
}

// The original: this is loaded before the wrappers are installed.
const { readFileSync } = fs;
let isInstalled = false;

/** Replaces what Node offers for reading from outside. Further calls only change the options that they have. */
export function installObservers({ registerBuiltin, sourceOf }: ObserverOptions = {}): void {
  if (registerBuiltin) setRegister(registerBuiltin);
  if (sourceOf) setSourceOf((script) => sourceOf(script) ?? sourceOnDisk(script));
  else if (!isInstalled) setSourceOf(sourceOnDisk);
  if (isInstalled) return;
  isInstalled = true;
  observeFiles();
  observeModules();
  observeEnvironment();
  observeSystem();
  observeClocks();
  observeLocale();
  observeRandom();
  observeProcesses();
  observeNetwork();
  syncBuiltinESMExports();
}

const sourceOnDisk: SourceOf = ({ url, hash }) => {
  try {
    const source = readFileSync(url, "utf8");
    return digestOf(source) === hash ? source : undefined;
  } catch {
    // Not a file: a cell, or code that was evaluated.
    return undefined;
  }
};
