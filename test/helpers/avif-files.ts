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
