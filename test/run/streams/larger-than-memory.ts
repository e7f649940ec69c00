/** A value larger than the memory of the process that makes and reads it, in a process of its own. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const program = `
  const { createPipeline } = require(process.argv[1]);
  const [store, count] = [process.argv[2], Number(process.argv[3])];
  const p = createPipeline({ store });
  const size = 1024 * 1024;
  const blocks = p.stage("blocks", { count: p.param("count", count) }, async function* ({ count }) {
    for (let n = 0; n < count; n++) yield Buffer.alloc(size, n % 251);
  });
  const total = p.stage("total", { blocks }, async ({ blocks }) => {
    let [bytes, wrong, at] = [0, 0, 0];
    for await (const block of blocks) {
      bytes += block.length;
      if (block[0] !== at % 251 || block[block.length - 1] !== at % 251) wrong++;
      at++;
    }
    return { bytes, wrong };
  });
  (async () => {
    const made = await total();
    const again = await blocks.load();
    let read = 0;
    for await (const block of again) read += block.length;
    console.log(JSON.stringify({ ...made, read, peakMb: process.resourceUsage().maxRSS / 1024 }));
  })();
`;

export interface Passed {
  readonly bytes: number;
  readonly wrong: number;
  readonly read: number;
  /** The most memory that the process had, in MB. */
  readonly peakMb: number;
}

/** `count` blocks of 1 MB pass through a process whose heap is at most `heapMb`. */
export async function passThrough(count: number, heapMb: number): Promise<Passed> {
  const folder = await mkdtemp(path.join(tmpdir(), "stagebook-large-"));
  try {
    const library = path.resolve(import.meta.dirname, "../../../kernel-lib");
    const args = [`--max-old-space-size=${heapMb}`, "-e", program, library, path.join(folder, "store"), String(count)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout) as Passed;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
