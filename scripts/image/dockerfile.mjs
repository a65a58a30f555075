/**
 * One instruction: `text` is what follows its name, with lines joined.
 * @typedef {{ name: string, text: string }} Instruction
 */

/**
 * A stage of a Dockerfile with the stage or image that it begins from.
 * @typedef {{ name: string, from: string, instructions: Instruction[] }} Stage
 */

/**
 * The stages of a Dockerfile, in their order. It understands what ours uses: no quotes in names, one FROM a stage.
 * @param {string} text
 * @returns {Stage[]}
 */
export function stagesOf(text) {
  const lines = text
    .replace(/^\s*#.*\n/gm, "")
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim() !== "");
  /** @type {Stage[]} */
  const stages = [];
  for (const line of lines) {
    const [, name = "", text = ""] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === "FROM") {
      const [, from = "", stage = ""] = /^(\S+) AS (\S+)$/.exec(text) ?? [];
      if (stage === "") throw new Error(`A stage without a name: ${line}`);
      stages.push({ name: stage, from, instructions: [] });
    } else if (name === "") throw new Error(`Not an instruction: ${line}`);
    else stages.at(-1)?.instructions.push({ name, text });
  }
  return stages;
}

/**
 * What a COPY copies: `from` is a stage, or null for the repository.
 * @param {string} text
 */
export function copyOf(text) {
  const words = text.split(/\s+/);
  const from = words[0]?.startsWith("--from=") ? words.shift()?.slice("--from=".length) : null;
  const to = words.pop() ?? "";
  return { from: from ?? null, sources: words, to };
}

/**
 * The settings of an ENV.
 * @param {string} text
 * @returns {Record<string, string>}
 */
export function environmentOf(text) {
  return Object.fromEntries(text.split(/\s+/).map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

/**
 * Whether the .dockerignore lets a path of the repository into an image: the last line that matches it or a folder above
 * it decides.
 * @param {string} ignoreText
 * @param {string} path
 */
export function isInContext(ignoreText, path) {
  let included = true;
  for (const line of ignoreText.split("\n").map((each) => each.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    const pattern = line.replace(/^!/, "");
    const above = path.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"));
    if (above.some((each) => matches(pattern, each))) included = line.startsWith("!");
  }
  return included;
}

/**
 * @param {string} pattern
 * @param {string} path
 */
function matches(pattern, path) {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("**/", "\0")
    .replaceAll("*", "[^/]*")
    .replaceAll("\0", "(?:.*/)?");
  return new RegExp(`^${expression}$`).test(path);
}
