/**
 * V8's serializer with our own format for typed arrays: stored bytes do not depend on Node's format, and decoded arrays have memory of
 * their own, where Node would return views of the decoded bytes or of its pool. Used by the v8 codec.
 */
import { Deserializer, Serializer } from "node:v8";
import { classOf } from "../../key/values/value-kind";
import { bytesOf } from "../../key/values/view-bytes";

interface HostObjects {
  _setTreatArrayBufferViewsAsHostObjects(treat: boolean): void;
}

/** Larger views are written after the payload: V8's buffer grows by doubling and would copy them. */
const LARGE_VIEW_BYTES = 64 * 1024;

/** Writes the number of the view's kind, its length and its bytes; never the rest of its buffer. */
export class ViewSerializer extends Serializer {
  /** The bytes of large views, in order: to be written one after the other, and passed to ViewDeserializer as one piece. */
  readonly large: Uint8Array[] = [];
  /** The bytes of views of at least `apartFrom` bytes, in order: to be stored separately, and read into memory that ViewDeserializer allocates. */
  readonly apart: Uint8Array[] = [];

  constructor(private readonly apartFrom: number) {
    super();
    (this as unknown as HostObjects)._setTreatArrayBufferViewsAsHostObjects(true);
  }

  /** Called by V8 for objects that it leaves to its host. */
  _writeHostObject(object: object): void {
    const name = nameOfView(object);
    const number = VIEWS.findIndex(([known]) => known === name);
    if (number < 0) throw new TypeError("objects that belong to Node cannot be stored");
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
  /** Memory that must still be filled, in order: the views that were stored separately. */
  readonly apart: Uint8Array[] = [];
  private largeRead = 0;

  constructor(
    payload: Uint8Array,
    private readonly large: Uint8Array,
    private readonly apartFrom: number,
    /** Total size of what was stored separately: the limit for allocated memory. */
    private apartBytes: number,
  ) {
    super(payload);
  }

  _readHostObject(): ArrayBufferView {
    const create = VIEWS[this.readUint32()]?.[1];
    if (!create) throw new TypeError("an array of an unknown type");
    const length = this.readDouble();
    if (length >= this.apartFrom) return create(this.allocateApart(length));
    const raw = length < LARGE_VIEW_BYTES ? this.readRawBytes(length) : this.readLarge(length);
    const memory = new ArrayBuffer(raw.byteLength);
    new Uint8Array(memory).set(raw);
    return create(memory);
  }

  private allocateApart(length: number): ArrayBuffer {
    if (!(length <= this.apartBytes)) throw new TypeError("an array is longer than the stored bytes");
    this.apartBytes -= length;
    const memory = new ArrayBuffer(length);
    this.apart.push(new Uint8Array(memory));
    return memory;
  }

  private readLarge(length: number): Uint8Array {
    const end = this.largeRead + length;
    if (!(end <= this.large.byteLength)) throw new TypeError("an array is longer than the stored bytes");
    const raw = this.large.subarray(this.largeRead, end);
    this.largeRead = end;
    return raw;
  }
}

function nameOfView(object: object): string | undefined {
  const type = classOf(object);
  return type?.kind === "typed-array" || type?.kind === "data-view" ? type.name : undefined;
}

/** The numbers are part of the stored format: only ever append. */
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
