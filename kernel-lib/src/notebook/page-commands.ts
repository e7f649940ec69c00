/** What a page may ask, answered. Each command is checked before; it changes all it says, or nothing. */
import type { EventBus } from "../events/bus";
import { inspect } from "node:util";
import { withinActivity } from "../run/activity";
import type { Engine, RunSummary } from "../run/engine";
import type { Instance } from "../run/instances";
import {
  known,
  StagebookError,
  unreachable,
  type Command,
  type CommandType,
  type LogRecord,
  type Result,
} from "../protocol";
import type { NotebookCells } from "./cells";

export interface PageCommandParts {
  readonly engine: Engine;
  readonly bus: EventBus;
  readonly cells: NotebookCells;
  /** All log lines of this kernel that are still kept, oldest first. */
  readonly logLines: () => readonly LogRecord[];
}

const PREVIEW_CHARACTERS = 20_000;

export class PageCommands {
  constructor(private readonly parts: PageCommandParts) {}

  execute(command: Command): Promise<unknown> {
    return withinActivity({ cell: null, source: "page" }, () => this.answer(command));
  }

  private async answer(command: Command): Promise<Result<CommandType>> {
    const { engine } = this.parts;
    switch (command.type) {
      case "sync":
        engine.refresh();
        await engine.settled();
        return null;
      case "set-params":
        engine.checkParamsFree(Object.keys(command.values));
        engine.params.set(command.values, "page");
        return this.replanned(null);
      case "reset-params": {
        const names = command.names ?? engine.params.names();
        engine.checkParamsFree(names);
        engine.params.reset(names, "page");
        return this.replanned(null);
      }
      case "run": {
        const targets = command.targets ?? engine.registry.stages.all().map((stage) => stage.name);
        const { status, bodies } = await this.run(
          targets.map((name) => engine.instances.find(name)),
          command.force ?? false,
        );
        return this.replanned({ status, bodies });
      }
      case "run-stale":
        return this.runStale();
      case "cancel":
        return this.replanned({ runs: engine.cancel() });
      case "explain":
        return this.explain(engine.instances.find(command.stage));
      case "what-if": {
        const { assessed } = await engine.planAll(engine.params.overlay(command.values, true));
        return { rows: [...assessed.values()].map(({ row }) => row) };
      }
      case "preview":
        return this.preview(engine.instances.find(command.stage));
      case "history":
        return this.history(command.stage);
      case "log":
        return this.log(command.before, command.limit);
      case "clear": {
        const names =
          command.stage === undefined
            ? engine.registry.stages.all().map((stage) => stage.name)
            : [engine.instances.find(command.stage).definition.name];
        let results = 0;
        for (const name of names) results += await engine.results.clear(name);
        return this.replanned({ results });
      }
      case "pin":
        return this.pin(engine.instances.find(command.stage), command.pinned);
      default:
        return unreachable(command);
    }
  }

  private async pin(instance: Instance, isPinned: boolean): Promise<null> {
    const { results, store } = this.parts.engine;
    const latest = await results.latest(instance);
    if (!latest) throw noResult(instance);
    await store.pin(latest.key, isPinned);
    return null;
  }

  private async runStale(): Promise<Result<"run-stale">> {
    const { engine, cells } = this.parts;
    engine.endEpoch();
    const stale = (await engine.outdated()).map((row) => engine.instances.find(row.stage));
    const { status, bodies } =
      stale.length > 0 ? await this.run(stale, false) : { status: "succeeded" as const, bodies: 0 };
    await this.replanned(null);
    const notRun = (await engine.outdated()).length;
    return { status, bodies, cells: cells.toExecute(), notRun };
  }

  private run(targets: readonly Instance[], force: boolean): Promise<RunSummary> {
    return this.parts.engine.run(targets, { force, source: "page" });
  }

  private async replanned<T>(result: T): Promise<T> {
    const { engine } = this.parts;
    engine.endEpoch();
    engine.refresh();
    await engine.settled();
    return result;
  }

  private async explain(instance: Instance): Promise<Result<"explain">> {
    const { engine } = this.parts;
    const assessed = known((await engine.planner.plan([instance], { isLookedAt: true })).assessed, instance.id);
    const { status, reasons } = assessed.row;
    const text = reasons.length ? reasons.map((reason) => reason.text).join("; ") : status;
    return {
      stage: instance.definition.name,
      status,
      reasons,
      text,
      key: assessed.key.key ?? null,
      parts: assessed.key.parts.map(({ kind, name, digest, text: words }) => ({ kind, name, digest, text: words })),
    };
  }

  private async preview(instance: Instance): Promise<Result<"preview">> {
    const { engine } = this.parts;
    const latest = await engine.results.latest(instance);
    const loaded = latest && (await engine.results.read(latest, instance.definition.codec));
    if (!latest || !loaded) throw noResult(instance);
    const text =
      typeof loaded.value === "string"
        ? loaded.value
        : inspect(loaded.value, { depth: 4, maxArrayLength: 100, maxStringLength: 1000, breakLength: 100 });
    return { text: text.slice(0, PREVIEW_CHARACTERS), truncated: text.length > PREVIEW_CHARACTERS };
  }

  private async history(stage: string): Promise<Result<"history">> {
    const entries = await this.parts.engine.results.history(this.parts.engine.instances.find(stage).definition.name);
    return {
      rows: entries.map((entry) => ({
        at: entry.at,
        key: entry.key,
        durationMs: entry.durationMs,
        sizeBytes: entry.output.sizeBytes,
        summary: entry.output.summary,
        params: entry.params,
      })),
    };
  }

  private log(before: number, limit: number): Result<"log"> {
    const lines = this.parts.logLines();
    const end = Math.max(0, lines.length - before);
    const start = Math.max(0, end - Math.min(limit, 10_000));
    return { records: lines.slice(start, end), more: start > 0 };
  }
}

function noResult({ definition: { name } }: Instance): StagebookError {
  return new StagebookError("no-result", `stage "${name}" has no stored result`, "Run it first.", { stage: name });
}
