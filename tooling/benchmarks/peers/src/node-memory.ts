/** What Node itself takes, in a process that does nothing: a line of JSON, in bytes. */
import { peakBytes } from "../../src/measuring/peak-memory.ts";

process.stdout.write(`${JSON.stringify(peakBytes())}\n`);
