/** JSON that people write by hand, read with errors that say what is wrong and where. */

/** What is wrong with a text that is not JSON, for the person who wrote it, as the end of a sentence. */
export class JsonError extends Error {
  override readonly name = "JsonError";
}

/** Reads JSON. A byte order mark at its beginning is skipped (RFC 8259, 8.1). @throws JsonError. */
export function parseJson(text: string): unknown {
  const content = text.startsWith("\uFEFF") ? text.slice(1) : text;
  try {
    return JSON.parse(content);
  } catch (error) {
    throw new JsonError(faultOf(content), { cause: error });
  }
}

/** What the scanner expects next. */
type Expected = "value" | "value or ]" | "key" | "key or }" | ":" | ", or end";

const space = /[ \t\n\r]*/y;
const simpleToken = /[{}[\]:,]|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;
const plainText = /[^"\\\p{Cc}]*/uy;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/uy;

/** The first fault of a text that JSON.parse refuses, whose own messages differ between versions and lack places. */
function faultOf(text: string): string {
  // UTF-16 and UTF-32 read as UTF-8 have NULs beside each letter, and often a byte order mark that cannot be decoded.
  if (/^\uFFFD\uFFFD|^.?\0/s.test(text)) return `it is encoded as UTF-${text.includes("\0\0") ? 32 : 16}; save it as UTF-8`;
  const open: string[] = [];
  let expected: Expected = "value";
  let comma = 0;
  for (let at = 0; ; ) {
    space.lastIndex = at;
    space.exec(text);
    at = space.lastIndex;
    const found = tokenAt(text, at);
    if (at === text.length) return text.trim() === "" ? "it is empty" : `it ends too early, at ${placeOf(text, at)}`;
    if (found === undefined) return `${unreadable(text, at)} at ${placeOf(text, at)}`;
    if ((found === "}" && expected === "key") || (found === "]" && expected === "value" && open.at(-1) === "["))
      return `a comma before ${found} at ${placeOf(text, comma)}`;
    const next = follow(found, expected, open);
    if (next === null) return `${expected} is expected at ${placeOf(text, at)}, not ${found.slice(0, 20)}`;
    if (found === ",") comma = at;
    expected = next;
    at += found.length;
  }
}

/** The token that begins at `at`; undefined for none. */
function tokenAt(text: string, at: number): string | undefined {
  if (text[at] !== '"') return matchAt(simpleToken, text, at);
  // Piece by piece: one pattern for the whole text would try every way to divide a long text that does not end.
  for (let end = at + 1; ; ) {
    end += matchAt(plainText, text, end)?.length ?? 0;
    if (text[end] === '"') return text.slice(at, end + 1);
    const sequence = matchAt(escaped, text, end);
    if (sequence === undefined) return undefined;
    end += sequence.length;
  }
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** What comes after a token, with the brackets that are open; null for a token that must not come. */
function follow(found: string, expected: Expected, open: string[]): Expected | null {
  if (expected === ":") return found === ":" ? "value" : null;
  if (expected === ", or end") {
    if (found === ",") return open.length === 0 ? null : open.at(-1) === "{" ? "key" : "value";
    return found === closing(open.at(-1)) ? closed(open) : null;
  }
  if ((expected === "key or }" && found === "}") || (expected === "value or ]" && found === "]")) return closed(open);
  if (expected === "key" || expected === "key or }") return found.startsWith('"') ? ":" : null;
  if (found === "{" || found === "[") {
    open.push(found);
    return found === "{" ? "key or }" : "value or ]";
  }
  return /^[}\]:,]/.test(found) ? null : ", or end";
}

function closed(open: string[]): Expected {
  open.pop();
  return ", or end";
}

function closing(bracket: string | undefined): string | null {
  return bracket === "{" ? "}" : bracket === "[" ? "]" : null;
}

/** A name for what no token matches. */
function unreadable(text: string, at: number): string {
  const rest = text.slice(at, at + 20);
  if (rest.startsWith("//") || rest.startsWith("/*") || rest.startsWith("#")) return "a comment, which JSON does not have,";
  if (rest.startsWith("'")) return "single quotes in place of double ones";
  if (rest.startsWith('"')) return "a text that is not closed or holds a character that must be escaped";
  return `${/^[\w.+-]+/.exec(rest)?.[0] ?? JSON.stringify(String.fromCodePoint(rest.codePointAt(0)!))}, which is not JSON,`;
}

function placeOf(text: string, at: number): string {
  const lines = text.slice(0, at).split("\n");
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
}
