/**
 * The text of a property in a picture's XMP (ISO 16684-1), which is UTF-8 between the picture's own data; null if there
 * is none. Only an element without attributes is found, as Atelier writes it.
 */
export function xmpText(bytes: Uint8Array, property: string): string | null {
  const begin = indexOf(bytes, `<${property}>`, 0);
  if (begin < 0) return null;
  const from = begin + property.length + 2;
  const to = indexOf(bytes, `</${property}>`, from);
  if (to < 0) return null;
  const text = new TextDecoder().decode(bytes.subarray(from, to));
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** The place of an ASCII text in the bytes, from `from` on; -1 if it is not there. */
function indexOf(bytes: Uint8Array, text: string, from: number): number {
  const wanted = new TextEncoder().encode(text);
  const first = wanted[0] ?? 0;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (wanted.every((byte, place) => bytes[at + place] === byte)) return at;
  }
  return -1;
}
