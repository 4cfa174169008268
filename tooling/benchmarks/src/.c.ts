import { convertCheckpoint } from "@ropewalk/models";
import { openFolder, writeFolder } from "@ropewalk/models/node";
const t = performance.now();
await writeFolder(process.argv[3]!, await convertCheckpoint(await openFolder(process.argv[2]!), "q4"));
console.log(performance.now() - t, process.memoryUsage.rss() / 1e6);
