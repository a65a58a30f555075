import { pictureTexts } from "../texts/pictures";
import type { PictureSource } from "./source";

const QUALITY = 0.92;

/** The current picture of a source as a JPEG file. @throws Error if the browser cannot encode it. */
export async function takePicture({ element, width, height }: PictureSource, name: string): Promise<File> {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.drawImage(element, 0, 0, width, height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  if (!blob) throw new Error(pictureTexts.cameraErrors.untaken);
  return new File([blob], name, { type: blob.type });
}
