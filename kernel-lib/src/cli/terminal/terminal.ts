/** The terminal of a command: the real streams, taken before a kernel in this process redirects them to its cells. */

import { secrets } from "../../secrets/secret-texts";

export interface Terminal {
  out(text: string | Uint8Array): void;
  err(text: string): void;
  /** Whether `out`, and `err`, are shown to a user. */
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Resolves when everything is written: with the error if the output could not be. A reader that has closed its end is not an error. */
  drained(): Promise<Error | undefined>;
}

/** Must be called before the first cell is executed. */
export function createTerminal(): Terminal {
  const { stdout, stderr } = process;
  const out = openWriter(stdout);
  const err = openWriter(stderr);
  return {
    out: (text) => void out.write(text),
    err: (text) => void err.write(text),
    outIsTerminal: stdout.isTTY,
    errIsTerminal: stderr.isTTY,
    drained: async () => {
      await out.write("");
      await err.write("");
      return out.failure();
    },
  };
}

/** The same terminal, with the secrets of this process masked. Bytes are values of stages, which contain none. */
export function withoutSecrets(terminal: Terminal): Terminal {
  const { outIsTerminal, errIsTerminal } = terminal;
  return {
    out: (text) => terminal.out(typeof text === "string" ? secrets.mask(text) : text),
    err: (text) => terminal.err(secrets.mask(text)),
    outIsTerminal,
    errIsTerminal,
    drained: () => terminal.drained(),
  };
}

interface Writer {
  /** Resolves when the text is written, or cannot be. */
  write(text: string | Uint8Array): Promise<void>;
  failure(): Error | undefined;
}

/** The reader may close its end (`| head`): the command continues. */
function openWriter(stream: NodeJS.WriteStream): Writer {
  const write = stream.write.bind(stream) as (text: string | Uint8Array, done: () => void) => void;
  let isOpen = true;
  let failure: Error | undefined;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    isOpen = false;
    if (error.code !== "EPIPE") failure ??= error;
  });
  return {
    write: (text) => (isOpen ? new Promise((done) => write(text, done)) : Promise.resolve()),
    failure: () => failure,
  };
}
