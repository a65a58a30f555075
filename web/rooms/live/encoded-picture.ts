import type { PictureSource } from "../../camera/source";
import { liveTexts as texts } from "../../texts/live";

/** High enough that JPEG blocks do not show in the translation; about 20 kB at 256 px. */
const JPEG_QUALITY = 0.9;

/** Captures pictures of a source on a canvas that it reuses. */
export class PictureEncoder {
  private readonly canvas = document.createElement("canvas");

  /**
   * The source's picture as JPEG in base64, its longer side `size` px.
   * @throws Error when the browser cannot encode it.
   */
  async encode({ element, width, height }: PictureSource, size: number): Promise<string> {
    const scale = size / Math.max(width, height);
    this.canvas.width = Math.max(1, Math.round(width * scale));
    this.canvas.height = Math.max(1, Math.round(height * scale));
    const context = this.canvas.getContext("2d", { alpha: false });
    if (!context) throw new Error(texts.noDrawing);
    context.drawImage(element, 0, 0, this.canvas.width, this.canvas.height);
    return base64Of(await jpegOf(this.canvas));
  }
}

/** Decodes a picture from the server. @throws DOMException if it is not a picture */
export async function decodePicture(data: string, mimeType: string): Promise<ImageBitmap> {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: mimeType }));
}

function jpegOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error(texts.noEncoding))), "image/jpeg", JPEG_QUALITY);
  });
}

function base64Of(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(",", 2)[1] ?? "");
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
