/** Opens the store that was passed to `createPipeline` or that the environment names. Called by `pipeline.ts`. */
import path from "node:path";
import { StagebookError } from "../protocol";
import type { Bucket, Environment } from "./bucket/port";
import { createGuardedStore } from "./tiered/guarded-store";
import { createBucketStore } from "./bucket/store";
import { createCachedStore, type CachedStoreOptions } from "./memory/cached-store";
import { createDiskStore } from "./disk/store";
import type { EntrySeal } from "./records/entry-record";
import { createEntrySeal } from "./records/entry-seal";
import type { StoreAccess } from "./files/file-access";
import { createMemoryStore } from "./memory/memory-store";
import { createNoneStore } from "./memory/none-store";
import { DiskNotebooks } from "./notebooks/disk-notebooks";
import { FiledNotebook, namedNotebook, type NotebookIdentity } from "./notebooks/notebook-identity";
import { findFormerStores, type FormerStore } from "./notebooks/former-stores";
import { createMovedStore } from "./notebooks/moved-store";
import {
  chainSavedParams,
  createFileSavedParams,
  createMemorySavedParams,
  type SavedParams,
} from "./notebooks/saved-params";
import { createS3Bucket } from "./bucket/s3/s3-bucket";
import { secretKeyFile } from "./notebooks/secret-key-file";
import { processSecretKey, sharedSecretKey, type SecretKeySource } from "../secrets/secret-key";
import { isStoreName, isUrl } from "./store-url";
import { createTieredStore } from "./tiered/tiered-store";
import type { Notebooks, Store, OnStoreProblem } from "./store";
import { readLimits } from "../stage/limits";
import { readSize } from "../stage/size";
import { existing } from "../async/maybe-promise";

export interface OpenStoreOptions {
  /** The option `store` of `createPipeline`. */
  readonly choice: string | object | undefined;
  /**
   * STAGEBOOK_STORE; STAGEBOOK_SHARED_STORE (a folder or `s3://…`) with STAGEBOOK_SHARED_READONLY; STAGEBOOK_TRUST_KEY and
   * STAGEBOOK_TRUST_NAME for results in the shared store, or in a bucket; STAGEBOOK_MAX_BYTES and STAGEBOOK_STORE_ACCESS for a store in
   * a folder; STAGEBOOK_CACHE_BYTES; AWS_… for S3.
   */
  readonly environment: Environment;
  /** Absolute: relative folders start here. */
  readonly folder: string;
  /** The absolute path of the notebook or script; or a name, which is taken as it is. */
  readonly notebook: string | { readonly file: string };
  /** False: parameter values that were set are neither read nor saved. Default true. */
  readonly usesSavedParams?: boolean;
  readonly now: () => number;
  readonly onProblem: OnStoreProblem;
}

const CACHE_BYTES = 256 * 1024 * 1024;
const DEFAULT_TRUST = "stagebook";
/** The value of STAGEBOOK_TRUST_KEY with which unsigned results are accepted. */
const UNSIGNED = "none";

/** A store, which notebook of it this is, and the parameter values that were set in it. */
export interface OpenedStore {
  readonly store: Store;
  readonly notebook: NotebookIdentity;
  readonly savedParams: SavedParams;
  /** Under which secrets are digested. */
  readonly secretKey: SecretKeySource;
}

/** Throws StagebookError: `store-kind`, `store-location`, `store-credentials`, `store-options` or `trust-key`. */
export function openStore(options: OpenStoreOptions): OpenedStore {
  const { environment, now, onProblem } = options;
  const choice = options.choice ?? (environment.STAGEBOOK_STORE || ".stagebook");
  if (typeof choice === "object") {
    const store = asStore(choice, now, onProblem);
    return {
      store,
      notebook: identify(store, undefined, options),
      savedParams: createMemorySavedParams(),
      secretKey: processSecretKey(),
    };
  }
  if (isStoreName(choice)) {
    const store = choice === "memory" ? createMemoryStore() : createNoneStore();
    const name = typeof options.notebook === "string" ? options.notebook : path.basename(options.notebook.file);
    return {
      store,
      notebook: namedNotebook(name),
      savedParams: createMemorySavedParams(),
      secretKey: processSecretKey(),
    };
  }
  if (isUrl(choice)) return openUrl(choice, options);
  return openFolder(path.resolve(options.folder, choice), options);
}

/** What can be wrong with the settings by themselves, before a store is opened. Throws as `openStore` does. */
export function checkStoreSettings(environment: Environment): void {
  findSeal(environment);
  findReadOnly(environment);
  findSize(environment, "STAGEBOOK_MAX_BYTES");
  findSize(environment, "STAGEBOOK_CACHE_BYTES");
  findAccess(environment, "private");
  for (const location of [environment.STAGEBOOK_STORE, environment.STAGEBOOK_SHARED_STORE])
    if (location && isUrl(location)) openBucket(location, environment);
}

function openFolder(folder: string, options: OpenStoreOptions): OpenedStore {
  const { environment, now, onProblem } = options;
  const maxBytes = findSize(environment, "STAGEBOOK_MAX_BYTES");
  const local = createDiskStore({ folder, onProblem, now, maxBytes, access: findAccess(environment, "private") });
  const former = findFormer(folder, options);
  const whole = former.reduce<Store>((store, each) => withFormer(store, each, options), local);
  const shared = openShared(folder, options);
  const store = createCachedStore(shared ? createTieredStore({ local: whole, ...shared, onProblem }) : whole, {
    ...findCacheLimits(environment),
  });
  const notebook = identify(store, path.dirname(folder), options, former);
  const savedParams = openSavedParams(folder, notebook, options, former);
  return { store, notebook, savedParams, secretKey: openSecretKey(folder, options) };
}

/** The default store lies beside the notebook: that of a notebook which was moved to another folder lies elsewhere. The latest first. */
function findFormer(
  folder: string,
  { choice, environment, notebook, onProblem }: OpenStoreOptions,
): readonly FormerStore[] {
  const isDefault = choice === undefined && !environment.STAGEBOOK_STORE;
  return isDefault && typeof notebook !== "string" ? findFormerStores(folder, notebook.file, onProblem) : [];
}

function withFormer(local: Store, { folder, record }: FormerStore, { now, onProblem }: OpenStoreOptions): Store {
  const former = createDiskStore({ folder, onProblem, now });
  const store = createTieredStore({ local, shared: former, onProblem, isReadOnly: true });
  return createMovedStore({ store, former, formerId: record.id });
}

/** Parameter values that were set stay on this machine, in the default folder, which has records of notebooks of its own for them. */
function openUrl(location: string, options: OpenStoreOptions): OpenedStore {
  const { environment, now, onProblem } = options;
  const bucket = openBucket(location, environment);
  const remoteStore = createBucketStore(bucket, { onProblem, now, seal: signingSeal(environment), throwsUnreachable: true }); // prettier-ignore
  const store = createCachedStore(createGuardedStore(remoteStore, { onProblem }), {
    ...findCacheLimits(environment),
  });
  const folder = path.resolve(options.folder, ".stagebook");
  const local = identify(
    new DiskNotebooks(folder, onProblem, findAccess(environment, "private")),
    path.dirname(folder),
    options,
  );
  const remote = identify(store, undefined, options);
  const savedParams = openSavedParams(folder, local, options);
  const notebook = movedTogether(remote, local);
  return { store, notebook, savedParams, secretKey: openSecretKey(folder, options) };
}

/** `base`: the folder in which the folder of the records lies. */
function identify(
  records: Notebooks,
  base: string | undefined,
  { notebook, now, onProblem }: OpenStoreOptions,
  former: readonly FormerStore[] = [],
): NotebookIdentity {
  if (typeof notebook === "string") return namedNotebook(notebook);
  return new FiledNotebook({ records, file: notebook.file, base, now, onProblem, former });
}

/** The first one; the second one, of other records, follows it to a new path. */
function movedTogether(notebook: NotebookIdentity, follower: NotebookIdentity): NotebookIdentity {
  return {
    find: () => notebook.find(),
    claim: () => notebook.claim(),
    get name() {
      return notebook.name;
    },
    get uid() {
      return notebook.uid;
    },
    get file() {
      return notebook.file;
    },
    follow: (file) => {
      follower.follow(file);
      return notebook.follow(file);
    },
  };
}

/** `notebook`: of records in files. */
function openSavedParams(
  folder: string,
  notebook: NotebookIdentity,
  { onProblem, usesSavedParams = true }: OpenStoreOptions,
  former: readonly FormerStore[] = [],
): SavedParams {
  if (!usesSavedParams) return createMemorySavedParams();
  const openIn = (store: string, id: { find(): string | undefined; claim(): string }): SavedParams =>
    createFileSavedParams({ folder: path.join(store, "params"), notebook: id, onProblem });
  const own = openIn(folder, { find: () => existing(notebook.find()), claim: () => existing(notebook.claim()) });
  const older = former.map((each) => openIn(each.folder, { find: () => each.record.id, claim: () => each.record.id }));
  return chainSavedParams(own, older);
}

/** That of the team, if all who share results can sign; otherwise that of the user on this machine. `folder`: of the local store. */
function openSecretKey(folder: string, { environment, onProblem }: OpenStoreOptions): SecretKeySource {
  const { STAGEBOOK_TRUST_KEY: trustKey = "" } = environment;
  const isShared = findSeal(environment)?.canSign === true;
  return isShared ? sharedSecretKey(trustKey.trim()) : secretKeyFile(path.join(folder, "params"), onProblem);
}

function openShared(
  localFolder: string,
  { environment, folder: workingFolder, now, onProblem }: OpenStoreOptions,
): { readonly shared: Store; readonly isReadOnly: boolean } | undefined {
  const seal = findSeal(environment);
  const isReadOnly = findReadOnly(environment) || seal?.canSign === false;
  const location = environment.STAGEBOOK_SHARED_STORE;
  if (!location) return undefined;
  if (!seal && environment.STAGEBOOK_TRUST_KEY !== UNSIGNED)
    onProblem(
      `its results are loaded whoever has written them: set STAGEBOOK_TRUST_KEY, or set it to ${UNSIGNED} to accept that`,
      location,
    );
  if (isUrl(location)) {
    const bucket = openBucket(location, environment);
    return {
      shared: createBucketStore(bucket, { onProblem, now, seal, isReadOnly, throwsUnreachable: true }),
      isReadOnly,
    };
  }
  const folder = path.resolve(workingFolder, location);
  if (folder === localFolder)
    throw invalid(
      "STAGEBOOK_SHARED_STORE",
      location,
      "that is the store's own folder",
      "Use another folder, or unset it.",
    );
  // Others are meant to read it.
  const access = findAccess(environment, "shared");
  const shared = createDiskStore({ folder, onProblem, now, seal, isReadOnly, throwsUnreadable: true, access });
  return { shared, isReadOnly };
}

/** Object storages by the scheme of their URL. */
const buckets: { readonly [scheme: string]: (location: string, environment: Environment) => Bucket } = {
  s3: createS3Bucket,
};

function openBucket(location: string, environment: Environment): Bucket {
  const [scheme = ""] = location.split("://");
  const create = Object.hasOwn(buckets, scheme) ? buckets[scheme] : undefined;
  if (create) return create(location, environment);
  const urls = Object.keys(buckets).map((each) => `${each}://bucket/prefix`);
  throw new StagebookError(
    "store-kind",
    `no store can be opened at "${location}"`,
    `Use a folder, "memory", "none" or ${urls.join(", ")}.`,
  );
}

const bucketMethods = ["get", "find", "put", "putIfAbsent", "putIfSame", "delete", "list"];
const storeMethods = [
  ...["findEntry", "isWhole", "readBlob", "putBlob", "commit", "touch", "history", "partials", "clear"],
  ...["appendRun", "readRun"],
  ...["notebooks", "addNotebook", "updateNotebook"],
  ...["scratchFolder", "adoptFile", "filePath"],
  ...["claim", "hold", "pin", "pinned"],
  ...["gc", "verify"],
];

/** The user's object as a store: a `Store` as it is, a `Bucket` with a store on top. */
function asStore(object: object, now: () => number, onProblem: OnStoreProblem): Store {
  const missingFrom = (methods: readonly string[]): readonly string[] =>
    methods.filter((name) => typeof (object as Readonly<Record<string, unknown>>)[name] !== "function");
  if (missingFrom(storeMethods).length === 0) return object as Store;
  const missing = missingFrom(bucketMethods);
  if (missing.length === 0) return createBucketStore(object as Bucket, { onProblem, now });
  throw new StagebookError(
    "store-kind",
    `the \`store\` passed to createPipeline is missing: ${missing.join(", ")}`,
    `Pass an object with the methods of Bucket (${bucketMethods.join(", ")}), or with all methods of Store.`,
  );
}

function signingSeal(environment: Environment): EntrySeal | undefined {
  const seal = findSeal(environment);
  if (seal?.canSign !== false) return seal;
  throw new StagebookError(
    "trust-key",
    "STAGEBOOK_TRUST_KEY is a public key, but results in a bucket must be signed with the private key",
    "Set the private key; or keep results in a folder and set the bucket as STAGEBOOK_SHARED_STORE, which is then read-only.",
  );
}

function findSeal(environment: Environment): EntrySeal | undefined {
  const { STAGEBOOK_TRUST_KEY: key, STAGEBOOK_TRUST_NAME: name } = environment;
  if (key && key !== UNSIGNED) return createEntrySeal(key, name || DEFAULT_TRUST);
  if (name)
    throw invalid(
      "STAGEBOOK_TRUST_NAME",
      name,
      "STAGEBOOK_TRUST_KEY is not set",
      "Set STAGEBOOK_TRUST_KEY too, or unset the name.",
    );
  return undefined;
}

function findAccess({ STAGEBOOK_STORE_ACCESS: text }: Environment, otherwise: StoreAccess): StoreAccess {
  if (!text) return otherwise;
  if (text === "private" || text === "shared") return text;
  throw invalid("STAGEBOOK_STORE_ACCESS", text, "it is neither private nor shared", "Set it to private or shared.");
}

function findReadOnly({ STAGEBOOK_SHARED_READONLY: text = "" }: Environment): boolean {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)?$/i.test(text)) return false;
  throw invalid("STAGEBOOK_SHARED_READONLY", text, "it is not a boolean", "Set it to 1 or 0.");
}

function findSize(environment: Environment, name: "STAGEBOOK_MAX_BYTES" | "STAGEBOOK_CACHE_BYTES"): number | undefined {
  const text = environment[name];
  if (!text) return undefined;
  const size = readSize(text);
  if (size !== undefined) return size;
  throw invalid(name, text, "it is not a valid size", "Use a size such as 500MB, 10GB or 2TiB, or a number of bytes.");
}

function findCacheLimits(environment: Environment): CachedStoreOptions {
  return {
    maxBytes: findSize(environment, "STAGEBOOK_CACHE_BYTES") ?? CACHE_BYTES,
    maxBlobs: readLimits(environment).cachedValues,
  };
}

function invalid(name: string, value: string, why: string, advice: string): StagebookError {
  return new StagebookError("store-options", `${name} is "${value}": ${why}`, advice);
}
