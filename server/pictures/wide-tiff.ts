import { tiffTags } from "./tiff-directory.js";
import type { Samples } from "./tiff-samples.js";

/** Values of PhotometricInterpretation, and how many channels come before alpha. */
const kinds = { grey: [1, 1], rgb: [2, 3], cmyk: [5, 4] } as const;
const UNASSOCIATED_ALPHA = 2;

/** Types of fields: 16 bits, 32 bits, bytes. */
const [SHORT, LONG, BYTES] = [3, 4, 7];

/** An uncompressed TIFF of 16 bits a channel, for libvips, which converts colours by the tables of a profile. */
export function wideTiff({ width, height, model, channels, data, icc }: Samples & { model: keyof typeof kinds }): Buffer {
  const [photometric, colours] = kinds[model];
  const words = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const profile = icc ?? Buffer.alloc(0);
  const bits = Buffer.from(Array(channels).fill([16, 0]).flat());
  // Values that take more than four bytes lie between the samples and the directory.
  const bitsAt = 8 + words.byteLength;
  const profileAt = bitsAt + bits.byteLength;
  const fields = [
    [tiffTags.width, LONG, 1, width],
    [tiffTags.height, LONG, 1, height],
    [tiffTags.bits, SHORT, channels, bitsAt],
    [tiffTags.compression, SHORT, 1, 1],
    [tiffTags.photometric, SHORT, 1, photometric],
    [tiffTags.stripOffsets, LONG, 1, 8],
    [tiffTags.channels, SHORT, 1, channels],
    [tiffTags.rowsPerStrip, LONG, 1, height],
    [tiffTags.stripByteLengths, LONG, 1, words.byteLength],
    ...(channels > colours ? [[tiffTags.extraSamples, SHORT, 1, UNASSOCIATED_ALPHA]] : []),
    ...(icc ? [[tiffTags.icc, BYTES, icc.byteLength, profileAt]] : []),
  ] as [tag: number, type: number, count: number, value: number][];
  const padding = Buffer.alloc(profile.byteLength % 2);
  const head = Buffer.from("II*\0\0\0\0\0", "latin1");
  head.writeUInt32LE(profileAt + profile.byteLength + padding.byteLength, 4);
  const directory = Buffer.alloc(2 + 12 * fields.length + 4);
  directory.writeUInt16LE(fields.length);
  for (const [i, [tag, type, count, value]] of fields.entries()) {
    directory.writeUInt16LE(tag, 2 + 12 * i);
    directory.writeUInt16LE(type, 4 + 12 * i);
    directory.writeUInt32LE(count, 6 + 12 * i);
    directory.writeUInt32LE(value, 10 + 12 * i);
  }
  return Buffer.concat([head, words, bits, profile, padding, directory]);
}
