const part = /(<!-- generated: ([a-z-]+) \(npm run docs\) -->\r?\n).*?(<!-- \/generated -->)/gs;

/**
 * Replaces the text between each pair of markers, `<!-- generated: NAME (npm run docs) -->` and `<!-- /generated -->`.
 * @throws Error for a name that is not in `parts` and for a required part whose markers are missing
 */
export function fillParts(file: string, text: string, parts: ReadonlyMap<string, string>, required: readonly string[]): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const found = new Set<string>();
  const filled = text.replace(part, (_all, begin: string, name: string, end: string) => {
    const content = parts.get(name);
    if (content === undefined) throw new Error(`${file}: nothing generates ${name}. There are: ${[...parts.keys()].join(", ")}.`);
    found.add(name);
    return `${begin}${content.replaceAll("\n", eol)}${eol}${end}`;
  });
  const missing = required.filter((name) => !found.has(name));
  if (missing.length > 0) throw new Error(`${file} lacks the markers of: ${missing.join(", ")}`);
  return filled;
}
