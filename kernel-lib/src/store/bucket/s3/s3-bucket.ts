/** A bucket on an S3 server: Amazon's, MinIO, Cloudflare R2, Ceph, versitygw and others that know conditional writes. */
import { StagebookError } from "../../../protocol";
import type { Bucket, BucketItem } from "../port";
import { codeIn, errorOf, S3Requests, type S3Answer, type S3Location, type S3Request } from "./s3-requests";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `location`: `s3://bucket` or `s3://bucket/prefix`. Of the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
 * AWS_REGION (or AWS_DEFAULT_REGION; `us-east-1`) and AWS_ENDPOINT_URL (or AWS_ENDPOINT_URL_S3) for servers other than Amazon's.
 * Throws StagebookError `store-location` and `store-credentials`.
 */
export function createS3Bucket(location: string, environment: Environment): Bucket {
  const [, bucket, path] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(location) ?? [];
  const prefix = (path ?? "").replace(/\/+$/, "");
  if (bucket === undefined || !/^[\w%~./-]*$/.test(prefix) || prefix.split("/").some((part) => /^\.{1,2}$/.test(part)))
    throw new StagebookError(
      "store-location",
      `"${location}" is no place in an S3 bucket`,
      "Write it as s3://bucket or s3://bucket/prefix, the prefix of letters, digits and _ - . ~ % alone.",
    );
  const place = placeOf(location, bucket, environment);
  return new S3Bucket(`s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`, prefix === "" ? "" : `${prefix}/`, place);
}

class S3Bucket implements Bucket {
  private readonly requests: S3Requests;

  constructor(
    readonly location: string,
    private readonly prefix: string,
    place: S3Location,
  ) {
    this.requests = new S3Requests(place);
  }

  async get(name: string): Promise<{ readonly bytes: Uint8Array; readonly version: string } | undefined> {
    const { headers, bytes } = (await this.send({ method: "GET", name: this.prefix + name }, isAbsent)) ?? {};
    return bytes && { bytes, version: headers?.get("etag") ?? "" };
  }

  async find(name: string): Promise<BucketItem | undefined> {
    const answer = await this.send({ method: "HEAD", name: this.prefix + name }, ({ status }) => status === 404);
    if (!answer) return undefined;
    const { headers } = answer;
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
      const answer = await this.send({ method: "GET", name: "", query });
      const xml = Buffer.from(answer?.bytes ?? []).toString("utf8");
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
    const answer = await this.requests.send(request);
    if (isGood(answer)) return true;
    if (answer.status !== 412 && !isAbsent(answer)) throw errorOf(request, answer);
    // The first request may have been done, and its answer lost: then what is there is ours.
    if (answer.attempts === 1) return false;
    const now = await this.get(name);
    return now !== undefined && Buffer.compare(now.bytes, bytes) === 0;
  }

  /** Undefined where the answer is one that means that there is nothing. Rejects with S3Error. */
  private async send(
    request: S3Request,
    meansNothing: (answer: S3Answer) => boolean = () => false,
  ): Promise<S3Answer | undefined> {
    const answer = await this.requests.send(request);
    if (isGood(answer)) return answer;
    if (meansNothing(answer)) return undefined;
    throw errorOf(request, answer);
  }
}

function isGood({ status }: S3Answer): boolean {
  return status >= 200 && status < 300;
}

/** The object, not the bucket. */
function isAbsent({ status, bytes }: S3Answer): boolean {
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

function placeOf(location: string, bucket: string, environment: Environment): S3Location {
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
  // A dot would be outside of what Amazon's certificates are for.
  if (!endpoint && !bucket.includes(".")) return `https://${bucket}.s3.${region}.amazonaws.com`;
  const base = endpoint || `https://s3.${region}.amazonaws.com`;
  if (!/^https?:\/\//.test(base) || !URL.canParse(base))
    throw new StagebookError(
      "store-location",
      `AWS_ENDPOINT_URL is "${base}", which is no address`,
      "Write it as https://host or http://host:port.",
    );
  return `${base.replace(/\/+$/, "")}/${bucket}`;
}
