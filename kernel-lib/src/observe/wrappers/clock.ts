/** Clocks and the time zone: `Date`, `performance`, `process.hrtime`. */
import hooks, { performance } from "node:perf_hooks";
import { currentRecorder } from "../context";
import { noteClock } from "../volatile-notes";
import { methodIn, ownerOf, replaceGetter, replaceMethod, standsFor } from "./replace";

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Each is replaced: they read the time zone. */
const LOCAL_METHODS = (
  "getDate getDay getFullYear getHours getMilliseconds getMinutes getMonth getSeconds getYear getTimezoneOffset " +
  "setDate setFullYear setHours setMilliseconds setMinutes setMonth setSeconds setYear toString toDateString toTimeString"
).split(" ");

/** A date with a time and without a zone, or in any format but ISO's, is local. A date alone is UTC. */
const WITH_ZONE =
  /^\s*[+-]?\d{4,6}(-\d\d){0,2}(T\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d))?\s*$|(\b(GMT|UTC|[ECMP][SD]T)|Z|[+-]\d\d:?\d\d)\s*(\(.*\))?\s*$/i;

export function observeClocks(): void {
  observeDate();
  for (const name of LOCAL_METHODS) replaceMethod<Method>(Date.prototype, name, zoneReader);
  replaceMethod<Method>(Date.prototype, Symbol.toPrimitive, (original) =>
    methodIn({
      observed(this: unknown, ...args: unknown[]): unknown {
        if (args[0] !== "number") readZone();
        return Reflect.apply(original, this, args);
      },
    }),
  );
  observeTimers();
}

export function readZone(): void {
  currentRecorder()?.readValue("zone", "");
}

function zoneReader(original: Method): Method {
  return methodIn({
    observed(this: unknown, ...args: unknown[]): unknown {
      currentRecorder()?.readValue("zone", "");
      return Reflect.apply(original, this, args);
    },
  });
}

function observeDate(): void {
  const Original = globalThis.Date;
  const { now, parse } = Original;
  const observedNow = (): number => {
    const recorder = currentRecorder();
    if (recorder) noteClock(recorder, "clock", "Date.now()", observedNow);
    return now();
  };
  const observedParse = (text: string): number => {
    readZoneFor(text);
    return parse(text);
  };

  function ObservedDate(this: unknown, ...args: unknown[]): unknown {
    const recorder = currentRecorder();
    if (recorder) {
      if (new.target === undefined) {
        noteClock(recorder, "clock", "Date()", ObservedDate);
        recorder.readValue("zone", "");
      } else if (args.length === 0) noteClock(recorder, "clock", "new Date()", ObservedDate);
      else if (args.length > 1) recorder.readValue("zone", "");
      else readZoneFor(args[0]);
    }
    if (new.target === undefined) return Original();
    if (new.target === (ObservedDate as unknown)) {
      if (args.length === 1) return new Original(args[0] as number);
      if (args.length === 0) return new Original();
    }
    return Reflect.construct(Original, args, new.target === (ObservedDate as unknown) ? Original : new.target);
  }
  Object.defineProperty(ObservedDate, "prototype", { value: Original.prototype, writable: false });
  standsFor(ObservedDate, Original);
  replaceMethod(ObservedDate, "now", () => observedNow);
  replaceMethod(ObservedDate, "parse", () => observedParse);
  Object.defineProperty(Original.prototype, "constructor", { value: ObservedDate });
  Object.defineProperty(globalThis, "Date", {
    ...Object.getOwnPropertyDescriptor(globalThis, "Date"),
    value: ObservedDate,
  });
}

function readZoneFor(text: unknown): void {
  if (typeof text === "string" && !WITH_ZONE.test(text)) readZone();
}

/** A method whose result depends on the time. */
function timed(name: string): (original: Method) => Method {
  return (original) => {
    const observed: Method = methodIn({
      observed(this: unknown, ...args: unknown[]): unknown {
        const recorder = currentRecorder();
        if (recorder) noteClock(recorder, "clock", name, observed);
        return args.length === 0 ? original.call(this) : Reflect.apply(original, this, args);
      },
    });
    return observed;
  };
}

/** A property that is a time. */
function observeTime(owner: object | undefined, name: string, shown: string): void {
  replaceGetter<unknown>(owner, name, (original) => {
    const getter = function (this: unknown): unknown {
      const recorder = currentRecorder();
      if (recorder) noteClock(recorder, "clock", shown, getter);
      return original.call(this);
    };
    return getter;
  });
}

function observeTimers(): void {
  for (const name of ["now", "mark", "measure", "eventLoopUtilization", "toJSON"])
    replaceMethod<Method>(ownerOf(performance, name), name, timed(`performance.${name}()`));
  observeTime(ownerOf(performance, "timeOrigin"), "timeOrigin", "performance.timeOrigin");
  replaceMethod<Method>(hooks, "monitorEventLoopDelay", timed("monitorEventLoopDelay()"));
  replaceMethod<Method>(hooks.PerformanceObserver.prototype, "observe", timed("PerformanceObserver.observe()"));
  const histogram = hooks.createHistogram();
  replaceMethod<Method>(ownerOf(histogram, "recordDelta"), "recordDelta", timed("Histogram.recordDelta()"));
  observeTime(Event.prototype, "timeStamp", "Event.timeStamp");
  replaceMethod<Method>(process, "hrtime", (original) => {
    const observed: Method = (...args) => {
      const recorder = currentRecorder();
      if (recorder) noteClock(recorder, "clock", "process.hrtime()", observed);
      return original(...args);
    };
    return observed;
  });
  replaceMethod<Method>(process.hrtime, "bigint", (original) => {
    const observed: Method = () => {
      const recorder = currentRecorder();
      if (recorder) noteClock(recorder, "clock", "process.hrtime.bigint()", observed);
      return original();
    };
    return observed;
  });
}
