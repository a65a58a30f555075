import type { FrameRecord } from "../../records/pictures.js";

/** A frame for any number of viewers. Its base64 text is made at most once, and only when a viewer needs it. */
export class SharedFrame {
  private encoded: Promise<string> | null = null;

  /** `load` returns the encoded picture. */
  constructor(
    readonly record: FrameRecord,
    private readonly load: () => Promise<Uint8Array>,
  ) {}

  /** The encoded picture. @throws AtelierError NOT_FOUND when it was deleted meanwhile. */
  picture(): Promise<Uint8Array> {
    return this.load();
  }

  /** The encoded picture as base64 text. @throws AtelierError NOT_FOUND when it was deleted meanwhile. */
  base64(): Promise<string> {
    this.encoded ??= this.load().then((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"));
    return this.encoded;
  }
}
