/** The network: requests, connections, name look-ups. */
import type { AnyFunction } from "../call-site";
import dgram from "node:dgram";
import channels from "node:diagnostics_channel";
import dns from "node:dns";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { currentRecorder } from "../context";
import { noteAlways } from "../volatile-notes";
import { methodIn, replaceGetter, replaceMethod, replaces } from "./replace";
import { silently } from "../silence";

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Describe = (args: readonly unknown[]) => string;

export function observeNetwork(): void {
  replaceMethod<Method>(globalThis, "fetch", (original) => requesting(original, ([input]) => `fetch ${urlOf(input)}`));
  for (const [module, protocol] of [
    [http, "http:"],
    [https, "https:"],
  ] as const)
    for (const name of ["request", "get"])
      replaceMethod<Method>(module, name, (original) =>
        requesting(original, (args) => describeRequest(args, protocol)),
      );
  replaceMethod<Method>(net.Socket.prototype, "connect", connecting);
  replaceMethod<Method>(net.Server.prototype, "listen", (original) =>
    requesting(original, ([at]) => `listen ${endpointOf(at, undefined)}`),
  );
  for (const name of ["send", "bind"])
    replaceMethod<Method>(dgram.Socket.prototype, name, (original) => requesting(original, () => `dgram.${name}()`));
  observeLookups();
  for (const name of ["WebSocket", "EventSource"]) observeClass(name);
  channels.subscribe("undici:request:create", undiciRequest);
}

/** The package undici; Node's own copy of it belongs to `fetch`. */
function undiciRequest(message: unknown): void {
  const recorder = currentRecorder();
  if (!recorder) return;
  const { origin, path = "", method = "GET" } = (message as { request: UndiciRequest }).request;
  const url = urlOf(`${String(origin)}${path}`);
  if (!recorder.hasVolatile("network", (name) => name.endsWith(` ${url}`)))
    noteAlways(recorder, "network", `${method} ${url}`, undiciRequest);
}

interface UndiciRequest {
  readonly origin?: unknown;
  readonly path?: string;
  readonly method?: string;
}

function requesting(original: Method, describe: Describe): Method {
  const wrapper: Method = methodIn({
    observed(this: unknown, ...args: unknown[]): unknown {
      const recorder = currentRecorder();
      if (!recorder) return Reflect.apply(original, this, args);
      noteAlways(recorder, "network", describe(args), wrapper);
      // The connection and the look-up of the name belong to it.
      return silently(() => Reflect.apply(original, this, args));
    },
  });
  return wrapper;
}

/** Any other protocol: databases, mail. A connection to a host that a request has named belongs to that request. */
function connecting(original: Method): Method {
  const wrapper: Method = methodIn({
    observed(this: unknown, ...args: unknown[]): unknown {
      const recorder = currentRecorder();
      if (!recorder) return Reflect.apply(original, this, args);
      const [first, second] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
      const endpoint = endpointOf(first, second);
      const host = endpoint.replace(/:\d*$/, "");
      if (!recorder.hasVolatile("network", (name) => name.includes(`//${host}`)))
        noteAlways(recorder, "network", `connect ${endpoint}`, wrapper, "below");
      return silently(() => Reflect.apply(original, this, args));
    },
  });
  return wrapper;
}

function observeLookups(): void {
  const owners = [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype] as object[];
  for (const owner of owners)
    for (const name of namesOf(owner).filter((each) => /^(lookup|lookupService|reverse|resolve\w*)$/.test(each)))
      replaceMethod<Method>(owner, name, (original) => requesting(original, ([host]) => `dns.${name} ${String(host)}`));
}

function namesOf(object: object | null): readonly string[] {
  if (!object || object === Object.prototype) return [];
  return [...Object.getOwnPropertyNames(object), ...namesOf(Object.getPrototypeOf(object) as object | null)];
}

/** A class of the platform: the constructor connects. */
function observeClass(name: string): void {
  const property = Object.getOwnPropertyDescriptor(globalThis, name);
  const proxies = new WeakMap<object, object>();
  const proxyOf = (original: unknown): unknown => {
    if (typeof original !== "function") return original;
    const known = proxies.get(original);
    if (known) return known;
    const construct = (target: AnyFunction, args: unknown[], newTarget: AnyFunction): object => {
      const recorder = currentRecorder();
      if (recorder) noteAlways(recorder, "network", `${name} ${urlOf(args[0])}`, construct);
      return silently(() => Reflect.construct(target, args, newTarget) as object);
    };
    const proxy = replaces(new Proxy(original as AnyFunction, { construct }), original);
    proxies.set(original, proxy);
    return proxy;
  };
  if (property?.get)
    replaceGetter(globalThis, name, (original) =>
      methodIn({
        observed(this: unknown): unknown {
          const proxy = proxyOf(original.call(this));
          // Node has put the class itself in place of its accessor.
          const loaded = Object.getOwnPropertyDescriptor(globalThis, name);
          if (loaded && "value" in loaded) Object.defineProperty(globalThis, name, { ...loaded, value: proxy });
          return proxy;
        },
      }),
    );
  else if (property?.configurable === true)
    Object.defineProperty(globalThis, name, { ...property, value: proxyOf(property.value) });
}

/** Protocol, host and path: without credentials, query and fragment. */
function urlOf(input: unknown): string {
  const text = typeof input === "object" && input !== null && "url" in input ? String(input.url) : String(input);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "data:" || url?.protocol === "blob:") return url.protocol;
  return url ? `${url.protocol}//${url.host}${url.pathname}` : text.replace(/[?#].*$/s, "");
}

/** `GET https://host/path` of the arguments of `http.request`: a URL and options, or either. */
function describeRequest(args: readonly unknown[], protocol: string): string {
  const isUrl = typeof args[0] === "string" || args[0] instanceof URL;
  const options = (isUrl ? args[1] : args[0]) as http.RequestOptions | undefined;
  const { method = "GET" } = typeof options === "object" ? options : {};
  if (isUrl) return `${method} ${urlOf(args[0])}`;
  const { host, hostname = host ?? "localhost", port, path = "/", socketPath } = options ?? {};
  if (typeof socketPath === "string") return `${method} ${socketPath}`;
  const shownPort = port === undefined || port === null || port === "" ? "" : `:${port}`;
  return `${method} ${urlOf(`${options?.protocol ?? protocol}//${hostname}${hostname?.includes(":") === true ? "" : shownPort}${path ?? ""}`)}`;
}

/** `host:port`, or the path of a socket; `at` and `host`: as `net.connect` takes them. */
function endpointOf(at: unknown, host: unknown): string {
  if (typeof at === "object" && at !== null) {
    const options = at as { path?: string; host?: string; port?: number | string };
    return options.path ?? `${options.host ?? "localhost"}:${options.port ?? ""}`;
  }
  if (typeof at === "string" && !/^\d+$/.test(at)) return at;
  return `${typeof host === "string" ? host : "localhost"}:${String(at)}`;
}
