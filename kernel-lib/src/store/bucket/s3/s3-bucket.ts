/** A bucket on an S3 server: Amazon S3, MinIO, Cloudflare R2, Ceph, versitygw and others that support conditional writes. */
import { StagebookError } from "../../../protocol";
import type { Bucket, BucketItem, Environment } from "../port";
import { codeIn, errorOf, S3Requests, type S3Response, type S3Location, type S3Request } from "./s3-requests";

/**
 * `location`: `s3://bucket` or `s3://bucket/prefix`. Reads from the environment AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
 * AWS_REGION (or AWS_DEFAULT_REGION; `us-east-1`) and AWS_ENDPOINT_URL (or AWS_ENDPOINT_URL_S3) for other servers than Amazon S3.
 * Throws StagebookError `store-location` and `store-credentials`.
 */
export function createS3Bucket(location: string, environment: Environment): Bucket {
  const [, bucket, path] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(location) ?? [];
  const prefix = (path ?? "").replace(/\/+$/, "");
  if (bucket === undefined || !/^[\w%~./-]*$/.test(prefix) || prefix.split("/").some((part) => /^\.{1,2}$/.test(part)))
    throw new StagebookError(
      "store-location",
      `"${location}" is not a valid S3 location`,
      "Use s3://bucket or s3://bucket/prefix; the prefix may contain letters, digits and _ - . ~ %.",
    );
  const server = locationOf(location, bucket, environment);
  return new S3Bucket(`s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`, prefix === "" ? "" : `${prefix}/`, server);
}

class S3Bucket implements Bucket {
  private readonly requests: S3Requests;

  constructor(
    readonly location: string,
    private readonly prefix: string,
    server: S3Location,
  ) {
    this.requests = new S3Requests(server);
  }

  async get(name: string): Promise<{ readonly bytes: Uint8Array; readonly version: string } | undefined> {
    const { headers, bytes } = (await this.send({ method: "GET", name: this.prefix + name }, isAbsent)) ?? {};
    return bytes && { bytes, version: headers?.get("etag") ?? "" };
  }

  async find(name: string): Promise<BucketItem | undefined> {
    const response = await this.send({ method: "HEAD", name: this.prefix + name }, ({ status }) => status === 404);
    if (!response) return undefined;
    const { headers } = response;
    return { name, sizeBytes: Number(headers.get("content-length")), version: headers.get("etag") ?? "" };
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    await this.send({ method: "PUT", name: this.prefix + name, body: bytes });
  }

  async putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean> {
    return this.putIf(name, bytes, { "if-none-match": "*" });
  }

  async putIfSame(name: string, bytes: Uint8Array, version: string): Promise<boolean> {
    return this.putIf(name, bytes, { "if-match": version });
  }

  async delete(name: string): Promise<void> {
    await this.send({ method: "DELETE", name: this.prefix + name }, isAbsent);
  }

  async *list(prefix: string): AsyncGenerator<BucketItem, void, undefined> {
    for (let token: string | undefined; ;) {
      const query = { "list-type": "2", prefix: this.prefix + prefix, ...(token && { "continuation-token": token }) };
      const response = await this.send({ method: "GET", name: "", query });
      const xml = Buffer.from(response?.bytes ?? []).toString("utf8");
      for (const [, content = ""] of xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
        const name = textIn(content, "Key").slice(this.prefix.length);
        yield { name, sizeBytes: Number(textIn(content, "Size")), version: textIn(content, "ETag") };
      }
      token = textIn(xml, "IsTruncated") === "true" ? textIn(xml, "NextContinuationToken") : undefined;
      if (!token) return;
    }
  }

  private async putIf(name: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>): Promise<boolean> {
    const request: S3Request = { method: "PUT", name: this.prefix + name, body: bytes, headers };
    const response = await this.requests.send(request);
    if (isSuccess(response)) return true;
    if (response.status !== 412 && !isAbsent(response)) throw errorOf(request, response);
    // An earlier attempt may have succeeded and its response been lost: then the object holds these bytes.
    if (response.attempts === 1) return false;
    const now = await this.get(name);
    return now !== undefined && Buffer.compare(now.bytes, bytes) === 0;
  }

  /** Undefined for a response that `isAbsence` accepts. Rejects with S3Error for other errors. */
  private async send(
    request: S3Request,
    isAbsence: (response: S3Response) => boolean = () => false,
  ): Promise<S3Response | undefined> {
    const response = await this.requests.send(request);
    if (isSuccess(response)) return response;
    if (isAbsence(response)) return undefined;
    throw errorOf(request, response);
  }
}

function isSuccess({ status }: S3Response): boolean {
  return status >= 200 && status < 300;
}

/** True when the object does not exist; a missing bucket is an error. */
function isAbsent({ status, bytes }: S3Response): boolean {
  return status === 404 && codeIn(bytes) !== "NoSuchBucket";
}

function textIn(xml: string, tag: string): string {
  const [, text = ""] = new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml) ?? [];
  return text.replace(/&(#x?[0-9a-f]+|[a-z]+);/gi, (whole, name: string) => {
    if (name.startsWith("#x")) return String.fromCodePoint(parseInt(name.slice(2), 16));
    if (name.startsWith("#")) return String.fromCodePoint(Number(name.slice(1)));
    return entities[name] ?? whole;
  });
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function locationOf(location: string, bucket: string, environment: Environment): S3Location {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (!accessKeyId || !secretAccessKey)
    throw new StagebookError(
      "store-credentials",
      `there are no credentials for ${location}`,
      "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for temporary ones) before the kernel starts.",
    );
  const region = environment.AWS_REGION || environment.AWS_DEFAULT_REGION || "us-east-1";
  const sessionToken = environment.AWS_SESSION_TOKEN || undefined;
  return { url: urlOf(bucket, region, environment), region, accessKeyId, secretAccessKey, sessionToken };
}

function urlOf(bucket: string, region: string, environment: Environment): string {
  const endpoint = environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL;
  // Amazon's certificates do not cover bucket names with a dot.
  if (!endpoint && !bucket.includes(".")) return `https://${bucket}.s3.${region}.amazonaws.com`;
  const base = endpoint || `https://s3.${region}.amazonaws.com`;
  if (!/^https?:\/\//.test(base) || !URL.canParse(base))
    throw new StagebookError(
      "store-location",
      `AWS_ENDPOINT_URL is "${base}", which is not a valid URL`,
      "Use the form https://host or http://host:port.",
    );
  return `${base.replace(/\/+$/, "")}/${bucket}`;
}
