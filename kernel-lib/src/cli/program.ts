/** The `stagebook` command: its subcommands with their help texts, and the dispatch to their functions. */
import { Command, CommanderError, Option } from "commander";
import { version } from "../pipeline";
import { fieldOf, isStagebookError, messageOf, StagebookError, visibleText } from "../protocol";
import type { CommandContext } from "./command-context";
import { resolvePath } from "./command-context";
import { explainCommand, exportAirflow, exportCommand, exportFormats, paramsCommand, planCommand, type ExportFormat } from "./commands/plan-command"; // prettier-ignore
import { exportKubernetes, exportSlurm } from "./commands/export-workers";
import { auditCommand } from "./commands/audit-command";
import { doctorCommand } from "./commands/doctor-command";
import { clearCommand, gcCommand, verifyCommand } from "./commands/maintenance-commands";
import { getCommand, historyCommand, logCommand } from "./commands/result-commands";
import { runCommand } from "./commands/run-command";
import { workCommand } from "./commands/work-command";
import * as declared from "./options";
import type { CliOption, CliOptions, OptionsOf } from "./options";
import { findOtherCopy } from "./session/open-session";
import { checkShare } from "../run/audit/share";
import { readLimits } from "../stage/limits";
import { checkStoreSettings } from "../store/open-store";
import { isStoreName, isUrl } from "../store/store-url";
import { exitCode, type ExitCode } from "./terminal/exit-code";
import { withoutSecrets, type Terminal } from "./terminal/terminal";
import { UsageError } from "./terminal/usage-error";

/** Carries out a command line, without the name of the program. By default in the environment and folder of the process. Resolves with the exit code. */
export async function runCommandLine(
  args: readonly string[],
  to: Terminal,
  context: Partial<Omit<CommandContext, "terminal">> = {},
): Promise<number> {
  const terminal = withoutSecrets(to);
  const line = new CommandLine(args, {
    terminal,
    environment: context.environment ?? process.env,
    folder: context.folder ?? process.cwd(),
    enterFolder: context.enterFolder ?? (() => undefined),
  });
  try {
    await line.program().parseAsync(args, { from: "user" });
    return line.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    if (error instanceof StagebookError) {
      terminal.err(`${visibleText(`stagebook: ${error.message}. ${error.advice}`)}\n`);
      return error instanceof UsageError ? exitCode.usage : exitCode.failed;
    }
    // The system refused something: a file that cannot be read or written.
    if (typeof fieldOf(error as object, "syscall") !== "string") throw error;
    terminal.err(`${visibleText(`stagebook: ${messageOf(error)}`)}\n`);
    return exitCode.failed;
  }
}

/** The program with all its commands, as the reference documents it. */
export function createProgram(terminal: Terminal): Command {
  return new CommandLine([], { terminal, environment: {}, folder: "", enterFolder: () => undefined }).program();
}

/** One command line: the definitions of all commands, and the exit code once one has been carried out. */
export class CommandLine {
  code: number = exitCode.ok;

  constructor(
    private readonly args: readonly string[],
    private readonly context: CommandContext,
  ) {}

  program(): Command {
    const { terminal } = this.context;
    const program = new Command("stagebook")
      .description("Runs the cached pipeline of a TypeScript notebook or script without Jupyter.")
      .version(version)
      .exitOverride()
      .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
      .addHelpText("after", exitCodes);
    this.addRun(program);
    this.addWork(program);
    this.addPlans(program);
    this.addResults(program);
    this.addMaintenance(program);
    this.addDoctor(program);
    return program;
  }

  private addRun(program: Command): void {
    this.add(program, "run <file>", "execute the cells, then run every stale stage", declared.runOptions).action(
      this.onFile<typeof declared.runOptions>(runCommand),
    );
  }

  private addWork(program: Command): void {
    const text = "help other runs of the file on the same store, until nothing is left to do";
    this.add(program, "work <file>", text, declared.workOptions).action(
      this.onFile<typeof declared.workOptions>((file, options, context) =>
        workCommand(file, options, context, this.args),
      ),
    );
  }

  private addPlans(program: Command): void {
    const planText = "show what would run and why, without running anything";
    this.add(program, "plan <file>", planText, declared.planOptions).action(
      this.onFile<typeof declared.planOptions>(planCommand),
    );
    this.add(program, "explain <file> <stage>", "show why a stage is stale", declared.explainOptions).action(
      this.onStage<typeof declared.explainOptions>(explainCommand),
    );
    this.add(program, "params <file>", "list the parameters and their values", declared.paramsOptions).action(
      this.onFile<typeof declared.paramsOptions>(paramsCommand),
    );
    const auditText = "execute stages with a current result again, and compare the values";
    this.add(program, "audit <file>", auditText, declared.auditOptions).action(
      this.onFile<typeof declared.auditOptions>(auditCommand),
    );
    const exported = program.command("export").description("export the graph to another format");
    const airflowText = "as an Apache Airflow DAG: one task per stage";
    this.add(exported, "airflow <file>", airflowText, declared.airflowOptions).action(
      this.onFile<typeof declared.airflowOptions>(exportAirflow),
    );
    const slurmText = "as a Slurm job array: each task is a worker";
    this.add(exported, "slurm <file>", slurmText, declared.slurmOptions).action(
      this.onFile<typeof declared.slurmOptions>(exportSlurm),
    );
    const kubernetesText = "as a Kubernetes job: each pod is a worker";
    this.add(exported, "kubernetes <file>", kubernetesText, declared.kubernetesOptions).action(
      this.onFile<typeof declared.kubernetesOptions>(exportKubernetes),
    );
    const texts = { mermaid: "as Mermaid, for Markdown", dot: "as DOT, for Graphviz", svg: "as an SVG picture" };
    for (const format of Object.keys(exportFormats) as ExportFormat[])
      this.add(exported, `${format} <file>`, texts[format], declared.exportOptions).action(
        this.onFile<typeof declared.exportOptions>((file, options, context) =>
          exportCommand(format, file, options, context),
        ),
      );
  }

  private addResults(program: Command): void {
    this.add(program, "get <file> <stage>", "print a stage's newest stored result", declared.getOptions).action(
      this.onStage<typeof declared.getOptions>(getCommand),
    );
    const historyText = "list a stage's stored results, newest first";
    this.add(program, "history <file> <stage>", historyText, declared.historyOptions).action(
      this.onStage<typeof declared.historyOptions>(historyCommand),
    );
    const logText = "print the log of the run that computed a stage's newest result";
    this.add(program, "log <file> <stage>", logText, declared.logOptions).action(
      this.onStage<typeof declared.logOptions>(logCommand),
    );
  }

  private addMaintenance(program: Command): void {
    this.add(program, "clear <file> [stages...]", "remove the stored results of stages", declared.clearOptions).action(
      async (file: string, stages: readonly string[], options: OptionsOf<typeof declared.clearOptions>) => {
        this.code = await this.carryOut(file, options, (context) => clearCommand(file, stages, options, context));
      },
    );
    const gcText = "remove what is no longer needed from the store of a folder";
    this.add(program, "gc [folder]", gcText, declared.gcOptions).action(
      async (folder: string | undefined, options: OptionsOf<typeof declared.gcOptions>) => {
        this.code = await gcCommand(folder ?? ".", options, this.withStore(options));
      },
    );
    this.add(program, "verify [folder]", "read and check the whole store of a folder", declared.verifyOptions).action(
      async (folder: string | undefined, options: OptionsOf<typeof declared.verifyOptions>) => {
        this.code = await verifyCommand(folder ?? ".", options, this.withStore(options));
      },
    );
  }

  private addDoctor(program: Command): void {
    const text = "check the installation that the notebooks of a folder use, and say what fixes it";
    this.add(program, "doctor [folder]", text, declared.doctorOptions).action(
      async (folder: string | undefined, options: OptionsOf<typeof declared.doctorOptions>) => {
        this.code = await doctorCommand(folder ?? ".", options, this.withLocation(options));
      },
    );
  }

  private add(parent: Command, usage: string, description: string, options: object): Command {
    const command = parent.command(usage).description(description);
    for (const each of Object.values(options as CliOptions)) command.addOption(this.optionOf(each));
    return command;
  }

  private optionOf({ flags, description, choices, read }: CliOption<never>): Option {
    const option = new Option(flags, description);
    if (choices) option.choices(choices);
    if (read) option.argParser((text: string, before: never) => read(text, before, this.context.folder));
    return option;
  }

  private onFile<D extends typeof declared.storeOptions>(
    act: (file: string, options: OptionsOf<D>, context: CommandContext) => Promise<ExitCode>,
  ) {
    return async (file: string, options: OptionsOf<D>): Promise<void> => {
      this.code = await this.carryOut(file, options, (context) => act(file, options, context));
    };
  }

  private onStage<D extends typeof declared.storeOptions>(
    act: (file: string, stage: string, options: OptionsOf<D>, context: CommandContext) => Promise<ExitCode>,
  ) {
    return async (file: string, stage: string, options: OptionsOf<D>): Promise<void> => {
      this.code = await this.carryOut(file, options, (context) => act(file, stage, options, context));
    };
  }

  /** A setting of the environment that is wrong is a usage error, whichever cell or command would stumble over it. */
  private checked(context: CommandContext): CommandContext {
    try {
      checkStoreSettings(context.environment);
      readLimits(context.environment);
      checkShare(context.environment.STAGEBOOK_AUDIT, "STAGEBOOK_AUDIT");
    } catch (error) {
      if (!isStagebookError(error)) throw error;
      throw new UsageError(error.code, error.message, error.advice);
    }
    return context;
  }

  /** The copy of Stagebook that the cells import does the work, so that keys and formats are the same. */
  private async carryOut(
    file: string,
    options: StoreOption,
    act: (context: CommandContext) => Promise<number>,
  ): Promise<number> {
    const other = findOtherCopy(file, this.context);
    if (other === undefined) return act(this.withStore(options));
    const { runCommandLine: run } = (await import(other)) as { readonly runCommandLine: typeof runCommandLine };
    return run(this.args, this.context.terminal, this.context);
  }

  private withStore(options: StoreOption): CommandContext {
    return this.checked(this.withLocation(options));
  }

  /** `--store` replaces the environment variable. A relative folder starts where the command was called, not at the notebook. */
  private withLocation({ store }: StoreOption): CommandContext {
    if (store === undefined) return this.context;
    const location = isStoreName(store) || isUrl(store) ? store : resolvePath(this.context, store);
    return {
      ...this.context,
      environment: { ...this.context.environment, STAGEBOOK_STORE: location },
    };
  }
}

type StoreOption = OptionsOf<typeof declared.storeOptions>;

const exitCodes = `
Exit codes: 0 success, 1 a cell or stage failed, 2 usage error, 3 stale stages (--check), 4 results differ from
pipeline.lock (--lock), 5 a stage is not repeatable (audit), 6 more machine time than the limit (--limit), 130 interrupted
(Ctrl-C), 143 terminated (SIGTERM).`;
