/** Kernels of their own: processes with one program that share a store, and whose events the test waits for. */
import { spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import readline from "node:readline";
import type { StagebookEvent } from "stagebook";

/** One stage that reports progress, and ends when the file `go` exists. */
const program = `
  const { existsSync } = require("node:fs");
  const { setTimeout: sleep } = require("node:timers/promises");
  const { createPipeline } = require(process.argv[1]);
  const [store, go] = process.argv.slice(2);
  const p = createPipeline({ store });
  p.events$.subscribe((event) => console.log(JSON.stringify(event)));
  const made = p.stage("made", { go: p.param("go", go, { tracked: false }) }, async ({ go }, { progress }) => {
    progress(3, 7);
    while (!existsSync(go)) await sleep(20);
    return { by: "an execution" };
  });
  made().then((value) => console.log(JSON.stringify({ type: "value", value })));
`;

export type Said = StagebookEvent | { readonly type: "value"; readonly value: unknown };

export class Kernel {
  readonly said: Said[] = [];
  private readonly child: ChildProcess;
  private wake: () => void = () => undefined;
  private wrong = "";
  readonly ended: Promise<number | null>;

  constructor(folder: string) {
    const library = path.resolve(import.meta.dirname, "../../../kernel-lib");
    const args = ["-e", program, library, path.join(folder, "store"), goFile(folder)];
    this.child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.ended = new Promise((resolve) => this.child.once("close", resolve));
    this.child.stderr?.on("data", (chunk: Buffer) => (this.wrong += chunk.toString()));
    readline.createInterface({ input: this.child.stdout! }).on("line", (line) => {
      this.said.push(JSON.parse(line) as Said);
      this.wake();
    });
    void this.ended.then(() => this.wake());
  }

  /** The first thing that was said of which it is true. Throws when the process ends before. */
  async until<T extends Said["type"]>(
    type: T,
    isIt: (said: Said & { readonly type: T }) => boolean = () => true,
  ): Promise<Said & { readonly type: T }> {
    let isOver = false;
    void this.ended.then(() => (isOver = true));
    for (;;) {
      const found = this.said.find((said): said is Said & { readonly type: T } => said.type === type && isIt(said as never)); // prettier-ignore
      if (found) return found;
      if (isOver) throw new Error(`ended without ${type}: ${this.wrong}`);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  count(type: Said["type"]): number {
    return this.said.filter((said) => said.type === type).length;
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }
}

const goFile = (folder: string): string => path.join(folder, "go");

/** Lets the executions end. */
export function letGo(folder: string): void {
  writeFileSync(goFile(folder), "");
}
