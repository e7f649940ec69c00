/** The current state of what an execution read: equal states mean that it would read the same again. */
import dns from "node:dns";
import os from "node:os";
import type { MaybePromise } from "../async/maybe-promise";
import { digestContent } from "../key/digest";
import type { Digest } from "../protocol";
import { unobserved } from "./context";
import { listingOf, resolvedTarget, statField, typeOf } from "./path-states";
import type { ObservedRead } from "./reads";

export interface ReadState {
  readonly digest: Digest;
  /** Human-readable, short; never a secret. */
  readonly text: string;
}

/** The states of files by their content; the caller has them cached. A missing file has a state too. */
export interface FileStates {
  state(path: string): Promise<ReadState>;
}

/** The current state. Paths must be absolute. Rejects only if `files` does. */
export function stateOfRead(read: ObservedRead, files: FileStates): MaybePromise<ReadState> {
  if (read.kind === "file") return files.state(read.name);
  return unobserved(() => {
    const value = valueOf(read);
    return { digest: digestContent(value ?? MISSING), text: textOf(read, value) };
  });
}

/** As text; undefined for what does not exist. */
function valueOf(read: ObservedRead): string | undefined {
  switch (read.kind) {
    case "folder":
      return listingOf(read.name);
    case "exists":
      return typeOf(read.name);
    case "stat":
      return statOf(read);
    case "link":
      return resolvedTarget(read.name);
    case "env":
      return read.name === "" ? Object.keys(process.env).sort().join("\\n") : process.env[read.name];
    case "zone":
      return Intl.DateTimeFormat().resolvedOptions().timeZone;
    case "locale":
      return Intl.DateTimeFormat().resolvedOptions().locale;
    case "cwd":
      return process.cwd();
    case "system":
      return systemValue(read.name);
    case "file":
      throw new TypeError("the state of a file is read by its content");
  }
}

function statOf({ name, fields }: ObservedRead): string | undefined {
  const type = typeOf(name);
  if (type === undefined || fields === undefined) return type;
  return [type, ...fields.split(",").map((field) => `${field} ${statField(name, field) ?? ""}`)].join(", ");
}

/** Lists and tables as JSON. */
function systemValue(name: string): string {
  if (name === "cpus") return String(os.cpus().length);
  const [owner, property] = ownerOfProperty(name);
  const value: unknown = Reflect.get(owner, property);
  const result: unknown = typeof value === "function" ? Reflect.apply(value, owner, []) : value;
  return typeof result === "string" ? result : JSON.stringify(result);
}

function ownerOfProperty(name: string): readonly [owner: object, property: string] {
  const property = name.slice(name.indexOf(".") + 1);
  if (name.startsWith("process.")) return [process, property];
  if (name.startsWith("dns.")) return [dns, property];
  if (name.startsWith("navigator.")) return [(globalThis as { navigator?: object }).navigator ?? {}, property];
  return [os, name];
}

/** Short values as they are, unless they may be secret; others by their size and the start of their digest. */
function textOf(read: ObservedRead, value: string | undefined): string {
  if (value === undefined) return read.kind === "env" ? "not set" : "missing";
  if (read.kind === "folder") return countText(value, "entry", "entries");
  if (read.kind === "env" && read.name === "") return countText(value, "variable", "variables");
  if (read.kind === "env" && isSecret(read.name, value)) return `set, ${shortDigest(value)}`;
  return value.length <= MAX_SHOWN && !/[\p{Cc}]/u.test(value)
    ? value
    : `${value.length} characters, ${shortDigest(value)}`;
}

/** As much of a value as a line of text shows. */
const MAX_SHOWN = 60;
/** A text that no value has. */
const MISSING = "\0missing";

/** By the name, or by a password within a URL. */
const isSecret = (name: string, value: string): boolean =>
  /key|secret|token|pass|pwd|credential|auth|private|cookie|session|signature|dsn/i.test(name) ||
  /:\/\/[^/\s]*@/.test(value);

const shortDigest = (value: string): string => `sha256 ${digestContent(value).slice(0, 8)}`;

function countText(lines: string, one: string, many: string): string {
  const count = lines === "" ? 0 : lines.split("\n").length;
  return `${count} ${count === 1 ? one : many}`;
}
