/** Wrappers that stand for a built-in: keys are the same with and without them. */
import fs from "node:fs";
import { afterEach, expect, test } from "vitest";
import { digestAnything, findClosure } from "../../../kernel-lib/src/key/code/closure";
import { registerBuiltin } from "../../../kernel-lib/src/scopes/known-globals";
import { createLiveScopes } from "../../../kernel-lib/src/scopes/live-scopes";

const scopes = createLiveScopes(() => undefined);
const original = { random: Math.random, now: Date.now, Date, env: process.env };

afterEach(() => {
  Math.random = original.random;
  Date.now = original.now;
  globalThis.Date = original.Date;
  process.env = original.env;
});

/** Puts a registered wrapper in place of a function. */
function wrap<K extends string>(owner: Record<K, (...args: never[]) => unknown>, name: K): void {
  const inner = owner[name];
  const wrapper = (...args: never[]): unknown => Reflect.apply(inner, owner, args);
  registerBuiltin(wrapper, inner);
  owner[name] = wrapper;
}

const digestsOf = (fn: () => unknown): unknown => {
  const { parts, untracked } = findClosure(fn, "a", scopes);
  return [parts.map((part) => ("digest" in part ? part.digest : part.kind)), untracked];
};

test("[S4] a wrapper of a built-in function or class counts as the built-in", () => {
  const body = () => [Math.random(), Date.now(), new Date(0)];
  const before = digestsOf(body);
  wrap(Math, "random");
  wrap(Date, "now");
  class Wrapped extends original.Date {}
  registerBuiltin(Wrapped, original.Date);
  globalThis.Date = Wrapped as DateConstructor;
  expect(digestsOf(body)).toEqual(before);
});

test("[S4] a wrapper that is a proxy counts as the built-in", () => {
  const env = process.env;
  const before = digestsOf(() => env.SOME_NAME);
  const proxy = new Proxy(process.env, {});
  registerBuiltin(proxy, process.env);
  process.env = proxy;
  const after = ((env) => digestsOf(() => env.SOME_NAME))(proxy);
  expect(after).toEqual(before);
});

test("[S4] a wrapper of a function of a Node module counts as that function, a wrapper of a wrapper too", () => {
  const holder = { read: fs.readFileSync as (...args: never[]) => unknown };
  const before = digestAnything(holder.read, scopes);
  wrap(holder, "read");
  expect(digestAnything(holder.read, scopes)).toBe(before);
  wrap(holder, "read");
  expect(digestAnything(holder.read, scopes)).toBe(before);
});

test("[S4] a function that is put in place of a built-in one without being registered counts", () => {
  const body = () => Math.random();
  const before = digestsOf(body);
  Math.random = () => 0.5;
  expect(digestsOf(body)).not.toEqual(before);
});
