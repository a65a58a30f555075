import { pathToFileURL } from "node:url";
import { root } from "./root.mjs";

/** Folders of the server with the folders that each may import besides itself. Every folder may import server/errors.ts. */
export const server = {
  api: ["access", "exports", "sessions", "limits", "streams", "storage", "queue", "telemetry", "records"],
  http: ["access", "exports", "sessions", "limits", "storage", "pictures", "records"],
  access: ["limits", "storage", "bus", "records"],
  exports: ["sessions", "limits", "storage", "bus", "processes", "telemetry", "records"],
  sessions: ["limits", "models", "storage", "queue", "bus", "telemetry", "records"],
  host: ["sessions", "limits", "storage", "queue", "bus", "device", "art", "models", "processes", "telemetry", "records"],
  device: ["art", "models", "engine", "graph", "processes", "records"],
  art: ["models", "engine", "graph", "pictures", "records"],
  models: ["engine", "graph", "records"],
  engine: ["graph"],
  graph: [],
  // What workers and API servers tell each other, and the models that they share.
  fleet: ["host", "models", "storage", "bus", "records"],
  // Reservations of streams of events, and requests about them, between API servers.
  streams: ["bus", "redis", "records"],
  storage: ["redis", "records"],
  queue: ["limits", "storage", "redis", "records"],
  bus: ["redis", "records"],
  // Uploads are checked with the decoder that paintings start from.
  pictures: ["processes"],
  // What is traced, in terms of OpenTelemetry.
  telemetry: ["records"],
  limits: ["redis"],
  redis: [],
  processes: [],
  records: [],
};

/** Folders of the studio, from the top: each may import those below it. A room imports no other room. */
export const studio = [
  "app",
  "rooms",
  "side-by-side",
  "session",
  "networks",
  "pictures",
  "parts",
  "camera",
  "shortcuts",
  "graphql",
  "texts",
];
const web = Object.fromEntries(studio.map((folder, place) => [folder, studio.slice(place + 1)]));

/** The only files of a folder that other folders may import, where there are such. */
export const entryFiles = {
  "server/storage": ["storage", "access", "fleet", "films"],
  "server/queue": ["queue"],
  "server/bus": ["bus"],
  "server/streams": ["reservations", "relay", "claim"],
  // The SDK is loaded only where it is wanted.
  "server/telemetry": ["spans", "session-spans", "operation-spans"],
  // All computing stays in the device process.
  "server/art": ["work"],
};

/** The studio shares settings, changes, the plan of scales and the rule of former model ids with the server, and nothing else. */
const sharedWithStudio = "^server/records/(settings|changes|scales|model)\\.ts$";

const code = "^(server|web|models|test|bench|scripts)/";

/** @param {string} from @param {string[]} mayImport regular expressions of paths */
const only = (from, mayImport) => ({
  name: from.replace("^", ""),
  severity: /** @type {const} */ ("error"),
  from: { path: from },
  to: { path: code, pathNot: mayImport },
});

const folderRules = [
  ...Object.entries(server).map(([folder, mayImport]) =>
    only(`^server/${folder}/`, ["^server/errors\\.ts$", ...[folder, ...mayImport].map((name) => `^server/${name}/`)]),
  ),
  ...Object.entries(web).map(([folder, mayImport]) =>
    only(`^web/${folder}/`, [sharedWithStudio, ...[folder, ...mayImport].map((name) => `^web/${name}/`)]),
  ),
];

const entryRules = Object.entries(entryFiles).map(([folder, files]) => ({
  name: `${folder} through its entry files`,
  severity: /** @type {const} */ ("error"),
  // Adapters are chosen where the server is put together, and the device process computes.
  from: { path: "^server/[^/]+/", pathNot: [`^${folder}/`, ...(folder === "server/art" ? ["^server/device/"] : [])] },
  to: { path: `^${folder}/`, pathNot: files.map((file) => `^${folder}/${file}\\.ts$`) },
}));

/** @type {import("dependency-cruiser").IFlattenedRuleSet} */
const ruleSet = {
  forbidden: [
    ...folderRules,
    ...entryRules,
    {
      name: "a room that imports a room",
      severity: "error",
      from: { path: "^web/rooms/([^/]+)/" },
      to: { path: "^web/rooms/", pathNot: ["^web/rooms/$1/"] },
    },
    {
      name: "an adapter of the storage that another folder of it imports",
      severity: "error",
      from: { path: "^server/storage/([^/]+)/" },
      to: { path: "^server/storage/(embedded|remote)/", pathNot: ["^server/storage/$1/"] },
    },
    {
      name: "a folder without arrows",
      severity: "error",
      from: {
        path: "^(server|web)/[^/]+/",
        pathNot: [...Object.keys(server).map((name) => `^server/${name}/`), `^web/(${studio.join("|")}|\\.next|out)/`],
      },
      to: {},
    },
    {
      name: "the server without the studio's packages",
      severity: "error",
      from: { path: "^server/" },
      to: { path: "node_modules/(next|react)/" },
    },
    // A type-only import counts: a circle of types cannot be read from the top either.
    { name: "no circles", severity: "error", from: { path: code }, to: { circular: true } },
  ],
};

/**
 * Imports that break the arrows between folders, as `from -> to (rule)`.
 * @param {string} [baseDir] the repository, or a copy with the same folders
 */
export async function brokenArrows(baseDir = root) {
  // Imported here, because npm test loads this file before it installs.
  const { cruise } = await import("dependency-cruiser");
  const folders = ["server", "web", "scripts", "bench", "test"];
  const { output } = await cruise(folders, {
    ruleSet,
    validate: true,
    baseDir,
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^web/(\\.next|out)/" },
  });
  if (typeof output === "string") throw new TypeError("The imports could not be read.");
  return output.summary.violations.map(({ from, to, rule }) => `${from} -> ${to} (${rule.name})`);
}

/** Reports broken arrows. Resolves to whether there are none. */
export async function arrowsHold() {
  const broken = await brokenArrows();
  for (const arrow of broken) console.error(arrow);
  if (broken.length > 0) console.error("The arrows between folders are in ARCHITECTURE.md and scripts/arrows.mjs.");
  return broken.length === 0;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = (await arrowsHold()) ? 0 : 1;
}
