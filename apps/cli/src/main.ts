#!/usr/bin/env node
import { run } from "./program.ts";
import { fail, watchOutput } from "./terminal/messages.ts";

watchOutput();
await run(process.argv.slice(2)).catch(fail);
