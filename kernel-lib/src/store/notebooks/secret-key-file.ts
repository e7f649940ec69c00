/** The key of a user on a machine under which secrets are digested: a file that only the user may read, beside the values that were set. */
import { randomBytes } from "node:crypto";
import path from "node:path";
import { messageOf } from "../../protocol";
import { processSecretKey, type SecretKeySource } from "../../secrets/secret-key";
import { createSmallFile, readSmallFile, removeSmallFile } from "../files/small-files";
import { fileNameOf } from "../records/file-name";
import type { OnStoreProblem } from "../store";
import { ownerHere } from "./saved-params";

const BYTES = 32;

/** `folder`: the folder `params`, absolute. Where the file cannot be read or written, the process has a key of its own, and a warning says so. */
export function secretKeyFile(folder: string, onProblem: OnStoreProblem, owner = ownerHere()): SecretKeySource {
  const file = path.join(folder, fileNameOf(owner), ".secret-key");
  const alone = processSecretKey();
  let key: Buffer | undefined;
  return () => {
    try {
      return (key ??= readKey(file) ?? createKey(file, onProblem));
    } catch (error) {
      onProblem(`the key of secrets cannot be kept (${messageOf(error)}): results that depend on one are recomputed in the next kernel`, file); // prettier-ignore
      return (key ??= alone());
    }
  };
}

function createKey(file: string, onProblem: OnStoreProblem): Buffer {
  if (readSmallFile(file) !== undefined) {
    onProblem("is damaged: results that depend on a secret are recomputed", file);
    removeSmallFile(file);
  }
  // Of two processes that begin, one wins and both read its key.
  createSmallFile(file, `${randomBytes(BYTES).toString("hex")}\n`, { isPrivate: true });
  const created = readKey(file);
  if (!created) throw new Error("it was written and cannot be read back");
  return created;
}

function readKey(file: string): Buffer | undefined {
  const [hex] = /^[0-9a-f]{64}(?=\n$)/.exec(readSmallFile(file) ?? "") ?? [];
  return hex === undefined ? undefined : Buffer.from(hex, "hex");
}
