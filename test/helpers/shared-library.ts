/**
 * Bytes of a shared library for Linux that holds nothing but the names of the libraries that it needs.
 * @param machine Number of the processor in the ELF format; by default x64.
 */
export function sharedLibrary(needed: readonly string[], { machine = 62, tail = "" } = {}): Buffer {
  const names = Buffer.from(`\0${needed.map((name) => `${name}\0`).join("")}`, "latin1");
  const at = (name: string) => names.indexOf(`\0${name}\0`) + 1;
  const [headerSize, entrySize] = [64, 56];
  const dynamicAt = headerSize + 2 * entrySize;
  const dynamic = [...needed.map((name) => [1, at(name)]), [5, dynamicAt + (needed.length + 3) * 16], [10, names.length], [0, 0]] as const;
  const namesAt = dynamicAt + dynamic.length * 16;
  const bytes = Buffer.concat([Buffer.alloc(namesAt), names, Buffer.from(`\0${tail}\0`)]);
  bytes.write("\x7fELF\x02\x01\x01", 0, "latin1");
  bytes.writeUInt16LE(machine, 18);
  bytes.writeBigUInt64LE(BigInt(headerSize), 32);
  bytes.writeUInt16LE(entrySize, 54);
  bytes.writeUInt16LE(2, 56);
  for (const [i, [type, from, size]] of [
    [1, 0, bytes.length],
    [2, dynamicAt, dynamic.length * 16],
  ].entries()) {
    const start = headerSize + i * entrySize;
    bytes.writeUInt32LE(type!, start);
    for (const [field, value] of [
      [8, from],
      [16, from],
      [32, size],
    ])
      bytes.writeBigUInt64LE(BigInt(value!), start + field!);
  }
  for (const [i, pair] of dynamic.entries()) {
    for (const [j, value] of pair.entries()) bytes.writeBigUInt64LE(BigInt(value), dynamicAt + i * 16 + j * 8);
  }
  return bytes;
}
