/** Requests to an S3 server: signed, with a time limit, and made again when the server is busy or the connection breaks. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsClient } from "aws4fetch";
import { Gate } from "../../turns";

export interface S3Location {
  /** Absolute, without a `/` at the end, bucket included where it belongs to the path. */
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
  /** Of the object; empty for the bucket itself. */
  readonly name: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** How often it was asked; more than once, an earlier request may have been done although its answer was lost. */
  readonly attempts: number;
}

const ATTEMPTS = 6;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;
/** Until an answer begins, and between any two pieces of it. */
const SILENCE_MS = 10_000;
/** Who sends slower than this is as good as cut off. */
const LEAST_BYTES_PER_MS = 50;
/** A server that does not answer at all is not asked six times. */
const SILENCES = 2;
const AT_ONCE = 32;
const BUSY = new Set([408, 425, 429, 500, 502, 503, 504]);

/** What the server refused, or why it could not be reached. */
export class S3Error extends Error {
  override readonly name = "S3Error";
}

export class S3Requests {
  private readonly client: AwsClient;
  private readonly gate = new Gate(AT_ONCE);

  constructor(private readonly place: S3Location) {
    const { region, accessKeyId, secretAccessKey, sessionToken } = place;
    this.client = new AwsClient({ service: "s3", region, accessKeyId, secretAccessKey, sessionToken, retries: 0 });
  }

  /** Any answer but that of a busy server. Rejects with S3Error after the last attempt. */
  async send(request: S3Request): Promise<S3Answer> {
    let failure = new S3Error("never asked");
    let silences = 0;
    for (let attempts = 1; attempts <= ATTEMPTS && silences < SILENCES; attempts++) {
      try {
        const answer = await this.gate.pass(() => this.ask(request));
        if (!isBusy(answer)) return { ...answer, attempts };
        failure = errorOf(request, answer);
      } catch (cause) {
        if (isSilence(cause)) silences++;
        failure = new S3Error(`no answer from ${new URL(this.place.url).host} (${reasonOf(cause)})`, { cause });
      }
      // With as much chance in it as time: those who came together do not come back together.
      const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempts);
      if (attempts < ATTEMPTS) await sleep(longest * (0.5 + Math.random() / 2));
    }
    throw failure;
  }

  private async ask(request: S3Request): Promise<Omit<S3Answer, "attempts">> {
    const { method, name, query = {}, headers = {}, body } = request;
    const url = new URL(`${this.place.url}/${name.split("/").map(encodeURIComponent).join("/")}`);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    // The server compares it with what arrives.
    const sha = createHash("sha256")
      .update(body ?? "")
      .digest("hex");
    const signed = await this.client.sign(url.toString(), {
      method,
      headers: { ...headers, "x-amz-content-sha256": sha },
      ...(body === undefined ? {} : { body: body as unknown as RequestInit["body"] }),
    });
    const watch = new Watch();
    try {
      watch.expect(SILENCE_MS + (body?.byteLength ?? 0) / LEAST_BYTES_PER_MS);
      const response = await fetch(signed, { signal: watch.signal });
      const bytes = await readAll(response, watch);
      return { status: response.status, headers: response.headers, bytes };
    } finally {
      watch.end();
    }
  }
}

/** Aborts when nothing comes for too long. */
class Watch {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  expect(withinMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.controller.abort(new DOMException("too slow", "TimeoutError")), withinMs);
  }

  end(): void {
    clearTimeout(this.timer);
  }
}

async function readAll(response: Response, watch: Watch): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  if (response.body) {
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
      watch.expect(SILENCE_MS);
      pieces.push(piece);
    }
  }
  const bytes = Buffer.concat(pieces);
  // Small ones come from a pool, and whoever gets the bytes is to be the only one who has them.
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

/** In the server's words. */
export function errorOf({ method, name }: S3Request, { status, bytes }: Omit<S3Answer, "attempts">): S3Error {
  const { code, message } = problemIn(bytes);
  const words = [code, message].filter((word) => word !== "").join(": ");
  return new S3Error(`the S3 server answered ${status} to ${method} ${name}${words === "" ? "" : ` (${words})`}`);
}

/** `NoSuchKey`, `AccessDenied`, …; empty where the server does not say. */
export function codeIn(bytes: Uint8Array): string {
  return problemIn(bytes).code;
}

function problemIn(bytes: Uint8Array): { readonly code: string; readonly message: string } {
  const text = Buffer.from(bytes.subarray(0, 4096)).toString("utf8");
  const [, code = ""] = /<Code>([^<]*)<\/Code>/.exec(text) ?? [];
  const [, message = ""] = /<Message>([^<]*)<\/Message>/.exec(text) ?? [];
  return { code, message };
}

function isBusy({ status, bytes }: Omit<S3Answer, "attempts">): boolean {
  if (BUSY.has(status)) return true;
  // Two conditional writes at the same time, and a clock or a body that went wrong on the way.
  return (
    (status === 409 && codeIn(bytes) === "ConditionalRequestConflict") ||
    (status === 400 &&
      ["RequestTimeout", "XAmzContentSHA256Mismatch", "IncompleteBody", "BadDigest"].includes(codeIn(bytes)))
  );
}

function isSilence(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? causeText(cause) : error.message;
}

function causeText(cause: Error): string {
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message;
  return cause.message;
}
