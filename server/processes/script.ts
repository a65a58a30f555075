/** Starts scripts of the server in processes of their own. */

/** Address of the script `path` relative to the module at `url`: TypeScript as written, JavaScript where it was compiled. */
export function scriptFrom(url: string, path: string): URL {
  return new URL(`${path}${url.endsWith(".ts") ? ".ts" : ".js"}`, url);
}

/** Options of Node that a script needs: a loader for TypeScript. */
export function nodeOptions(script: URL): string[] {
  return script.pathname.endsWith(".ts") ? ["--import", "tsx"] : [];
}
