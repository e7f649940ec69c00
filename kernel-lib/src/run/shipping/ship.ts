/**
 * Shipping of a function to a worker thread, with everything that it references, found in the same way as for its key. Captured objects
 * are copied in their current state; one that cannot be copied is refused, with its path.
 */
import { symbolName } from "../../key/values/own-keys";
import { isStagebookError } from "../../protocol";
import { inputOf, type InputRef } from "../../stage/input";
import { v8Codec } from "../../store/codecs/v8-codec";
import { locationOfHandle } from "../external/file-handle";
import { findModuleLocation } from "./module-locations";
import { isThing, Packing, type ShipPorts } from "./packing";
import { functionRef } from "./ship-functions";
import { namespaceRef } from "./ship-names";
import { objectRef } from "./ship-objects";
import type { ShipRef } from "./shipment";

/** A packed value, for any number of threads. */
export interface Shipped {
  readonly bytes: SharedArrayBuffer;
  /** The stages that the code reads by name; nodes refer to them by position. */
  readonly stages: readonly Extract<InputRef, { kind: "stage" }>[];
}

/** Packs any value. Throws StagebookError `not-shippable`. */
export function ship(value: unknown, name: string, ports: ShipPorts): Shipped {
  try {
    return pack(value, name, new Packing(ports, false, refOf));
  } catch (error) {
    // Two views of the same memory within plain data: packed as nodes they remain views of the same memory.
    if (isStagebookError(error) && error.code === "not-storable")
      return pack(value, name, new Packing(ports, true, refOf));
    throw error;
  }
}

function pack(value: unknown, name: string, packing: Packing): Shipped {
  const shipment = packing.finish(packing.refOf(value, name));
  const encoded = v8Codec.encode(shipment) as Uint8Array;
  const bytes = new SharedArrayBuffer(encoded.byteLength);
  new Uint8Array(bytes).set(encoded);
  return { bytes, stages: packing.stages };
}

function refOf(packing: Packing, value: unknown, pathSoFar: string): ShipRef {
  if (!isThing(value) && typeof value !== "symbol") return [value];
  const seen = packing.nodeOf(value);
  if (seen !== undefined) return seen;
  if (typeof value === "symbol") return symbolRef(packing, value);
  const path = packing.ports.labels?.get(value) ?? pathSoFar;
  const input = inputOf(value);
  if (input) return inputRef(packing, value, input, path);
  const file = locationOfHandle(value);
  if (file) return packing.add(value, { kind: "file", ...file });
  if (packing.scopes.isProxy(value)) return packing.refuse(path, "a proxy", "Capture its target instead.");
  const builtin = packing.scopes.builtinName(value);
  if (builtin !== undefined) return packing.add(value, { kind: "builtin", name: builtin });
  if (typeof value === "function") return functionRef(packing, value, path);
  const namespace = packing.scopes.namespaceOf(value);
  if (!namespace) return objectRef(packing, value, path);
  const location = namespace.kind === "module" && namespace.module ? findModuleLocation(value) : undefined;
  return location ? packing.add(value, { kind: "module", ...location }) : namespaceRef(packing, value, [], path);
}

function symbolRef(packing: Packing, symbol: symbol): ShipRef {
  const known = symbolName(symbol);
  return packing.add(symbol, {
    kind: "symbol",
    ...(known === undefined ? {} : { known }),
    ...(symbol.description === undefined ? {} : { description: symbol.description }),
  });
}

function inputRef(packing: Packing, handle: object, input: InputRef, path: string): ShipRef {
  switch (input.kind) {
    case "stage":
      if (input.part) return packing.add(handle, { kind: "plain", value: {} });
      return packing.add(handle, { kind: "stage", name: input.name, at: packing.stages.push(input) - 1 });
    case "param": {
      const value = packing.refOf(packing.ports.paramValue(input.name), `${path}.value`);
      return packing.add(handle, { kind: "param", name: input.name, value });
    }
    case "file":
      return packing.add(handle, { kind: "plain", value: { path: input.path } });
    case "files":
      return packing.add(handle, { kind: "plain", value: { pattern: input.pattern } });
    default:
      return packing.add(handle, { kind: "plain", value: {} });
  }
}
