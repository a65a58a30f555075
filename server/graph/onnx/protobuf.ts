/** Writes one protocol-buffer message. ONNX needs only varints, floats and length-delimited fields. */
export class MessageWriter {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  /** Writes an int32, int64 or enum field. The format requires ten bytes for a negative number. */
  integer(field: number, value: number | bigint): this {
    this.varint(BigInt(field * 8));
    this.varint(BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  float(field: number, value: number): this {
    this.varint(BigInt(field * 8 + 5));
    this.push(new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  /** Writes a bytes field. `value` is not copied before `finish`. */
  bytes(field: number, value: Uint8Array): this {
    this.varint(BigInt(field * 8 + 2));
    this.varint(BigInt(value.length));
    this.push(value);
    return this;
  }

  message(field: number, write: (message: MessageWriter) => void): this {
    const message = new MessageWriter();
    write(message);
    this.varint(BigInt(field * 8 + 2));
    this.varint(BigInt(message.length));
    for (const chunk of message.chunks) this.push(chunk);
    return this;
  }

  finish(): Uint8Array {
    const result = new Uint8Array(this.length);
    let offset = 0;
    for (const chunk of this.chunks) {
      result.set(chunk, offset);
      offset += chunk.length;
    }
    return result;
  }

  private varint(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    while (rest > 127n) {
      bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.push(Uint8Array.from(bytes));
  }

  private push(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.length += bytes.length;
  }
}
