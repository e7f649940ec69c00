/** The commands of a page, executed. Each was validated before; it takes effect completely, or not at all. */
import type { EventBus } from "../../events/bus";
import { withinActivity } from "../../run/state/activity";
import type { RunSummary } from "../../run/active-runs";
import type { Engine } from "../../run/engine";
import type { Instance } from "../../run/state/instances";
import {
  boundEvent,
  boundRecord,
  unreachable,
  type Command,
  type CommandType,
  type ErrorView,
  type LogRecord,
  type Result,
  type RunId,
} from "../../protocol";
import { readRunEvents, readRunLines, readRuns } from "../../events/run-files";
import type { NotebookIdentity } from "../../store/notebooks/notebook-identity";
import type { RunLog } from "../../store/store";
import type { NotebookCells } from "../cells/cells";
import type { ShownTables } from "../cells/shown-tables";
import type { PageLink } from "./page-link";
import { costAbove } from "./run-limit";
import { StageAnswers } from "./stage-answers";
import { runStale } from "./stale-runs";
import { TableAnswers } from "./table-answers";

/** Limits of one reply. */
const MAX_LOG_LINES = 10_000;
const MAX_RUNS = 1000;
const MAX_EVENTS = 5000;

export interface PageCommandParts {
  readonly engine: Engine;
  readonly bus: EventBus;
  readonly cells: NotebookCells;
  readonly shownTables: ShownTables;
  /** Under whose id runs are stored. */
  readonly notebook: NotebookIdentity;
  /** The log lines of this kernel that are still in memory, oldest first. */
  readonly logLines: () => readonly LogRecord[];
  /** Resolves once the record of every run so far is in the store: a page asks as soon as it receives the end of a run. */
  readonly runsWritten: () => Promise<void>;
  readonly link: Pick<PageLink, "flush">;
}

export class PageCommands {
  private readonly stages: StageAnswers;
  private readonly tables: TableAnswers;

  constructor(private readonly parts: PageCommandParts) {
    this.stages = new StageAnswers(parts.engine);
    this.tables = new TableAnswers(parts.engine, this.stages, parts.shownTables);
  }

  execute(command: Command): Promise<unknown> {
    return withinActivity({ cell: null, source: "page" }, () => this.perform(command));
  }

  private async perform(command: Command): Promise<Result<CommandType>> {
    const { engine } = this.parts;
    switch (command.type) {
      case "sync":
        return this.checkFiles();
      case "set-params":
        engine.checkParamsFree(Object.keys(command.values));
        engine.params.set(command.values, "page");
        return this.changed(null);
      case "reset-params": {
        const names = command.names ?? engine.params.names();
        engine.checkParamsFree(names);
        engine.params.reset(names, "page");
        return this.changed(null);
      }
      case "run": {
        const targets = command.targets ?? engine.registry.stages.all().map((stage) => stage.name);
        const instances = targets.map((name) => engine.instances.find(name));
        const cost = await costAbove(command.limitMs, engine, instances, command.force);
        if (cost) return { status: "unconfirmed", executed: 0, cost };
        const { status, executed } = await this.run(instances, command.force ?? false);
        return this.replanned({ status, executed });
      }
      case "run-stale":
        return runStale({ engine, cells: this.parts.cells, replanned: () => this.replanned(undefined) }, command);
      case "cells":
        this.parts.cells.arrange(command.cells);
        return this.planned();
      case "check-files":
        return this.checkFiles();
      case "cancel":
        return this.replanned({ runs: engine.cancel() });
      case "explain":
        return this.stages.explain(command.stage);
      case "what-if": {
        const { assessed } = await engine.planAll(engine.params.overlay(command.values, true));
        return { rows: [...assessed.values()].map(({ row }) => row) };
      }
      case "preview":
        return this.stages.preview(command.stage, command.key);
      case "table":
        return this.tables.page(command);
      case "table-summary":
        return this.tables.summary(command);
      case "table-save":
        return this.tables.save(command);
      case "history":
        return this.stages.history(command.stage);
      case "restore":
        return this.changed(await this.stages.restore(command.stage, command.key));
      case "pin":
        return this.stages.pin(command.stage, command.key, command.pinned);
      case "log":
        return this.log(command.before, command.limit, command.run as RunId | undefined);
      case "runs":
        return this.runs(command.before, command.limit);
      case "run-events":
        return this.runEvents(command.run as RunId, command.from, command.limit);
      case "whole":
        return this.whole(command.run as RunId, command.stage, command.at);
      case "clear": {
        const names =
          command.stage === undefined
            ? engine.registry.stages.all().map((stage) => stage.name)
            : [engine.instances.find(command.stage).definition.name];
        let results = 0;
        for (const name of names) results += await engine.results.clear(name);
        return this.replanned({ results });
      }
      default:
        return unreachable(command);
    }
  }

  /** External files may have changed. */
  private checkFiles(): Promise<null> {
    this.parts.engine.changed("files");
    return this.planned();
  }

  private async planned(): Promise<null> {
    await this.parts.engine.planned();
    return null;
  }

  private run(targets: readonly Instance[], force: boolean): Promise<RunSummary> {
    return this.parts.engine.run(targets, { force, source: "page" });
  }

  /** After a change of parameters: the page receives what the new values make stale before all code is analyzed again. */
  private async changed<T>(result: T): Promise<T> {
    const { engine, link } = this.parts;
    engine.changed("params");
    await engine.planned();
    link.flush();
    // The message leaves the process now, not after the work that follows.
    await new Promise((resolve) => setImmediate(resolve));
    return this.replanned(result);
  }

  private async replanned<T>(result: T): Promise<T> {
    const { engine } = this.parts;
    engine.changed("code");
    await engine.planned();
    return result;
  }

  private async log(before: number, limit: number, run?: RunId): Promise<Result<"log">> {
    const lines = run === undefined ? this.parts.logLines() : await readRunLines(await this.records(), run);
    const end = Math.max(0, lines.length - before);
    const start = Math.max(0, end - Math.min(limit, MAX_LOG_LINES));
    return { records: lines.slice(start, end).map(boundRecord), more: start > 0 };
  }

  private async runs(before: number, limit: number): Promise<Result<"runs">> {
    const runs = await readRuns(await this.records(), await this.parts.notebook.find());
    const end = Math.max(0, runs.length - before);
    const start = Math.max(0, end - Math.min(limit, MAX_RUNS));
    return { rows: runs.slice(start, end).reverse(), more: start > 0 };
  }

  private async runEvents(run: RunId, from: number, limit: number): Promise<Result<"run-events">> {
    const events = await readRunEvents(await this.records(), run);
    const some = events.slice(from, from + Math.min(limit, MAX_EVENTS));
    return { events: some.map(boundEvent), total: events.length };
  }

  /** The store, with all records so far. */
  private async records(): Promise<RunLog> {
    await this.parts.runsWritten();
    return this.parts.engine.store;
  }

  private async whole(run: RunId, stage: string, at: number | undefined): Promise<Result<"whole">> {
    let error: ErrorView | null = null;
    const records: LogRecord[] = [];
    for (const event of await readRunEvents(await this.records(), run)) {
      if (at === undefined && event.type === "stage:failed" && event.stage === stage) error = event.error;
      if (event.type === "log:written" && event.record.at === at && event.record.stage === stage)
        records.push(event.record);
    }
    return { error, records };
  }
}
