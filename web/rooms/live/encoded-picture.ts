import { encodeInBackground } from "../../camera/background";
import type { PictureSource } from "../../camera/source";

/**
 * The source's picture as JPEG in base64, its longer side `size` px.
 * @throws Error when the browser cannot encode it.
 */
export async function encodePicture(source: PictureSource, size: number, mirrored: boolean): Promise<string> {
  const { picture } = source;
  const isFrame = "VideoFrame" in globalThis && picture instanceof VideoFrame;
  const { width, height } = isFrame ? { width: picture.displayWidth, height: picture.displayHeight } : source;
  const scale = size / Math.max(width, height);
  const copy = isFrame ? picture.clone() : await createImageBitmap(picture);
  const scaled = (side: number) => Math.max(1, Math.round(side * scale));
  return encodeInBackground(copy, { width: scaled(width), height: scaled(height), mirrored });
}
