import "./node-version.mjs";
import { pathToFileURL } from "node:url";
import { prepare } from "./prepare.mjs";
import { inRoot } from "./root.mjs";

await prepare();
await import(pathToFileURL(inRoot("dist", "server", "links-main.js")).href);
