import { expect, test } from "vitest";
import { createLiveScopes } from "../../kernel-lib/src/run/live-scopes";
import { ship } from "../../kernel-lib/src/run/worker/ship";
import { unpack } from "../../kernel-lib/src/run/worker/unpack";
import { make } from "../laws/changed-code";
import fs from "node:fs";

const text = fs.readFileSync("test/laws/closures.test.ts", "utf8") + fs.readFileSync("test/laws/reached-values.test.ts", "utf8");
const found: [string, string][] = [];
// eslint-disable-next-line
const run = new Function("testChangedCode", "changed", "describe", "collect", "owner", "env", "");
const re = /title: ("[^"]*"),\s*code: (`[^`]*`|"[^"]*"),\s*before: (`[^`]*`|"(?:[^"\\]|\\.)*"),/g;
for (const m of text.matchAll(re)) found.push([eval(m[1]!), (eval(m[2]!) as string).replace("VALUE", () => eval(m[3]!))]);
const re2 = /changed\(\s*("[^"]*"),\s*(`[^`]*`)(?:,\s*\[[^\]]*\])?(?:,\s*(`[^`]*`|"[^"]*"),)?/g;
for (const m of text.matchAll(re2)) { try { found.push([eval(m[1]!), (eval(m[2]!.replace("${owner}", `const o = { n: 5, get() { "use strict"; return this ? this.n : 0; } };`).replace("${env}", "process.env.X='1';")) as string).replace("VALUE", () => m[3] ? eval(m[3]) : "1")]); } catch { } }
const scopes = createLiveScopes(() => undefined);
test.each(found)("%s", async (_t, code) => {
  const fn = make(code);
  const shipped = ship(fn, "body", { scopes, paramValue: () => 1 });
  const again = unpack(shipped.bytes, { readStage: async () => 1 }) as () => unknown;
  expect(await again()).toEqual(await fn());
});
