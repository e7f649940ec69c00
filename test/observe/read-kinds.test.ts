/** Every kind of read is recorded: what can be compared counts, what cannot is named, and nothing else is. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installObservers, labelOfRead, observing, ReadRecorder, RELATIVE_PATHS } from "../../kernel-lib/src/observe";
import { createObservedFolder } from "./observed-folder";
import { readKinds } from "./read-kinds";

const folder = createObservedFolder();
const server = http.createServer((_request, response) => response.end("page"));
const started = process.cwd();
let url = "";

beforeAll(async () => {
  process.chdir(folder.path);
  process.env.OBSERVED = "1";
  for (const early of ["early", "./loaded.json", "./loaded.cjs"]) folder.require(early);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  installObservers();
});

afterAll(() => {
  process.chdir(started);
  server.closeAllConnections();
  server.close();
  folder.remove();
});

describe.each([...new Set(readKinds.map(({ group }) => group))])("[V1] %s", (group) => {
  test.each(readKinds.filter((row) => row.group === group))("$title", async ({ code, counts, names, notes }) => {
    const body = folder.write(code);
    const recorder = new ReadRecorder();
    await observing(recorder, () => body(url));
    const shown = (marks: boolean): readonly string[] =>
      recorder
        .volatile()
        .filter((read) => read.marks === marks)
        .map(({ name }) => name.replace(url, "SERVER").replace(url.slice("http://".length), "HOST"));
    const got = {
      counts: recorder
        .reads()
        .filter(({ name }) => name !== RELATIVE_PATHS)
        .map((read) => labelOfRead(read, folder.path)),
      names: shown(true),
      notes: shown(false),
    };
    expect(JSON.stringify(got)).toBe(JSON.stringify({ counts: counts ?? [], names: names ?? [], notes: notes ?? [] }));
  });
});
