/** The `stagebook` command: its options, and what each command does with them. */
import path from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { StagebookError } from "../protocol";
import { version } from "../pipeline";
import { exitCode, type ExitCode } from "./terminal/exit-code";
import { findOtherCopy } from "./session/open-session";
import {
  explainCommand,
  exportAirflow,
  exportFormats,
  exportCommand,
  paramsCommand,
  planCommand,
  type AirflowOptions,
  type DefinitionOptions,
  type ExportFormat,
  type ExportOptions,
  type PlanOptions,
} from "./commands/plan-command";
import {
  getCommand,
  getForms,
  historyCommand,
  logCommand,
  type GetOptions,
  type LogOptions,
  type ResultOptions,
} from "./commands/result-commands";
import { runCommand, type RunCommandOptions } from "./commands/run-command";
import type { Terminal } from "./terminal/terminal";
import { clearCommand, gcCommand, verifyCommand } from "./commands/maintenance-commands";
import { UsageError } from "./terminal/usage-error";

type Act<O> = (file: string, options: O) => Promise<ExitCode>;

/** Carries out a command line, without the name of the program. Resolves with what the process ends with. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  const line = new CommandLine(args, terminal);
  try {
    await line.program().parseAsync(args, { from: "user" });
    return line.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    if (!(error instanceof StagebookError)) throw error;
    terminal.err(`stagebook: ${error.message}. ${error.advice}\n`);
    return error instanceof UsageError ? exitCode.usage : exitCode.failed;
  }
}

/** The program with all its commands, as the reference documents it. */
export function createProgram(terminal: Terminal): Command {
  return new CommandLine([], terminal).program();
}

class CommandLine {
  code: number = exitCode.ok;

  constructor(
    private readonly args: readonly string[],
    private readonly terminal: Terminal,
  ) {}

  program(): Command {
    const { terminal } = this;
    const program = new Command("stagebook")
      .description("Runs the cached pipeline of a TypeScript notebook or script without Jupyter.")
      .version(version)
      .exitOverride()
      .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
      .addHelpText("after", exitCodes);
    this.addRun(program);
    this.addPlans(program);
    this.addResults(program);
    this.addUpkeep(program);
    return program;
  }

  private addRun(program: Command): void {
    this.withSession(program.command("run <file>"))
      .description("execute the cells, then run every stage that is stale")
      .option("--target <stage>", "run this stage and what it needs, no other (may be repeated)", collect)
      .option("--force <stage>", "run this stage although it is fresh (may be repeated)", collect)
      .option("--jobs <number>", "so many stages at the same time", readCount)
      .option("--retries <number>", "so often a stage is tried again, at most", readCountFromZero)
      .option("--save <file>", "write the notebook with its new outputs", absolute)
      .option("--check", "run nothing: exit code 3 when anything is stale")
      .option("--lock", "compare the results with pipeline.lock, which is written when there is none: exit code 4")
      .option("--update-lock", "write pipeline.lock anew")
      .option("--json", "print one JSON document at the end")
      .action(this.act<RunCommandOptions>((file, options) => runCommand(file, options, this.terminal)));
  }

  private addPlans(program: Command): void {
    const { terminal } = this;
    this.withSession(program.command("plan <file>"))
      .description("say what would run, and why; runs no stage")
      .option("--target <stage>", "only this stage and what it needs (may be repeated)", collect)
      .option("--check", "exit code 3 when anything is stale")
      .option("--json", "print JSON")
      .action(this.act<PlanOptions>((file, options) => planCommand(file, options, terminal)));
    this.withSession(program.command("explain <file> <stage>"))
      .description("say why a stage is stale")
      .option("--json", "print JSON, with all parts of the key")
      .action(
        this.actOnStage<DefinitionOptions>((file, stage, options) => explainCommand(file, stage, options, terminal)),
      );
    this.withSession(program.command("params <file>"))
      .description("list the parameters and their values")
      .option("--json", "print JSON, with their schemas")
      .action(this.act<DefinitionOptions>((file, options) => paramsCommand(file, options, terminal)));
    const exported = program.command("export").description("write the graph in another form");
    this.withSession(exported.command("airflow <file>"))
      .description("as a DAG of Apache Airflow: one task a stage")
      .option("-o, --output <file>", "where to write it (default: here)", absolute)
      .option("--dag-id <id>", "the name of the DAG (default: that of the file)")
      .action(this.act<AirflowOptions>((file, options) => exportAirflow(file, options, terminal)));
    const about = { mermaid: "for Markdown on GitHub and elsewhere", dot: "for Graphviz", svg: "as a picture" };
    for (const format of Object.keys(exportFormats) as ExportFormat[])
      this.withSession(exported.command(`${format} <file>`))
        .description(about[format])
        .option("-o, --output <file>", "where to write it (default: here)", absolute)
        .action(this.act<ExportOptions>((file, options) => exportCommand(format, file, options, terminal)));
  }

  private addResults(program: Command): void {
    const { terminal } = this;
    this.withStore(program.command("get <file> <stage>"))
      .description("print a stage's newest stored result")
      .addOption(new Option("--as <form>", "json, text, bytes, or file: a copy of the file it made").choices(getForms))
      .option("--key <key>", "that result, by the beginning of its key")
      .option("-o, --output <file>", "where to write it (default: here)", absolute)
      .action(
        this.actOnStage<StoreOption & GetOptions>((file, stage, options) => getCommand(file, stage, options, terminal)),
      );
    this.withStore(program.command("history <file> <stage>"))
      .description("list a stage's stored results, newest first")
      .option("--json", "print JSON")
      .action(
        this.actOnStage<StoreOption & ResultOptions>((file, stage, options) =>
          historyCommand(file, stage, options, terminal),
        ),
      );
    this.withStore(program.command("log <file> <stage>"))
      .description("print what was logged when a stage's newest result was made")
      .option("--run <id>", "in that run")
      .option("--all", "the lines of the other stages of the run too")
      .option("--json", "print JSON")
      .action(
        this.actOnStage<StoreOption & LogOptions>((file, stage, options) => logCommand(file, stage, options, terminal)),
      );
  }

  private addUpkeep(program: Command): void {
    const { terminal } = this;
    this.withStore(program.command("clear <file> [stages...]"))
      .description("forget the results of stages")
      .option("--all", "of all stages")
      .option("--json", "print JSON")
      .action(async (file: string, stages: readonly string[], options: StoreOption & { readonly all?: boolean }) => {
        this.code = await this.carryOut(file, options, () => clearCommand(file, stages, options, terminal));
      });
    this.withStore(program.command("gc [folder]"))
      .description("remove from the store beside the notebooks of a folder what is no longer wanted")
      .option("--dry-run", "say what would go")
      .option("--older-than <days>", "results not used, and runs not written, for so long", readDays)
      .option("--keep <number>", "so many results of each stage stay", readCount)
      .option("--keep-runs <number>", "the records of so many runs of each notebook stay", readCount)
      .option("--max-bytes <bytes>", "the most to keep", readCount)
      .option("--json", "print JSON")
      .action(async (folder: string | undefined, options: GcArguments) => {
        const { olderThan: olderThanMs, keep: keepPerStage, store, ...more } = options;
        useStore({ store });
        this.code = await gcCommand(folder ?? ".", { olderThanMs, keepPerStage, ...more }, terminal);
      });
    this.withStore(program.command("verify [folder]"))
      .description("read all of the store and check it")
      .option("--repair", "remove what is damaged, so that it is made again")
      .option("--json", "print JSON")
      .action(async (folder: string | undefined, options: StoreOption & { readonly repair?: boolean }) => {
        useStore(options);
        this.code = await verifyCommand(folder ?? ".", options, terminal);
      });
  }

  private withSession(command: Command): Command {
    return this.withStore(command)
      .option("--set <name=value>", "the value of a parameter, whatever the cells say (may be repeated)", collect)
      .option("--params <file>", "parameter values as a JSON object; - for the standard input");
  }

  private withStore(command: Command): Command {
    return command.option("--store <place>", "where results are kept (default: STAGEBOOK_STORE, else .stagebook)");
  }

  private act<O extends StoreOption>(act: Act<O>) {
    return async (file: string, options: O): Promise<void> => {
      this.code = await this.carryOut(file, options, () => act(file, options));
    };
  }

  private actOnStage<O extends StoreOption>(act: (file: string, stage: string, options: O) => Promise<ExitCode>) {
    return async (file: string, stage: string, options: O): Promise<void> => {
      this.code = await this.carryOut(file, options, () => act(file, stage, options));
    };
  }

  /** The copy of Stagebook that the cells import does the work, so that keys and formats are the same. */
  private async carryOut(file: string, options: StoreOption, act: () => Promise<number>): Promise<number> {
    const other = findOtherCopy(file);
    if (other !== undefined) {
      const { runCommandLine: run } = (await import(other)) as { readonly runCommandLine: typeof runCommandLine };
      return run(this.args, this.terminal);
    }
    useStore(options);
    return act();
  }
}

interface StoreOption {
  readonly store?: string;
}

interface GcArguments extends StoreOption {
  readonly dryRun?: boolean;
  readonly olderThan?: number;
  readonly keep?: number;
  readonly keepRuns?: number;
  readonly maxBytes?: number;
  readonly json?: boolean;
}

/** A folder is meant from here, and the notebook's folder becomes the working one. */
function useStore({ store }: StoreOption): void {
  if (store === undefined) return;
  const isName = store === "memory" || store === "none" || /^[a-z0-9+]+:\/\//i.test(store);
  process.env.STAGEBOOK_STORE = isName ? store : path.resolve(store);
}

const collect = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];
const absolute = (file: string): string => path.resolve(file);

function readCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError("Give a whole number from 1.");
}

function readCountFromZero(text: string): number {
  return text === "0" ? 0 : readCount(text);
}

function readDays(text: string): number {
  const days = Number(text);
  if (text.trim() !== "" && days >= 0) return days * 24 * 60 * 60 * 1000;
  throw new InvalidArgumentError("Give a number of days.");
}

const exitCodes = `
Exit codes: 0 all is well, 1 a cell or stage failed, 2 wrong use (option, name, value, file), 3 stale (--check),
4 results differ from pipeline.lock (--lock), 130 stopped by Ctrl-C, 143 by SIGTERM.`;
