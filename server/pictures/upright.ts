import sharp, { type Sharp } from "sharp";
import { decodingOptions, openPicture } from "./decode.js";
import { pictureType } from "./format.js";

/** JPEG quality of copies that are encoded anew: no difference from the picture is visible. */
const QUALITY = 95;

/**
 * Encodes a picture anew, upright and without metadata: a JPEG as a JPEG, anything else as a PNG. JPEG and WebP keep
 * their colour profile where they are RGB; all others become sRGB, with alpha on white.
 * @throws AtelierError BAD_INPUT for pixels that cannot be decoded.
 */
export async function encodeUpright(bytes: Uint8Array): Promise<Uint8Array> {
  const type = pictureType(bytes);
  const options = { ...decodingOptions(bytes), limitInputPixels: false };
  const keepsColours = (type === "image/jpeg" || type === "image/webp") && (await sharp(bytes, options).metadata()).space === "srgb";
  const picture = keepsColours ? sharp(bytes, options).autoOrient().keepIccProfile() : await inSrgb(bytes);
  return (type === "image/jpeg" ? picture.jpeg({ quality: QUALITY, chromaSubsampling: "4:4:4" }) : picture.png()).toBuffer();
}

async function inSrgb(bytes: Uint8Array): Promise<Sharp> {
  const picture = await openPicture(bytes);
  const { data, ...size } = await picture.decode(picture.size, "fill");
  return sharp(data, { raw: { ...size, channels: 3 }, limitInputPixels: false });
}
