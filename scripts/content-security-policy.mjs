import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, sep } from "node:path";

/** File next to the exported pages; `server/http/studio.ts` reads it. */
const POLICIES = "policies.json";

/**
 * The content security policy of a page: it may load and run this server's files, and its own inline scripts and styles
 * by their hashes. "unsafe-inline" is not needed; "unsafe-hashes" makes hashes apply to style attributes too.
 * @param {string} html
 */
export function contentSecurityPolicy(html) {
  const scripts = matches(html, /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/gi).map(hash);
  const styles = matches(html, /<style[^>]*>([\s\S]*?)<\/style>/gi).map(hash);
  const attributes = matches(html, /<[a-z][^>]*?\sstyle="([^"]*)"/gi).map((text) => hash(decoded(text)));
  const directives = {
    "default-src": ["'self'"],
    "script-src": ["'self'", ...scripts],
    "style-src": ["'self'", ...styles, ...(attributes.length > 0 ? ["'unsafe-hashes'", ...attributes] : [])],
    "img-src": ["'self'", "blob:", "data:"],
    "media-src": ["'self'", "blob:"],
    // Pictures of other pages that are dropped here.
    "connect-src": ["'self'", "https:", "http:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
  };
  return Object.entries(directives)
    .map(([name, sources]) => [name, ...new Set(sources)].join(" "))
    .join("; ");
}

/** Writes the policies of all exported pages, by file name. @param {string} folder */
export async function writePolicies(folder) {
  const files = await readdir(folder, { recursive: true });
  const pages = files.filter((name) => name.endsWith(".html")).sort();
  /** @type {Record<string, string>} */
  const policies = {};
  for (const page of pages) policies[page.replaceAll(sep, "/")] = contentSecurityPolicy(await readFile(join(folder, page), "utf8"));
  await writeFile(join(folder, POLICIES), `${JSON.stringify(policies, null, 2)}\n`);
}

/** Returns the first group of every match. @param {string} text @param {RegExp} pattern */
function matches(text, pattern) {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? "");
}

/** @param {string} text */
function hash(text) {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/** Decodes an attribute's value as the browser does. @param {string} text */
function decoded(text) {
  return text.replaceAll("&quot;", '"').replaceAll("&#x27;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
