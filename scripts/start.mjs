import { pathToFileURL } from "node:url";
import { prepare } from "./prepare.mjs";
import { inRoot } from "./root.mjs";

await prepare();
// The server runs in this very process, so it stays in the foreground and gets every signal itself.
process.setSourceMapsEnabled(true);
await import(pathToFileURL(inRoot("dist", "server", "main.js")).href);
