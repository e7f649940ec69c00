/** The terminal of a command: the real streams, taken before a kernel in this process redirects them to its cells. */

export interface Terminal {
  out(text: string | Uint8Array): void;
  err(text: string): void;
  /** Whether `out`, and `err`, are shown to a user. */
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Resolves when everything is written. */
  drained(): Promise<void>;
}

/** Must be called before the first cell is executed. */
export function createTerminal(): Terminal {
  const { stdout, stderr } = process;
  const out = openWriter(stdout);
  const err = openWriter(stderr);
  return {
    out: (text) => void out(text),
    err: (text) => void err(text),
    outIsTerminal: stdout.isTTY,
    errIsTerminal: stderr.isTTY,
    drained: async () => {
      await out("");
      await err("");
    },
  };
}

/** The writer resolves when the text is written. The reader may close its end (`| head`): the command continues. */
function openWriter(stream: NodeJS.WriteStream): (text: string | Uint8Array) => Promise<void> {
  const write = stream.write.bind(stream) as (text: string | Uint8Array, done: () => void) => void;
  let isOpen = true;
  stream.on("error", () => (isOpen = false));
  return (text) => (isOpen ? new Promise((done) => write(text, done)) : Promise.resolve());
}
