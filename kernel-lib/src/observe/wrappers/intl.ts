/** The locale and the time zone of formatting: `Intl`, `toLocaleString` and the like, `Temporal.Now`. */
import type { AnyFunction } from "../call-site";
import { currentRecorder } from "../context";
import { noteClock } from "../volatile-notes";
import { methodIn, looksLike, replaceGetter, replaceMethod } from "./replace";

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Constructor = new (...args: unknown[]) => object;

export function observeLocale(): void {
  for (const prototype of [
    Number.prototype,
    BigInt.prototype,
    Array.prototype,
    Object.getPrototypeOf(Uint8Array.prototype) as object,
  ])
    replaceMethod<Method>(prototype, "toLocaleString", (original) => localeReader(original, 0));
  for (const name of ["toLocaleUpperCase", "toLocaleLowerCase"])
    replaceMethod<Method>(String.prototype, name, (original) => localeReader(original, 0));
  replaceMethod<Method>(String.prototype, "localeCompare", (original) =>
    methodIn({
      observed(this: unknown, ...args: unknown[]): unknown {
        if (args[1] === undefined) currentRecorder()?.readValue("locale", "");
        return args.length === 1 ? original.call(this, args[0]) : Reflect.apply(original, this, args);
      },
    }),
  );
  for (const name of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"])
    replaceMethod<Method>(Date.prototype, name, (original) => localeReader(original, 0, true));
  for (const name of Object.getOwnPropertyNames(Intl)) observeFormatter(name);
  observeFormattingNow();
  observeTemporal();
}

function readFormat(locales: unknown, options: unknown, isDate: boolean): void {
  const recorder = currentRecorder();
  if (!recorder) return;
  if (locales === undefined || (Array.isArray(locales) && locales.length === 0)) recorder.readValue("locale", "");
  const zone =
    typeof options === "object" && options !== null ? (options as { timeZone?: unknown }).timeZone : undefined;
  if (isDate && zone === undefined) recorder.readValue("zone", "");
}

/** `at`: the position of the argument with the locales; options follow it. */
function localeReader(original: Method, at: number, isDate = false): Method {
  return methodIn({
    observed(this: unknown, ...args: unknown[]): unknown {
      readFormat(args[at], args[at + 1], isDate);
      return Reflect.apply(original, this, args);
    },
  });
}

/** `Intl.NumberFormat` and every other constructor that takes locales. */
function observeFormatter(name: string): void {
  const Original = (Intl as unknown as Record<string, unknown>)[name];
  if (typeof Original !== "function" || name === "Locale" || !("prototype" in Original)) return;
  const isDate = name === "DateTimeFormat";
  replaceMethod<Method>(Intl, name, () => {
    function Observed(this: unknown, ...args: unknown[]): unknown {
      readFormat(args[0], args[1], isDate);
      if (new.target === undefined) return Reflect.apply(Original as Method, this, args);
      const target = new.target === (Observed as unknown) ? Original : new.target;
      return Reflect.construct(Original as Constructor, args, target as Constructor);
    }
    const prototype = (Original as unknown as Constructor).prototype as object;
    Object.defineProperty(Observed, "prototype", { value: prototype, writable: false });
    Object.defineProperty(prototype, "constructor", { value: Observed });
    return Observed;
  });
}

/** Without a date, a formatter takes the current time. */
function observeFormattingNow(): void {
  const { prototype } = Intl.DateTimeFormat;
  const bound = new WeakMap<Method, Method>();
  replaceGetter<Method>(prototype, "format", (getter) =>
    methodIn({
      observed(this: unknown): Method {
        const format = getter.call(this);
        let observed = bound.get(format);
        if (!observed) {
          const wrapper: Method = (...args) => {
            if (args[0] === undefined) noteNow("Intl.DateTimeFormat.format()", wrapper);
            return format(...args);
          };
          observed = looksLike(wrapper, format);
          bound.set(format, observed);
        }
        return observed;
      },
    }),
  );
  replaceMethod<Method>(prototype, "formatToParts", (original) => {
    const observed: Method = methodIn({
      observed(this: unknown, ...args: unknown[]): unknown {
        if (args[0] === undefined) noteNow("Intl.DateTimeFormat.formatToParts()", observed);
        return Reflect.apply(original, this, args);
      },
    });
    return observed;
  });
}

function noteNow(name: string, wrapper: AnyFunction): void {
  const recorder = currentRecorder();
  if (recorder) noteClock(recorder, "clock", name, wrapper);
}

function observeTemporal(): void {
  const now = (globalThis as { Temporal?: { Now?: object } }).Temporal?.Now;
  if (!now) return;
  for (const name of Object.getOwnPropertyNames(now))
    replaceMethod<Method>(now, name, (original) => {
      const observed: Method = methodIn({
        observed(this: unknown, ...args: unknown[]): unknown {
          if (name !== "instant" && args[0] === undefined) currentRecorder()?.readValue("zone", "");
          if (name !== "timeZoneId") noteNow(`Temporal.Now.${name}()`, observed);
          return Reflect.apply(original, this, args);
        },
      });
      return observed;
    });
}
