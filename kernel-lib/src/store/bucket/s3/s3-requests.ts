/** Requests to an S3 server: signed, with a timeout, and retried with back-off when the server is busy or the connection breaks. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type * as awsPackage from "aws4fetch";
import type { AwsClient } from "aws4fetch";
import { messageOf } from "../../../protocol";
import { jitteredBackoffMs, type BackoffRange } from "../../../async/backoff";
import { lazyModule } from "../../../async/lazy-module";
import { Semaphore } from "../../../async/semaphore";

const loadAws = lazyModule<typeof awsPackage>("aws4fetch");

/** The bucket and the credentials for it. */
export interface S3Location {
  /** Absolute, without a trailing `/`; includes the bucket where it is a part of the path. */
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
  /** The name of the object; empty for the bucket itself. */
  readonly name: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface S3Response {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** Number of requests. If more than one, an earlier one may have succeeded although its response was lost. */
  readonly attempts: number;
}

const PAUSE: BackoffRange = { firstMs: 200, longestMs: 1000 };
/**
 * How long a request may take until a response begins, all attempts together; and the time between any two chunks of it. A server that
 * has not answered by then counts as unreachable.
 */
const PATIENCE_MS = 4000;
/** An upload slower than this counts as a broken connection. */
const MIN_BYTES_PER_MS = 50;
const CONCURRENCY = 32;
const BUSY = new Set([408, 425, 429, 500, 502, 503, 504]);

/** A request that the server refused, or that did not reach it. */
export class S3Error extends Error {
  override readonly name = "S3Error";
}

export class S3Requests {
  private readonly client: AwsClient;
  private readonly limit = new Semaphore(CONCURRENCY);

  constructor(private readonly server: S3Location) {
    const { region, accessKeyId, secretAccessKey, sessionToken } = server;
    const { AwsClient } = loadAws();
    this.client = new AwsClient({ service: "s3", region, accessKeyId, secretAccessKey, sessionToken, retries: 0 });
  }

  /** Any response except that of a busy server. Rejects with S3Error when there is none in time. */
  async send(request: S3Request): Promise<S3Response> {
    let leftMs = PATIENCE_MS + (request.body?.byteLength ?? 0) / MIN_BYTES_PER_MS;
    for (let attempts = 1; ; attempts++) {
      const { response, failure, tookMs } = await this.limit.run(() => this.attempt(request, leftMs));
      if (response) return { ...response, attempts };
      const pauseMs = jitteredBackoffMs(attempts, PAUSE);
      leftMs -= tookMs + pauseMs;
      if (leftMs <= 0) throw failure;
      await sleep(pauseMs);
    }
  }

  /** `tookMs`: how long it took, without waiting for other requests. */
  private async attempt(request: S3Request, timeoutMs: number): Promise<Attempt> {
    const began = performance.now();
    try {
      const response = await this.sendOnce(request, timeoutMs);
      if (!isBusy(response)) return { response, tookMs: 0 };
      return { failure: errorOf(request, response), tookMs: performance.now() - began };
    } catch (cause) {
      const message = `no response from ${new URL(this.server.url).host} (${reasonOf(cause)})`;
      return { failure: new S3Error(message, { cause }), tookMs: performance.now() - began };
    }
  }

  private async sendOnce(request: S3Request, timeoutMs: number): Promise<Omit<S3Response, "attempts">> {
    const { method, name, query = {}, headers = {}, body } = request;
    const url = new URL(`${this.server.url}/${name.split("/").map(encodeURIComponent).join("/")}`);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    // The server compares it with the bytes that arrive.
    const sha = createHash("sha256")
      .update(body ?? "")
      .digest("hex");
    const signed = await this.client.sign(url.toString(), {
      method,
      headers: { ...headers, "x-amz-content-sha256": sha },
      ...(body === undefined ? {} : { body: body as unknown as RequestInit["body"] }),
    });
    const timeout = new Timeout();
    try {
      timeout.restart(timeoutMs);
      const response = await fetch(signed, { signal: timeout.signal });
      const bytes = await readAll(response, timeout);
      return { status: response.status, headers: response.headers, bytes };
    } finally {
      timeout.end();
    }
  }
}

type Attempt =
  | { readonly response: Omit<S3Response, "attempts">; readonly failure?: undefined; readonly tookMs: number }
  | { readonly response?: undefined; readonly failure: S3Error; readonly tookMs: number };

/** A timeout that is restarted with each chunk. */
class Timeout {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  restart(timeoutMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => this.controller.abort(new DOMException("it does not answer in time", "TimeoutError")),
      timeoutMs,
    );
  }

  end(): void {
    clearTimeout(this.timer);
  }
}

async function readAll(response: Response, timeout: Timeout): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  if (response.body) {
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
      timeout.restart(PATIENCE_MS);
      pieces.push(piece);
    }
  }
  const bytes = Buffer.concat(pieces);
  // Small buffers come from a shared pool, but the bytes must belong to the caller alone.
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

/** An error with the server's own code and message. */
export function errorOf({ method, name }: S3Request, { status, bytes }: Omit<S3Response, "attempts">): S3Error {
  const { code, message } = problemIn(bytes);
  const words = [code, message].filter((word) => word !== "").join(": ");
  return new S3Error(`the S3 server responded with ${status} to ${method} ${name}${words === "" ? "" : ` (${words})`}`);
}

/** `NoSuchKey`, `AccessDenied`, …; empty when the response has no code. */
export function codeIn(bytes: Uint8Array): string {
  return problemIn(bytes).code;
}

function problemIn(bytes: Uint8Array): { readonly code: string; readonly message: string } {
  const text = Buffer.from(bytes.subarray(0, 4096)).toString("utf8");
  const [, code = ""] = /<Code>([^<]*)<\/Code>/.exec(text) ?? [];
  const [, message = ""] = /<Message>([^<]*)<\/Message>/.exec(text) ?? [];
  return { code, message };
}

function isBusy({ status, bytes }: Omit<S3Response, "attempts">): boolean {
  if (BUSY.has(status)) return true;
  // Concurrent conditional writes, and a request that was damaged or too slow on the way.
  return (
    (status === 409 && codeIn(bytes) === "ConditionalRequestConflict") ||
    (status === 400 &&
      ["RequestTimeout", "XAmzContentSHA256Mismatch", "IncompleteBody", "BadDigest"].includes(codeIn(bytes)))
  );
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? causeText(cause) : messageOf(error);
}

function causeText(cause: Error): string {
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message;
  return cause.message;
}
