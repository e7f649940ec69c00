/**
 * Current parameter values: the default, a *set value* (in the sidebar or a cell; saved, stays until the default changes), or the
 * *override* of a command, which is not saved and takes precedence over both.
 */
import v8 from "node:v8";
import type { Digest, EventBody, Json, ParamView } from "../../protocol";
import { messageOf, StagebookError } from "../../protocol";
import { digestAnything, digestProvided, type ProvidedDigest } from "../../key/code/closure";
import { textOfValue } from "../../key/describe";
import type { Scopes } from "../../key/scopes";
import {
  checkValue,
  decodeValue,
  secretText,
  valueOf,
  viewOfParam,
  type ParamDefinition,
  type ParamState,
} from "../../stage/param";
import { digestSecret, type SecretKeySource } from "../../secrets/secret-key";
import { secrets } from "../../secrets/secret-texts";
import type { SavedParams, SavedValue } from "../../store/notebooks/saved-params";
import type { Overlay } from "./activity";
import type { Log } from "./logger";
import type { Clock } from "./ports";
import type { RunOverrides } from "./run-overrides";

interface ParamPorts {
  readonly savedParams: SavedParams;
  readonly secretKey: SecretKeySource;
  readonly scopes: Scopes;
  readonly clock: Clock;
  readonly overrides: () => RunOverrides;
  readonly emit: (event: EventBody) => void;
  readonly log: Log;
}

export class ParamValues {
  private readonly states = new Map<string, ParamState>();
  /** The parameters whose value is one that was saved before this process started. */
  private readonly restored = new Set<string>();
  private changes = 0;
  private readonly plain = new Map<unknown, ProvidedDigest>();
  /** Of the digests in `plain`. */
  private secretsVersion = -1;

  constructor(private readonly ports: ParamPorts) {}

  /** Increases with each change of a definition or value. */
  get version(): number {
    return this.changes;
  }

  /** A cell defines the parameter, for the first time or again. */
  define(definition: ParamDefinition): void {
    const before = this.states.get(definition.name);
    this.keepSecret(definition, definition.initial);
    const set = before ? this.keepSetValue(definition, before) : this.restoreSetValue(definition);
    const override = this.ports.overrides().valueFor(definition);
    this.keepSecret(definition, override?.value);
    if (override) this.checkKeyable(definition, override.value);
    const state: ParamState = { definition, ...(set ? { set } : {}), ...(override ? { override } : {}) };
    this.setState(definition.name, state);
    if (!before) return this.ports.emit({ type: "param:defined", param: this.view(definition.name) });
    const from = this.text(before.definition, valueOf(before));
    if (from === this.text(definition, valueOf(state)) && !definition.secret)
      this.ports.emit({ type: "param:defined", param: this.view(definition.name) });
    else this.ports.emit({ type: "param:changed", param: this.view(definition.name), from, by: "definition" });
  }

  remove(name: string): void {
    this.states.delete(name);
    this.changes++;
    this.ports.emit({ type: "param:removed", param: name });
  }

  /** All or nothing: throws `param-unknown`, `param-value` or `not-keyable` before any is set. */
  set(values: Readonly<Record<string, unknown>>, by: "code" | "page"): void {
    const changes = Object.entries(values).map(([name, input]) => {
      const state = this.check(name);
      const value = by === "page" ? decodeValue(state.definition, input as Json) : state.definition.schema.order(input);
      this.keepSecret(state.definition, value);
      checkValue(state.definition, value);
      this.checkKeyable(state.definition, value);
      return { name, state, value };
    });
    for (const { name, state, value } of changes) {
      const isDefault = this.digest(value) === this.digest(state.definition.initial);
      this.change(
        name,
        isDefault ? { definition: state.definition } : { definition: state.definition, set: { value } },
        by,
      );
    }
  }

  reset(names: readonly string[], by: "code" | "page"): void {
    for (const name of names) this.check(name);
    for (const name of names) this.change(name, { definition: this.check(name).definition }, by);
  }

  /** The value now, or the overlay's. Throws `param-unknown`. */
  value(name: string, overlay: Overlay): unknown {
    return overlay.has(name) ? overlay.get(name) : valueOf(this.check(name));
  }

  isSecret(name: string): boolean {
    return this.states.get(name)?.definition.secret === true;
  }

  /** Throws `param-unknown`. */
  definition(name: string): ParamDefinition {
    return this.check(name).definition;
  }

  /** The parameters that have a value which was set and saved before this process started, in order of definition. */
  restoredNames(): readonly string[] {
    return this.names().filter((name) => this.restored.has(name) && this.states.get(name)?.override === undefined);
  }

  names(): readonly string[] {
    return [...this.states.keys()];
  }

  view(name: string): ParamView {
    return viewOfParam(this.check(name), textOfValue, (a, b) => this.digest(a) === this.digest(b));
  }

  /** A value as a user would write it; of a secret whether it is set. */
  text({ secret }: Pick<ParamDefinition, "secret">, value: unknown): string {
    if (secret) return secretText(value);
    return typeof value === "function" ? short(Function.prototype.toString.call(value)) : textOfValue(value);
  }

  digest(value: unknown): Digest {
    return digestAnything(value, this.ports.scopes);
  }

  /** The digest of a value in keys. Throws `not-keyable`. */
  keyDigest(name: string, value: unknown): ProvidedDigest {
    if (this.isSecret(name))
      return { digest: digestSecret(this.ports.secretKey(), name, String(value)), untracked: [] };
    if (!isPlain(value)) return digestProvided(value, name, this.ports.scopes);
    if (this.secretsVersion !== secrets.version) this.plain.clear();
    this.secretsVersion = secrets.version;
    // By value, not by identity (so not a memo): a number or text has the same digest wherever it occurs, and plans ask again and again.
    const id = typeof value === "number" && Object.is(value, -0) ? minusZero : value;
    let digest = this.plain.get(id);
    if (digest) return digest;
    digest = digestProvided(value, name, this.ports.scopes);
    if (this.plain.size >= MAX_PLAIN) this.plain.clear();
    this.plain.set(id, digest);
    return digest;
  }

  /** Values for one use, checked. `areJson`: they come from the page. Throws `param-unknown`, `param-value`. */
  overlay(values: Readonly<Record<string, unknown>>, areJson = false): Overlay {
    return new Map(
      Object.entries(values).map(([name, input]) => {
        const { definition } = this.check(name);
        const value = areJson ? decodeValue(definition, input as Json) : definition.schema.order(input);
        this.keepSecret(definition, value);
        checkValue(definition, value);
        this.checkKeyable(definition, value);
        return [name, value];
      }),
    );
  }

  private check(name: string): ParamState {
    const state = this.states.get(name);
    if (state) return state;
    const known = this.names();
    throw new StagebookError(
      "param-unknown",
      `parameter "${name}" does not exist`,
      known.length ? `Parameters are ${known.join(", ")}.` : `Define it: param("${name}", 10).`,
    );
  }

  /** Throws `not-keyable` for a value of a tracked parameter that has no digest. */
  checkKeyable(definition: ParamDefinition, value: unknown): void {
    if (definition.tracked) this.keyDigest(definition.name, value);
  }

  /** From now on the value is masked wherever it occurs. */
  private keepSecret({ secret }: ParamDefinition, value: unknown): void {
    if (secret) secrets.add(value, this.ports.secretKey);
  }

  private change(name: string, change: ParamState, by: "code" | "page"): void {
    const before = this.check(name);
    const { override } = before;
    const state: ParamState = override ? { ...change, override } : change;
    if (override)
      this.ports.log(
        "info",
        `parameter ${name} stays ${this.text(before.definition, override.value)}, as set on the command line`,
      );
    this.setState(name, state);
    this.save(name, state);
    if (this.digest(valueOf(before)) === this.digest(valueOf(state))) return;
    this.ports.emit({
      type: "param:changed",
      param: this.view(name),
      from: this.text(before.definition, valueOf(before)),
      by,
    });
  }

  private setState(name: string, state: ParamState): void {
    this.states.set(name, state);
    this.changes++;
  }

  private keepSetValue(definition: ParamDefinition, before: ParamState): { value: unknown } | undefined {
    if (!before.set) return undefined;
    return this.checkSetValue(definition, before.set.value, this.digest(before.definition.initial));
  }

  private restoreSetValue(definition: ParamDefinition): { value: unknown } | undefined {
    const saved = this.ports.savedParams.find(definition.name);
    if (!saved) return undefined;
    // It was set before it was a secret.
    if (definition.secret) {
      this.save(definition.name, { definition });
      return undefined;
    }
    const value: unknown = v8.deserialize(Buffer.from(saved.value, "base64"));
    const set = this.checkSetValue(definition, value, saved.initial);
    if (set) this.restored.add(definition.name);
    return set;
  }

  /** The value that was set for the old default, if it still applies. */
  private checkSetValue(
    definition: ParamDefinition,
    value: unknown,
    oldDefault: string,
  ): { value: unknown } | undefined {
    const problem = definition.schema.check(value);
    const said = `the value ${this.text(definition, value)} that was set before`;
    if (oldDefault !== this.digest(definition.initial))
      this.ports.log(
        "info",
        `parameter ${definition.name}: its new default ${this.text(definition, definition.initial)} replaces ${said}`,
      );
    else if (problem !== null)
      this.ports.log("warn", `parameter ${definition.name}: ${said} ${problem} and was dropped`);
    else return { value };
    this.save(definition.name, { definition });
    return undefined;
  }

  /** Saves the value for the next start, or forgets it. Called for deliberate changes only: another kernel may have saved another one. */
  private save(name: string, { definition, set }: ParamState): void {
    const { savedParams, log } = this.ports;
    this.restored.delete(name);
    try {
      savedParams.save(name, set && this.encode(definition, set.value));
    } catch (error) {
      log("warn", `parameter ${name}: its value could not be saved for the next start: ${messageOf(error)}`);
    }
  }

  private encode(definition: ParamDefinition, value: unknown): SavedValue | undefined {
    if (definition.secret) return undefined;
    try {
      const bytes = v8.serialize(value).toString("base64");
      return { value: bytes, initial: this.digest(definition.initial), at: this.ports.clock.now() };
    } catch {
      this.ports.log("info", `parameter ${definition.name}: a value of this kind is kept in this kernel only`);
      return undefined;
    }
  }
}

/** Source code on one line, cut. */
function short(source: string): string {
  const line = source.replace(/\s+/g, " ");
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}

const MAX_PLAIN = 10_000;
/** The key of -0: a Map treats it as 0. */
const minusZero = Symbol("-0");

function isPlain(value: unknown): value is number | string | boolean {
  return typeof value === "number" || typeof value === "boolean" || (typeof value === "string" && value.length < 1000);
}
