/** The parameters' values now. The latest deliberate act wins: a value set stays until its default is changed. */
import v8 from "node:v8";
import type { Digest, EventBody, LogLevel, ParamView } from "../../protocol";
import { StagebookError } from "../../protocol";
import { digestAnything, digestProvided, type ProvidedDigest } from "../../key/code/closure";
import { textOfValue } from "../../key/describe";
import type { Scopes } from "../../key/scopes";
import { checkValue, valueOf, viewOfParam, type ParamDefinition, type ParamState } from "../../stage/param";
import type { SavedParams } from "../../store/memory/saved-params";
import type { Overlay } from "./activity";
import type { RunOverrides } from "./run-overrides";

interface Kept {
  /** v8-serialised, base64. */
  readonly value: string;
  /** Digest of the default that it replaced. */
  readonly initial: string;
}

interface ParamPorts {
  readonly savedParams: SavedParams;
  readonly scopes: Scopes;
  readonly runOverrides: RunOverrides;
  readonly emit: (event: EventBody) => void;
  readonly log: (level: LogLevel, message: string) => void;
}

export class ParamValues {
  private readonly states = new Map<string, ParamState>();
  private kept: Record<string, Kept> | undefined;

  private readonly savedParams: SavedParams;
  private readonly scopes: Scopes;
  private readonly runOverrides: RunOverrides;
  private readonly emit: (event: EventBody) => void;
  private readonly log: (level: LogLevel, message: string) => void;

  constructor(ports: ParamPorts) {
    ({
      savedParams: this.savedParams,
      scopes: this.scopes,
      runOverrides: this.runOverrides,
      emit: this.emit,
      log: this.log,
    } = ports);
  }

  /** A cell defines the parameter, for the first time or again. */
  define(definition: ParamDefinition): void {
    const before = this.states.get(definition.name);
    const override = before ? this.keepOverride(definition, before) : this.restoreOverride(definition);
    const given = this.runOverrides.valueFor(definition);
    if (given) this.checkKeyable(definition, given.value);
    const state: ParamState = { definition, ...(override ? { override } : {}), ...(given ? { given } : {}) };
    this.states.set(definition.name, state);
    if (!before) return this.emit({ type: "param:defined", param: this.view(definition.name) });
    const from = textOfValue(valueOf(before));
    if (from === textOfValue(valueOf(state))) this.emit({ type: "param:defined", param: this.view(definition.name) });
    else this.emit({ type: "param:changed", param: this.view(definition.name), from, by: "definition" });
  }

  remove(name: string): void {
    this.states.delete(name);
    this.emit({ type: "param:removed", param: name });
  }

  /** All or nothing: throws `param-unknown`, `param-value` or `not-keyable` before any is set. */
  set(values: Readonly<Record<string, unknown>>, by: "code" | "page"): void {
    const changes = Object.entries(values).map(([name, given]) => {
      const state = this.check(name);
      const value = by === "page" ? this.decode(state.definition, given) : given;
      checkValue(state.definition, value);
      this.checkKeyable(state.definition, value);
      return { name, state, value };
    });
    for (const { name, state, value } of changes) {
      const isDefault = this.digest(value) === this.digest(state.definition.initial);
      this.change(
        name,
        isDefault ? { definition: state.definition } : { definition: state.definition, override: { value } },
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

  private readonly plain = new Map<unknown, ProvidedDigest>();

  /** Throws `param-unknown`. */
  definition(name: string): ParamDefinition {
    return this.check(name).definition;
  }

  names(): readonly string[] {
    return [...this.states.keys()];
  }

  view(name: string): ParamView {
    return viewOfParam(this.check(name), textOfValue, (a, b) => this.digest(a) === this.digest(b));
  }

  /** A value as a person would write it. */
  text(value: unknown): string {
    return typeof value === "function" ? short(Function.prototype.toString.call(value)) : textOfValue(value);
  }

  digest(value: unknown): Digest {
    return digestAnything(value, this.scopes);
  }

  /** What the value counts as in a key. Throws `not-keyable`. */
  given(name: string, value: unknown): ProvidedDigest {
    if (!isPlain(value)) return digestProvided(value, name, this.scopes);
    // A number or text counts the same wherever it stands, and is asked for again and again.
    const id = typeof value === "number" && Object.is(value, -0) ? minusZero : value;
    let given = this.plain.get(id);
    if (given) return given;
    given = digestProvided(value, name, this.scopes);
    if (this.plain.size >= MAX_PLAIN) this.plain.clear();
    this.plain.set(id, given);
    return given;
  }

  /** Values for one use, checked. `wire`: they come from the page. Throws `param-unknown`, `param-value`. */
  overlay(values: Readonly<Record<string, unknown>>, wire = false): Overlay {
    return new Map(
      Object.entries(values).map(([name, given]) => {
        const { definition } = this.check(name);
        const value = wire ? this.decode(definition, given) : given;
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
      `there is no parameter "${name}"`,
      known.length ? `Parameters are ${known.join(", ")}.` : `Define it: param("${name}", 10).`,
    );
  }

  /** Throws `not-keyable` for a value that counts and that no key can tell from others. */
  checkKeyable(definition: ParamDefinition, value: unknown): void {
    if (definition.tracked) this.given(definition.name, value);
  }

  private decode(definition: ParamDefinition, wire: unknown): unknown {
    if (definition.schema.kind === "other")
      throw new StagebookError(
        "param-value",
        `parameter "${definition.name}" holds a value that only code can set`,
        `Write ${definition.name}.set(…) in a cell.`,
      );
    return definition.schema.decode(wire as never);
  }

  private change(name: string, change: ParamState, by: "code" | "page"): void {
    const before = this.check(name);
    const state: ParamState = before.given ? { ...change, given: before.given } : change;
    if (before.given)
      this.log("info", `parameter ${name} stays ${textOfValue(before.given.value)}, as the command line says`);
    this.states.set(name, state);
    this.keep(name, state);
    if (this.digest(valueOf(before)) === this.digest(valueOf(state))) return;
    this.emit({ type: "param:changed", param: this.view(name), from: textOfValue(valueOf(before)), by });
  }

  private keepOverride(definition: ParamDefinition, before: ParamState): { value: unknown } | undefined {
    if (!before.override) return undefined;
    return this.judge(definition, before.override.value, this.digest(before.definition.initial));
  }

  private restoreOverride(definition: ParamDefinition): { value: unknown } | undefined {
    const kept = this.read()[definition.name];
    if (!kept) return undefined;
    return this.judge(definition, v8.deserialize(Buffer.from(kept.value, "base64")), kept.initial);
  }

  /** Whether a value set for the old default still holds. */
  private judge(definition: ParamDefinition, value: unknown, oldDefault: string): { value: unknown } | undefined {
    const problem = definition.schema.check(value);
    const set = `the value ${textOfValue(value)} set before`;
    if (oldDefault !== this.digest(definition.initial))
      this.log(
        "info",
        `parameter ${definition.name}: its new default ${textOfValue(definition.initial)} replaces ${set}`,
      );
    else if (problem !== null) this.log("warn", `parameter ${definition.name}: ${set} ${problem}: it was dropped`);
    else return { value };
    this.keep(definition.name, { definition });
    return undefined;
  }

  private keep(name: string, state: ParamState): void {
    const all = { ...this.read() };
    if (state.override) {
      try {
        all[name] = {
          value: v8.serialize(state.override.value).toString("base64"),
          initial: this.digest(state.definition.initial),
        };
      } catch {
        this.log("info", `parameter ${name}: a value of this kind is kept for this kernel only`);
        delete all[name];
      }
    } else if (name in all) delete all[name];
    else return;
    this.kept = all;
    try {
      this.savedParams.write(all);
    } catch (error) {
      this.log(
        "warn",
        `parameter ${name}: its value could not be kept for the next start: ${(error as Error).message}`,
      );
    }
  }

  private read(): Record<string, Kept> {
    this.kept ??= { ...(this.savedParams.read() as unknown as Record<string, Kept>) };
    return this.kept;
  }
}

/** Code on one line. */
function short(source: string): string {
  const line = source.replace(/\s+/g, " ");
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}

const MAX_PLAIN = 10_000;
/** A map takes it for 0. */
const minusZero = Symbol("-0");

function isPlain(value: unknown): value is number | string | boolean {
  return typeof value === "number" || typeof value === "boolean" || (typeof value === "string" && value.length < 1000);
}
