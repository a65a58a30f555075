/** The type of the unit of AV1 data that describes a sequence. */
const SEQUENCE_HEADER = 1;

/** Codes (ITU-T H.273) of primaries and transfer in the sequence header of AV1 data; null where it names none. */
export function sequenceCodes(data: Buffer): [primaries: number, transfer: number] | null {
  for (let at = 0; at < data.byteLength; ) {
    const header = data.readUInt8(at);
    const [hasExtension, hasSize] = [(header & 4) !== 0, (header & 2) !== 0];
    at += hasExtension ? 2 : 1;
    let byteLength = data.byteLength - at;
    if (hasSize) {
      byteLength = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = data.readUInt8(at++);
        byteLength += (byte & 127) * 2 ** shift;
        if (byte < 128) break;
      }
    }
    if (((header >> 3) & 15) === SEQUENCE_HEADER) return codesOf(data.subarray(at, at + byteLength));
    at += byteLength;
  }
  return null;
}

/** Reads a sequence header up to its colours (AV1 bitstream specification, 5.5). */
function codesOf(data: Buffer): [number, number] | null {
  let at = 0;
  const read = (count: number) => {
    let value = 0;
    for (let i = 0; i < count; i++, at++) value = 2 * value + ((data.readUInt8(at >> 3) >> (7 - (at & 7))) & 1);
    return value;
  };
  const flag = () => read(1) === 1;

  const profile = read(3);
  read(1);
  const isReduced = flag();
  if (isReduced) read(5);
  else operatingPoints();
  const [widthBits, heightBits] = [read(4) + 1, read(4) + 1];
  read(widthBits + heightBits);
  if (!isReduced && flag()) read(7);
  read(3);
  if (!isReduced) tools();
  read(3);
  const isDeep = flag();
  if (profile === 2 && isDeep) read(1);
  if (profile !== 1) read(1);
  return flag() ? [read(8), read(8)] : null;

  function operatingPoints() {
    let delayBits = 0;
    if (flag()) {
      read(64);
      // The number of ticks has as many bits as zeros come before it.
      if (flag()) read(leadingZeros());
      if (flag()) {
        delayBits = read(5) + 1;
        read(42);
      }
    }
    const hasDisplayDelay = flag();
    for (let left = read(5) + 1; left > 0; left--) {
      read(12);
      if (read(5) > 7) read(1);
      if (delayBits > 0 && flag()) read(2 * delayBits + 1);
      if (hasDisplayDelay && flag()) read(4);
    }
  }

  function leadingZeros(): number {
    let zeros = 0;
    while (!flag()) zeros++;
    return zeros;
  }

  function tools() {
    read(4);
    const hasOrder = flag();
    if (hasOrder) read(2);
    // Two choices, each left to the pictures or made here; the second exists only where the first is not "never".
    const usesScreenTools = flag() || flag();
    if (usesScreenTools && !flag()) read(1);
    if (hasOrder) read(3);
  }
}
