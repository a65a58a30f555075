/** One field of a protocol-buffer message: an integer, or the bytes of a text, message or packed list. */
export interface WireField {
  readonly number: number;
  /** Value of a varint; 0 for fields of other wire types. */
  readonly integer: bigint;
  /** Content of a length-delimited field, not copied; null for fields of other wire types. */
  readonly bytes: Uint8Array | null;
}

/** Thrown for bytes that are not a message. */
export class WireError extends Error {
  override readonly name = "WireError";
}

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;
/** Length of the longest 64-bit varint. */
const MAX_VARINT_BYTES = 10;

/**
 * Reads the fields of one message in order. Format: https://protobuf.dev/programming-guides/encoding/
 * @throws WireError for bytes that are not a message.
 */
export function* readFields(message: Uint8Array): Generator<WireField, void> {
  const cursor = { at: 0 };
  while (cursor.at < message.length) {
    const tag = readVarint(message, cursor);
    const [number, wireType] = [Number(tag >> 3n), Number(tag & 7n)];
    if (number < 1) throw new WireError("a field has no number");
    if (wireType === VARINT) yield { number, integer: readVarint(message, cursor), bytes: null };
    else if (wireType === DELIMITED) yield { number, integer: 0n, bytes: take(message, cursor, Number(readVarint(message, cursor))) };
    else if (wireType === FIXED64) take(message, cursor, 8);
    else if (wireType === FIXED32) take(message, cursor, 4);
    else throw new WireError(`a field has the unknown wire type ${wireType}`);
  }
}

/** The numbers of a repeated integer field: a packed list, or a single one. @throws WireError for a broken list. */
export function integersOf({ integer, bytes }: WireField): bigint[] {
  if (bytes === null) return [integer];
  const cursor = { at: 0 };
  const numbers: bigint[] = [];
  while (cursor.at < bytes.length) numbers.push(readVarint(bytes, cursor));
  return numbers;
}

/** The text of a string field. */
export function textOfField({ bytes }: WireField): string {
  return new TextDecoder().decode(bytes ?? new Uint8Array());
}

function take(message: Uint8Array, cursor: { at: number }, length: number): Uint8Array {
  if (cursor.at + length > message.length) throw new WireError("it ends within a field");
  cursor.at += length;
  return message.subarray(cursor.at - length, cursor.at);
}

function readVarint(message: Uint8Array, cursor: { at: number }): bigint {
  let value = 0n;
  for (let place = 0; place < MAX_VARINT_BYTES; place++) {
    const byte = message[cursor.at++];
    if (byte === undefined) throw new WireError("it ends within a number");
    value |= BigInt(byte & 127) << BigInt(7 * place);
    if (byte < 128) return BigInt.asUintN(64, value);
  }
  throw new WireError("a number is too long");
}
