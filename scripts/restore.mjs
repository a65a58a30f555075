import "./node-version.mjs";
import { copyData, foldersOfCommand, runCommand } from "./data-copy.mjs";

await runCommand(async () => {
  const { data, folder } = foldersOfCommand("Usage: npm run restore -- FOLDER, where FOLDER is a backup.");
  await copyData(folder, data);
  return `${folder} is restored into ${data}. Start the server with: npm start`;
});
