/**
 * V8's serializer with a form of our own for typed arrays, so that stored bytes do not depend on Node's, and so that they come back
 * in memory of their own: Node's would give views of the bytes that are decoded, or of its pool. Used by the v8 codec.
 */
import { Deserializer, Serializer } from "node:v8";
import { bytesOf } from "../key/canonical-sink";
import { classOf } from "../key/value-kind";

interface HostObjects {
  _setTreatArrayBufferViewsAsHostObjects(treat: boolean): void;
}

/** Writes a number for the kind, the length and the bytes of a view; never the rest of the memory that it looks into. */
export class ViewSerializer extends Serializer {
  constructor() {
    super();
    (this as unknown as HostObjects)._setTreatArrayBufferViewsAsHostObjects(true);
  }

  /** Called by V8 for what it leaves to its host. */
  _writeHostObject(object: object): void {
    const number = VIEWS.findIndex(([name]) => name === nameOfView(object));
    if (number < 0) throw new TypeError("an object that belongs to Node has no stored form");
    const bytes = bytesOf(object as ArrayBufferView);
    this.writeUint32(number);
    this.writeDouble(bytes.byteLength);
    this.writeRawBytes(bytes);
  }
}

/** Reads what ViewSerializer wrote. */
export class ViewDeserializer extends Deserializer {
  _readHostObject(): ArrayBufferView {
    const create = VIEWS[this.readUint32()]?.[1];
    if (!create) throw new TypeError("an array of an unknown kind");
    const raw = this.readRawBytes(this.readDouble());
    const memory = new ArrayBuffer(raw.byteLength);
    new Uint8Array(memory).set(raw);
    return create(memory);
  }
}

function nameOfView(object: object): string | undefined {
  const type = classOf(object);
  return type?.kind === "typed-array" || type?.kind === "data-view" ? type.name : undefined;
}

/** By number as stored: only ever append. */
const VIEWS: readonly (readonly [name: string, create: (memory: ArrayBuffer) => ArrayBufferView])[] = [
  ["Int8Array", (memory) => new Int8Array(memory)],
  ["Uint8Array", (memory) => new Uint8Array(memory)],
  ["Uint8ClampedArray", (memory) => new Uint8ClampedArray(memory)],
  ["Int16Array", (memory) => new Int16Array(memory)],
  ["Uint16Array", (memory) => new Uint16Array(memory)],
  ["Int32Array", (memory) => new Int32Array(memory)],
  ["Uint32Array", (memory) => new Uint32Array(memory)],
  ["Float32Array", (memory) => new Float32Array(memory)],
  ["Float64Array", (memory) => new Float64Array(memory)],
  ["DataView", (memory) => new DataView(memory)],
  ["Buffer", (memory) => Buffer.from(memory)],
  ["BigInt64Array", (memory) => new BigInt64Array(memory)],
  ["BigUint64Array", (memory) => new BigUint64Array(memory)],
];
