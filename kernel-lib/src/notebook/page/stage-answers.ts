/** The commands about one stage: explain its status, preview its output, list, pin and restore earlier results. Used by PageCommands. */
import { methodText } from "../../stage/handle-names";
import { inspect } from "node:util";
import { previewItems, previewValue } from "../../preview/preview";
import { readText } from "../../preview/read-text";
import type { KeyPart } from "../../key/parts";
import {
  caveatsOf,
  mustGet,
  StagebookError,
  type Json,
  type KeyPartView,
  type PreviewView,
  type Result,
} from "../../protocol";
import type { Engine } from "../../run/engine";
import type { Instance } from "../../run/state/instances";
import { StoredStream } from "../../run/streams/streams";
import { UnreadableValue } from "../../stage/param-schema";
import type { ParamDefinition } from "../../stage/param";
import type { Entry } from "../../store/store";

const PREVIEW_CHARACTERS = 20_000;
/** A preview of a stream reads its first items only. */
const PREVIEW_ITEMS = 100;

export class StageAnswers {
  constructor(private readonly engine: Engine) {}

  /** Why the stage is fresh or stale, with the parts of its key and those that have changed. */
  async explain(stage: string): Promise<Result<"explain">> {
    const { engine } = this;
    const instance = engine.instances.find(stage);
    const assessed = mustGet((await engine.planner.plan([instance], { isInspected: true })).assessed, instance.id);
    const { status, reasons } = assessed.row;
    // The current result is not always the latest: parameters may have been set back.
    const latest = assessed.row.result ? undefined : await engine.results.latest(instance);
    const caveats = caveatsOf(assessed.row);
    const text = [...(reasons.length > 0 ? reasons.map((reason) => reason.text) : [status]), ...caveats].join("; ");
    return {
      stage: instance.definition.name,
      status,
      reasons,
      text,
      caveats,
      key: assessed.key.key ?? null,
      parts: assessed.key.parts.map(viewOfPart),
      before: changedParts(latest?.parts ?? [], assessed.key.parts),
    };
  }

  /** A bounded view of an output: of the result under `key`, otherwise of the current or latest one. */
  async preview(stage: string, key?: string): Promise<Result<"preview">> {
    const { results, instances } = this.engine;
    const instance = instances.find(stage);
    const loaded = await results.read(await this.find(stage, key), instance.definition.codec);
    if (!loaded) throw noResult(instance);
    const { value } = loaded;
    const { shown, picture } = await previewOf(value);
    const text =
      typeof shown === "string"
        ? shown
        : inspect(shown, { depth: 4, maxArrayLength: 100, maxStringLength: 1000, breakLength: 100 });
    return { text: text.slice(0, PREVIEW_CHARACTERS), truncated: text.length > PREVIEW_CHARACTERS, picture };
  }

  /** The stored results of the stage, newest first. */
  async history(stage: string): Promise<Result<"history">> {
    const { engine } = this;
    const entries = await engine.results.history(engine.instances.find(stage).definition.name);
    const pinned = await engine.store.pinned();
    return {
      rows: entries.map((entry) => ({
        at: entry.at,
        key: entry.key,
        durationMs: entry.durationMs,
        sizeBytes: entry.output.sizeBytes,
        summary: entry.output.summary,
        params: entry.params,
        pinned: pinned.has(entry.key),
        run: entry.run,
      })),
    };
  }

  /** A pinned result is never removed by gc. */
  async pin(stage: string, key: string | undefined, isPinned: boolean): Promise<null> {
    const entry = await this.find(stage, key);
    await this.engine.store.pin(entry.key, isPinned);
    return null;
  }

  /** Sets the parameters to the values that the result under `key` was computed with. Throws before any is set. */
  async restore(stage: string, key: string): Promise<Result<"restore">> {
    const { params } = this.engine;
    const recorded = Object.entries((await this.find(stage, key)).params);
    const defined = new Set(params.names());
    // The value of a secret is recorded nowhere: it stays what it is.
    const changed = recorded.filter(
      ([name, text]) => defined.has(name) && !params.definition(name).secret && this.currentText(name) !== text,
    );
    const values = Object.fromEntries(changed.map(([name, text]) => [name, this.readParam(name, text)]));
    this.engine.checkParamsFree(Object.keys(values));
    params.set(values, "page");
    return {
      changed: Object.keys(values),
      missing: recorded.map(([name]) => name).filter((name) => !defined.has(name)),
    };
  }

  private currentText(name: string): string {
    const { params } = this.engine;
    return params.text(params.definition(name), params.value(name, new Map()));
  }

  /** The JSON value of a parameter, from the text that was stored with the result. */
  private readParam(name: string, text: string): unknown {
    const { params } = this.engine;
    const definition = params.definition(name);
    // Texts of dates and bigints are their JSON values.
    const candidates = [text, readText(text)?.value];
    for (const json of candidates) {
      const value = this.tryDecode(definition, json);
      if (value !== undefined && params.text(definition, value) === text) return json;
    }
    if (params.text(definition, definition.initial) === text) return definition.schema.encode(definition.initial);
    throw new StagebookError(
      "param-value",
      `parameter "${name}" was ${text}: only this text was stored, and the value cannot be restored from it`,
      `Call ${methodText("param", name, "set(…)")} in a cell. Nothing was changed.`,
    );
  }

  /** Undefined when the text is not a value of the parameter. */
  private tryDecode(definition: ParamDefinition, json: unknown): unknown {
    try {
      return json === undefined ? undefined : definition.schema.decode(json as Json);
    } catch (error) {
      if (error instanceof UnreadableValue) return undefined;
      throw error;
    }
  }

  /** The current result, otherwise the latest. */
  private async findShown(instance: Instance): Promise<Entry> {
    const { results, planner } = this.engine;
    const { row, key } = mustGet((await planner.plan([instance], { isInspected: true })).assessed, instance.id);
    const current = row.result && key.key !== undefined ? await results.find(instance, key.key) : undefined;
    const entry = current ?? (await results.latest(instance));
    if (!entry) throw noResult(instance);
    return entry;
  }

  /** The result under `key`, or the one that is shown. */
  async find(stage: string, key?: string): Promise<Entry> {
    const { results, instances } = this.engine;
    const instance = instances.find(stage);
    if (key === undefined) return this.findShown(instance);
    const { name } = instance.definition;
    const entry = (await results.history(name)).find((each) => each.key === key);
    if (entry) return entry;
    throw new StagebookError(
      "no-result",
      `stage "${name}" has no stored result with the key ${key.slice(0, 64)}`,
      "Reload the history: the result may have been cleared.",
      { stage: name },
    );
  }
}

function noResult({ definition: { name } }: Instance): StagebookError {
  return new StagebookError("no-result", `stage "${name}" has no stored result`, "Run it first.", { stage: name });
}

/** Only the first items of a stream are read. */
async function previewOf(value: unknown): Promise<{ readonly shown: unknown; readonly picture: PreviewView }> {
  if (!(value instanceof StoredStream)) return { shown: value, picture: previewValue(value) };
  const first: unknown[] = [];
  for await (const item of value) {
    first.push(item);
    if (first.length >= PREVIEW_ITEMS) break;
  }
  return { shown: value, picture: previewItems(first, value.length) };
}

/** The parts of `before` that are missing or different in `now`. What a new execution would read is unknown until it ends. */
function changedParts(before: readonly KeyPart[], now: readonly KeyPart[]): readonly KeyPartView[] {
  const same = new Set(now.map(({ kind, name, digest }) => `${kind}\u0000${name}\u0000${digest}`));
  const isUnknown = ({ kind, name }: KeyPart): boolean =>
    kind === "read" && !now.some((part) => part.kind === "read" && part.name === name);
  return before
    .filter((part) => !same.has(`${part.kind}\u0000${part.name}\u0000${part.digest}`) && !isUnknown(part))
    .map(viewOfPart);
}

function viewOfPart({ kind, name, digest, text }: KeyPart): KeyPartView {
  return { kind, name, digest, text };
}
