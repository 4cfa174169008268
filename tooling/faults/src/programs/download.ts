/** Reads the files of a repository of a hub, whose address is in a file, through a cache folder: `download.ts <hub.json> <folder>`. */
import { readFileSync } from "node:fs";
import { openHub } from "@ropewalk/models/hub";

const [hub = "", cacheFolder = ""] = process.argv.slice(2);
const { endpoint, files } = JSON.parse(readFileSync(hub, "utf8")) as {
  readonly endpoint: string;
  readonly files: readonly string[];
};
try {
  const folder = await openHub({ id: "owner/tiny", endpoint, cacheFolder, timeout: Infinity, onNotice: () => {} });
  for (const name of files) {
    const file = await folder.file(name);
    await file!.source.read(0, file!.source.size);
  }
} catch (error) {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
}
