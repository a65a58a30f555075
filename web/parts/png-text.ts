const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Length, type and checksum around the data of a chunk, bytes. */
const LENGTH = 4;
const TYPE = 4;
const CHECKSUM = 4;

/**
 * The text under a keyword in a PNG's international text chunk (iTXt, not compressed; PNG specification 11.3.3.4); null
 * if the data is not a PNG, has no such text, or is cut off before it.
 */
export function pngText(bytes: Uint8Array, keyword: string): string | null {
  if (!SIGNATURE.every((byte, index) => bytes[index] === byte)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = SIGNATURE.length; at + LENGTH + TYPE <= bytes.length; ) {
    const begin = at + LENGTH + TYPE;
    const end = begin + view.getUint32(at);
    if (end > bytes.length) return null;
    if (latin(bytes.subarray(at + LENGTH, begin)) === "iTXt") {
      const text = textOf(bytes.subarray(begin, end), keyword);
      if (text !== null) return text;
    }
    at = end + CHECKSUM;
  }
  return null;
}

/** Keyword, 0, whether compressed, method, language, 0, translated keyword, 0, text. */
function textOf(data: Uint8Array, keyword: string): string | null {
  const keywordEnd = data.indexOf(0);
  if (keywordEnd < 0 || latin(data.subarray(0, keywordEnd)) !== keyword || data[keywordEnd + 1] !== 0) return null;
  const languageEnd = data.indexOf(0, keywordEnd + 3);
  const translatedEnd = languageEnd < 0 ? -1 : data.indexOf(0, languageEnd + 1);
  return translatedEnd < 0 ? null : new TextDecoder().decode(data.subarray(translatedEnd + 1));
}

function latin(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
