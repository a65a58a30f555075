/** Adds a `colr` box with codes of ITU-T H.273 to the container of an AVIF with one item, as sharp writes it. */
export function withContainerCodes(avif: Buffer, primaries: number, transfer: number, peak?: number): Buffer {
  const colr = Buffer.from("\0\0\0\x13colrnclx\0\0\0\0\0\x06\x80", "latin1");
  colr.writeUInt16BE(primaries, 12);
  colr.writeUInt16BE(transfer, 14);
  const clli = Buffer.from("\0\0\0\x0cclli\0\0\0\0", "latin1");
  if (peak) clli.writeUInt16BE(peak, 8);
  const added = peak ? [colr, clli] : [colr];
  const file = Buffer.from(avif);
  const start = (type: string) => file.indexOf(type, 0, "latin1") - 4;
  const ipcoEnd = start("ipco") + file.readUInt32BE(start("ipco"));
  const places = ipcoEnd + 18;
  const inPlaces = file.readUInt8(places);
  const inList = countBoxes(file.subarray(start("ipco") + 8, ipcoEnd));
  const [newBytes, newPlaces] = [Buffer.concat(added), Buffer.from(added.map((_, i) => inList + 1 + i))];
  const grow = (at: number, by: number) => file.writeUInt32BE(file.readUInt32BE(at) + by, at);
  const both = newBytes.byteLength + newPlaces.byteLength;
  grow(start("meta"), both);
  grow(start("iprp"), both);
  grow(start("ipco"), newBytes.byteLength);
  grow(start("ipma"), newPlaces.byteLength);
  // The base of the only item's data, after the sizes of fields, the number of items, its id and its file.
  grow(start("iloc") + 20, both);
  file.writeUInt8(inPlaces + added.length, places);
  const placesEnd = places + 1 + inPlaces;
  return Buffer.concat([file.subarray(0, ipcoEnd), newBytes, file.subarray(ipcoEnd, placesEnd), newPlaces, file.subarray(placesEnd)]);
}

function countBoxes(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at < bytes.byteLength; at += bytes.readUInt32BE(at)) count++;
  return count;
}

/** Replaces the codes 1 and 13 (sRGB) that sharp writes into the header of the AV1 data. */
export function withSequenceCodes(avif: Buffer, primaries: number, transfer: number): Buffer {
  const header = avif.indexOf("mdat", 0, "latin1") + 6;
  const bits = (values: Iterable<number>) => [...values].map((value) => value.toString(2).padStart(8, "0")).join("");
  const changed = bits(avif.subarray(header, header + 16)).replace(bits([1, 13]), bits([primaries, transfer]));
  const bytes = Buffer.from(changed.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
  return Buffer.concat([avif.subarray(0, header), bytes, avif.subarray(header + 16)]);
}

function box(type: string, ...content: (Buffer | number[])[]): Buffer {
  const parts = content.map((part) => Buffer.from(part));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  head.write(type, 4, "latin1");
  return Buffer.concat([head, ...parts]);
}

/** The container of a picture that is a grid of one tile, without codes of its own. `sequence` is the tile's AV1 data. */
export function gridContainer(sequence: Buffer): Buffer {
  const pitm = box("pitm", [0, 0, 0, 0, 0, 1]);
  const iref = box("iref", [0, 0, 0, 0], box("dimg", [0, 1, 0, 1, 0, 2]));
  const idat = box("idat", sequence);
  // Version 1: offsets and lengths of 4 bytes. Item 1, the grid, and item 2, the tile, lie in `idat`.
  const item = (id: number, byteLength: number) => [0, id, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, byteLength];
  const iloc = box("iloc", [1, 0, 0, 0, 0x44, 0, 0, 2], item(1, 0), item(2, sequence.byteLength));
  return Buffer.concat([box("ftyp", Buffer.from("avif\0\0\0\0")), box("meta", [0, 0, 0, 0], pitm, iloc, iref, idat)]);
}
