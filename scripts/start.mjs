import "./node-version.mjs";
import { pathToFileURL } from "node:url";
import { endWithNpm } from "./end-with-npm.mjs";
import { prepare } from "./prepare.mjs";
import { inRoot } from "./root.mjs";

endWithNpm();
await prepare();
// The server runs in this process, so it stays in the foreground and receives every signal itself.
process.setSourceMapsEnabled(true);
await import(pathToFileURL(inRoot("dist", "server", "main.js")).href);
