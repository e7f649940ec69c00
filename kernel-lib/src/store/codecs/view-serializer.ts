/**
 * V8's serializer with a form of our own for typed arrays, so that stored bytes do not depend on Node's, and so that they come back
 * in memory of their own: Node's would give views of the bytes that are decoded, or of its pool. Used by the v8 codec.
 */
import { Deserializer, Serializer } from "node:v8";
import { classOf } from "../../key/values/value-kind";
import { bytesOf } from "../../key/values/view-bytes";

interface HostObjects {
  _setTreatArrayBufferViewsAsHostObjects(treat: boolean): void;
}

/** Larger views are not copied through V8's buffer, which grows by doubling: they are written behind the payload. */
const LARGE_VIEW_BYTES = 64 * 1024;

/** Writes a number for the kind, the length and the bytes of a view; never the rest of the memory that it looks into. */
export class ViewSerializer extends Serializer {
  /** The bytes of large views, in order: to be written one after the other, and given to ViewDeserializer as one piece. */
  readonly large: Uint8Array[] = [];
  /** The bytes of views of at least `apartFrom` bytes, in order: to be stored apart, and read into the memory that ViewDeserializer makes. */
  readonly apart: Uint8Array[] = [];

  constructor(private readonly apartFrom: number) {
    super();
    (this as unknown as HostObjects)._setTreatArrayBufferViewsAsHostObjects(true);
  }

  /** Called by V8 for what it leaves to its host. */
  _writeHostObject(object: object): void {
    const name = nameOfView(object);
    const number = VIEWS.findIndex(([known]) => known === name);
    if (number < 0) throw new TypeError("an object that belongs to Node has no stored form");
    const bytes = bytesOf(object as ArrayBufferView);
    this.writeUint32(number);
    this.writeDouble(bytes.byteLength);
    if (bytes.byteLength < LARGE_VIEW_BYTES) this.writeRawBytes(bytes);
    else if (bytes.byteLength < this.apartFrom) this.large.push(bytes);
    else this.apart.push(bytes);
  }
}

/** Reads what ViewSerializer wrote. */
export class ViewDeserializer extends Deserializer {
  /** Memory that is still to be filled, in order: the views that were stored apart. */
  readonly apart: Uint8Array[] = [];
  private largeRead = 0;

  constructor(
    payload: Uint8Array,
    private readonly large: Uint8Array,
    private readonly apartFrom: number,
    /** What stands apart, in bytes: nobody makes more memory than that. */
    private apartBytes: number,
  ) {
    super(payload);
  }

  _readHostObject(): ArrayBufferView {
    const create = VIEWS[this.readUint32()]?.[1];
    if (!create) throw new TypeError("an array of an unknown kind");
    const length = this.readDouble();
    if (length >= this.apartFrom) return create(this.makeApart(length));
    const raw = length < LARGE_VIEW_BYTES ? this.readRawBytes(length) : this.readLarge(length);
    const memory = new ArrayBuffer(raw.byteLength);
    new Uint8Array(memory).set(raw);
    return create(memory);
  }

  private makeApart(length: number): ArrayBuffer {
    if (!(length <= this.apartBytes)) throw new TypeError("an array is longer than what is stored");
    this.apartBytes -= length;
    const memory = new ArrayBuffer(length);
    this.apart.push(new Uint8Array(memory));
    return memory;
  }

  private readLarge(length: number): Uint8Array {
    const end = this.largeRead + length;
    if (!(end <= this.large.byteLength)) throw new TypeError("an array is longer than what is stored");
    const raw = this.large.subarray(this.largeRead, end);
    this.largeRead = end;
    return raw;
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
