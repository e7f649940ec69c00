/** A store that keeps no secret: records are masked, and a value that contains one is refused, so that it stays in this kernel. */
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { StagebookError } from "../protocol";
import { secrets } from "../secrets/secret-texts";
import type { NewBlob, Store } from "../store/store";

const CHUNK_BYTES = 1024 * 1024;

export function secretFreeStore(store: Store): Store {
  const guards: Partial<Store> = {
    putBlob: async (blob) => {
      checkBlob(blob);
      await store.putBlob(blob);
    },
    commit: async (head, entry, blobs) => {
      if (secrets.isEmpty) return store.commit(head, entry, blobs);
      for (const blob of blobs) checkBlob(blob);
      const record = secrets.maskData(entry);
      // In a name, of an address that was read for example: without it the record would be about something else.
      if (secrets.isIn([Buffer.from(JSON.stringify(record))])) throw secretIn("its record");
      return store.commit(head, record, blobs);
    },
    adoptFile: async (path, name) => {
      if (await isInFile(path)) {
        // A stage writes it into the folder of the store, where it would stay until the sweep of a later kernel.
        await rm(path, { force: true });
        throw secretIn(`the file ${name}`);
      }
      return store.adoptFile(path, name);
    },
    appendRun: (run, lines) => store.appendRun(run, lines.map((line) => secrets.mask(line))), // prettier-ignore
  };
  return new Proxy(store, {
    get: (target, name) => (Reflect.get(guards, name) ?? Reflect.get(target, name)) as unknown,
  });
}

async function isInFile(path: string): Promise<boolean> {
  if (secrets.isEmpty) return false;
  let before = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    if (secrets.isIn([before, chunk as Buffer])) return true;
    before = Buffer.from(chunk as Buffer);
  }
  return false;
}

function checkBlob({ pieces }: NewBlob): void {
  if (secrets.isIn(pieces)) throw secretIn("its value");
}

function secretIn(what: string): StagebookError {
  return new StagebookError(
    "secret-result",
    `${what} contains the value of a secret parameter`,
    "Return something that does not contain it.",
  );
}
