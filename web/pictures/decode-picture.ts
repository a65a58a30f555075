/** Decodes a picture from the server. @throws DOMException if it is not a picture */
export async function decodePicture(data: string, mimeType: string): Promise<ImageBitmap> {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: mimeType }));
}
