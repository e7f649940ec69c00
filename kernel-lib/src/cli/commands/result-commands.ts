/** The commands that read one stage's stored results: `get`, `history`, `log`. They execute no cells. */
import { inspect } from "node:util";
import { readRunLines } from "../../events/run-files";
import {
  formatDuration,
  messageOf,
  StagebookError,
  visibleLine,
  visibleMessage,
  visibleText,
  type LogRecord,
  type RunId,
} from "../../protocol";
import { StoredStream } from "../../run/streams/streams";
import type { Entry, StageFiles } from "../../store/store";
import { exitCode, type ExitCode } from "../terminal/exit-code";
import { jsonDocument, toJsonText } from "../terminal/json-value";
import { headOf } from "../session/run-document";
import { findResult, findResults, openResults } from "./store-access";
import { checkOutput, copyToOutput, writeOutput } from "../terminal/output-file";
import { alignColumns } from "../terminal/table";
import { resolvePath, type CommandContext } from "../command-context";
import type { getFormats, getOptions, historyOptions, logOptions, OptionsOf } from "../options";
import { listed, UsageError } from "../terminal/usage-error";

type GetFormat = (typeof getFormats)[number];

/** Throws `no-result`, and UsageError `get-form` for a value that the format cannot represent. */
export async function getCommand(
  file: string,
  stage: string,
  { as = "json", key, output }: OptionsOf<typeof getOptions>,
  context: CommandContext,
): Promise<ExitCode> {
  const input = resolvePath(context, file);
  checkOutput(output, [input]);
  const internals = openResults(file, context);
  const { engine } = internals;
  const entry = await findResult(internals, { stage, file, key });
  if (as === "file") return copyFile(engine.store, entry, { stage, output, input, context });
  const loaded = await engine.results.read(entry);
  if (!loaded)
    throw new StagebookError(
      "no-result",
      `the value of stage "${stage}" is gone from the store, or needs the codec "${entry.output.codec}" of its stage`,
      "Run the stage again, or load it in a cell.",
      { stage },
    );
  const value = loaded.value instanceof StoredStream ? await loaded.value.toArray() : loaded.value;
  const bytes = encode(value, as, stage);
  if (output !== undefined) writeOutput(output, bytes);
  else context.terminal.out(bytes);
  return exitCode.ok;
}

function encode(value: unknown, as: Exclude<GetFormat, "file">, stage: string): string | Uint8Array {
  if (as === "text") return typeof value === "string" ? value : `${inspect(value, { depth: null, maxArrayLength: null, maxStringLength: null })}\n`; // prettier-ignore
  if (as === "bytes") {
    if (value instanceof Uint8Array) return value;
    throw new UsageError(
      "get-form",
      `the result of stage "${stage}" is not binary data`,
      "Use --as json or --as text.",
    );
  }
  try {
    return `${toJsonText(value)}\n`;
  } catch (error) {
    throw new UsageError(
      "get-form",
      `the result of stage "${stage}" cannot be converted to JSON: ${messageOf(error)}`,
      "Use --as text.",
    );
  }
}

async function copyFile(
  store: StageFiles,
  { output: { files } }: Entry,
  {
    stage,
    output,
    input,
    context,
  }: {
    readonly stage: string;
    readonly output: string | undefined;
    readonly input: string;
    readonly context: CommandContext;
  },
): Promise<ExitCode> {
  const [first] = files;
  if (files.length !== 1 || !first)
    throw new UsageError(
      "get-form",
      `the result of stage "${stage}" has ${files.length === 0 ? "no file" : `${files.length} files: ${listed(files.map(({ name }) => name))}`}`,
      "Use --as json: the value has the paths of its files.",
    );
  const path = await store.filePath(first);
  if (path === undefined)
    throw new StagebookError("no-result", `the file ${first.name} is gone from the store`, "Run the stage again.", {
      stage,
    });
  const copy = output ?? resolvePath(context, first.name);
  checkOutput(copy, [input]);
  copyToOutput(path, copy);
  return exitCode.ok;
}

export async function historyCommand(
  file: string,
  stage: string,
  { json = false }: OptionsOf<typeof historyOptions>,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const internals = openResults(file, context);
  const entries = await findResults(internals, stage, file);
  const pinned = await internals.engine.store.pinned();
  const rows = entries.map(({ at, key, durationMs, params, run, output }) => {
    const { sizeBytes, summary, digest } = output;
    return { at, key, digest, durationMs, sizeBytes, summary, params, pinned: pinned.has(key), run };
  });
  if (json) terminal.out(jsonDocument({ ...headOf("history", file), stage, rows }));
  else
    terminal.out(
      alignColumns(
        rows.map((row) => [
          new Date(row.at).toISOString(),
          row.key.slice(0, 12),
          formatDuration(row.durationMs),
          row.summary,
          Object.entries(row.params).map(([name, text]) => `${name}=${text}`).join(" "), // prettier-ignore
          row.pinned ? "pinned" : "",
        ]),
      ),
    );
  return exitCode.ok;
}

/** The log of the run that computed a stage's newest result, or of a run by its id; `all`: also the lines of other stages. */
export async function logCommand(
  file: string,
  stage: string,
  { run, all = false, json = false }: OptionsOf<typeof logOptions>,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const internals = openResults(file, context);
  const id = (run ?? (await findResult(internals, { stage, file })).run) as RunId;
  const lines = await readRunLines(internals.engine.store, id);
  const records = lines.filter((record) => all || record.stage === stage);
  if (json) terminal.out(jsonDocument({ ...headOf("log", file), stage, run: id, records }));
  else for (const record of records) terminal.out(`${lineOf(record)}\n`);
  return exitCode.ok;
}

function lineOf({ at, level, stage, message, fields }: LogRecord): string {
  const more = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const texts = [visibleLine(stage ?? ""), visibleMessage(message), ...more.map(visibleText)];
  return [new Date(at).toISOString(), level.padEnd(5), ...texts].filter(Boolean).join(" ");
}
