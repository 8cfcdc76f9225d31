/** How one field is laid out on the wire; a function names the schema of a nested message. */
export type FieldType =
  | 'string'
  | 'bytes'
  | 'bool'
  | 'varint'
  | 'int64'
  | 'double'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | (() => Schema);

export interface Field {
  name: string;
  type: FieldType;
  repeated: boolean;
}

/** Field number → field. Numbers that are not listed are skipped, as every protobuf reader does. */
export type Schema = Readonly<Record<number, Field>>;

export type Scalar = string | number | bigint | boolean | Uint8Array;
export type Node = Scalar | Tree | readonly Node[];
export interface Tree {
  [name: string]: Node;
}

export const one = (name: string, type: FieldType): Field => ({ name, type, repeated: false });
export const many = (name: string, type: FieldType): Field => ({ name, type, repeated: true });

interface Cursor {
  bytes: Buffer;
  at: number;
}

// https://protobuf.dev/programming-guides/encoding/#structure
const VARINT = 0;
const I64 = 1;
const LENGTH = 2;
const I32 = 5;

/**
 * Reads one protobuf message by its schema. Absent fields stay absent.
 * @throws when the bytes end early or a field has another wire type than its schema says
 */
export function decodeMessage(bytes: Uint8Array, schema: Schema): Tree {
  const cursor = { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 };
  const tree: Tree = {};
  const lists = new Map<Field, Node[]>();
  while (cursor.at < cursor.bytes.length) {
    const tag = Number(readVarint(cursor));
    const wireType = tag & 7;
    const field = schema[tag >>> 3];
    if (field === undefined) {
      skip(cursor, wireType);
    } else if (field.repeated) {
      const list = lists.get(field) ?? [];
      lists.set(field, list);
      tree[field.name] = list;
      list.push(...readRepeated(cursor, wireType, field));
    } else {
      tree[field.name] = readValue(cursor, wireType, field);
    }
  }
  return tree;
}

function readRepeated(cursor: Cursor, wireType: number, field: Field): Node[] {
  if (wireType !== LENGTH || wireTypeOf(field.type) === LENGTH) return [readValue(cursor, wireType, field)];
  const packed = { bytes: take(cursor, Number(readVarint(cursor))), at: 0 };
  const values: Node[] = [];
  while (packed.at < packed.bytes.length) values.push(readValue(packed, wireTypeOf(field.type), field));
  return values;
}

function readValue(cursor: Cursor, wireType: number, field: Field): Node {
  const { type } = field;
  if (wireType !== wireTypeOf(type)) throw new Error(`field ${field.name} has wire type ${wireType}`);
  switch (type) {
    case 'string':
      return take(cursor, Number(readVarint(cursor))).toString('utf8');
    case 'bytes':
      return take(cursor, Number(readVarint(cursor)));
    case 'bool':
      return readVarint(cursor) !== 0n;
    case 'varint':
      return Number(readVarint(cursor));
    case 'int64':
      return BigInt.asIntN(64, readVarint(cursor));
    case 'double':
      return take(cursor, 8).readDoubleLE();
    case 'fixed32':
      return take(cursor, 4).readUInt32LE();
    case 'fixed64':
      return take(cursor, 8).readBigUInt64LE();
    case 'sfixed64':
      return take(cursor, 8).readBigInt64LE();
    default:
      return decodeMessage(take(cursor, Number(readVarint(cursor))), type());
  }
}

function wireTypeOf(type: FieldType): number {
  if (type === 'bool' || type === 'varint' || type === 'int64') return VARINT;
  if (type === 'double' || type === 'fixed64' || type === 'sfixed64') return I64;
  return type === 'fixed32' ? I32 : LENGTH;
}

function skip(cursor: Cursor, wireType: number): void {
  if (wireType === VARINT) readVarint(cursor);
  else if (wireType === I64) take(cursor, 8);
  else if (wireType === I32) take(cursor, 4);
  else if (wireType === LENGTH) take(cursor, Number(readVarint(cursor)));
  else throw new Error(`unknown wire type ${wireType}`);
}

function readVarint(cursor: Cursor): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) throw new Error('the message ends inside a varint');
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw new Error('a varint is longer than ten bytes');
}

function take(cursor: Cursor, length: number): Buffer {
  const end = cursor.at + length;
  if (end > cursor.bytes.length) throw new Error(`the message ends inside a field of ${length} bytes`);
  const bytes = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return bytes;
}
