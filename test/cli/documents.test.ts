/** Every `stagebook` command of the documents, run as it stands on the README's smallest example. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { callStagebook, execute, stagebook, type CommandEnd } from "../rig/command-rig";
import { allBlocks, commandsOf, documents, readDocument, smallestExample, withoutDurations } from "../rig/documents";
import { encodeNotebook } from "../rig/kernel/notebook-file";
import { createNotebookFolder, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { isHeavy } from "../rig/part";

// Each command compiles the cells again.
vi.setConfig({ testTimeout: 240_000 });

const pageOnTheCommandLine = "kernel-lib/docs/guide/8-command-line.md";

interface Line {
  readonly command: string;
  /** From the remark `# exit code 3` at its end; 0 without one. */
  readonly exitCode: number;
  /** The `text` block behind a block of one command: what it prints. */
  readonly shown: string | undefined;
}

/** The commands that are run here. Those on S3 are run by test/heavy/shared-s3.test.ts on a real S3 server. */
function linesOfDocument(path: string): Line[] {
  const blocks = allBlocks(readDocument(path));
  return blocks.flatMap(({ language, code }, index) => {
    if (language !== "sh" || code.includes("s3://")) return [];
    const commands = commandsOf(code).filter((command) => /^npx stagebook |^node -e /.test(command));
    const next = blocks[index + 1];
    const shown = commands.length === 1 && next?.language === "text" ? next.code : undefined;
    return commands.map((command) => ({ command, exitCode: exitCodeOf(code, command), shown }));
  });
}

function exitCodeOf(block: string, command: string): number {
  const line = block.split("\n").find((each) => each.startsWith(command)) ?? "";
  return Number(/# exit code (\d+)/.exec(line)?.[1] ?? 0);
}

const withCommands = documents
  .map((path) => ({ path, lines: linesOfDocument(path) }))
  .filter(({ lines }) => lines.length > 0);

test("[repo] the guide's page on the command line has commands", () => {
  const page = withCommands.find(({ path }) => path === pageOnTheCommandLine);
  expect(page?.lines.length).toBeGreaterThan(10);
});

describe.each(withCommands)("the commands of $path", ({ path, lines }) => {
  let folder: NotebookFolder;
  beforeAll(() => {
    folder = createNotebookFolder({ "earthquakes.ipynb": encodeNotebook(smallestExample()) });
  });
  afterAll(() => folder.remove());

  // In order: each uses what those before it have stored.
  test.each(lines.map((line) => [line.command, line] as const))("[X2] %s", async (_, { command, exitCode, shown }) => {
    const end = await runCommand(command, folder.path);
    expect(end.code, end.stderr).toBe(exitCode);
    if (shown !== undefined) expect(withoutDurations(end.stdout)).toBe(withoutDurations(shown));
  });

  if (path === pageOnTheCommandLine) {
    test("[X2] the files that they wrote exist", () => {
      expect(JSON.parse(folder.read("strong.json"))).toHaveLength(85);
      expect(folder.read("graph.dot")).toContain("minMagnitude = 4.5");
      expect(folder.read("done.ipynb")).toContain("<table>");
      expect(folder.read("pipeline.lock")).toContain('"strong"');
    });

    test.each([...readDocument(path).matchAll(/^\| `(--[a-z-]+)/gm)].map(([, option]) => option ?? ""))(
      "[repo] %s is an option of run",
      async (option) => {
        const { stdout } = await help();
        expect(stdout).toContain(`${option} `);
      },
    );
  }

  const help = (): Promise<CommandEnd> => callStagebook(["run", "--help"], { cwd: folder.path });
});

/** In this process, where TypeScript is loaded once for all; in a heavy run each in a process of its own. */
function runCommand(command: string, cwd: string): Promise<CommandEnd> {
  const [, code] = /^node -e '(.*)'$/s.exec(command) ?? [];
  if (code !== undefined) return execute([process.execPath, "-e", code], { cwd });
  const args = command.split(" ").slice(2);
  return isHeavy ? stagebook(args, { cwd }) : callStagebook(args, { cwd, entersFolder: true });
}
