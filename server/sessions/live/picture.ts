import { AtelierError } from "../../errors.js";

/** Of one live frame, bytes: a JPEG of 1024 px takes about half of it. */
export const MAX_LIVE_FRAME_BYTES = 512 * 1024;

/** The first bytes of the pictures that live frames may be. */
const signatures: readonly (readonly [offset: number, bytes: readonly number[]][])[] = [
  [[0, [0xff, 0xd8, 0xff]]],
  [[0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]]],
  [
    [0, [0x52, 0x49, 0x46, 0x46]],
    [8, [0x57, 0x45, 0x42, 0x50]],
  ],
];

/** @throws AtelierError BAD_INPUT (field `input.data`) unless the bytes begin like a JPEG, PNG or WebP and are few enough. */
export function requireLivePicture(picture: Uint8Array): void {
  const field = "input.data";
  if (picture.byteLength > MAX_LIVE_FRAME_BYTES) {
    throw new AtelierError("BAD_INPUT", `A live frame may have at most ${MAX_LIVE_FRAME_BYTES} bytes.`, {
      field,
      limit: MAX_LIVE_FRAME_BYTES,
    });
  }
  const begins = signatures.some((parts) =>
    parts.every(([offset, bytes]) => bytes.every((byte, index) => picture[offset + index] === byte)),
  );
  if (!begins) throw new AtelierError("BAD_INPUT", "A live frame is a JPEG, PNG or WebP picture.", { field, limit: "JPEG, PNG, WebP" });
}
