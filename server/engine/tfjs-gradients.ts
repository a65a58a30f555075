import { createRequire, register } from "node:module";
import { pathToFileURL } from "node:url";

/** Adds the file endings that TensorFlow.js's modules leave out of their imports. */
const resolveHook = `export function resolve(specifier, context, next) {
  const endless = specifier.startsWith(".") && !specifier.endsWith(".js") && context.parentURL?.includes("/tfjs-core/dist/");
  return next(endless ? specifier + ".js" : specifier, context);
}`;

/**
 * Registers TensorFlow.js's derivatives. The main file of its core leaves them out, and the one that has them is written
 * for bundlers; the native packages bring their own.
 */
export async function registerTfjsGradients(): Promise<void> {
  register(`data:text/javascript,${encodeURIComponent(resolveHook)}`);
  const file = createRequire(import.meta.url).resolve("@tensorflow/tfjs-core/dist/register_all_gradients.js");
  await import(pathToFileURL(file).href);
}
