/** Longest trace in a packet, bytes: one segment of a JPEG holds 65,502 bytes of XMP (XMP specification, part 3, 1.1.3). */
const MAX_TEXT_BYTES = 64_000;

/**
 * An XMP packet (ISO 16684-1) with a trace, for the formats that have no text chunks; null for a trace that is too long
 * for one.
 */
export function xmpWithTrace(trace: string): string | null {
  const escaped = trace
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/[\ufffe\uffff]/g, jsonEscape);
  if (Buffer.byteLength(escaped) > MAX_TEXT_BYTES) return null;
  return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:atelier="urn:atelier"><atelier:trace>${escaped}</atelier:trace></rdf:Description></rdf:RDF></x:xmpmeta>`;
}

/** JSON's form of a character that XML 1.0 forbids. */
function jsonEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16)}`;
}
