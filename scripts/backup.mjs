import "./node-version.mjs";
import { copyData, foldersOfCommand, runCommand } from "./data-copy.mjs";

await runCommand(async () => {
  const { data, folder } = foldersOfCommand("Usage: npm run backup -- FOLDER, where FOLDER is new or empty.");
  await copyData(data, folder);
  return `${data} is backed up in ${folder}.`;
});
